// Finding one label among many by typing parts of its name.

import { byId, h } from "./dom.js";
import { enter } from "./keys.js";

const SHOWN = 50;

/** How well a name matches: lower is better, null if letters are missing. Whole words and early hits win. */
export function distance(name, query) {
  const text = name.toLowerCase();
  const found = text.indexOf(query);
  if (found >= 0) return found === 0 ? 0 : /[\s_\-/.]/.test(text[found - 1]) ? 1 : 2 + found / 100;
  let at = -1;
  let gaps = 0;
  for (const letter of query.replaceAll(" ", "")) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return null;
    gaps += next - at - 1;
    at = next;
  }
  return 10 + gaps;
}

/** Options that match, best first; with nothing typed, likely and recent ones first. */
export function matches(options, query, first) {
  const rank = (option) => (first.includes(option.label) ? first.indexOf(option.label) : first.length);
  const scored = options.map((option) => [query ? distance(option.text, query) : 0, rank(option), option]);
  return scored
    .filter(([score]) => score !== null)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .map(([, , option]) => option);
}

export class Search {
  /** `first()` gives labels to list first; `choose(label)` takes the answer. */
  constructor({ options, first, choose }) {
    this.all = { options, first, choose };
    this.found = [];
    this.at = 0;
    this.dialog = byId("search");
    this.list = h("ul", { id: "found", role: "listbox", "aria-label": "Matching labels" });
    this.input = h("input", {
      type: "text",
      role: "combobox",
      placeholder: "Type part of a label",
      "aria-label": "Search labels",
      "aria-controls": "found",
      "aria-expanded": "true",
      autocomplete: "off",
      spellcheck: "false",
      input: () => this.#list(),
    });
    this.dialog.replaceChildren(this.input, this.list);
    this.dialog.addEventListener("close", () => this.#left());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  open() {
    if (this.dialog.open) return;
    this.leave = enter((key) => this.#actions()[key]);
    this.back = document.activeElement;
    this.input.value = "";
    this.dialog.showModal();
    this.input.focus();
    this.#list();
  }

  #left() {
    this.leave?.();
    this.leave = null;
    if (this.back?.isConnected) this.back.focus();
  }

  #actions() {
    return {
      Escape: () => this.dialog.close(),
      ArrowDown: () => this.#move(1),
      ArrowUp: () => this.#move(-1),
      Enter: () => this.#pick(this.at),
    };
  }

  #list() {
    const query = this.input.value.trim().toLowerCase();
    this.found = matches(this.all.options, query, this.all.first()).slice(0, SHOWN);
    this.at = 0;
    this.list.replaceChildren(...this.found.map((option, i) => this.#entry(option, i)));
    this.#move(0);
  }

  #entry(option, i) {
    const key = option.key ? h("kbd", { "aria-hidden": "true" }, option.key.toUpperCase()) : null;
    const attributes = { id: `found-${i}`, role: "option", click: () => this.#pick(i) };
    return h("li", attributes, h("span", { class: "name", dir: "auto" }, option.text), key);
  }

  #move(step) {
    if (!this.found.length) return this.input.removeAttribute("aria-activedescendant");
    this.at = (this.at + step + this.found.length) % this.found.length;
    for (const [i, entry] of [...this.list.children].entries()) entry.setAttribute("aria-selected", String(i === this.at));
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `found-${this.at}`);
  }

  #pick(i) {
    const option = this.found[i];
    if (!option) return;
    this.dialog.close();
    this.all.choose(option.label);
  }
}
