// The overlay that lists what every key does now.

import { type Binding, type active, shown } from "../lib/keys";
import { keyOf } from "../lib/settings";
import { Dialog } from "./dialog";

const LISTED = 40;
const TITLES = { page: "Page", widget: "Answer", dialog: "Dialog" } as const;

/** `scopes` are those of before the overlay was opened: while it is open, its own keys act. */
export function Help({ scopes, close }: { scopes: ReturnType<typeof active>; close: () => void }) {
  const also: Binding = { key: keyOf("help"), text: "Close", run: close, hidden: true };
  return (
    <Dialog id="help" label="Keys" close={close} keys={() => [also]}>
      {scopes.map(({ name, bindings }) => {
        const visible = bindings.filter((binding) => !binding.hidden);
        if (!visible.length) return null;
        return (
          <section key={name}>
            <h3>{TITLES[name]}</h3>
            <dl class="keys">
              {visible.slice(0, LISTED).map(({ key, text, hint }) => (
                <div key={key}>
                  <dt>
                    <kbd>{shown(key)}</kbd>
                  </dt>
                  <dd dir="auto">
                    {text}
                    {hint && <span class="muted small">{hint}</span>}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        );
      })}
      <p class="muted small">
        Each answer is on disk when “All saved” shows. Close the page whenever you like: the same command resumes.
      </p>
    </Dialog>
  );
}
