// Yes or no to a proposed class. After a no, the right class can be given; Enter leaves it at the no.

import { computed, signal } from "@preact/signals";
import type { Binding } from "../lib/keys";
import type { Option, TaskSpec } from "../lib/wire";
import { KeyButton } from "../ui/key";
import { Options } from "../ui/options";
import { widget, type WidgetProps } from "./widget";

interface Task extends TaskSpec {
  options: Option[];
  verdicts: Option[];
}

type Props = WidgetProps<Task, unknown>;

/** Whether the proposal was refused and the other classes are shown. */
const refused = signal(false);

/** The proposed class; undefined where there is none (no model yet, or a row that measures it). */
const proposed = ({ item }: Props): unknown => item.why["proposed"];

const asks = (props: Props): boolean => proposed(props) !== undefined && !refused.value;

function say(props: Props, yes: unknown): void {
  if (yes) return props.submit(proposed(props));
  refused.value = true;
  props.draft.value = { not: [proposed(props)] };
}

const verdicts = (props: Props): Binding[] =>
  props.task.verdicts.map(({ key, text, label }) => ({ key: key!, text, run: () => say(props, label) }));

const others = (props: Props): Option[] => props.task.options.filter(({ label }) => label !== proposed(props));

const back = (props: Props): Binding => ({
  key: "Backspace",
  text: "Back to the question",
  run: () => {
    refused.value = false;
    props.draft.value = null;
  },
});

export default widget<Task, unknown>({
  kind: "verify",
  begin: () => {
    refused.value = false;
    return null;
  },
  keys: (props) => {
    if (asks(props)) return verdicts(props);
    const classes = others(props).flatMap(({ key, text, label }) => (key ? [{ key, text, run: () => props.submit(label) }] : []));
    return [...classes, ...(refused.value ? [back(props)] : [])];
  },
  sends: ({ draft }) => draft.value !== null,
  missing: ({ draft }) => (draft.value === null ? "Answer with a key" : null),
  Component: (props) => {
    const { task, draft, submit } = props;
    const word = task.options.find(({ label }) => label === proposed(props))?.text ?? String(proposed(props));
    if (asks(props)) {
      return (
        <>
          <p class="question">
            Is this <b dir="auto">{word}</b>?
          </p>
          <Options options={task.verdicts} suggestion={null} chosen={computed(() => null)} choose={(label) => say(props, label)} />
        </>
      );
    }
    return (
      <>
        {refused.value && (
          <p class="question">
            Not <b dir="auto">{word}</b>. Which one is it, then? Enter leaves it open.
          </p>
        )}
        <Options options={others(props)} suggestion={null} chosen={computed(() => draft.value)} choose={submit} />
        {refused.value && (
          <div class="tools">
            <KeyButton binding={back(props)} />
          </div>
        )}
      </>
    );
  },
});
