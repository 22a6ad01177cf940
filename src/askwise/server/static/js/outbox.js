// What the person did, in order, kept in localStorage until the server says that it is on disk.

import { Offline, Refused } from "./api.js";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;

export class Outbox {
  /** `send(entry)` resolves once durable; `changed()` is called at each change of state. */
  constructor(key, send, { changed, sent, refused }) {
    this.key = `askwise:outbox:${key}`;
    this.send = send;
    this.tell = { changed, sent, refused };
    this.entries = this.#read();
    this.state = "saved"; // saved | saving | offline | locked | failing
    this.reason = "";
    this.sending = null;
    this.wait = FIRST_WAIT_MS;
    this.timer = 0;
    addEventListener("online", () => this.flush());
  }

  get size() {
    return this.entries.length;
  }

  /** Query numbers whose answer is still here, so that they are not shown again after a reload. */
  get queries() {
    return new Set(this.entries.filter((entry) => entry.kind !== "undo").map((entry) => entry.query));
  }

  push(entry) {
    this.entries.push({ ...entry, event: crypto.randomUUID() });
    this.#write();
    this.flush();
  }

  /** Take back the last entry if it has not left yet; false when the server has to undo it. */
  retract(query) {
    const last = this.entries.at(-1);
    if (!last || last.query !== query || last.kind === "undo" || last === this.sending) return false;
    this.entries.pop();
    this.#write();
    this.#become(this.size ? this.state : "saved");
    return true;
  }

  async flush() {
    if (this.sending || !this.size) return;
    clearTimeout(this.timer);
    while (this.size) {
      this.sending = this.entries[0];
      if (this.state === "saved") this.#become("saving");
      try {
        const reply = await this.send(this.sending);
        this.#settle();
        this.tell.sent(reply);
      } catch (error) {
        if (!this.#failed(error)) break;
      }
    }
    this.sending = null;
    if (!this.size) this.#become("saved");
  }

  /** Whether to go on with the next entry. */
  #failed(error) {
    if (error instanceof Refused && [400, 404, 409, 422].includes(error.status)) {
      const entry = this.sending;
      this.#settle();
      this.tell.refused(entry, error.message);
      return true;
    }
    if (!(error instanceof Offline) && !(error instanceof Refused)) throw error;
    const locked = error instanceof Refused && [401, 403].includes(error.status);
    this.#become(locked ? "locked" : error instanceof Offline ? "offline" : "failing", error.message);
    this.timer = setTimeout(() => this.flush(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    return false;
  }

  #settle() {
    this.entries.shift();
    this.sending = null;
    this.wait = FIRST_WAIT_MS;
    this.#write();
    if (this.state !== "saving") this.#become("saving");
    this.tell.changed();
  }

  #become(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this.tell.changed();
  }

  #read() {
    try {
      const entries = JSON.parse(localStorage.getItem(this.key) ?? "[]");
      return Array.isArray(entries) ? entries : [];
    } catch {
      return []; // storage is switched off, or holds something else: the page works, without the safety net
    }
  }

  #write() {
    try {
      if (this.size) localStorage.setItem(this.key, JSON.stringify(this.entries));
      else localStorage.removeItem(this.key);
    } catch {
      this.reason = "this browser keeps no local copy";
    }
  }
}
