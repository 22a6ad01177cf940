// Buttons of classes with their keys; the likely one shows its probability.

import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { percent } from "../lib/format";
import { shown } from "../lib/keys";
import { keyOf } from "../lib/settings";
import type { Label, Option, Suggestion } from "../lib/wire";

const FEW = 10;
const MOST = 300; // buttons that a page can make anew while nobody notices
const CROWD = 29; // beyond, some have no key

/** Even lines of up to five, fewer when names are long. */
export function columns(options: Option[]): number {
  const longest = Math.max(...options.map((option) => option.text.length));
  const most = longest > 26 ? 2 : longest > 14 ? 3 : options.length > 8 ? 5 : 4;
  const lines = Math.ceil(options.length / most);
  return Math.ceil(options.length / lines);
}

/** Text that may break after the marks that join words in names. */
export const Breakable = ({ text }: { text: string }) => (
  <>{text.split(/(?<=[_\-/.])/).flatMap((part, i) => (i ? [<wbr key={i} />, part] : [part]))}</>
);

export interface OptionsProps {
  options: Option[];
  suggestion: Suggestion | null;
  /** Labels that are chosen: one of them, or an array of them. */
  chosen: ReadonlySignal<Label>;
  choose: (label: Label) => void;
  /** Whether several can be chosen. */
  many?: boolean;
}

/** Of very many options those with a key and the likely one: the others are found by search. */
export function shownOf(options: Option[], likely: Label | undefined): Option[] {
  if (options.length <= MOST) return options;
  return options.filter((option) => option.key !== null || (likely !== undefined && option.label === likely));
}

export function Options({ options: all, suggestion, chosen, choose, many = false }: OptionsProps) {
  const options = shownOf(all, suggestion?.label);
  const root = useRef<HTMLDivElement>(null);
  const size = `options ${options.length > FEW ? "many" : "few"} ${options.length > CROWD ? "crowd" : ""}`;
  useEffect(() => {
    root.current?.style.setProperty("--columns", String(columns(options)));
    if (options.length > CROWD) root.current?.querySelector(".likely")?.scrollIntoView({ block: "nearest" });
  }, [all, suggestion]);
  const value = chosen.value;
  return (
    <div id="options" class={size.trim()} role="group" aria-label="Labels" ref={root}>
      {options.map((option) => (
        <OptionButton
          key={option.text}
          option={option}
          share={suggestion && suggestion.label === option.label ? suggestion.probability : null}
          pressed={Array.isArray(value) ? value.includes(option.label) : value !== null && value === option.label}
          many={many}
          choose={choose}
        />
      ))}
      {options.length < all.length && <p class="muted small">{`${all.length - options.length} more: press ${shown(keyOf("search"))} to search`}</p>}
    </div>
  );
}

interface ButtonProps {
  option: Option;
  share: number | null;
  pressed: boolean;
  many: boolean;
  choose: (label: Label) => void;
}

function OptionButton({ option, share, pressed, many, choose }: ButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.style.setProperty("--share", String(share ?? 0)), [share]);
  const classes = `option ${share === null ? "" : "likely"} ${pressed ? "chosen" : ""}`;
  return (
    <button
      ref={button}
      type="button"
      class={classes.trim()}
      aria-keyshortcuts={option.key ?? undefined}
      aria-pressed={many || pressed ? pressed : undefined}
      onClick={() => choose(option.label)}
    >
      <kbd aria-hidden="true">{option.key ? shown(option.key) : "·"}</kbd>
      <span class="name" dir="auto">
        <Breakable text={option.text} />
      </span>
      <span class="share" aria-label={share === null ? undefined : `the model says ${percent(share)}`}>
        {share === null ? "" : percent(share)}
      </span>
    </button>
  );
}
