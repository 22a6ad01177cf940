// What the model would say, where no single button can show it, with a key that takes it over.

import type { Binding } from "../../lib/keys";
import { KeyButton } from "../../ui/key";
import "./suggested.css";

/** The key that takes the model's answer into the draft. */
export const TAKE = "=";

export const takeKey = (text: string, run: () => void): Binding => ({ key: TAKE, text: `Use ${text}`, run });

export function Suggested({ text, take }: { text: string; take: () => void }) {
  return (
    <p class="suggested muted">
      The model says <b dir="auto">{text}</b>
      <KeyButton binding={takeKey(text, take)}>
        <span>Use it</span>
      </KeyButton>
    </p>
  );
}
