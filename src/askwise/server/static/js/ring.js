// Items fetched ahead, so that the next one is there before the key is pressed.

import { next, Offline, Refused } from "./api.js";

export const AHEAD = 6;
const WAIT_S = 10;
const RETRY_MS = 800;

export class Ring {
  /** `answered()` gives the query numbers that wait in the outbox; `changed(page)` tells of news. */
  constructor({ answered, changed }) {
    this.items = [];
    this.place = 0;
    this.busy = false;
    this.tell = { answered, changed };
  }

  get size() {
    return this.items.length;
  }

  take() {
    const item = this.items.shift() ?? null;
    this.fill();
    return item;
  }

  /** Put an item back at the front: the person went back to one before it. */
  putBack(item) {
    if (item) this.items.unshift(item);
  }

  drop(query) {
    this.items = this.items.filter((item) => item.query !== query);
  }

  async fill() {
    if (this.busy || this.size >= AHEAD) return;
    this.busy = true;
    let page = null;
    try {
      page = await next(this.place, AHEAD, this.size ? 0 : WAIT_S);
      this.#add(page.items);
    } catch (error) {
      if (!(error instanceof Offline) && !(error instanceof Refused)) throw error;
      setTimeout(() => this.fill(), RETRY_MS);
    } finally {
      this.busy = false;
    }
    if (!page) return;
    this.tell.changed(page);
    // An empty page means that the server is still choosing: ask again, now if nothing is left to show.
    if (!page.finished && this.size < AHEAD) setTimeout(() => this.fill(), this.size ? RETRY_MS : 0);
  }

  #add(items) {
    const answered = this.tell.answered();
    for (const item of items) {
      this.place = Math.max(this.place, item.place);
      if (answered.has(item.query)) continue;
      if (item.view.kind === "image") decodeAhead(item.view.url);
      this.items.push(item);
    }
  }
}

function decodeAhead(url) {
  const image = new Image();
  image.src = url;
  image.decode().catch(() => undefined); // a broken image is shown as such by the renderer
}
