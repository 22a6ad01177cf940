// What goes over the wire: the same names as in server/views.py.

/** An answer as JSON; which form it has is up to the task. */
export type Label = unknown;

export interface Option {
  label: Label;
  text: string;
  key: string | null;
}

/** What a task says of itself; further fields by kind. */
export interface TaskSpec {
  kind: string;
  options?: Option[];
  search?: boolean;
  question?: string;
  [more: string]: unknown;
}

/** How a row is shown; further fields by kind. */
export interface View {
  kind: string;
  [more: string]: unknown;
}

export interface Suggestion {
  label: Label;
  /** Calibrated on so many random items, the model's own where that is 0; null of numbers and of several labels. */
  probability: number | null;
  calibrated_on: number;
  /** The model that says so, by its number. */
  model: number;
  /** Who else says so, as "llm:small"; empty for the model. */
  by: string;
}

export interface Item {
  place: number;
  query: number;
  id: unknown;
  arm: string;
  why: Record<string, unknown>;
  view: View;
  suggestion: Suggestion | null;
}

export interface Page {
  items: Item[];
  finished: string;
  /** How many items beside the next ones the page may put by, for when the network is gone. */
  spare: number;
}

export interface ClassCount {
  label: Label;
  text: string;
  count: number;
}

export interface Share {
  value: number;
  low: number;
  high: number;
  n: number;
}

export interface Point {
  labels: number;
  value: number;
  low: number;
  high: number;
}

export interface Status {
  session: string;
  title: string;
  annotator: string;
  rows: number;
  labels: number;
  answers: number;
  unsure: number;
  skipped: number;
  rejected: number;
  flagged: number;
  budget: number | null;
  left: number;
  /** Version of the guidelines; empty where there are none. */
  guidelines: string;
  per_minute: number | null;
  eta_seconds: number | null;
  accuracy: Share | null;
  curve: Point[];
  forecast: Point[];
  forecast_text: string;
  balance: ClassCount[];
  model: number;
  training: boolean;
  last: number | null;
  finished: string;
  trouble: string;
  export_command: string;
}

export interface Opening {
  status: Status;
  task: TaskSpec;
  /** The caller's role: owner, reviewer, annotator or machine. */
  role: string;
  /** Whether several people work here, each with a log-in. */
  team: boolean;
}

export interface Receipt {
  event: string;
  query: number;
  reopened: Item | null;
  /** What the model would have said, in a room that shows it after the answer. */
  revealed: Suggestion | null;
  status: Status;
}

/** An answer that is in force, which a new one may take the place of by naming its `base`. */
export interface Standing {
  base: number;
  kind: string;
  label: Label;
  seconds_ago: number;
}

export interface Neighbour {
  id: unknown;
  label: Label;
  similarity: number;
  view: View;
}

export interface Reasons {
  query: number;
  why: Record<string, unknown>;
  neighbours: Neighbour[];
  /** Why no neighbours are shown, where they would lead. */
  blind: string;
}

/** A text, or an element: its tag, its attributes, its children. */
export type MarkupNode = string | [tag: string, attributes: Record<string, string>, children: MarkupNode[]];

export interface Guidelines {
  version: string;
  tree: MarkupNode[];
}

/** Answers: a label, unsure (nobody could say), reject (the item is at fault). Beside them: skip, a note, undo. */
export type Kind = "label" | "abstain" | "reject" | "skip" | "flag" | "undo";

/** Something the person did, as it waits in the outbox. `event` makes a repeat harmless. */
export interface Entry {
  event: string;
  kind: Kind;
  query: number;
  label?: Label;
  seconds?: number;
  note?: string;
  /** Version of the guidelines that were in force. */
  guidelines?: string;
  /** The answer that this one takes the place of. */
  base?: number;
}
