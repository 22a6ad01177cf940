// Annotators in numbers, with the confusion matrix that each is taken to have; and how far they agree.

import { Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { percent } from "../../lib/format";
import { Part, Trouble } from "./bits";
import type { Agreement, Coefficient, Worker } from "./wire";

const MOST_CLASSES = 12;

const share = (value: number | null) => (value === null ? "–" : percent(value));

export function People({ workers, classes }: { workers: Worker[]; classes: string[] }) {
  const [open, setOpen] = useState("");
  if (!workers.length) return null;
  return (
    <Part title="Annotators" lead="Agreement, accuracy and confusion are estimated from rows that several answered, from ten such rows on.">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            {["Answers", "Unsure", "Seconds", "Shared rows", "Agreement", "Accuracy"].map((name) => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
            <th scope="col">Confusion</th>
          </tr>
        </thead>
        <tbody>
          {workers.map((one) => (
            <Fragment key={one.name}>
              <Line one={one} open={open === one.name} toggle={() => setOpen(open === one.name ? "" : one.name)} />
              {open === one.name && one.confusion && (
                <tr>
                  <td colSpan={8}>
                    <Confusion matrix={one.confusion} classes={classes} name={one.name} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </Part>
  );
}

function Line({ one, open, toggle }: { one: Worker; open: boolean; toggle: () => void }) {
  return (
    <tr>
      <th scope="row">{one.name}</th>
      <td class="number">{one.answers}</td>
      <td class="number">{one.unsure + one.rejected || "–"}</td>
      <td class="number">{one.seconds === null ? "–" : one.seconds.toFixed(1)}</td>
      <td class="number">{one.shared || "–"}</td>
      <td class="number">{share(one.agreement)}</td>
      <td class="number">{share(one.accuracy)}</td>
      <td>
        {one.confusion ? (
          <button type="button" class="outline small" aria-expanded={open} onClick={toggle}>
            {open ? "Hide" : "Show"}
          </button>
        ) : (
          <span class="muted small">too few shared rows</span>
        )}
      </td>
    </tr>
  );
}

function Confusion({ matrix, classes, name }: { matrix: number[][]; classes: string[]; name: string }) {
  const shown = classes.slice(0, MOST_CLASSES);
  return (
    <figure class="confusion">
      <figcaption class="small muted">{`How often ${name} gives each answer (across) where the class is (down)`}</figcaption>
      <table>
        <thead>
          <tr>
            <td />
            {shown.map((one) => (
              <th key={one} scope="col">
                {one}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((one, i) => (
            <tr key={one}>
              <th scope="row">{one}</th>
              {shown.map((other, j) => (
                <Cell key={other} value={matrix[i]?.[j] ?? 0} right={i === j} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {classes.length > MOST_CLASSES && <p class="muted small">{`The first ${MOST_CLASSES} of ${classes.length} classes.`}</p>}
    </figure>
  );
}

function Cell({ value, right }: { value: number; right: boolean }) {
  const cell = useRef<HTMLTableCellElement>(null);
  useEffect(() => cell.current?.style.setProperty("--part", String(value)), [value]);
  return (
    <td ref={cell} class={right ? "right" : "wrong"}>
      {value < 0.005 ? "" : percent(value)}
    </td>
  );
}

const NAMES: Record<string, string> = {
  percent: "Equal answers",
  fleiss_kappa: "Fleiss' kappa",
  cohen_kappa: "Cohen's kappa",
  krippendorff_alpha: "Krippendorff's alpha",
  unitizing_alpha: "Alpha for unitizing",
};

export function Agreed({ found, trouble }: { found: Agreement | null; trouble: string }) {
  if (!found) return <Trouble text={trouble} />;
  return (
    <Part title="Agreement" lead={`${found.shared} of ${found.rows} answered rows have two answers or more, by ${found.annotators.length} annotators.`}>
      <table class="table">
        <tbody>
          {found.coefficients.map((one) => (
            <tr key={`${one.name}/${one.about}`}>
              <th scope="row">
                {NAMES[one.name] ?? one.name} <span class="muted small">{one.about}</span>
              </th>
              <td class="number">{one.why ? "–" : one.value?.toFixed(3)}</td>
              <td class="muted">{one.why || interval(one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Part>
  );
}

const interval = ({ low, high, rows }: Coefficient) =>
  low === null || high === null ? "" : `95% interval ${low.toFixed(2)} to ${high.toFixed(2)}, ${rows} rows`;
