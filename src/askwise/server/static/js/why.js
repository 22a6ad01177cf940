// One line that says why this item is asked.

import { h } from "./dom.js";

const number = (value) => (Number.isInteger(value) ? String(value) : value.toPrecision(3));

/** Text nodes for the line: score, rank, strategy, reason. */
export function whyLine({ arm, why }) {
  if (arm === "control" || arm === "test") {
    return [h("b", {}, "Random draw"), " · one of the items that measure how good the model really is"];
  }
  const parts = [];
  if (typeof why.rank === "number") parts.push(`rank ${why.rank + 1}`);
  if (typeof why.score === "number") parts.push(`score ${number(why.score)}`);
  if (why.reason) parts.push(String(why.reason));
  return [h("b", {}, why.strategy ? String(why.strategy) : "Why this one"), parts.length ? ` · ${parts.join(" · ")}` : ""];
}
