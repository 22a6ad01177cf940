// The last screen: why it stopped, and how to get the labels out.

import { h } from "./dom.js";

function command(text) {
  const said = h("span", { class: "muted small", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = "Copied";
    } catch {
      said.textContent = "Select and copy it"; // the browser did not allow it
    }
  };
  return h("div", { class: "command" }, h("code", {}, text), h("button", { type: "button", class: "quiet", click: copy }, "Copy"), said);
}

export function finished(reason, status) {
  return [
    h("p", { class: "tick", "aria-hidden": "true" }, "✓"),
    h("h2", {}, `${status.labels} ${status.labels === 1 ? "label" : "labels"}, all done`),
    h("p", { class: "muted" }, reason),
    h("p", {}, "Stop askwise with Ctrl-C in the terminal, then take your labels out:"),
    command(status.export_command),
    h("p", { class: "muted small" }, "Changed your mind about the last one? Press U."),
  ];
}
