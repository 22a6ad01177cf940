// Start: drop the used-up link from the address bar, learn what is asked, open the room.

import { render } from "preact";
import { App } from "./app";
import { Room } from "./label/room";
import * as api from "./lib/api";
import * as clock from "./lib/clock";
import * as keys from "./lib/keys";
import * as router from "./lib/router";
import * as settings from "./lib/settings";
import { widgetOf } from "./widgets";
import "./styles/base.css";
import "./styles/page.css";
import "./styles/dialog.css";

const RETRY_MS = 1_000;

declare global {
  interface Window {
    /** For tests and for whoever looks at a page that waits: how many items lie ahead. */
    askwise?: { ahead: () => number };
  }
}

const root = document.getElementById("app")!;

function notice(message: string): void {
  render(
    <p id="notice" class="notice" role="alert">
      {message}
    </p>,
    root,
  );
}

async function begin(): Promise<void> {
  try {
    const opening = await api.start();
    const widget = await widgetOf(opening.task.kind);
    if (!widget) return notice(`This page has no way to answer tasks of the kind “${opening.task.kind}”.`);
    const room = new Room(opening, widget);
    document.title = `${opening.status.title} · askwise`;
    window.askwise = { ahead: () => room.ahead };
    await room.open(); // first, so that nothing is called saved before we know what an earlier page left
    render(<App opening={opening} room={room} />, root);
  } catch (error) {
    if (!api.isTrouble(error)) throw error;
    const locked = error instanceof api.Refused && error.status === 401;
    notice(locked ? error.message : `Cannot reach askwise (${error.message}); trying again.`);
    if (!locked) setTimeout(() => void begin(), RETRY_MS);
  }
}

settings.begin();
router.begin();
keys.listen();
clock.watch();
void begin();
