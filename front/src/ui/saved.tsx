// What the person must always be able to see: is what I did on disk?

import { useEffect, useRef, useState } from "preact/hooks";
import type { Outbox, State } from "../lib/outbox";

const PATIENCE_MS = 500;

/** The words for a state of the outbox. */
export function words(state: State, size: number, reason: string, kept = true): string {
  const here = kept ? `${size} kept here` : `${size} kept on this open page only`;
  if (state === "offline") return `Offline: ${here}, sent when askwise is back`;
  if (state === "locked") return `Locked${size ? `: ${here}` : ""}; open the new link from the terminal, or log in again`;
  if (state === "failing") return `Not saved: ${here}. ${reason}`;
  return size ? `Saving ${size}…` : "All saved";
}

/** A live region: at once when something is wrong or done, after half a second when a save is merely on its way. */
export function Saved({ outbox }: { outbox: Outbox }) {
  const [state, size] = [outbox.state.value, outbox.size.value];
  const now = { state, text: words(state, size, outbox.reason.value, outbox.kept.value) };
  const saving = state === "saving";
  const [slow, setSlow] = useState(false);
  const before = useRef(now);
  useEffect(() => {
    if (!saving) return setSlow(false);
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [saving]);
  const shown = saving && !slow ? before.current : now;
  before.current = shown;
  return (
    <p id="saved" class="saved" role="status" aria-live="polite" data-state={shown.state} data-unsaved={size}>
      {shown.text}
    </p>
  );
}
