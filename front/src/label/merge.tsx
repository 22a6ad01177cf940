// Two answers of one person to one item, from two pages: which one stays?

import type { Binding } from "../lib/keys";
import type { Entry, Item, Label, Standing } from "../lib/wire";
import { Dialog } from "../ui/dialog";
import { KeyButton } from "../ui/key";
import { View } from "../ui/view";

export interface Clash {
  entry: Entry;
  standing: Standing;
  /** The item, where this page still has it. */
  item: Item | null;
}

const WORDS: Record<string, string> = { abstain: "Unsure", reject: "Rejected" };

/** An answer in words. */
export function said(kind: string, label: Label): string {
  return WORDS[kind] ?? (typeof label === "string" ? label : JSON.stringify(label));
}

/** Whether both say the same, so that there is nothing to ask. */
export const agree = ({ entry, standing }: Clash): boolean =>
  entry.kind === standing.kind && (entry.kind !== "label" || JSON.stringify(entry.label) === JSON.stringify(standing.label));

function ago(seconds: number): string {
  if (seconds < 90) return "just now";
  return seconds < 5400 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}

export function Merge({ clash, settle }: { clash: Clash; settle: (replace: boolean) => void }) {
  const { entry, standing, item } = clash;
  const keep: Binding = { key: "1", text: "Keep the earlier answer", run: () => settle(false) };
  const replace: Binding = { key: "2", text: "Replace it by the new one", run: () => settle(true) };
  return (
    <Dialog id="merge" label="You answered this item before" close={() => settle(false)} keys={() => [keep, replace]}>
      {item && (
        <div class="quoted">
          <View view={item.view} />
        </div>
      )}
      <div class="versus">
        <div>
          <h3>On the server, {ago(standing.seconds_ago)}</h3>
          <p class="given" dir="auto">
            {said(standing.kind, standing.label)}
          </p>
          <KeyButton binding={keep} class="choice">
            <span>Keep this</span>
          </KeyButton>
        </div>
        <div>
          <h3>From this page</h3>
          <p class="given" dir="auto">
            {said(entry.kind, entry.label)}
          </p>
          <KeyButton binding={replace} class="choice">
            <span>Take this instead</span>
          </KeyButton>
        </div>
      </div>
    </Dialog>
  );
}
