// One line that says why this item is asked.

import { chance, short } from "../lib/format";
import type { Item } from "../lib/wire";
import { said } from "./merge";
import type { Revealed } from "./room";

/** The parts of the line: what chose it, then score, rank and reason. */
export function whyParts({ arm, why }: Pick<Item, "arm" | "why">): { by: string; parts: string[] } {
  if (arm === "control" || arm === "test") {
    return { by: "Random draw", parts: ["one of the items that measure how good the model really is"] };
  }
  const parts = [
    typeof why["rank"] === "number" ? `rank ${why["rank"] + 1}` : "",
    typeof why["score"] === "number" ? `score ${short(why["score"])}` : "",
    why["reason"] ? String(why["reason"]) : "",
  ];
  return { by: why["strategy"] ? String(why["strategy"]) : "Why this one", parts: parts.filter(Boolean) };
}

export function WhyLine({ item }: { item: Item | null }) {
  const { by, parts } = item ? whyParts(item) : { by: "", parts: [] };
  return (
    <p id="why" class="why">
      {item && <b>{by}</b>}
      {parts.map((part) => ` · ${part}`)}
    </p>
  );
}

/** What the model would have said of the last item, once it is answered. */
export function RevealedLine({ revealed }: { revealed: Revealed | null }) {
  if (!revealed) return null;
  const { given, model } = revealed;
  const same = given.kind === "label" && JSON.stringify(given.label) === JSON.stringify(model.label);
  return (
    <p class={`revealed ${same ? "same" : "other"}`} role="status">
      {`Last item: you said ${said(given.kind, given.label)}; model ${model.model} ${same ? "agrees" : `says ${said("label", model.label)}`}${chance(model.probability, ", at ")}`}
    </p>
  );
}
