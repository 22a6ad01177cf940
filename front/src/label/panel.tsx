// What the numbers say: labels of budget, speed, estimate of accuracy, class balance.

import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { duration, percent } from "../lib/format";
import type { ClassCount, Status } from "../lib/wire";
import { Spark } from "../ui/spark";

const SHOWN = 8;

export function Panel({ status }: { status: ReadonlySignal<Status> }) {
  const now = status.value;
  return (
    <aside id="panel" class="panel" aria-label="Progress">
      <Progress status={now} />
      <section class="quality">
        <h2>Accuracy estimate</h2>
        <Accuracy status={now} />
      </section>
      <Balance balance={now.balance} />
      <p class={`model ${now.training ? "training" : ""}`.trim()}>{modelLine(now)}</p>
    </aside>
  );
}

function Progress({ status }: { status: Status }) {
  const facts: [string, string][] = [
    ["Speed", status.per_minute ? `${status.per_minute.toFixed(status.per_minute < 10 ? 1 : 0)} a minute` : "–"],
    ["Time left", status.eta_seconds === null ? "–" : duration(status.eta_seconds)],
    ["Skipped", String(status.skipped)],
    ["Unsure", String(status.unsure)],
    ["Rejected", String(status.rejected)],
    ["Notes", String(status.flagged)],
  ];
  return (
    <section>
      <h2>Progress</h2>
      <p class="done">
        <strong class="count">{status.answers}</strong>{" "}
        <span class="muted">
          of {status.budget ?? status.rows} answers, {status.left} left
        </span>
      </p>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Accuracy({ status: { accuracy, curve, forecast_text: ahead } }: { status: Status }) {
  if (!accuracy) return <p class="muted small">Appears after some labels of randomly drawn items.</p>;
  const value = percent(accuracy.value);
  return (
    <div class="curve">
      <p class="done">
        <strong class="count">{value}</strong>{" "}
        <span class="muted">{`${percent(accuracy.low)} to ${percent(accuracy.high)}`}</span>
      </p>
      <Spark points={curve} title={`Accuracy estimate by number of labels, now ${value}`} />
      <p class="muted small">{`From ${accuracy.n} randomly drawn items, each guessed before you answered.`}</p>
      {ahead && <p class="muted small">{`Forecast: ${ahead}`}</p>}
    </div>
  );
}

function Balance({ balance }: { balance: ClassCount[] }) {
  if (!balance.length) return null;
  const seen = balance.filter((entry) => entry.count > 0).length;
  const most = Math.max(1, ...balance.map((entry) => entry.count));
  const many = balance.length > SHOWN;
  const shown = many ? [...balance].sort((a, b) => b.count - a.count).slice(0, SHOWN) : balance;
  return (
    <section class="classes">
      <h2>{many ? `Class balance: ${seen} of ${balance.length} seen` : "Class balance"}</h2>
      <ol class="balance">
        {shown.map((entry) => (
          <Bar key={entry.text} entry={entry} part={entry.count / most} />
        ))}
      </ol>
    </section>
  );
}

function Bar({ entry, part }: { entry: ClassCount; part: number }) {
  const fill = useRef<HTMLElement>(null);
  useEffect(() => fill.current?.style.setProperty("--part", String(part)), [part]);
  return (
    <li>
      <span class="name" dir="auto" title={entry.text}>
        {entry.text}
      </span>
      <i ref={fill} aria-hidden="true" />
      <b>{entry.count}</b>
    </li>
  );
}

function modelLine({ model, training }: Status): string {
  if (training) return model ? `Learning from your labels (model ${model} in use)` : "Getting ready to learn";
  return model ? `Model ${model} in use` : "No model yet: it starts after the first labels";
}
