// The pool as a map: coloured by label or doubt; a lasso marks a region, a key labels it; search by text and by neighbours.

import { useSignal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { get, send } from "../lib/api";
import { plural } from "../lib/format";
import type { Binding } from "../lib/keys";
import { uuid7 } from "../lib/uuid";
import type { Label, Option } from "../lib/wire";
import { Options } from "../ui/options";
import { View } from "../ui/view";
import type { PageProps } from ".";
import { Actions, Trouble, inWords, said, useData } from "./parts/bits";
import { type Spot, type Window, caught, colourOf, extent, nearest, paint, toMap, whole } from "./parts/scene";
import type { Found, Ground, Landscape, ShownRow } from "./parts/wire";
import "./parts/map.css";

const NOBODY: ReadonlySet<number> = new Set();
const SOME = 6;
const CLICK = 12; // pixels within which a drag is a click

export default function MapPage({ opening, status }: PageProps) {
  const [method, setMethod] = useState("pca");
  const drawn = useData<Landscape>(`/api/insight/map?method=${method}`);
  const { data: ground, again } = useData<Ground>("/api/insight/ground", 5);
  const [by, setBy] = useState<"label" | "doubt">("label");
  const [marked, setMarked] = useState<ReadonlySet<number>>(NOBODY);
  const [trouble, setTrouble] = useState("");
  const [news, setNews] = useState("");
  const [query, setQuery] = useState("");
  const done = useSignal<string[]>([]);
  const search = useRef<HTMLInputElement>(null);
  const map = drawn.data;
  const options = opening.task.options ?? [];
  useEffect(again, [status.value.labels, status.value.model]);

  const rowsOf = () => [...marked].map((i) => map!.rows[i]!);
  const tell = (error: unknown) => setTrouble(said(error));
  const mark = (found: Found, what: string) => {
    const at = new Map(map!.rows.map((row, i) => [row, i]));
    const on = found.rows.flatMap((row) => at.get(row) ?? []);
    setMarked(new Set(on));
    setNews(`${plural(found.total, "row")} ${what}${on.length < found.total ? `, ${on.length} of them marked on the map` : ", marked"}.`);
    setTrouble("");
  };
  const label = (value: Label) => {
    if (!map || !marked.size) return setNews("Mark rows first: draw around them, or search.");
    const event = uuid7();
    send<{ done: number; left: number }>("/api/insight/bulk", { event, rows: rowsOf(), label: value }).then(({ done: n, left }) => {
      if (n) done.value = [...done.value, event];
      setNews(`${plural(n, "row")} labelled ${inWords(value)}${left ? `; ${left} had a label and keep it` : ""}.`);
      setMarked(NOBODY);
      setTrouble("");
      again();
    }, tell);
  };
  const undo = () => {
    const event = done.value.at(-1);
    if (!event) return setNews("Nothing was labelled on this map yet.");
    send<{ done: number }>("/api/insight/unbulk", { event }).then(({ done: n }) => {
      done.value = done.value.slice(0, -1);
      setNews(`${plural(n, "label")} taken back.`);
      again();
    }, tell);
  };
  const find = (text: string) => map && get<Found>(`/api/insight/find?text=${encodeURIComponent(text)}`).then((f) => mark(f, `with “${text}”`), tell);
  const alike = (row: number) => map && get<Found>(`/api/insight/find?near=${row}`).then((f) => mark(f, `nearest to row ${row}`), tell);

  const actions: Binding[] = [
    { key: "/", text: "Search", run: () => search.current?.focus() },
    { key: "c", text: by === "label" ? "Colour by doubt" : "Colour by label", run: () => setBy(by === "label" ? "doubt" : "label") },
    { key: "u", text: "Undo", run: undo },
    { key: "Escape", text: "Unmark", run: () => (setMarked(NOBODY), search.current?.blur()) },
  ];
  if (map && map.methods.length > 1) {
    const other = map.methods.find((one) => one !== method)!;
    actions.push({ key: "m", text: `Draw by ${other.toUpperCase()}`, run: () => (setMarked(NOBODY), setMethod(other)) });
  }
  const keys = options.filter((one) => one.key && !"ucm".includes(one.key)).map((one) => ({ key: one.key!, text: one.text, run: () => label(one.label) }));
  if (!map) return drawn.trouble ? <Trouble text={drawn.trouble} /> : <p class="empty">Drawing the map …</p>;
  return (
    <div class="atlas">
      <Trouble text={trouble} />
      <form class="row-of seek" role="search" onSubmit={(event) => (event.preventDefault(), void find(query), search.current?.blur())}>
        <input
          ref={search}
          class="field"
          type="search"
          aria-label="Search the rows"
          placeholder="Words that rows hold"
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
        <button class="outline" type="submit">
          Mark
        </button>
        <span class="muted small" role="status">
          {news || about(map)}
        </span>
      </form>
      <Canvas map={map} ground={ground} by={by} marked={marked} mark={(on) => (setMarked(on), setNews(`${plural(on.size, "row")} marked.`))} alike={alike} />
      <aside class="beside">
        <Legend by={by} ground={ground} options={options} />
        <Marked rows={rowsOf()} alike={alike} />
      </aside>
      <Choice options={options.map((one) => (one.key && "ucm".includes(one.key) ? { ...one, key: null } : one))} choose={label} />
      <Actions actions={actions} more={keys} />
    </div>
  );
}

function about({ method, explained, size, rows }: Landscape): string {
  const part = rows.length < size ? `${rows.length.toLocaleString()} random of ${size.toLocaleString()} rows` : plural(size, "row");
  const how = explained === null ? "" : `; the two directions hold ${Math.round(explained * 100)}% of the variance`;
  return `${part} by ${method.toUpperCase()}${how}. Draw around rows to mark them.`;
}

function Choice({ options, choose }: { options: Option[]; choose: (label: Label) => void }) {
  const chosen = useSignal<Label>(null);
  return options.length ? <Options options={options} suggestion={null} chosen={chosen} choose={choose} /> : null;
}

interface CanvasProps {
  map: Landscape;
  ground: Ground | null;
  by: "label" | "doubt";
  marked: ReadonlySet<number>;
  mark: (on: ReadonlySet<number>) => void;
  alike: (row: number) => void;
}

/** Drag draws a lasso, with Shift it moves the map; the wheel zooms; a click marks one row, with Ctrl its neighbours. */
function Canvas({ map, ground, by, marked, mark, alike }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<Window | null>(null);
  const lasso = useRef<Spot[]>([]);
  const [hovered, setHovered] = useState(-1);
  const from = useRef<{ at: Spot; moves: boolean } | null>(null);
  const size = (): Spot => [canvas.current?.clientWidth ?? 1, canvas.current?.clientHeight ?? 1];
  const shown = (): Window => (view.current ??= whole(...size()));
  const draw = () => canvas.current && paint(canvas.current, { map, ground, view: shown(), by, marked, hovered, lasso: lasso.current });
  useEffect(() => void draw());
  useEffect(() => {
    const again = () => {
      view.current = null;
      draw();
    };
    addEventListener("resize", again);
    return () => removeEventListener("resize", again);
  });
  const spot = (event: MouseEvent): Spot => {
    const box = canvas.current!.getBoundingClientRect();
    return [event.clientX - box.left - 1, event.clientY - box.top - 1]; // one pixel of border
  };
  const place = (at: Spot): Spot => toMap(shown(), ...size(), at);
  const move = (event: PointerEvent) => {
    const at = spot(event);
    if (!from.current) return setHovered(nearest(map, shown(), ...size(), at));
    if (from.current.moves) {
      const now = shown();
      view.current = { ...now, x: now.x - (at[0] - from.current.at[0]) / now.zoom, y: now.y - (at[1] - from.current.at[1]) / now.zoom };
      from.current.at = at;
    } else for (const one of event.getCoalescedEvents?.() ?? []) lasso.current.push(place(spot(one))); // all, however fast the hand
    draw();
  };
  const up = (event: PointerEvent) => {
    const line = lasso.current;
    const moved = from.current?.moves;
    from.current = null;
    lasso.current = [];
    if (moved) return;
    if (extent(line) * shown().zoom > CLICK) return mark(new Set(caught(map, line)));
    const one = nearest(map, shown(), ...size(), spot(event));
    if (one >= 0 && (event.ctrlKey || event.metaKey)) return alike(map.rows[one]!);
    mark(one >= 0 ? new Set([one]) : NOBODY);
  };
  const zoom = (event: WheelEvent) => {
    event.preventDefault();
    const now = shown();
    const [x, y] = place(spot(event));
    const by_ = Math.exp(-event.deltaY / 400);
    const closer = Math.min(20, Math.max(0.02, now.zoom * by_));
    const part = 1 - now.zoom / closer;
    view.current = { x: now.x + (x - now.x) * part, y: now.y + (y - now.y) * part, zoom: closer };
    draw();
  };
  return (
    <canvas
      ref={canvas}
      class="map"
      role="img"
      aria-label={`Map of ${map.rows.length} rows, coloured by ${by}. Search marks rows without a pointer.`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { at: spot(event), moves: event.shiftKey || event.button === 1 };
        lasso.current = [place(spot(event))];
      }}
      onPointerMove={move}
      onPointerUp={up}
      onPointerLeave={() => setHovered(-1)}
      onWheel={zoom}
      onDblClick={() => ((view.current = null), draw())}
    />
  );
}

function Legend({ by, ground, options }: { by: "label" | "doubt"; ground: Ground | null; options: Option[] }) {
  if (by === "doubt") {
    return (
      <section class="part">
        <h2>Doubt of the model</h2>
        <p class="scale" aria-hidden="true" />
        <p class="row-of ends muted small">
          <span>sure</span>
          <span>{ground?.doubts ? `model ${ground.model}` : "no model yet"}</span>
          <span>as good as a guess</span>
        </p>
      </section>
    );
  }
  const names = ground?.classes ?? options.map((one) => one.text);
  return (
    <section class="part">
      <h2>Labels</h2>
      <ul class="legend-of">
        {names.slice(0, 24).map((name, i) => (
          <li key={name}>
            <Swatch colour={colourOf(i)} />
            <span dir="auto">{name}</span>
            <b class="muted">{ground?.labels.filter((one) => one === i).length ?? 0}</b>
          </li>
        ))}
        <li>
          <Swatch colour="var(--muted)" />
          <span class="muted">no label yet</span>
          <b class="muted">{ground?.labels.filter((one) => one < 0).length ?? 0}</b>
        </li>
      </ul>
    </section>
  );
}

function Swatch({ colour }: { colour: string }) {
  const mark = useRef<HTMLElement>(null);
  useEffect(() => mark.current?.style.setProperty("--colour", colour), [colour]);
  return <i ref={mark} class="swatch" />;
}

/** The first of the marked rows as people see them. */
function Marked({ rows, alike }: { rows: number[]; alike: (row: number) => void }) {
  const [shown, setShown] = useState<ShownRow[]>([]);
  const wanted = rows.slice(0, SOME).join(",");
  useEffect(() => {
    if (!wanted) return setShown([]);
    let here = true;
    get<{ rows: ShownRow[] }>(`/api/insight/rows?rows=${wanted}`).then((found) => here && setShown(found.rows), () => undefined);
    return () => {
      here = false;
    };
  }, [wanted]);
  if (!shown.length) return <p class="muted small">Drag to draw a lasso, Shift-drag to move, wheel to zoom, click a row to see it.</p>;
  return (
    <section class="part">
      <h2>{plural(rows.length, "marked row")}</h2>
      <ol class="peek">
        {shown.map((one) => (
          <li key={one.row}>
            <View view={one.view} />
            <p class="row-of small">
              <span class="chip">{one.label === null ? "no label" : inWords(one.label)}</span>
              <button type="button" class="quiet small" onClick={() => alike(one.row)}>
                Mark its neighbours
              </button>
            </p>
          </li>
        ))}
      </ol>
      {rows.length > SOME && <p class="muted small">{`and ${rows.length - SOME} more`}</p>}
    </section>
  );
}
