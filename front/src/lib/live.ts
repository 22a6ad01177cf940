// News as they happen, by server-sent events; by asking now and then, where the stream is not open.

import type { Status } from "./wire";

const ASK_MS = 2_500;
const HIDDEN_MS = 20_000; // often enough to keep the items of a page that nobody looks at
const AGAIN_MS = 10_000;
const URL = "/api/events";

export interface LiveListener {
  news(status: Status): void;
  ask(): void;
}

/** Follow the room until the page is left. A hidden page closes its stream: browsers allow six connections in all. */
export function follow(tell: LiveListener): void {
  let source: EventSource | null = null;
  let asked = 0;
  let closed = 0;
  const close = () => {
    source?.close();
    source = null;
  };
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(URL);
    source.addEventListener("status", (event) => tell.news(JSON.parse(event.data as string) as Status));
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      close();
      closed = Date.now();
    });
  };
  const look = () => {
    const now = Date.now();
    if (!source && now - closed >= AGAIN_MS) open();
    if (source?.readyState === EventSource.OPEN || now - asked < (document.hidden ? HIDDEN_MS : 0)) return;
    asked = now;
    tell.ask();
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  setInterval(look, ASK_MS);
  open();
}
