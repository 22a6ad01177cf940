// The registry of widgets: a file `KIND.tsx` in this folder is the widget of the tasks of that kind, loaded when needed.

import choice from "./choice";
import type { Widget } from "./widget";

const lazy = import.meta.glob<{ default: Widget }>(["./*.tsx", "!./choice.tsx", "!./*.test.tsx"]);

/** The widget of a kind, which is null where this version has none. */
export async function widgetOf(kind: string): Promise<Widget | null> {
  if (kind === choice.kind) return choice;
  const load = lazy[`./${kind}.tsx`];
  return load ? (await load()).default : null;
}
