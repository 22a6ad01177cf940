// Insight: how good the model is, what was saved against random, whether to go on, and how each annotator does.

import { useEffect, useRef, useState } from "preact/hooks";
import { send } from "../lib/api";
import { duration, percent, plural } from "../lib/format";
import type { ClassCount } from "../lib/wire";
import { Actions, Meter, Part, Tile, Trouble, said, useData } from "./parts/bits";
import { Agreed, People } from "./parts/people-table";
import type { Curve, Mark } from "./parts/chart";
import type { Agreement, Insight, Savings } from "./parts/wire";
import "./parts/insight.css";

const SHOWN = 12;

export default function InsightPage() {
  const { data, trouble, again } = useData<Insight>("/api/insight", 10);
  const agreement = useData<Agreement>("/api/review/agreement", 60);
  const [refusal, setRefusal] = useState("");
  const work = () => {
    send("/api/insight/savings", {}).then(
      () => (setRefusal(""), again()),
      (error: unknown) => setRefusal(said(error)),
    );
  };
  if (!data) return <Trouble text={trouble} />;
  return (
    <>
      <Trouble text={trouble || refusal} />
      <Tiles now={data} agreement={agreement.data} />
      <Part title="Accuracy by number of labels" lead={curveLead(data)}>
        <Chart now={data} />
      </Part>
      <div class="twofold">
        <Part title="Saved against random" lead={savedLead(data)} />
        <Part title={data.stop ? "Time to stop?" : "Go on?"} lead={data.advice}>
          <Rules now={data} />
        </Part>
      </div>
      <Balance balance={data.balance} />
      <People workers={data.workers} classes={data.classes} />
      <Agreed found={agreement.data} trouble={agreement.trouble} />
      <Actions
        actions={[
          { key: "s", text: data.working ? "Working out what was saved …" : "Work out what was saved", run: work },
          { key: "r", text: "Look again", run: () => (again(), agreement.again()) },
        ]}
      />
    </>
  );
}

function Tiles({ now, agreement }: { now: Insight; agreement: Agreement | null }) {
  const alpha = agreement?.coefficients.find((one) => one.name === "krippendorff_alpha" || one.name === "unitizing_alpha");
  const saved = now.savings;
  return (
    <div class="tiles">
      <Tile value={String(now.answers)} name={`answers${now.budget ? ` of ${now.budget}` : ""}`} note={plural(now.labels, "labelled row")} />
      <Tile
        value={now.accuracy ? percent(now.accuracy.value) : "–"}
        name="accuracy estimate"
        note={now.accuracy ? `${percent(now.accuracy.low)} to ${percent(now.accuracy.high)}` : "after some random rows"}
      />
      <Tile value={savedValue(saved)} name="labels saved against random" note={saved ? ends(saved) : "not worked out yet"} />
      <Tile
        value={alpha?.value === null || alpha?.value === undefined ? "–" : alpha.value.toFixed(2)}
        name="Krippendorff's alpha"
        note={alpha?.value === null || !alpha ? "rows that several answered" : `${alpha.low?.toFixed(2)} to ${alpha.high?.toFixed(2)}`}
      />
      <Tile value={String(now.disputes)} name="rows to review" note={`labels by ${now.truth.replace("_", "-")}`} />
      <Tile value={now.seconds ? duration(now.seconds) : "–"} name="annotators' time" note={`strategy ${now.strategy}`} />
    </div>
  );
}

function savedValue(saved: Savings | null): string {
  if (!saved) return "–";
  return saved.verdict === "unclear" || saved.saved === null ? "unclear" : Math.round(saved.saved).toString();
}

function ends({ low, high }: Savings): string {
  if (low !== null && high !== null) return `between ${Math.round(low)} and ${Math.round(high)}`;
  if (high !== null) return `at most ${Math.round(high)}`;
  return low === null ? "no bound on either side" : `at least ${Math.round(low)}`;
}

function savedLead({ savings, working, trouble }: Insight): string {
  if (working) return "Being worked out: models of either arm are trained on parts of the rows …";
  const before = savings ? `With ${savings.labels} labels: ${savings.sentence}.` : "Not worked out yet; press S. It takes some 90 fits.";
  return trouble ? `${before} It is too early: ${trouble}.` : before;
}

function curveLead({ accuracy, forecast_text: ahead }: Insight): string {
  if (!accuracy) return "Appears after some answers to rows of the control arm, which are drawn at random and predicted before they are answered.";
  const now = `${percent(accuracy.value)} (${percent(accuracy.low)} to ${percent(accuracy.high)}) on the last ${accuracy.n} random rows.`;
  return ahead ? `${now} Forecast: ${ahead}.` : now;
}

function Chart({ now }: { now: Insight }) {
  const root = useRef<HTMLDivElement>(null);
  const { curve, forecast, savings } = now;
  useEffect(() => {
    if (!root.current || curve.length < 2) return;
    const curves: Curve[] = [{ name: "control arm", points: curve, colour: "accent" }];
    if (forecast.length > 1) curves.push({ name: "forecast", points: forecast, colour: "muted", dash: [6, 5] });
    let away: (() => void) | null = null;
    let here = true;
    void import("./parts/chart").then(({ draw }) => {
      if (here && root.current) away = draw(root.current, curves, marksOf(savings));
    });
    return () => {
      here = false;
      away?.();
    };
  }, [curve, forecast, savings]);
  if (curve.length < 2) return null;
  return (
    <>
      <div class="chart" ref={root} role="img" aria-label={`Accuracy by number of labels, ${curveLead(now)}`} />
      <p class="legend" aria-hidden="true">
        <span class="key now">measured on the control arm, 95% band</span>
        {forecast.length > 1 && <span class="key ahead">forecast, 90% band</span>}
        {marksOf(savings).length > 0 && <span class="key dots">same accuracy by the strategy and at random</span>}
      </p>
    </>
  );
}

function marksOf(savings: Savings | null): Mark[] {
  if (!savings || savings.accuracy === null) return [];
  const { accuracy: value, strategy_labels: ours, random_labels: theirs } = savings;
  const marks: Mark[] = [];
  if (ours !== null) marks.push({ labels: ours, value, text: `strategy: ${Math.round(ours)}` });
  if (theirs !== null) marks.push({ labels: theirs, value, text: `random: ${Math.round(theirs)}` });
  return marks;
}

function Rules({ now }: { now: Insight }) {
  const fired = now.rules.filter((rule) => rule.labels !== null);
  if (!now.rules.length) return null;
  return (
    <details class="rules">
      <summary>{`${fired.length} of ${now.rules.length} stopping rules would have stopped by now`}</summary>
      <table class="table small">
        <tbody>
          {now.rules.map((one) => (
            <tr key={one.rule}>
              <th scope="row">{one.rule}</th>
              <td class="number">{one.labels === null ? "not yet" : `at ${one.labels}`}</td>
              <td class="muted">{one.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Balance({ balance }: { balance: ClassCount[] }) {
  if (!balance.length) return null;
  const total = balance.reduce((sum, one) => sum + one.count, 0) || 1;
  const sorted = [...balance].sort((a, b) => b.count - a.count);
  const seen = balance.filter((one) => one.count > 0).length;
  const most = sorted[0]!.count || 1;
  return (
    <Part title="Class balance" lead={`${seen} of ${plural(balance.length, "class").replace("classs", "classes")} have labels.`}>
      <ol class="bars">
        {sorted.slice(0, SHOWN).map((one) => (
          <li key={one.text}>
            <span dir="auto">{one.text}</span>
            <Meter share={one.count / most} title={`${one.count} labels`} />
            <b>{one.count}</b>
            <span class="muted">{percent(one.count / total)}</span>
          </li>
        ))}
      </ol>
      {sorted.length > SHOWN && <p class="muted small">{`and ${sorted.length - SHOWN} classes with fewer`}</p>}
    </Part>
  );
}
