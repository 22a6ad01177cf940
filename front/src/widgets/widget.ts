// What a widget is: the part of the labelling page that takes an answer of one kind.

import type { Signal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { Binding } from "../lib/keys";
import type { Item, Label, TaskSpec } from "../lib/wire";

/** What a widget works with. `item` and `task` do not change while it is mounted: each item mounts it anew. */
export interface WidgetProps<T extends TaskSpec = TaskSpec, L = Label> {
  item: Item;
  task: T;
  /** The answer as it stands, null while there is none. After an undo it holds the answer that was taken back. */
  draft: Signal<L | null>;
  /** Give the answer: it goes into the outbox, and the next item is shown. */
  submit: (label: L) => void;
}

/** A widget, the default export of `widgets/KIND.tsx`; made with `widget` so that its types hold together. */
export interface Widget<T extends TaskSpec = TaskSpec, L = Label> {
  /** The task's kind, as in `TaskSpec.kind` and as the file is called. */
  kind: string;
  /**
   * Keys that act now: a pure function, asked at each key press and by the overlay that lists the keys. State beside the
   * draft (a caret, a pen) belongs into signals of the widget's module, reset in `begin`: one widget is shown at a time.
   */
  keys: (props: WidgetProps<T, L>) => Binding[];
  /** The buttons below the item. */
  Component: ComponentType<WidgetProps<T, L>>;
  /** The item itself, where it takes part in the answer (text with spans, an image with boxes); else shown as it is. */
  Item?: ComponentType<WidgetProps<T, L>>;
  /** Called when an item is shown, before the first render; returns the first draft. Without it, no draft. */
  begin?: (item: Item, task: T) => L | null;
  /** Given: Enter and a button send the draft when this says null; else it says what is missing. */
  missing?: (props: WidgetProps<T, L>) => string | null;
  /** Whether there is anything to send now, where `missing` is given; without it, always. */
  sends?: (props: WidgetProps<T, L>) => boolean;
  /** What a label chosen in the search does; without it, the label is the answer. */
  choose?: (props: WidgetProps<T, L>, label: Label) => void;
}

/** The widget as the registry keeps it. */
export function widget<T extends TaskSpec, L>(made: Widget<T, L>): Widget {
  return made as unknown as Widget;
}
