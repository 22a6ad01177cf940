// The loop: show an item, take a key, put it into the outbox, show the next one at once.

import { batch, computed, signal } from "@preact/signals";
import * as api from "../lib/api";
import * as clock from "../lib/clock";
import { keepOf } from "../lib/keep";
import { follow } from "../lib/live";
import { Outbox } from "../lib/outbox";
import { Ring } from "../lib/ring";
import { settings } from "../lib/settings";
import type { Entry, Item, Kind, Label, Opening, Page, Receipt, Status, Suggestion, TaskSpec } from "../lib/wire";
import type { Widget, WidgetProps } from "../widgets/widget";
import { type Clash, agree } from "./merge";

const BACK = 50;
const RECENT = 5;

interface Past extends Item {
  kind: Kind;
  label: Label;
}

const COUNTED = { label: "labels", skip: "skipped", abstain: "unsure", reject: "rejected" } as const;
type Closing = keyof typeof COUNTED;

/** What the model would have said of an item that is answered. */
export interface Revealed {
  query: number;
  given: { kind: Kind; label: Label };
  model: Suggestion;
}

export class Room {
  readonly task: TaskSpec;
  readonly widget: Widget;
  readonly status;
  readonly current = signal<Item | null>(null);
  readonly draft = signal<Label>(null);
  /** Why nothing more will be asked; empty while there is more. */
  readonly over = signal("");
  readonly notice = signal("");
  /** Answers that another page of the same person has given meanwhile, to be settled one by one. */
  readonly clashes = signal<Clash[]>([]);
  /** In a room that shows the model's guess after the answer: the last one. */
  readonly revealed = signal<Revealed | null>(null);
  /** Version of the guidelines that was last read here. */
  readonly guideRead = signal("");
  readonly guideIsNew = computed(() => this.status.value.guidelines !== this.guideRead.value);
  readonly closed = computed(() => !this.current.value && this.over.value !== "");
  readonly outbox: Outbox;
  private readonly ring: Ring;
  private past: Past[] = []; // items answered on this page, newest last
  private recent: Label[] = []; // labels used, newest first
  private readonly notes = signal<ReadonlyMap<number, string>>(new Map());

  constructor({ status, task }: Opening, widget: Widget) {
    this.status = signal<Status>(status);
    this.task = task;
    this.widget = widget;
    this.outbox = new Outbox(keepOf(status.session), api.submit, {
      sent: (receipt) => this.sent(receipt),
      refused: (entry, error) => this.refused(entry, error),
    });
    const tell = { answered: () => this.outbox.queries, changed: (page: Page) => this.filled(page) };
    this.ring = new Ring(tell, api.next, shownBefore(status.session));
    this.guideRead.value = readGuide(status.session);
  }

  async open(): Promise<void> {
    await this.outbox.open();
    void this.ring.fill();
    follow({ news: (status) => this.update(status), ask: () => void this.poll() });
  }

  /** What the widget works with; null while no item is shown. */
  readonly props = computed<WidgetProps | null>(() => {
    const item = this.current.value;
    return item && { item, task: this.task, draft: this.draft, submit: (label) => this.submit(label) };
  });

  /** How many items lie ahead of the current one. */
  get ahead(): number {
    return this.ring.size;
  }

  /** Give an answer: at once, or where the person wants to look at it first, as a draft that Enter sends. */
  private submit(label: Label): void {
    const sent = this.widget.missing || settings.value.advance || JSON.stringify(this.draft.value) === JSON.stringify(label);
    if (sent) this.answer(label);
    else this.draft.value = label;
  }

  answer(label: Label): void {
    if (!this.current.value) return;
    this.recent = [label, ...this.recent.filter((other) => other !== label)].slice(0, RECENT);
    this.leave("label", label);
  }

  /** A label chosen in the search: the answer, or what the widget makes of it. */
  choose(label: Label): void {
    const props = this.props.value;
    if (props && this.widget.choose) this.widget.choose(props, label);
    else this.answer(label);
  }

  /** Close the current item with an answer, a skip or "unsure", and go on. */
  leave(kind: Closing, label: Label = null): void {
    const item = this.current.value;
    if (!item) return;
    batch(() => {
      this.past = [...this.past, { ...item, kind, label }].slice(-BACK);
      const guidelines = this.status.value.guidelines;
      this.outbox.push({ kind, query: item.query, label, seconds: clock.seconds(), guidelines });
      this.count(kind, label, 1);
      this.show(this.ring.take());
    });
  }

  undo(): void {
    batch(() => {
      const before = this.past.pop();
      const query = before?.query ?? (this.outbox.size.value ? null : this.status.value.last); // the first query is 0
      if (query === null) return;
      this.over.value = "";
      if (before) {
        this.ring.putBack(this.current.value);
        this.show(before, before.kind === "label" ? before.label : null);
        this.count(before.kind as Closing, before.label, -1);
      }
      if (!this.outbox.retract(query)) this.outbox.push({ kind: "undo", query });
    });
  }

  /** The note of this page on an item; empty where there is none. */
  noteOf(query: number | null): string {
    return (query !== null && this.notes.value.get(query)) || "";
  }

  /** Keep a note on the current item, which stays. */
  flag(note: string): void {
    const query = this.current.value?.query;
    if (query === undefined || note === this.noteOf(query)) return;
    this.notes.value = new Map(this.notes.value).set(query, note);
    this.outbox.push({ kind: "flag", query, note });
  }

  /** Settle the first clash: put the new answer in the place of the one on the server, or let that stand. */
  settle(replace: boolean): void {
    const [first, ...others] = this.clashes.value;
    this.clashes.value = others;
    if (!first) return;
    const { event, ...entry } = first.entry;
    if (replace) this.outbox.push({ ...entry, base: first.standing.base });
    this.outbox.release(event); // after the new one is kept
  }

  /** The guidelines of this version lie before the annotator. */
  guideSeen(version: string): void {
    this.guideRead.value = version;
    keepGuide(this.status.value.session, version);
  }

  /** Labels to offer first in a search: the likely one, then those used last. */
  first(): Label[] {
    const likely = this.current.value?.suggestion?.label;
    return [...new Set(likely === undefined ? this.recent : [likely, ...this.recent])];
  }

  private show(item: Item | null, draft: Label = null): void {
    const begun = item && this.widget.begin ? this.widget.begin(item, this.task) : null;
    batch(() => {
      this.draft.value = draft ?? begun;
      this.current.value = item;
    });
    keepShown(this.status.value.session, item?.query ?? null);
    clock.restart();
    if (item) performance.mark("shown");
  }

  private filled({ finished }: Page): void {
    batch(() => {
      this.over.value = this.ring.size ? "" : finished;
      if (!this.current.value) this.show(this.ring.take());
    });
  }

  private sent({ query, status, reopened, revealed }: Receipt): void {
    const given = this.past.findLast((item) => item.query === query);
    this.revealed.value = revealed && given ? { query, given, model: revealed } : null;
    const known = reopened && (this.current.value?.query === reopened.query || this.ring.has(reopened.query));
    if (reopened && !known && !this.outbox.queries.has(reopened.query)) {
      this.ring.putBack(this.current.value);
      this.show(reopened);
    }
    this.update(status);
  }

  private refused(entry: Entry, error: api.Refused): boolean {
    const item = this.past.findLast((one) => one.query === entry.query) ?? null;
    const clash = error.standing && { entry, standing: error.standing, item };
    if (clash && agree(clash)) return false; // a page before this one said the same
    if (clash) this.clashes.value = [...this.clashes.value, clash];
    else this.notice.value = `Not stored (${entry.kind}): ${error.message}`;
    this.past = this.past.filter((one) => one.query !== entry.query);
    void this.poll();
    return Boolean(clash);
  }

  private async poll(): Promise<void> {
    try {
      const status = await api.status();
      this.outbox.heard(null);
      this.update(status);
    } catch (error) {
      if (!api.isTrouble(error)) throw error;
      this.outbox.heard(error);
      void this.ring.fill();
    }
  }

  /** News from the server; while answers are on their way, our own counts are ahead of its. */
  private update(status: Status): void {
    void this.ring.fill();
    if (this.outbox.size.value) return;
    this.status.value = status;
    if (status.trouble) this.notice.value = status.trouble;
  }

  private count(kind: Closing, label: Label, by: number): void {
    const before = this.status.value;
    const field = COUNTED[kind];
    const balance = before.balance.map((entry) =>
      kind === "label" && entry.label === label ? { ...entry, count: entry.count + by } : entry,
    );
    const answers = before.answers + (kind === "skip" ? 0 : by);
    this.status.value = { ...before, answers, balance, [field]: before[field] + by };
    if (by > 0) this.notice.value = "";
  }
}

const shownKey = (session: string) => `askwise:shown:${session}`;

/** The query that this tab showed before it was loaded anew. */
function shownBefore(session: string): number | null {
  try {
    const kept = sessionStorage.getItem(shownKey(session));
    return kept === null ? null : Number(kept);
  } catch {
    return null; // storage is switched off: whatever comes first
  }
}

function keepShown(session: string, query: number | null): void {
  try {
    if (query === null) sessionStorage.removeItem(shownKey(session));
    else sessionStorage.setItem(shownKey(session), String(query));
  } catch {
    return; // as above
  }
}

const guideKey = (session: string) => `askwise:guidelines:${session}`;

function readGuide(session: string): string {
  try {
    return localStorage.getItem(guideKey(session)) ?? "";
  } catch {
    return ""; // storage is switched off: the guidelines count as new
  }
}

function keepGuide(session: string, version: string): void {
  try {
    localStorage.setItem(guideKey(session), version);
  } catch {
    return; // as above
  }
}
