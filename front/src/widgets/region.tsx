// Boxes and polygons on an image. A cross that arrows move and Space uses draws all that a pointer can.

import { signal } from "@preact/signals";
import type { TargetedPointerEvent } from "preact";
import type { Binding } from "../lib/keys";
import type { Item, Option, TaskSpec } from "../lib/wire";
import { KeyButton } from "../ui/key";
import { Canvas, Cross, pointIn, sizeOf } from "./parts/canvas";
import { area, boxOf, cornersOf, hits, inside, nearest, type Point, type Region, type Size, stride, windowOf, withCorner } from "./parts/geometry";
import { colour, penKeys, Pens } from "./parts/pens";
import { Suggested, takeKey } from "./parts/suggested";
import { widget, type WidgetProps } from "./widget";
import "./region.css";

interface Task extends TaskSpec {
  options: Option[];
  shapes: ("box" | "polygon")[];
}

type Props = WidgetProps<Task, Region[]>;

const ZOOMS = [1, 2, 4, 8, 16];
const NEAR = 10; // screen pixels within which a pointer means a corner

const size = signal<Size>({ width: 1, height: 1 });
const cross = signal<Point>({ x: 0, y: 0 });
const zoom = signal(1);
const shape = signal<"box" | "polygon">("box");
/** The class that the next outline gets. */
const pen = signal<unknown>(null);
/** Corners of the outline that is being drawn. */
const corners = signal<Point[]>([]);
/** Place of the region that is chosen, and of its corner that is held. */
const chosen = signal<number | null>(null);
const held = signal<number | null>(null);
/** Whether a pointer is drawing: then the cross is out of the way. */
const pointing = signal(false);

const regionsOf = ({ draft }: Props): Region[] => draft.value ?? [];

function reset(item: Item, task: Task): Region[] {
  size.value = sizeOf(item.view) ?? { width: 1, height: 1 };
  cross.value = { x: Math.round(size.value.width / 2), y: Math.round(size.value.height / 2) };
  zoom.value = 1;
  if (!task.shapes.includes(shape.value)) shape.value = task.shapes[0]!;
  if (!task.options.some(({ label }) => label === pen.value)) pen.value = task.options[0]!.label;
  drop();
  return [];
}

function drop(): void {
  corners.value = [];
  chosen.value = held.value = null;
}

function add(props: Props, region: Omit<Region, "label"> | null): void {
  corners.value = [];
  if (region) props.draft.value = [...regionsOf(props), { label: pen.value, ...region }];
}

function close(props: Props): void {
  const points = corners.value;
  add(props, area(points) ? { polygon: points.map(({ x, y }) => [x, y]) } : null);
}

/** A corner at a point: the second one ends a box. */
function corner(props: Props, point: Point): void {
  const [first] = corners.value;
  if (shape.value === "polygon" || !first) {
    corners.value = [...corners.value, point];
  } else {
    const box = boxOf(first, point);
    if (box) add(props, { box });
  }
}

/** What Space does: drop the corner that is held, take up one of the chosen region, or set a corner. */
function space(props: Props): void {
  const region = chosen.value === null ? null : regionsOf(props)[chosen.value];
  if (held.value !== null) held.value = null;
  else if (region) {
    held.value = nearest(cornersOf(region), cross.value);
    cross.value = cornersOf(region)[held.value]!;
  } else corner(props, cross.value);
}

function moveTo(props: Props, to: Point): void {
  cross.value = inside(to, size.value);
  if (chosen.value === null || held.value === null) return;
  const regions = [...regionsOf(props)];
  const before = regions[chosen.value]!;
  const next = withCorner(before, held.value, cross.value);
  regions[chosen.value] = next;
  props.draft.value = regions;
  held.value = nearest(cornersOf(next), cross.value); // a corner of a box that crosses over is another corner
}

function arrow(props: Props, dx: number, dy: number, fine = false): void {
  const by = fine ? 1 : stride(size.value, zoom.value);
  pointing.value = false;
  moveTo(props, { x: cross.value.x + dx * by, y: cross.value.y + dy * by });
}

function choose(props: Props, label: unknown): void {
  pen.value = label;
  if (chosen.value === null) return;
  props.draft.value = regionsOf(props).map((one, i) => (i === chosen.value ? { ...one, label } : one));
}

function next(props: Props, step: number): void {
  const count = regionsOf(props).length;
  if (!count) return;
  corners.value = [];
  held.value = null;
  chosen.value = chosen.value === null ? (step > 0 ? 0 : count - 1) : (chosen.value + step + count) % count;
  cross.value = cornersOf(regionsOf(props)[chosen.value]!)[0]!;
}

function remove(props: Props): void {
  if (corners.value.length) corners.value = corners.value.slice(0, -1);
  else if (regionsOf(props).length) {
    const gone = chosen.value ?? regionsOf(props).length - 1;
    props.draft.value = regionsOf(props).filter((_, i) => i !== gone);
    chosen.value = held.value = null;
  }
}

const zoomed = (step: number) => {
  const at = ZOOMS.indexOf(zoom.value) + step;
  zoom.value = ZOOMS[Math.max(0, Math.min(ZOOMS.length - 1, at))]!;
};

const spaceText = (): string => {
  if (held.value !== null) return "Drop the corner";
  if (chosen.value !== null) return "Take a corner";
  if (shape.value === "box") return corners.value.length ? "Second corner" : "First corner";
  return "Set a corner";
};

const tools = (props: Props): Binding[] => [
  { key: " ", text: spaceText(), run: () => space(props) },
  ...(props.task.shapes.length > 1
    ? [{ key: ";", text: shape.value === "box" ? "Draw polygons" : "Draw boxes", run: () => turn() }]
    : []),
  { key: "Backspace", text: corners.value.length ? "Take back a corner" : "Remove region", run: () => remove(props) },
  { key: ",", text: "Previous", run: () => next(props, -1) },
  { key: ".", text: "Next", run: () => next(props, 1) },
  { key: "+", text: "Zoom in", run: () => zoomed(1) },
  { key: "-", text: "Zoom out", run: () => zoomed(-1) },
];

function turn(): void {
  drop();
  shape.value = shape.value === "box" ? "polygon" : "box";
}

const ARROWS: [string, number, number][] = [
  ["ArrowRight", 1, 0],
  ["ArrowLeft", -1, 0],
  ["ArrowDown", 0, 1],
  ["ArrowUp", 0, -1],
];

const moves = (props: Props): Binding[] => [
  ...ARROWS.map(([key, dx, dy]) => ({ key, text: "Move the cross", run: () => arrow(props, dx, dy) })),
  ...ARROWS.map(([key, dx, dy]) => ({ key: `Shift+${key}`, text: "Move it by one pixel", run: () => arrow(props, dx, dy, true) })),
];

const closing = (props: Props): Binding[] =>
  shape.value === "polygon" && corners.value.length > 2
    ? [{ key: "Enter", text: "Close the polygon", run: () => close(props) }]
    : [];

const suggested = ({ item }: Props): Region[] | null =>
  Array.isArray(item.suggestion?.label) ? (item.suggestion.label as Region[]) : null;

const counted = (regions: Region[]) => `${regions.length} region${regions.length === 1 ? "" : "s"}`;

// ---- by pointer ------------------------------------------------------------------------------------------------------

type Press = TargetedPointerEvent<SVGSVGElement>;

const pixels = (svg: SVGSVGElement): number => 1 / (svg.getScreenCTM()?.a ?? 1);

function down(props: Props, event: Press): void {
  const svg = event.currentTarget;
  const to = inside(pointIn(svg, event), size.value);
  svg.setPointerCapture(event.pointerId);
  pointing.value = true;
  cross.value = to;
  const near = (one: Point) => Math.hypot(one.x - to.x, one.y - to.y) < NEAR * pixels(svg);
  const region = chosen.value === null ? null : regionsOf(props)[chosen.value];
  if (region && near(cornersOf(region)[nearest(cornersOf(region), to)]!)) {
    held.value = nearest(cornersOf(region), to);
  } else if (shape.value === "box") {
    chosen.value = null;
    corners.value = [to];
  } else if (corners.value.length > 2 && near(corners.value[0]!)) close(props);
  else {
    chosen.value = null;
    corner(props, to);
  }
}

function move(props: Props, event: Press): void {
  if (pointing.value && (event.buttons || corners.value.length)) moveTo(props, pointIn(event.currentTarget, event));
}

function up(props: Props, event: Press): void {
  const to = cross.value;
  if (held.value !== null) held.value = null;
  else if (shape.value === "box" && corners.value.length) {
    const first = corners.value[0]!;
    const far = Math.hypot(first.x - to.x, first.y - to.y) > 4 * pixels(event.currentTarget);
    const box = boxOf(first, to);
    add(props, far && box ? { box } : null);
    // A click chooses the innermost region there.
    if (!far) {
      const under = regionsOf(props).flatMap((one, i) => (hits(one, to) ? [i] : []));
      const sizes = under.map((i) => area(cornersOf(regionsOf(props)[i]!)));
      chosen.value = under.length ? under[sizes.indexOf(Math.min(...sizes))]! : null;
    }
  }
}

// ---- drawn -----------------------------------------------------------------------------------------------------------

const path = (points: Point[]): string => points.map(({ x, y }) => `${x},${y}`).join(" ");

function Outline({ region, place, options }: { region: Region; place: number; options: Option[] }) {
  const points = cornersOf(region);
  const top = points[nearest(points, { x: -1e6, y: -1e6 })]!;
  const mine = chosen.value === place;
  return (
    <g class={`region ${colour(options, region.label)} ${mine ? "chosen" : ""}`}>
      <polygon points={path(points)} />
      <text x={top.x} y={top.y} dx="4" dy="-4">
        {String(region.label)}
      </text>
      {mine && points.map(({ x, y }, i) => <Handle key={i} x={x} y={y} held={held.value === i} />)}
    </g>
  );
}

const Handle = ({ x, y, held: mine }: Point & { held: boolean }) => (
  <path class={`handle ${mine ? "held" : ""}`} d={`M${x} ${y}h0`} />
);

/** The outline that is being drawn, up to the cross. */
function Draft({ options }: { options: Option[] }) {
  const [first] = corners.value;
  if (!first) return null;
  const box = boxOf(first, cross.value);
  const points = shape.value === "polygon" ? [...corners.value, cross.value] : box ? cornersOf({ label: null, box }) : [first];
  return (
    <g class={`region draft ${colour(options, pen.value)}`}>
      <polygon points={path(points)} />
      {corners.value.map(({ x, y }, i) => (
        <Handle key={i} x={x} y={y} held={false} />
      ))}
    </g>
  );
}

function Picture(props: Props) {
  const { item, task } = props;
  if (!sizeOf(item.view)) return <p class="broken">The size of this image is unknown, so nothing can be drawn on it.</p>;
  return (
    <Canvas
      view={item.view}
      size={size.value}
      part={zoom.value > 1 ? windowOf(size.value, zoom.value, cross.value) : undefined}
      label={`The image to label, with ${counted(regionsOf(props))}`}
      onPointerDown={(event) => down(props, event)}
      onPointerMove={(event) => move(props, event)}
      onPointerUp={(event) => up(props, event)}
    >
      {regionsOf(props).map((region, i) => (
        <Outline key={i} region={region} place={i} options={task.options} />
      ))}
      <Draft options={task.options} />
      {!pointing.value && <Cross {...cross.value} />}
    </Canvas>
  );
}

export default widget<Task, Region[]>({
  kind: "region",
  begin: reset,
  keys: (props) => {
    const likely = suggested(props);
    return [
      ...closing(props),
      ...tools(props),
      ...moves(props),
      { key: "Escape", text: "Let go", run: drop },
      ...penKeys(props.task.options, (label) => choose(props, label)),
      ...(likely ? [takeKey(counted(likely), () => (props.draft.value = likely))] : []),
    ];
  },
  choose,
  missing: () => (corners.value.length ? "Finish the outline first, or press Esc" : null),
  Item: Picture,
  Component: (props) => {
    const { task } = props;
    const regions = regionsOf(props);
    const likely = suggested(props);
    const one = chosen.value === null ? null : regions[chosen.value];
    return (
      <>
        <Pens
          options={task.options}
          held={one ? one.label : pen.value}
          counts={(label) => regions.filter((region) => region.label === label).length}
          choose={(label) => choose(props, label)}
        />
        <div class="tools">
          {[...tools(props), ...closing(props)].map((binding) => (
            <KeyButton key={binding.key} binding={binding} />
          ))}
          <span class="told" role="status">
            {`${Math.round(cross.value.x)}, ${Math.round(cross.value.y)} · ${counted(regions)}`}
          </span>
        </div>
        {likely && <Suggested text={counted(likely)} take={() => (props.draft.value = likely)} />}
      </>
    );
  },
});
