// Why this item? All that the log says, and the labelled items that it is nearest to.

import { useEffect, useState } from "preact/hooks";
import * as api from "../lib/api";
import { chance, short } from "../lib/format";
import type { Binding } from "../lib/keys";
import { keyOf } from "../lib/settings";
import type { Item, Neighbour, Reasons as Found, Suggestion } from "../lib/wire";
import { Dialog } from "../ui/dialog";
import { View } from "../ui/view";
import { said } from "./merge";

/** Facts of a log entry in words, the ones that are there. */
export function facts({ arm, why, suggestion }: Pick<Item, "arm" | "why" | "suggestion">): [string, string][] {
  const number = (name: string) => (typeof why[name] === "number" ? (why[name] as number) : null);
  const [rank, score, model] = [number("rank"), number("score"), number("model")];
  const drawn = arm === "control" || arm === "test";
  const found: [string, string | null][] = [
    ["Chosen by", drawn ? "a random draw, which measures the model" : why["strategy"] ? String(why["strategy"]) : null],
    ["Score", drawn || score === null ? null : short(score)],
    ["Rank in its batch", drawn || rank === null ? null : String(rank + 1)],
    ["Reason", why["reason"] ? String(why["reason"]) : null],
    ["Model", model ? `number ${model}` : "none yet"],
    [suggestion?.by ? `${suggestion.by} says` : "The model says", suggestion ? `${said("label", suggestion.label)}${chance(suggestion.probability, ", ")}` : null],
    ["That probability", suggestion && suggestion.probability !== null ? calibration(suggestion) : null],
    ["Limits", Array.isArray(why["limits"]) && why["limits"].length ? why["limits"].join(", ") : null],
  ];
  return found.filter((one): one is [string, string] => one[1] !== null);
}

const calibration = ({ by, calibrated_on: on }: Suggestion) => {
  if (by) return "learnt from how often it agreed with people";
  return on ? `calibrated on ${on} random items` : "the model's own; calibrated from 30 random items on";
};

export function Reasons({ item, close }: { item: Item; close: () => void }) {
  const [found, setFound] = useState<Found | null>(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    api.why(item.query).then(setFound, (error: unknown) => setTrouble(error instanceof Error ? error.message : String(error)));
  }, [item.query]);
  const also: Binding = { key: keyOf("why"), text: "Close", run: close, hidden: true };
  return (
    <Dialog id="reasons" label="Why this item?" close={close} keys={() => [also]}>
      <dl class="reasons">
        {facts(item).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
      <h3>Nearest labelled items</h3>
      {trouble && <p class="notice">{trouble}</p>}
      {!found && !trouble && <p class="muted">Looking…</p>}
      {found && !found.neighbours.length && <p class="muted">{found.blind || "None yet."}</p>}
      {found && (
        <ol class="near">
          {found.neighbours.map((one, i) => (
            <Near key={i} near={one} />
          ))}
        </ol>
      )}
    </Dialog>
  );
}

function Near({ near }: { near: Neighbour }) {
  return (
    <li>
      <div class="quoted">
        <View view={near.view} />
      </div>
      <p>
        <b dir="auto">{said("label", near.label)}</b> <span class="muted">similarity {near.similarity.toFixed(2)}</span>
      </p>
    </li>
  );
}
