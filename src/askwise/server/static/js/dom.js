// Elements from plain values. Text becomes text nodes only: nothing here, or anywhere, parses markup.

const SVG = "http://www.w3.org/2000/svg";

/** The element of this id. */
export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text nodes, functions become event listeners. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Replace text only when it differs, so that live regions speak only when something changed. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Text that may break after the marks that join words in names: nodes for a `h` call. */
export function breakable(text) {
  return text.split(/(?<=[_\-/.])/).flatMap((part, i) => (i ? [document.createElement("wbr"), part] : [part]));
}
