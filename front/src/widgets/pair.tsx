// Same or different: a key each. The two things stand side by side.

import { computed } from "@preact/signals";
import type { Option, TaskSpec } from "../lib/wire";
import { Options } from "../ui/options";
import { widget } from "./widget";

interface Task extends TaskSpec {
  options: Option[];
  question: string;
}

export default widget<Task, unknown>({
  kind: "pair",
  keys: ({ task, submit }) =>
    task.options.flatMap(({ key, text, label }) => (key ? [{ key, text, run: () => submit(label) }] : [])),
  Component: ({ item, task, draft, submit }) => (
    <>
      <p class="question">{task.question}</p>
      <Options options={task.options} suggestion={item.suggestion} chosen={computed(() => draft.value)} choose={submit} />
    </>
  ),
});
