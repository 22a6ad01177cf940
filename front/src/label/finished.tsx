// The last screen: why it stopped, and how to get the labels out.

import { useEffect, useRef, useState } from "preact/hooks";
import { plural } from "../lib/format";
import { shown } from "../lib/keys";
import { keyOf } from "../lib/settings";
import type { Status } from "../lib/wire";

export function Finished({ reason, status }: { reason: string; status: Status }) {
  const root = useRef<HTMLElement>(null);
  useEffect(() => root.current?.focus(), []);
  return (
    <section id="finished" class="finished" tabIndex={-1} ref={root}>
      <p class="tick" aria-hidden="true">
        ✓
      </p>
      <h2>{plural(status.labels, "label")}, all done</h2>
      <p class="muted">{reason}</p>
      <p>Stop askwise with Ctrl-C in the terminal, then take your labels out:</p>
      <Command text={status.export_command} />
      <p class="muted small">Changed your mind about the last one? Press {shown(keyOf("undo"))}.</p>
    </section>
  );
}

function Command({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      setSaid("Select and copy it"); // the browser did not allow it
    }
  };
  return (
    <div class="command">
      <code>{text}</code>
      <button type="button" class="quiet" onClick={() => void copy()}>
        Copy
      </button>
      <span class="muted small" role="status">
        {said}
      </span>
    </div>
  );
}
