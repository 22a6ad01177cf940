// The loop: show an item, take a key, put it into the outbox, show the next one at once.

import { batch, computed, signal } from "@preact/signals";
import * as api from "../lib/api";
import * as clock from "../lib/clock";
import { keepOf } from "../lib/keep";
import { Outbox } from "../lib/outbox";
import { Ring } from "../lib/ring";
import type { Entry, Item, Kind, Label, Opening, Page, Receipt, Status, TaskSpec } from "../lib/wire";
import type { Widget, WidgetProps } from "../widgets/widget";

const POLL_MS = 2_500;
const BACK = 50;
const RECENT = 5;

interface Past extends Item {
  kind: Kind;
  label: Label;
}

const COUNTED = { label: "labels", skip: "skipped", abstain: "unsure" } as const;
type Closing = keyof typeof COUNTED;

export class Room {
  readonly task: TaskSpec;
  readonly widget: Widget;
  readonly status;
  readonly current = signal<Item | null>(null);
  readonly draft = signal<Label>(null);
  /** Why nothing more will be asked; empty while there is more. */
  readonly over = signal("");
  readonly notice = signal("");
  readonly closed = computed(() => !this.current.value && this.over.value !== "");
  readonly outbox: Outbox;
  private readonly ring: Ring;
  private past: Past[] = []; // items answered on this page, newest last
  private recent: Label[] = []; // labels used, newest first
  private poller: ReturnType<typeof setInterval> | undefined;

  constructor({ status, task }: Opening, widget: Widget) {
    this.status = signal<Status>(status);
    this.task = task;
    this.widget = widget;
    this.outbox = new Outbox(keepOf(status.session), api.submit, {
      sent: (receipt) => this.sent(receipt),
      refused: (entry, error) => this.refused(entry, error.message),
    });
    this.ring = new Ring({ answered: () => this.outbox.queries, changed: (page) => this.filled(page) });
  }

  async open(): Promise<void> {
    await this.outbox.open();
    void this.ring.fill();
    this.poller ??= setInterval(() => void this.poll(), POLL_MS);
  }

  /** What the widget works with; null while no item is shown. */
  readonly props = computed<WidgetProps | null>(() => {
    const item = this.current.value;
    return item && { item, task: this.task, draft: this.draft, submit: (label) => this.answer(label) };
  });

  answer(label: Label): void {
    if (!this.current.value) return;
    this.recent = [label, ...this.recent.filter((other) => other !== label)].slice(0, RECENT);
    this.leave("label", label);
  }

  /** Close the current item with an answer, a skip or "unsure", and go on. */
  leave(kind: Closing, label: Label = null): void {
    const item = this.current.value;
    if (!item) return;
    batch(() => {
      this.past = [...this.past, { ...item, kind, label }].slice(-BACK);
      this.outbox.push({ kind, query: item.query, label, seconds: clock.seconds() });
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
    clock.restart();
    if (item) performance.mark("shown");
  }

  private filled({ finished }: Page): void {
    batch(() => {
      this.over.value = this.ring.size ? "" : finished;
      if (!this.current.value) this.show(this.ring.take());
    });
  }

  private sent({ status, reopened }: Receipt): void {
    const known = reopened && (this.current.value?.query === reopened.query || this.ring.has(reopened.query));
    if (reopened && !known && !this.outbox.queries.has(reopened.query)) {
      this.ring.putBack(this.current.value);
      this.show(reopened);
    }
    this.update(status);
    void this.ring.fill();
  }

  private refused(entry: Entry, message: string): void {
    this.notice.value = `Not stored (${entry.kind}): ${message}`;
    this.past = this.past.filter((item) => item.query !== entry.query);
    void this.poll();
  }

  private async poll(): Promise<void> {
    try {
      this.update(await api.status());
    } catch (error) {
      if (!api.isTrouble(error)) throw error;
    }
    void this.ring.fill();
  }

  /** News from the server; while answers are on their way, our own counts are ahead of its. */
  private update(status: Status): void {
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
