// One line that says why this item is asked.

import { short } from "../lib/format";
import type { Item } from "../lib/wire";

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
