// The labelling page: the item, the widget that takes the answer, what else can be done, and the numbers at the side.

import { useSignal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Binding, active, useKeys } from "../lib/keys";
import { keyOf } from "../lib/settings";
import { Bar } from "../ui/bar";
import { Help } from "../ui/help";
import { KeyButton } from "../ui/key";
import { Search } from "../ui/search";
import { View } from "../ui/view";
import { actionsOf, sendOf, widgetKeys } from "./actions";
import { Finished } from "./finished";
import { Guide } from "./guide";
import { Merge } from "./merge";
import { Note } from "./note";
import { Panel } from "./panel";
import { Reasons } from "./reasons";
import type { Room } from "./room";
import { RevealedLine, WhyLine } from "./why";

type Open = { kind: "help"; scopes: ReturnType<typeof active> } | { kind: "search" | "note" | "reasons" } | null;

export function LabelPage({ room, role }: { room: Room; role: string }) {
  const [open, setOpen] = useState<Open>(null);
  const [guide, setGuide] = useState(false);
  const said = useSignal("");
  const say = (why: string) => (said.value = why);
  const over = (kind: "search" | "note" | "reasons") => () => room.current.value && setOpen({ kind });
  const opens = { search: over("search"), note: over("note"), reasons: over("reasons"), guide: () => setGuide(!guide) };
  const actions = actionsOf(room, opens);
  const help: Binding = { key: keyOf("help"), text: "Help", run: () => setOpen({ kind: "help", scopes: active() }) };
  useKeys("page", () => [...actions, help]);
  useKeys("widget", () => widgetKeys(room, say));
  const { title, answers, budget, rows } = room.status.value;
  const close = () => setOpen(null);
  return (
    <>
      <Bar title={title} role={role} help={help} outbox={room.outbox} done={Math.min(1, answers / Math.max(budget ?? rows, 1))} />
      <div class="room">
        <main id="main" class="work">
          <p id="notice" class="notice" role="alert" hidden={!room.notice.value}>
            {room.notice.value}
          </p>
          {room.closed.value ? (
            <Finished reason={room.over.value} status={room.status.value} />
          ) : (
            <Work room={room} send={sendOf(room, say)} said={said.value} />
          )}
          <div id="actions" class="actions" role="group" aria-label="Other actions">
            {actions.map((action) => (
              <KeyButton key={action.key} binding={action} />
            ))}
          </div>
        </main>
        {guide ? (
          <Guide
            version={room.status.value.guidelines}
            close={{ key: keyOf("guidelines"), text: "Close", run: () => setGuide(false) }}
            seen={(version) => room.guideSeen(version)}
          />
        ) : (
          <Panel status={room.status} />
        )}
      </div>
      {open?.kind === "help" && <Help scopes={open.scopes} close={close} />}
      <Over room={room} open={open} close={close} />
      {open?.kind === "search" && (
        <Search options={room.task.options ?? []} first={room.first()} choose={(label) => room.choose(label)} close={close} />
      )}
    </>
  );
}

/** What lies over the page: clashes first, for they hold an answer that is not stored. */
function Over({ room, open, close }: { room: Room; open: Open; close: () => void }) {
  const item = room.current.value;
  const clash = room.clashes.value[0];
  if (clash) return <Merge key={clash.entry.event} clash={clash} settle={(replace) => room.settle(replace)} />;
  if (!item) return null;
  if (open?.kind === "reasons") return <Reasons item={item} close={close} />;
  if (open?.kind === "note") return <Note before={room.noteOf(item.query)} save={(note) => room.flag(note)} close={close} />;
  return null;
}

/** The item and its widget. While the next item is being chosen, the widget of the last one stays, switched off. */
function Work({ room, send, said }: { room: Room; send: Binding | null; said: string }) {
  const card = useRef<HTMLElement>(null);
  const props = room.props.value;
  const last = useRef(props);
  last.current = props ?? last.current;
  const { Component, Item } = room.widget;
  useEffect(() => card.current?.scrollTo(0, 0), [props?.item]);
  return (
    <>
      <section
        id="item"
        ref={card}
        class={props ? "item" : "item waiting"}
        tabIndex={0}
        role="region"
        aria-label="Item to label"
        aria-live="polite"
      >
        {!props && <p>Choosing the next items…</p>}
        {props && (Item ? <Item key={props.item.query} {...props} /> : <View key={props.item.query} view={props.item.view} />)}
      </section>
      <WhyLine item={props?.item ?? null} />
      <RevealedLine revealed={room.revealed.value} />
      <fieldset class="answer" disabled={!props}>
        {last.current && <Component {...last.current} />}
        {send && (
          <div class="send">
            <KeyButton binding={send} class="primary" />
            <span role="status">{said}</span>
          </div>
        )}
      </fieldset>
    </>
  );
}
