// A number: typed without going into the field first, or stepped by arrows.

import { signal } from "@preact/signals";
import type { Binding } from "../lib/keys";
import type { TaskSpec } from "../lib/wire";
import { KeyButton } from "../ui/key";
import { parse, step, wrong } from "./parts/numbers";
import { Suggested, takeKey } from "./parts/suggested";
import { widget, type WidgetProps } from "./widget";
import "./number.css";

export interface Task extends TaskSpec {
  low: number | null;
  high: number | null;
  unit: string;
}

type Props = WidgetProps<Task, number>;

/** What is typed; null while nothing is, and the draft (an answer taken back) stands. */
const typed = signal<string | null>(null);

const text = ({ draft }: Props): string => typed.value ?? (draft.value === null ? "" : String(draft.value));

function write(props: Props, value: string): void {
  typed.value = value;
  props.draft.value = parse(value);
}

const stepped = (props: Props, by: number) => write(props, String(step(props.draft.value, by, props.task)));

const arrows = (props: Props): Binding[] => [
  { key: "ArrowUp", text: "One step up", run: () => stepped(props, 1) },
  { key: "ArrowDown", text: "One step down", run: () => stepped(props, -1) },
  { key: "Shift+ArrowUp", text: "Ten steps up", run: () => stepped(props, 10) },
  { key: "Shift+ArrowDown", text: "Ten steps down", run: () => stepped(props, -10) },
];

const suggested = ({ item }: Props): number | null =>
  typeof item.suggestion?.label === "number" ? Number(item.suggestion.label.toPrecision(4)) : null;

export default widget<Task, number>({
  kind: "number",
  begin: () => {
    typed.value = null;
    return null;
  },
  keys: (props) => {
    const characters = ["-", ".", ",", "e", ..."0123456789"];
    const writes = characters.map((key) => ({
      key,
      text: `Type ${key}`,
      hidden: true,
      run: () => write(props, text(props) + (key === "," ? "." : key)),
    }));
    const likely = suggested(props);
    return [
      ...arrows(props),
      { key: "Backspace", text: "Take away the last digit", repeat: true, run: () => write(props, text(props).slice(0, -1)) },
      ...(likely === null ? [] : [takeKey(String(likely), () => write(props, String(likely)))]),
      ...writes,
    ];
  },
  missing: (props) => wrong(text(props), props.task),
  Component: (props) => {
    const { low, high, unit } = props.task;
    const likely = suggested(props);
    const [up, down] = arrows(props);
    const bounds = low === null && high === null ? "" : `${low ?? "no bound"} to ${high ?? "no bound"}`;
    return (
      <>
        <div class="numeral">
          <input
            id="number"
            type="text"
            inputMode="decimal"
            autocomplete="off"
            aria-label={`Number${unit ? ` in ${unit}` : ""}`}
            placeholder="Type a number"
            value={text(props)}
            onInput={(event) => write(props, event.currentTarget.value)}
          />
          {unit && <span class="unit">{unit}</span>}
          <KeyButton binding={down!}>
            <span aria-label="one step down">−</span>
          </KeyButton>
          <KeyButton binding={up!}>
            <span aria-label="one step up">+</span>
          </KeyButton>
          {bounds && <span class="muted small">{bounds}</span>}
        </div>
        {low !== null && high !== null && (
          <input
            type="range"
            class="slide"
            aria-label="Number, on its scale"
            min={low}
            max={high}
            step="any"
            tabIndex={-1}
            value={props.draft.value ?? (low + high) / 2}
            onInput={(event) => write(props, String(Number(event.currentTarget.valueAsNumber.toPrecision(4))))}
          />
        )}
        {likely !== null && <Suggested text={`${likely} ${unit}`.trim()} take={() => write(props, String(likely))} />}
      </>
    );
  },
});
