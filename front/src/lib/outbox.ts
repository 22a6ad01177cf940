// What the person did, in order, kept in the browser until the server says that it is on disk.

import { signal } from "@preact/signals";
import { Offline, Refused, type Trouble, isTrouble } from "./api";
import type { Keep } from "./keep";
import { uuid7 } from "./uuid";
import type { Entry, Kind, Receipt } from "./wire";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;
const FINAL = [400, 404, 409, 422];
const LOCKED = [401, 403];

/** What leaves its item on the page, or brings it back. */
const OPEN: Kind[] = ["undo", "flag"];

export type State = "saved" | "saving" | "offline" | "locked" | "failing";

export interface Listener {
  sent(receipt: Receipt): void;
  /** It was refused for good. True: it is still to be settled, so keep it in the browser until `release`. */
  refused(entry: Entry, error: Refused): boolean;
}

const isLocked = (error: Trouble) => error instanceof Refused && LOCKED.includes(error.status);

export class Outbox {
  readonly state = signal<State>("saved");
  readonly size = signal(0);
  readonly reason = signal("");
  /** False where this browser keeps nothing: then closing the page loses what was not sent. */
  readonly kept = signal(true);
  private entries: Entry[] = [];
  private sending: Entry | null = null;
  private wait = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly keep: Keep;
  private readonly send: (entry: Entry) => Promise<Receipt>;
  private readonly tell: Listener;

  /** `send` resolves once the entry is durable on the server. */
  constructor(keep: Keep, send: (entry: Entry) => Promise<Receipt>, tell: Listener) {
    this.keep = keep;
    this.send = send;
    this.tell = tell;
    globalThis.addEventListener?.("online", () => void this.flush());
  }

  /** Take up what an earlier page left, and send it. */
  async open(): Promise<void> {
    const left = await this.keep.read().catch(() => this.unkept([]));
    this.entries = [...left, ...this.entries];
    this.size.value = this.entries.length;
    void this.flush();
  }

  /** Queries whose answer is still here, so that they are not shown again after a reload. */
  get queries(): Set<number> {
    const closing = this.entries.filter((entry) => !OPEN.includes(entry.kind));
    return new Set(closing.map((entry) => entry.query));
  }

  push(act: Omit<Entry, "event">): void {
    const entry: Entry = { ...act, event: uuid7() };
    this.entries.push(entry);
    this.size.value = this.entries.length;
    this.keep.put(entry).catch(() => this.unkept(undefined));
    void this.flush();
  }

  /** Take back the last entry if it has not left yet; false when the server has to undo it. */
  retract(query: number): boolean {
    const last = this.entries.at(-1);
    if (!last || last.query !== query || OPEN.includes(last.kind) || last === this.sending) return false;
    this.entries.pop();
    this.forget(last);
    if (!this.entries.length) this.become("saved");
    return true;
  }

  async flush(): Promise<void> {
    if (this.sending || !this.entries.length) return;
    clearTimeout(this.timer);
    let entry: Entry | undefined;
    while ((entry = this.entries[0])) {
      this.sending = entry;
      if (this.state.value === "saved") this.become("saving");
      try {
        const receipt = await this.send(entry);
        this.settle(entry);
        this.tell.sent(receipt);
      } catch (error) {
        if (!this.failed(entry, error)) break;
      }
    }
    this.sending = null;
    if (!this.entries.length) this.become("saved");
  }

  /** Whether to go on with the next entry. */
  private failed(entry: Entry, error: unknown): boolean {
    if (!isTrouble(error)) throw error;
    if (error instanceof Refused && FINAL.includes(error.status)) {
      this.settle(entry, this.tell.refused(entry, error));
      return true;
    }
    this.become(isLocked(error) ? "locked" : error instanceof Offline ? "offline" : "failing", error.message);
    this.timer = setTimeout(() => void this.flush(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    return false;
  }

  /** What another call has brought: the server is there again, or it knows us no more. No need to wait any longer. */
  heard(trouble: Trouble | null): void {
    if (trouble instanceof Offline) return;
    if (this.entries.length) void this.flush();
    else if (trouble && isLocked(trouble)) this.become("locked", trouble.message);
    else if (!trouble) this.become("saved");
  }

  /** An entry that was refused is settled. */
  release(event: string): void {
    this.keep.drop(event).catch(() => this.unkept(undefined));
  }

  private settle(entry: Entry, held = false): void {
    this.entries.shift();
    this.sending = null;
    this.wait = FIRST_WAIT_MS;
    if (held) this.size.value = this.entries.length;
    else this.forget(entry);
    if (this.entries.length) this.become("saving");
  }

  private forget(entry: Entry): void {
    this.size.value = this.entries.length;
    this.release(entry.event);
  }

  private become(state: State, reason = ""): void {
    this.state.value = state;
    this.reason.value = reason;
  }

  private unkept<T>(value: T): T {
    this.kept.value = false;
    return value;
  }
}
