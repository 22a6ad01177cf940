// What the numbers say: labels of budget, speed, estimate of accuracy, class balance.

import { byId, h, say } from "./dom.js";
import { percent } from "./options.js";
import { sparkline } from "./spark.js";

const SHOWN = 8;

export class Panel {
  constructor(root) {
    this.count = h("strong", { class: "count" });
    this.left = h("span", { class: "muted" });
    this.facts = h("dl", { class: "facts" });
    this.curve = h("div", { class: "curve" });
    this.balance = h("ol", { class: "balance" });
    this.model = h("p", { class: "model" });
    this.balanceTitle = h("h2", {}, "Class balance");
    root.replaceChildren(
      h("section", {}, h("h2", {}, "Progress"), h("p", { class: "done" }, this.count, " ", this.left), this.facts),
      h("section", { class: "quality" }, h("h2", {}, "Accuracy estimate"), this.curve),
      h("section", { class: "classes" }, this.balanceTitle, this.balance),
      this.model,
    );
  }

  show(status) {
    const total = status.budget ?? status.rows;
    say(this.count, String(status.answers));
    say(this.left, `of ${total} answers`);
    byId("rail").style.setProperty("--done", Math.min(1, status.answers / Math.max(total, 1)));
    this.#facts(status);
    this.curve.replaceChildren(...accuracy(status));
    this.#balance(status.balance);
    say(this.model, modelLine(status));
    this.model.classList.toggle("training", status.training);
  }

  #facts(status) {
    const facts = [
      ["Speed", status.per_minute ? `${status.per_minute.toFixed(status.per_minute < 10 ? 1 : 0)} a minute` : "–"],
      ["Time left", status.eta_seconds === null ? "–" : duration(status.eta_seconds)],
      ["Skipped", String(status.skipped)],
      ["Unsure", String(status.unsure)],
    ];
    this.facts.replaceChildren(...facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  }

  #balance(balance) {
    const seen = balance.filter((entry) => entry.count > 0).length;
    const most = Math.max(1, ...balance.map((entry) => entry.count));
    const many = balance.length > SHOWN;
    const shown = many ? [...balance].sort((a, b) => b.count - a.count).slice(0, SHOWN) : balance;
    say(this.balanceTitle, many ? `Class balance: ${seen} of ${balance.length} seen` : "Class balance");
    this.balance.replaceChildren(...shown.map((entry) => bar(entry, most)));
  }
}

function bar({ text, count }, most) {
  const fill = h("i", { "aria-hidden": "true" });
  fill.style.setProperty("--part", count / most);
  return h("li", {}, h("span", { class: "name", dir: "auto", title: text }, text), fill, h("b", {}, String(count)));
}

function accuracy({ accuracy: estimate, curve, forecast_text: ahead }) {
  if (!estimate) return [h("p", { class: "muted small" }, "Appears after some labels of randomly drawn items.")];
  const range = `${percent(estimate.low)} to ${percent(estimate.high)}`;
  return [
    h("p", { class: "done" }, h("strong", { class: "count" }, percent(estimate.value)), " ", h("span", { class: "muted" }, range)),
    sparkline(curve, `Accuracy estimate by number of labels, now ${percent(estimate.value)}`),
    h("p", { class: "muted small" }, `From ${estimate.n} randomly drawn items, each guessed before you answered.`),
    ...(ahead ? [h("p", { class: "muted small" }, `Forecast: ${ahead}`)] : []),
  ];
}

function modelLine({ model, training }) {
  if (training) return model ? `Learning from your labels (model ${model} in use)` : "Getting ready to learn";
  return model ? `Model ${model} in use` : "No model yet: it starts after the first labels";
}

/** 95 -> "2 min". */
export function duration(seconds) {
  if (seconds < 60) return "under a minute";
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
