// What the person must always be able to see: is what I did on disk?

import { byId, say } from "./dom.js";

const PATIENCE_MS = 500;

let timer = 0;

function words({ state, size, reason }) {
  const kept = `${size} kept here`;
  if (state === "offline") return `Offline: ${kept}, sent when askwise is back`;
  if (state === "locked") return `Locked: ${kept}; open the new link from the terminal`;
  if (state === "failing") return `Not saved: ${kept}. ${reason}`;
  return size ? `Saving ${size}…` : "All saved";
}

/** Show it: at once when something is wrong or done, after half a second when a save is merely on its way. */
export function showSaved(outbox) {
  const pill = byId("saved");
  clearTimeout(timer);
  const show = () => {
    pill.dataset.state = outbox.state;
    pill.dataset.unsaved = String(outbox.size);
    say(pill, words(outbox));
  };
  pill.dataset.unsaved = String(outbox.size);
  if (outbox.state === "saving") timer = setTimeout(show, PATIENCE_MS);
  else show();
}
