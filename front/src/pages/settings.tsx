// How the page looks and which keys it listens to, for one person in this browser.

import { useState } from "preact/hooks";
import * as api from "../lib/api";
import { namesOf, shown, useKeys } from "../lib/keys";
import { go } from "../lib/router";
import { type Action, KEYS, SIZES, type Settings as Values, change, keyOf, refusal, settings } from "../lib/settings";
import type { PageProps } from "./index";
import "../styles/settings.css";

const THEMES: [Values["theme"], string][] = [
  ["system", "As the system has it"],
  ["light", "Light"],
  ["dark", "Dark"],
];
const NAMES: Record<Action, string> = {
  undo: "Undo",
  skip: "Skip",
  unsure: "Unsure",
  reject: "Reject",
  note: "Note",
  why: "Why this item",
  guidelines: "Guidelines",
  search: "Search",
  help: "Help",
};

export default function Settings({ opening }: PageProps) {
  const { theme, size, advance } = settings.value;
  useKeys("page", () => [{ key: "Escape", text: "Back to labelling", run: () => go("/") }]);
  const taken = (opening.task.options ?? []).flatMap(({ key }) => key ?? []);
  return (
    <div class="settings">
      <h2>Settings</h2>
      <p class="muted">For you, in this browser.</p>
      <Choice title="Appearance" options={THEMES} value={theme} choose={(theme) => change({ theme })} />
      <Choice
        title="Size of the item’s text"
        options={SIZES.map((one) => [one, `${one * 100}%`])}
        value={size}
        choose={(size) => change({ size })}
      />
      <Choice
        title="After a single choice"
        options={[
          [true, "Next item at once"],
          [false, "Enter sends it"],
        ]}
        value={advance}
        choose={(advance) => change({ advance })}
      />
      <h3>Keys of the page</h3>
      <ul class="remap">
        {(Object.keys(KEYS) as Action[]).map((action) => (
          <Key key={action} action={action} taken={taken} />
        ))}
      </ul>
      <p>
        <button type="button" class="outlined" onClick={() => change({ keys: {} })}>
          All keys as they were
        </button>
      </p>
      {opening.team && <LogOut />}
    </div>
  );
}

interface ChoiceProps<T> {
  title: string;
  options: [T, string][];
  value: T;
  choose: (value: T) => void;
}

function Choice<T extends string | number | boolean>({ title, options, value, choose }: ChoiceProps<T>) {
  return (
    <fieldset class="radio">
      <legend>{title}</legend>
      {options.map(([one, text]) => (
        <label key={String(one)}>
          <input type="radio" name={title} checked={one === value} onChange={() => choose(one)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** A button that waits for the key which its action is to have. */
function Key({ action, taken }: { action: Action; taken: string[] }) {
  const [waiting, setWaiting] = useState(false);
  const [said, setSaid] = useState("");
  const press = (event: KeyboardEvent) => {
    if (!waiting || ["Shift", "Control", "Alt", "Meta", "Tab"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    setWaiting(false);
    const key = namesOf(event).at(-1);
    if (!key || key === "Escape") return;
    const why = refusal(action, key, taken);
    setSaid(why ?? "");
    if (why === null) change({ keys: { ...settings.value.keys, [action]: key } });
  };
  return (
    <li>
      <span>{NAMES[action]}</span>
      <button
        type="button"
        class="outlined"
        aria-label={`Key of ${NAMES[action]}: ${shown(keyOf(action))}`}
        onClick={(event) => {
          event.currentTarget.focus();
          setWaiting(!waiting);
        }}
        onKeyDown={press}
        onBlur={() => setWaiting(false)}
      >
        {waiting ? "Press a key…" : <kbd>{shown(keyOf(action))}</kbd>}
      </button>
      <span class="muted small" role="status">
        {said}
      </span>
    </li>
  );
}

function LogOut() {
  const [trouble, setTrouble] = useState("");
  const leave = () =>
    api.send("/api/logout", {}).then(
      () => location.assign("/"),
      (error: unknown) => setTrouble(error instanceof Error ? error.message : String(error)),
    );
  return (
    <p>
      <button type="button" class="outlined" onClick={() => void leave()}>
        Log out
      </button>{" "}
      <span role="status">{trouble}</span>
    </p>
  );
}
