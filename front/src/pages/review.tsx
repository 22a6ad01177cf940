// Review: answers that disagree, side by side, worth the most first; a reviewer's word settles each. All by keys.

import { useSignal } from "@preact/signals";
import { useState } from "preact/hooks";
import { send } from "../lib/api";
import { percent, plural } from "../lib/format";
import type { Binding } from "../lib/keys";
import { uuid7 } from "../lib/uuid";
import type { Label, Option } from "../lib/wire";
import { Options } from "../ui/options";
import { View } from "../ui/view";
import type { PageProps } from ".";
import { Actions, Meter, Trouble, inWords, said, useData } from "./parts/bits";
import type { Disputed, Queue, Voice } from "./parts/wire";
import "./parts/review.css";

const ABOUT: Record<string, string> = {
  disagreement: "answers differ",
  unsure: "nobody could tell",
  rejected: "rejected",
  flagged: "flagged",
  agreed: "answers agree",
};

export default function Review({ opening }: PageProps) {
  const [names, setNames] = useState(false);
  const [ruled, setRuled] = useState(false);
  const { data, trouble, again } = useData<Queue>(`/api/review/queue?n=50&ruled=${ruled}&names=${names}`, 20);
  const [at, setAt] = useState(0);
  const [reason, setReason] = useState("other");
  const [refusal, setRefusal] = useState("");
  const last = useSignal<number[]>([]);
  const items = data?.items ?? [];
  const shown = items[Math.min(at, items.length - 1)];
  const move = (by: number) => setAt((now) => Math.max(0, Math.min(items.length - 1, now + by)));

  const rule = (label: Label) => {
    if (!shown) return;
    send("/api/review/rulings", { event: uuid7(), row: shown.row, label, reason }).then(
      () => (last.value = [...last.value, shown.row], setRefusal(""), again()),
      (error: unknown) => setRefusal(said(error)),
    );
  };
  const undo = () => {
    const row = ruled && shown ? shown.row : last.value.at(-1);
    if (row === undefined) return setRefusal("Nothing was ruled on this page yet; press Shift+V to see what was ruled before.");
    send("/api/review/undo", { row }).then(
      () => (last.value = last.value.filter((one) => one !== row), setRefusal(""), again()),
      (error: unknown) => setRefusal(said(error)),
    );
  };
  const options = shown ? optionsOf(opening.task.options, shown) : [];
  const actions: Binding[] = [
    { key: "ArrowUp", text: "Before", run: () => move(-1) },
    { key: "ArrowDown", text: "Next", run: () => move(1) },
    { key: "u", text: "Undo", run: undo },
    { key: "n", text: names ? "Hide names" : "Show names", run: () => setNames(!names) },
    { key: "Shift+v", text: ruled ? "What is open" : "What was ruled", run: () => (setRuled(!ruled), setAt(0)) },
  ];
  const keys: Binding[] = [
    { key: "Enter", text: "Keep the label", run: () => shown && shown.label !== null && rule(shown.label) },
    ...options.filter((one) => one.key).map((one) => ({ key: one.key!, text: one.text, run: () => rule(one.label) })),
    ...(data?.reasons ?? []).map((one) => ({
      key: `Shift+${one[0]!}`,
      text: `Reason: ${one}`,
      run: () => setReason(one),
    })),
  ];
  return (
    <div class="review">
      <Trouble text={trouble || refusal} />
      {data && (
        <List items={items} at={at} choose={setAt} open={data.total} ruled={data.ruled} showsRuled={ruled} />
      )}
      {shown ? (
        <article class="case" aria-label={`Row ${String(shown.id)}`}>
          <div class="item">
            <View view={shown.view} />
          </div>
          {shown.notes.map((note) => (
            <p key={note} class="notice">{`Note: ${note}`}</p>
          ))}
          <Voices voices={shown.voices} />
          <p class="verdict">
            {shown.ruling
              ? `Ruled ${inWords(shown.ruling.label)} by ${shown.ruling.reviewer} (${shown.ruling.reason}).`
              : shown.label === null
                ? "No label yet: what was answered settles nothing."
                : `Label so far: ${inWords(shown.label)}. The chance that it is wrong is ${percent(shown.value)}.`}
          </p>
          <Reasons reasons={data?.reasons ?? []} chosen={reason} choose={setReason} />
          <Ruling options={options} label={shown.ruling?.label ?? null} choose={rule} />
        </article>
      ) : (
        data && <p class="empty">{ruled ? "No row has been ruled on yet." : "Nothing waits for a reviewer: all answers agree."}</p>
      )}
      <Actions actions={actions} more={keys} />
    </div>
  );
}

/** The task's classes; of another kind of answer, what the annotators said. */
function optionsOf(classes: Option[] | undefined, shown: Disputed): Option[] {
  if (classes?.length && shown.voices.every((voice) => typeof voice.label !== "object" || voice.label === null)) {
    return classes.map((one) => (one.key && "un".includes(one.key) ? { ...one, key: null } : one));
  }
  const distinct = new Map(shown.voices.filter((one) => one.kind === "label").map((one) => [JSON.stringify(one.label), one]));
  return [...distinct.values()].map((one, i) => ({ label: one.label, text: `${one.who}: ${inWords(one.label)}`, key: String(i + 1) }));
}

function Ruling({ options, label, choose }: { options: Option[]; label: Label; choose: (label: Label) => void }) {
  const chosen = useSignal<Label>(label);
  chosen.value = label;
  return <Options options={options} suggestion={null} chosen={chosen} choose={choose} />;
}

function Voices({ voices }: { voices: Voice[] }) {
  return (
    <div class="voices" role="list" aria-label="Answers">
      {voices.map((voice) => (
        <div key={voice.who} class={`voice ${voice.kind}`} role="listitem">
          <b>{voice.who}</b>
          <span class="said" dir="auto">
            {voice.kind === "label" ? inWords(voice.label) : voice.kind === "reject" ? "rejected" : "unsure"}
          </span>
          <small class="muted">{voice.seconds === null ? "" : `${voice.seconds.toFixed(1)} s`}</small>
        </div>
      ))}
    </div>
  );
}

function Reasons({ reasons, chosen, choose }: { reasons: string[]; chosen: string; choose: (one: string) => void }) {
  return (
    <div class="reasons" role="radiogroup" aria-label="Why the answers differ">
      {reasons.map((one) => (
        <button key={one} type="button" role="radio" aria-checked={one === chosen} onClick={() => choose(one)}>
          <kbd aria-hidden="true">{`⇧ ${one[0]!.toUpperCase()}`}</kbd>
          {one}
        </button>
      ))}
    </div>
  );
}

interface ListProps {
  items: Disputed[];
  at: number;
  choose: (at: number) => void;
  open: number;
  ruled: number;
  showsRuled: boolean;
}

function List({ items, at, choose, open, ruled, showsRuled }: ListProps) {
  return (
    <nav class="disputes" aria-label="Rows to review">
      <h2>{showsRuled ? plural(ruled, "ruling") : plural(open, "open row")}</h2>
      <p class="muted small">{showsRuled ? `${plural(open, "row")} still open` : `${plural(ruled, "row")} ruled on`}</p>
      <ol>
        {items.map((one, i) => (
          <li key={one.row}>
            <button type="button" aria-current={i === Math.min(at, items.length - 1) ? "true" : undefined} onClick={() => choose(i)}>
              <span class="name">{`Row ${String(one.id)}`}</span>
              <span class={`chip ${one.about === "disagreement" ? "" : "warn"}`.trim()}>{ABOUT[one.about] ?? one.about}</span>
              <Meter share={one.value} title={`${percent(one.value)} chance that the label is wrong`} />
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
