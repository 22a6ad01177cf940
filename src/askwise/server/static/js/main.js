// Start: drop the used-up link from the address bar, learn what is asked, open the room.

import { Refused, start } from "./api.js";
import { byId } from "./dom.js";
import { Room } from "./room.js";

const RETRY_MS = 1_000;

async function begin() {
  history.replaceState(null, "", "/");
  try {
    new Room(await start()).open();
  } catch (error) {
    const locked = error instanceof Refused && error.status === 401;
    byId("notice").textContent = locked
      ? error.message
      : `Cannot reach askwise (${error.message}); trying again.`;
    byId("notice").hidden = false;
    if (!locked) setTimeout(begin, RETRY_MS);
  }
}

begin();
