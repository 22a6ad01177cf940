// The loop: show an item, take a key, put it into the outbox, show the next one at once.

import * as api from "./api.js";
import * as clock from "./clock.js";
import { byId, h, say } from "./dom.js";
import { finished } from "./finished.js";
import { help } from "./help.js";
import { enter } from "./keys.js";
import { Options } from "./options.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { rendered } from "./render.js";
import { Ring } from "./ring.js";
import { showSaved } from "./saved.js";
import { Search } from "./search.js";
import { whyLine } from "./why.js";

const MANY = 10;
const POLL_MS = 2_500;
const BACK = 50;

export class Room {
  constructor({ status, task }) {
    this.status = status;
    this.task = task;
    this.current = null;
    this.past = []; // items answered on this page, newest last
    this.recent = []; // labels used, newest first
    this.over = "";
    this.panel = new Panel(byId("panel"));
    this.options = new Options(byId("options"), task.options, (label) => this.answer(label));
    this.outbox = new Outbox(status.session, api.send, {
      changed: () => showSaved(this.outbox),
      sent: (reply) => this.#sent(reply),
      refused: (entry, message) => this.#refused(entry, message),
    });
    this.ring = new Ring({ answered: () => this.outbox.queries, changed: (page) => this.#filled(page) });
    this.search = new Search({ options: task.options, first: () => this.#first(), choose: (label) => this.answer(label) });
    this.actions = this.#actions();
  }

  open() {
    say(byId("title"), this.status.title);
    document.title = `${this.status.title} · askwise`;
    byId("actions").replaceChildren(...this.actions.filter((one) => one.key !== "?").map(actionButton));
    const openHelp = help(this.actions, this.task.options);
    this.actions.find((one) => one.key === "?").run = openHelp;
    byId("help-open").addEventListener("click", openHelp);
    enter((key) => this.#find(key));
    this.panel.show(this.status);
    this.#show(null);
    this.outbox.flush();
    this.ring.fill();
    setInterval(() => this.#poll(), POLL_MS);
  }

  answer(label) {
    if (!this.current) return;
    this.options.flash(label);
    this.recent = [label, ...this.recent.filter((other) => other !== label)].slice(0, 5);
    this.#leave("label", label);
  }

  undo() {
    const before = this.past.pop();
    const query = before?.query ?? (this.outbox.size ? null : this.status.last); // the first query is 0
    if (query === null) return;
    this.over = "";
    if (before) {
      this.ring.putBack(this.current);
      this.#show(before);
      this.#count(before.kind, before.label, -1);
    }
    if (!this.outbox.retract(query)) this.outbox.push({ kind: "undo", query, wanted: !before });
  }

  /** Close the current item with an answer, a skip or "unsure", and go on. */
  #leave(kind, label = null) {
    const item = this.current;
    if (!item) return;
    this.past = [...this.past, { ...item, kind, label }].slice(-BACK);
    this.outbox.push({ kind, query: item.query, label, seconds: clock.seconds() });
    this.#count(kind, label, 1);
    this.#show(this.ring.take());
  }

  #show(item) {
    const root = byId("item");
    this.current = item;
    this.options.enable(item !== null);
    this.options.suggest(item?.suggestion ?? null);
    byId("why").replaceChildren(...(item ? whyLine(item) : []));
    root.classList.toggle("waiting", !item);
    root.replaceChildren(item ? rendered(item.view) : h("p", {}, "Choosing the next items…"));
    root.scrollTop = 0;
    clock.restart();
    this.#closed(!item && Boolean(this.over));
    if (item) performance.mark("shown");
  }

  #closed(done) {
    document.body.classList.toggle("closed", done);
    const root = byId("finished");
    if (done === !root.hidden) return;
    root.hidden = !done;
    if (done) root.replaceChildren(...finished(this.over, this.status));
    if (done) root.focus();
  }

  #filled({ finished: reason }) {
    this.over = this.ring.size ? "" : reason;
    if (!this.current) this.#show(this.ring.take());
  }

  #sent({ status, reopened }) {
    const known = this.current?.query === reopened?.query || this.ring.items.some((item) => item.query === reopened?.query);
    if (reopened && !known && !this.outbox.queries.has(reopened.query)) {
      this.ring.putBack(this.current);
      this.#show(reopened);
    }
    this.#update(status);
    this.ring.fill();
  }

  #refused(entry, message) {
    this.#notice(`Not stored (${entry.kind}): ${message}`);
    this.past = this.past.filter((item) => item.query !== entry.query);
    this.#poll();
  }

  #notice(message) {
    const notice = byId("notice");
    say(notice, message);
    notice.hidden = !message;
  }

  async #poll() {
    try {
      this.#update(await api.status());
    } catch (error) {
      if (!(error instanceof api.Offline) && !(error instanceof api.Refused)) throw error;
    }
    this.ring.fill();
  }

  /** News from the server; while answers are on their way, our own counts are ahead of its. */
  #update(status) {
    if (this.outbox.size) return;
    this.status = status;
    this.panel.show(status);
    if (status.trouble) this.#notice(status.trouble);
  }

  #count(kind, label, by) {
    const field = { label: "labels", skip: "skipped", abstain: "unsure" }[kind];
    const balance = this.status.balance.map((entry) =>
      kind === "label" && entry.label === label ? { ...entry, count: entry.count + by } : entry,
    );
    const answers = this.status.answers + (kind === "skip" ? 0 : by);
    this.status = { ...this.status, answers, balance, [field]: this.status[field] + by };
    this.panel.show(this.status);
    if (by > 0) this.#notice("");
  }

  #first() {
    const likely = this.current?.suggestion?.label;
    return [...new Set(likely === undefined ? this.recent : [likely, ...this.recent])];
  }

  #find(key) {
    const option = this.options.keys.get(key);
    if (option) return this.current ? () => this.answer(option.label) : null;
    return this.actions.find((one) => one.key === key)?.run ?? null;
  }

  #actions() {
    const actions = [
      { key: "u", text: "Undo", run: () => this.undo() },
      { key: "s", text: "Skip", hint: "comes back later", run: () => this.#leave("skip") },
      { key: "x", text: "Unsure", hint: "nobody could say", run: () => this.#leave("abstain") },
    ];
    if (this.task.options.length > MANY) actions.push({ key: "/", text: "Search", run: () => this.current && this.search.open() });
    return [...actions, { key: "?", text: "Help", run: null }];
  }
}

function actionButton({ key, text, hint, run }) {
  const attributes = { type: "button", class: "quiet", title: hint, "aria-keyshortcuts": key, click: run };
  return h("button", attributes, h("kbd", { "aria-hidden": "true" }, key.toUpperCase()), " ", h("span", {}, text));
}
