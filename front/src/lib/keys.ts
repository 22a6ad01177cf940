// One dispatcher for all keys of the page. Scopes lie on one another: a dialog's keys hide those of the page below it.

import { useLayoutEffect, useRef } from "preact/hooks";

/** Where a key belongs: to the page, to the widget that takes the answer, or to an open dialog. */
export type ScopeName = "page" | "widget" | "dialog";

/** One key and what it does. */
export interface Binding {
  /** As `namesOf` names it: "a", "1", "Enter", "Shift+ArrowLeft", "Ctrl+Enter". */
  key: string;
  /** What it does, for the overlay that lists the keys. */
  text: string;
  run: () => void;
  /** A little more about it: under the pointer, and in the overlay. */
  hint?: string;
  /** Whether a key held down acts again and again; arrows do anyway. */
  repeat?: boolean;
  /** Whether it acts while a text field has the focus; Escape and Ctrl+Enter do anyway. */
  typing?: boolean;
  /** Left out of the overlay. */
  hidden?: boolean;
}

interface Scope {
  name: ScopeName;
  bindings: () => Binding[];
}

const HEIGHT = { page: 0, widget: 1, dialog: 2 } as const;
let scopes: Scope[] = [];

/** Add a scope; `bindings` is asked at each key. Returns how to leave it. */
export function enter(name: ScopeName, bindings: () => Binding[]): () => void {
  const scope = { name, bindings };
  scopes = [...scopes, scope].sort((a, b) => HEIGHT[a.name] - HEIGHT[b.name]); // stable: the newest of a name is on top
  return () => {
    scopes = scopes.filter((other) => other !== scope);
  };
}

/** The scopes whose keys act now, the topmost first: while a dialog is open, that dialog alone. */
function acting(): Scope[] {
  const top = scopes.at(-1);
  return top?.name === "dialog" ? [top] : [...scopes].reverse();
}

/** All bindings that act now, by scope, as the overlay lists them: of two with one key, the upper one. */
export function active(): { name: ScopeName; bindings: Binding[] }[] {
  const seen = new Set<string>();
  return acting().map(({ name, bindings }) => ({
    name,
    bindings: bindings().filter(({ key }) => !seen.has(key) && seen.add(key)),
  }));
}

/** A key press, as much of it as matters here. */
export type Press = Pick<KeyboardEvent, "key" | "code" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">;

/** Names of a key press, the most specific first. Characters in lower case; digits by place too, for layouts that shift them. */
export function namesOf(event: Press): string[] {
  if (event.altKey) return []; // the browser's and the system's
  const plain = plainName(event);
  if (event.ctrlKey || event.metaKey) return [event.shiftKey ? `Ctrl+Shift+${plain}` : `Ctrl+${plain}`];
  return event.shiftKey ? [`Shift+${plain}`, plain] : [plain];
}

function plainName(event: Press): string {
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  const shifted = event.shiftKey && event.code.startsWith("Digit");
  if (digit && !/^[a-z?/]$/i.test(event.key) && !shifted) return digit[1]!;
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

/** The binding of the scopes that act now for this press. */
export function find(event: Press): Binding | null {
  const names = namesOf(event);
  for (const scope of acting()) {
    const bindings = scope.bindings();
    for (const name of names) {
      const found = bindings.find((binding) => binding.key === name);
      if (found) return found;
    }
  }
  return null;
}

const isField = (target: EventTarget | null) =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;

const isPressed = (target: EventTarget | null) => target instanceof Element && target.matches("button, a[href], summary");

function dispatch(event: KeyboardEvent): void {
  if (event.isComposing || event.defaultPrevented) return;
  const binding = find(event);
  if (!binding) return;
  const always = binding.key === "Escape" || binding.key === "Ctrl+Enter";
  if (isField(event.target) && !binding.typing && !always) return;
  if (isPressed(event.target) && ["Enter", " "].includes(event.key) && !event.ctrlKey) return; // the button's own
  event.preventDefault();
  // A key held down must not label a hundred items.
  if (!event.repeat || binding.repeat || event.key.startsWith("Arrow")) binding.run();
}

/** Begin to listen. */
export function listen(): void {
  addEventListener("keydown", dispatch);
  // A click on a button leaves the focus where it was: else the next Enter or Space would press it again.
  addEventListener("mousedown", (event) => {
    if (event.target instanceof Element && event.target.closest("button")) event.preventDefault();
  });
}

/** Keys of a component while it is on the page; `bindings` may change with each render. */
export function useKeys(name: ScopeName, bindings: () => Binding[]): void {
  const latest = useRef(bindings);
  latest.current = bindings;
  // At once, not after the next frame: else a quick key would find the scope below.
  useLayoutEffect(() => enter(name, () => latest.current()), [name]);
}

const SHOWN: Record<string, string> = {
  Escape: "Esc",
  Enter: "⏎",
  " ": "Space",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Backspace: "⌫",
  Shift: "⇧",
};

/** A key as it stands on a button: "Shift+ArrowLeft" is "⇧ ←". */
export function shown(key: string): string {
  if (key === "+") return key;
  const parts = key.split("+");
  return parts.map((part) => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(" ");
}

/** A key as `aria-keyshortcuts` wants it. */
export const shortcut = (key: string): string => key.replace("Ctrl", "Control").replace(" ", "Space");
