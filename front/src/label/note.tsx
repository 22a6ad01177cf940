// A note on the item for whoever looks after the data. The item stays; the answer is another matter.

import { useEffect, useRef } from "preact/hooks";
import type { Binding } from "../lib/keys";
import { Dialog } from "../ui/dialog";
import { KeyButton } from "../ui/key";

const LONGEST = 2000;

export function Note({ before, save, close }: { before: string; save: (note: string) => void; close: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const keep: Binding = {
    key: "Ctrl+Enter",
    text: "Keep the note",
    run: () => {
      save(field.current?.value.trim() ?? "");
      close();
    },
  };
  useEffect(() => field.current?.focus(), []);
  return (
    <Dialog id="note" label="Note on this item" close={close} keys={() => [keep]}>
      <textarea
        ref={field}
        class="field"
        rows={4}
        maxLength={LONGEST}
        aria-label="Note"
        placeholder="What should somebody know about this item?"
        defaultValue={before}
        dir="auto"
      />
      <p class="muted small">The item stays here, and you can still answer it. An empty note takes the last one back.</p>
      <KeyButton binding={keep} class="primary" />
    </Dialog>
  );
}
