// The buttons: one per class in a fixed order, so that a key never moves under the finger.

import { breakable, h, say } from "./dom.js";

export class Options {
  constructor(root, options, choose) {
    this.options = options;
    this.buttons = options.map((option) => button(option, choose));
    root.replaceChildren(...this.buttons);
    root.classList.toggle("few", options.length <= 10);
    root.style.setProperty("--columns", columns(options));
    root.classList.toggle("many", options.length > 10);
    root.classList.toggle("crowd", options.length > 33);
    this.keys = new Map(options.filter((option) => option.key).map((option) => [option.key, option]));
  }

  /** Mark the likely label with its probability. */
  suggest(suggestion) {
    for (const [i, element] of this.buttons.entries()) {
      const likely = suggestion !== null && this.options[i].label === suggestion.label;
      const share = element.querySelector(".share");
      element.classList.toggle("likely", likely);
      element.style.setProperty("--share", likely ? suggestion.probability : 0);
      say(share, likely ? percent(suggestion.probability) : "");
      share.setAttribute("aria-label", likely ? `the model says ${percent(suggestion.probability)}` : "");
      if (likely && this.options.length > 33) element.scrollIntoView({ block: "nearest" });
    }
  }

  /** A short flash on the button whose key was pressed. */
  flash(label) {
    const element = this.buttons[this.options.findIndex((option) => option.label === label)];
    element?.animate?.([{ filter: "brightness(0.88)" }, { filter: "none" }], { duration: 180 });
  }

  enable(on) {
    for (const element of this.buttons) element.disabled = !on;
  }
}

/** Even lines of up to five, fewer when names are long. */
function columns(options) {
  const longest = Math.max(...options.map((option) => option.text.length));
  const most = longest > 26 ? 2 : longest > 14 ? 3 : options.length > 8 ? 5 : 4;
  const lines = Math.ceil(options.length / most);
  return Math.ceil(options.length / lines);
}

/** Two significant figures near certainty: 99.7 %, else whole percents. */
export function percent(value) {
  return value > 0.99 && value < 1 ? `${(Math.floor(value * 1000) / 10).toFixed(1)}%` : `${Math.round(value * 100)}%`;
}

function button({ label, text, key }, choose) {
  return h(
    "button",
    { type: "button", class: "option", "aria-keyshortcuts": key || null, click: () => choose(label) },
    h("kbd", { "aria-hidden": "true" }, key ? key.toUpperCase() : "·"),
    h("span", { class: "name", dir: "auto" }, ...breakable(text)),
    h("span", { class: "share" }),
  );
}
