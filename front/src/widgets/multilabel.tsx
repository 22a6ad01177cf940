// Every class that applies, none included: keys switch classes on and off, Enter sends.

import type { Option, TaskSpec } from "../lib/wire";
import { Options } from "../ui/options";
import { Suggested, takeKey } from "./parts/suggested";
import { widget, type WidgetProps } from "./widget";

interface Task extends TaskSpec {
  options: Option[];
}

type Props = WidgetProps<Task, unknown[]>;

const toggle = ({ draft }: Props, label: unknown) => {
  const now = draft.value ?? [];
  draft.value = now.includes(label) ? now.filter((one) => one !== label) : [...now, label];
};

const suggested = ({ item }: Props): unknown[] | null =>
  Array.isArray(item.suggestion?.label) ? (item.suggestion.label as unknown[]) : null;

const named = (labels: unknown[]): string => (labels.length ? labels.map(String).join(", ") : "none");

export default widget<Task, unknown[]>({
  kind: "multilabel",
  begin: () => [],
  keys: (props) => {
    const likely = suggested(props);
    const take = likely ? [takeKey(named(likely), () => (props.draft.value = likely))] : [];
    const switches = props.task.options.flatMap(({ key, text, label }) =>
      key ? [{ key, text, run: () => toggle(props, label) }] : [],
    );
    return [...switches, ...take];
  },
  choose: toggle,
  missing: () => null,
  Component: (props) => {
    const likely = suggested(props);
    return (
      <>
        <Options options={props.task.options} suggestion={null} chosen={props.draft} choose={(label) => toggle(props, label)} many />
        {likely && <Suggested text={named(likely)} take={() => (props.draft.value = likely)} />}
      </>
    );
  },
});
