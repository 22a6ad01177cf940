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
  probability: number;
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
  budget: number | null;
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
}

export interface Receipt {
  event: string;
  query: number;
  reopened: Item | null;
  status: Status;
}

export type Kind = "label" | "skip" | "abstain" | "undo";

/** Something the person did, as it waits in the outbox. `event` makes a repeat harmless. */
export interface Entry {
  event: string;
  kind: Kind;
  query: number;
  label?: Label;
  seconds?: number;
}
