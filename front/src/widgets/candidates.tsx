// One of the likely classes, or none of these: then the other classes appear, and Enter says that it is none of the first.

import { computed, signal } from "@preact/signals";
import type { Binding } from "../lib/keys";
import type { Option, TaskSpec } from "../lib/wire";
import { KeyButton } from "../ui/key";
import { Options } from "../ui/options";
import { widget, type WidgetProps } from "./widget";

interface Task extends TaskSpec {
  options: Option[];
}

type Props = WidgetProps<Task, unknown>;

/** Whether the likely classes were refused and the others are shown. */
const others = signal(false);

/** The likely classes of an item; null where all stand (no model yet, or a row that measures it). */
function likely({ item, task }: Props): unknown[] | null {
  const names = item.why["candidates"];
  return Array.isArray(names) && names.length < task.options.length ? names : null;
}

function shown(props: Props): Option[] {
  const names = likely(props);
  if (!names) return props.task.options;
  return props.task.options.filter(({ label }) => names.includes(label) !== others.value);
}

function refuse(props: Props): void {
  others.value = true;
  props.draft.value = { not: likely(props) };
}

function takeBack(props: Props): void {
  others.value = false;
  props.draft.value = null;
}

const switches = (props: Props): Binding[] => {
  if (!likely(props)) return [];
  if (others.value) return [{ key: "Backspace", text: "Back to the likely ones", run: () => takeBack(props) }];
  return [{ key: "-", text: "None of these", run: () => refuse(props) }];
};

export default widget<Task, unknown>({
  kind: "candidates",
  begin: () => {
    others.value = false;
    return null;
  },
  keys: (props) => [
    ...shown(props).flatMap(({ key, text, label }) => (key ? [{ key, text, run: () => props.submit(label) }] : [])),
    ...switches(props),
  ],
  sends: ({ draft }) => draft.value !== null,
  missing: ({ draft }) => (draft.value === null ? "Choose one, or none of these" : null),
  Component: (props) => {
    const { item, draft, submit } = props;
    return (
      <>
        {others.value && <p class="question">Which one is it, then? Enter leaves it open.</p>}
        <Options options={shown(props)} suggestion={item.suggestion} chosen={computed(() => draft.value)} choose={submit} />
        <div class="tools">
          {switches(props).map((binding) => (
            <KeyButton key={binding.key} binding={binding} />
          ))}
        </div>
      </>
    );
  },
});
