// Classes as pens: a colour and a key each, one of them in the hand.

import { shown } from "../../lib/keys";
import type { Binding } from "../../lib/keys";
import type { Label, Option } from "../../lib/wire";
import { Breakable } from "../../ui/options";
import "./pens.css";

export const COLOURS = 10;

/** The CSS class that gives a class its colour. */
export const colour = (options: Option[], label: Label): string =>
  `pen${Math.max(0, options.findIndex((option) => option.label === label)) % COLOURS}`;

/** A key for each class that has one. */
export const penKeys = (options: Option[], run: (label: Label) => void): Binding[] =>
  options.flatMap(({ key, text, label }) => (key ? [{ key, text, run: () => run(label) }] : []));

interface PensProps {
  options: Option[];
  /** The class in the hand, where there is one. */
  held?: Label;
  /** How often each class is in the answer so far. */
  counts?: (label: Label) => number;
  choose: (label: Label) => void;
}

export function Pens({ options, held, counts, choose }: PensProps) {
  return (
    <div id="options" class={`options pens ${options.length > 10 ? "many" : ""}`.trim()} role="group" aria-label="Labels">
      {options.map(({ label, text, key }) => {
        const count = counts?.(label) ?? 0;
        return (
          <button
            key={text}
            type="button"
            class={`option pen ${colour(options, label)} ${held === label ? "chosen" : ""}`.trim()}
            aria-pressed={held === undefined ? undefined : held === label}
            aria-keyshortcuts={key ?? undefined}
            onClick={() => choose(label)}
          >
            <kbd aria-hidden="true">{key ? shown(key) : "·"}</kbd>
            <span class="name" dir="auto">
              <Breakable text={text} />
            </span>
            {count > 0 && (
              <span class="number" aria-label={`${count} in this answer`}>
                {count}
              </span>
            )}
          </button>
        );
      })}
    </div>
  );
}
