// An order of the things in a row: their numbers, best first. Of two, one key is the whole answer.

import { signal } from "@preact/signals";
import type { Binding } from "../lib/keys";
import type { Option, TaskSpec, View as Shown } from "../lib/wire";
import { KeyButton } from "../ui/key";
import { View } from "../ui/view";
import { back, place } from "./parts/order";
import { Suggested, takeKey } from "./parts/suggested";
import { widget, type WidgetProps } from "./widget";
import "./parts/pens.css";
import "./ranking.css";

interface Task extends TaskSpec {
  options: Option[];
  question: string;
  of: number;
}

type Props = WidgetProps<Task, number[]>;

/** The thing under the cursor, for things beyond the ninth and for whoever prefers arrows. */
const at = signal(0);

function choose(props: Props, thing: number): void {
  const { task, draft, submit } = props;
  const order = place(draft.value ?? [], thing, task.of);
  if (task.of === 2) submit(order);
  else draft.value = order;
}

const undoOne = (props: Props): Binding => ({
  key: "Backspace",
  text: "Take back the last place",
  run: () => (props.draft.value = back(props.draft.value ?? [], props.task.of)),
});

const suggested = ({ item }: Props): number[] | null =>
  Array.isArray(item.suggestion?.label) ? (item.suggestion.label as number[]) : null;

const named = (order: number[]) => order.map((thing) => thing + 1).join(" > ");

const take = (props: Props, order: number[]) => (props.task.of === 2 ? props.submit(order) : (props.draft.value = order));

export default widget<Task, number[]>({
  kind: "ranking",
  begin: () => {
    at.value = 0;
    return [];
  },
  keys: (props) => {
    const { of, options } = props.task;
    const move = (step: number) => () => (at.value = (at.value + step + of) % of);
    const likely = suggested(props);
    return [
      ...options.flatMap(({ key, label }) =>
        key ? [{ key, text: `Number ${key} next`, run: () => choose(props, label as number) }] : [],
      ),
      { key: "ArrowRight", text: "Next thing", run: move(1) },
      { key: "ArrowLeft", text: "Thing before", run: move(-1) },
      { key: " ", text: "The thing under the cursor next", run: () => choose(props, at.value) },
      ...(of > 2 ? [undoOne(props)] : []),
      ...(likely ? [takeKey(named(likely), () => take(props, likely))] : []),
    ];
  },
  missing: ({ draft, task }) =>
    (draft.value ?? []).length === task.of ? null : `${task.of - (draft.value ?? []).length} have no place yet`,
  Item: (props) => {
    const view = props.item.view as Shown & { items?: Shown[]; names?: string[] };
    if (!view.items) return <View view={view} />;
    return (
      <div class="several">
        {view.items.map((one, i) => {
          const rank = (props.draft.value ?? []).indexOf(i);
          return (
            <section key={i} class={`thing ${rank >= 0 ? "placed" : ""} ${at.value === i ? "at" : ""}`} aria-label={`Number ${i + 1}`}>
              <h3>
                {i + 1} <span class="muted small">{view.names?.[i]}</span>
                {rank >= 0 && <b class="rank">{rank === 0 ? "best" : `place ${rank + 1}`}</b>}
              </h3>
              <View view={one} />
            </section>
          );
        })}
      </div>
    );
  },
  Component: (props) => {
    const { task, draft } = props;
    const order = draft.value ?? [];
    const likely = suggested(props);
    return (
      <>
        <p class="question">
          {task.question} {task.of > 2 && <span class="muted">Best first: {order.length ? named(order) : "none yet"}</span>}
        </p>
        <div id="options" class="options pens" role="group" aria-label="Things to rank">
          {task.options.map(({ label, text, key }) => (
            <button
              key={text}
              type="button"
              class={`option ${order.includes(label as number) ? "chosen" : ""}`.trim()}
              aria-keyshortcuts={key ?? undefined}
              aria-pressed={order.includes(label as number)}
              onClick={() => choose(props, label as number)}
            >
              <kbd aria-hidden="true">{key ?? "·"}</kbd>
              <span class="name">Number {text}</span>
            </button>
          ))}
        </div>
        {task.of > 2 && (
          <div class="tools">
            <KeyButton binding={undoOne(props)} />
          </div>
        )}
        {likely && <Suggested text={named(likely)} take={() => take(props, likely)} />}
      </>
    );
  },
});
