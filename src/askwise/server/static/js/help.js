// The overlay that lists what every key does now.

import { byId, h } from "./dom.js";
import { enter } from "./keys.js";

const LISTED = 40;

function entry(key, meaning) {
  return h("div", {}, h("dt", {}, h("kbd", {}, key.toUpperCase())), h("dd", { dir: "auto" }, meaning));
}

/** Returns how to open it. `actions` and `options` are {key, text}. */
export function help(actions, options) {
  const dialog = byId("help");
  const keyed = options.filter((option) => option.key).slice(0, LISTED);
  const close = h("button", { type: "button", class: "quiet", click: () => dialog.close() }, h("kbd", {}, "Esc"), " Close");
  let leave = null;
  let back = null;
  dialog.replaceChildren(
    h("header", {}, h("h2", { id: "help-title" }, "Keys"), close),
    h("dl", { class: "keys" }, ...actions.map(({ key, text }) => entry(key, text))),
    h("h3", {}, "Labels"),
    h("dl", { class: "keys" }, ...keyed.map(({ key, text }) => entry(key, text))),
    h("p", { class: "muted small" }, "Each answer is on disk when “All saved” shows. Close the page whenever you like: the same command resumes."),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    leave?.();
    leave = null;
    if (back?.isConnected) back.focus();
  });
  return () => {
    if (dialog.open) return;
    back = document.activeElement;
    leave = enter((key) => (["Escape", "?"].includes(key) ? () => dialog.close() : null));
    dialog.showModal();
  };
}
