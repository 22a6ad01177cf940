// One dispatcher for all keys, with a scope on top of another while a dialog is open.

const scopes = [];

/** Keys that act now: a function from the key's name to an action, or null. Returns how to leave the scope. */
export function enter(find) {
  scopes.push(find);
  return () => scopes.splice(scopes.lastIndexOf(find), 1);
}

/** The name of a key: its character in lower case; digits by place too, for layouts that shift them. */
export function nameOf(event) {
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  if (digit && !/^[a-z?/]$/i.test(event.key) && !(event.shiftKey && event.code.startsWith("Digit"))) return digit[1];
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

function writing(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

function dispatch(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const name = nameOf(event);
  if (writing(event.target) && !["Escape", "Enter", "ArrowUp", "ArrowDown"].includes(name)) return;
  const action = scopes.at(-1)?.(name);
  if (!action) return;
  event.preventDefault();
  if (!event.repeat || name.startsWith("Arrow")) action(); // a key held down must not label a hundred items
}

addEventListener("keydown", dispatch);
