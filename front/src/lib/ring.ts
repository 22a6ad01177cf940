// Items fetched and decoded ahead, so that the next one is there before the key is pressed; and some put by, so that one can
// go on without a network. Those were chosen by an older model: they are shown when nothing fresher is there.

import { isTrouble, next } from "./api";
import type { Item, Page } from "./wire";

export const AHEAD = 6;
const WAIT_S = 10;
const RETRY_MS = 800;

export interface RingListener {
  /** Queries whose answer is on its way. */
  answered(): Set<number>;
  /** News: items came, or nothing more will. */
  changed(page: Page): void;
}

export class Ring {
  private fresh: Item[] = [];
  private spare: Item[] = [];
  private keep = 0; // how many may be put by
  private place: number | null = null; // of the last item that came
  private busy = false;
  private first: number | null;
  private readonly tell: RingListener;
  private readonly fetch: typeof next;

  /** `first` is the query that was shown before the page was loaded anew. */
  constructor(tell: RingListener, fetch: typeof next = next, first: number | null = null) {
    this.tell = tell;
    this.first = first;
    this.fetch = fetch;
  }

  get size(): number {
    return this.fresh.length + this.spare.length;
  }

  has(query: number): boolean {
    return [...this.fresh, ...this.spare].some((item) => item.query === query);
  }

  take(): Item | null {
    // Towards the end fewer are put by: then one of them comes between the others.
    const old = this.spare.length > this.keep ? this.spare.shift() : undefined;
    const item = old ?? this.fresh.shift() ?? this.spare.shift() ?? null;
    void this.fill();
    return item;
  }

  private get missing(): number {
    return AHEAD + this.keep - this.size;
  }

  /** Put an item back at the front: the person went back to one before it. */
  putBack(item: Item | null): void {
    if (item) this.fresh.unshift(item);
  }

  async fill(): Promise<void> {
    if (this.busy || this.missing <= 0) return;
    this.busy = true;
    let page: Page | null = null;
    // The reply may be older than an answer that arrives while it is on its way.
    const before = this.tell.answered();
    try {
      page = await this.fetch(this.place, this.missing, this.size ? 0 : WAIT_S, this.first);
      this.first = null;
      this.keep = page.spare;
      this.add(page.items, new Set([...before, ...this.tell.answered()]));
    } catch (error) {
      if (!isTrouble(error)) throw error;
      setTimeout(() => void this.fill(), RETRY_MS);
    } finally {
      this.busy = false;
    }
    if (!page) return;
    this.tell.changed(page);
    // An empty page means that the server is still choosing: ask again, now if nothing is left to show.
    if (!page.finished && this.missing > 0) setTimeout(() => void this.fill(), this.size ? RETRY_MS : 0);
  }

  private add(items: Item[], answered: Set<number>): void {
    for (const item of items) {
      this.place = Math.max(this.place ?? item.place, item.place);
      if (answered.has(item.query)) continue;
      if (item.view.kind === "image") decodeAhead(String(item.view["url"]));
      this.fresh.push(item);
    }
    const more = Math.max(0, Math.min(this.fresh.length - AHEAD, this.keep - this.spare.length));
    this.spare.push(...this.fresh.splice(AHEAD, more));
  }
}

function decodeAhead(url: string): void {
  const image = new Image();
  image.src = url;
  image.decode().catch(() => undefined); // a broken image is shown as such by the renderer
}
