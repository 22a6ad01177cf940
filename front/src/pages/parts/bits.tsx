// Pieces that the pages beside the labelling page share.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../lib/api";
import { type Binding, active, useKeys } from "../../lib/keys";
import { Help } from "../../ui/help";
import { KeyButton } from "../../ui/key";
import "./pages.css";

/** What went wrong with a call, for the person in front of the page; anything else is a bug and goes on. */
export function said(error: unknown): string {
  if (!api.isTrouble(error)) throw error;
  return error instanceof api.Refused ? error.message : `Cannot reach askwise (${error.message}).`;
}

/** Data of a path, asked for again every so many seconds and whenever `again` is called. */
export function useData<T>(path: string, every = 0): { data: T | null; trouble: string; again: () => void } {
  const [data, setData] = useState<T | null>(null);
  const [trouble, setTrouble] = useState("");
  const [tick, setTick] = useState(0);
  useEffect(() => {
    let here = true;
    api.get<T>(path).then(
      (found) => here && (setData(() => found), setTrouble("")),
      (error: unknown) => here && setTrouble(said(error)),
    );
    const timer = every ? setTimeout(() => setTick(tick + 1), every * 1000) : undefined;
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [path, tick]);
  return { data, trouble, again: () => setTick((now) => now + 1) };
}

/** A line that says what went wrong, read aloud; nothing while nothing did. */
export const Trouble = ({ text }: { text: string }) =>
  text ? (
    <p class="notice" role="alert">
      {text}
    </p>
  ) : null;

/** A number that matters, with what it is. */
export function Tile({ value, name, note }: { value: string; name: string; note?: string }) {
  return (
    <div class="tile">
      <strong>{value}</strong>
      <span>{name}</span>
      {note && <small class="muted">{note}</small>}
    </div>
  );
}

/** A part of a page under a heading. */
export function Part({ title, lead, children }: { title: string; lead?: string; children?: ComponentChildren }) {
  return (
    <section class="part">
      <h2>{title}</h2>
      {lead && <p class="lead">{lead}</p>}
      {children}
    </section>
  );
}

/** A bar that is filled to a share. */
export function Meter({ share, title }: { share: number; title: string }) {
  const fill = useRef<HTMLElement>(null);
  useEffect(() => fill.current?.style.setProperty("--part", String(share)), [share]);
  return (
    <span class="meter" role="img" aria-label={title} title={title}>
      <i ref={fill} />
    </span>
  );
}

/** The keys of a page as a row of buttons, and the overlay that lists them under `?`. */
export function Actions({ actions, more = [] }: { actions: Binding[]; more?: Binding[] }) {
  const [scopes, setScopes] = useState<ReturnType<typeof active> | null>(null);
  const help: Binding = { key: "?", text: "Keys", run: () => setScopes(active()) };
  useKeys("page", () => [...actions, ...more, help]);
  return (
    <div class="actions" role="group" aria-label="Actions">
      {[...actions.filter((one) => !one.hidden), help].map((action) => (
        <KeyButton key={action.key} binding={action} />
      ))}
      {scopes && <Help scopes={scopes} close={() => setScopes(null)} />}
    </div>
  );
}

/** A label in words: a class as it is, anything else as short JSON. */
export function inWords(label: unknown): string {
  if (label === null || label === undefined) return "no label";
  const text = typeof label === "object" ? JSON.stringify(label) : String(label);
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
