// One label among classes: a button per class in a fixed order, so that a key never moves under the finger.

import { computed } from "@preact/signals";
import type { TaskSpec } from "../lib/wire";
import { Options } from "../ui/options";
import { widget } from "./widget";

interface Task extends TaskSpec {
  options: NonNullable<TaskSpec["options"]>;
}

export default widget<Task, unknown>({
  kind: "choice",
  keys: ({ task, submit }) =>
    task.options.flatMap(({ key, text, label }) => (key ? [{ key, text, run: () => submit(label) }] : [])),
  Component: ({ item, task, draft, submit }) => (
    <Options options={task.options} suggestion={item.suggestion} chosen={computed(() => draft.value)} choose={submit} />
  ),
});
