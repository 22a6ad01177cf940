// The classes of single pixels: the model chose them, the page walks through them, a key names each.

import { signal } from "@preact/signals";
import type { Binding } from "../lib/keys";
import type { Item, Option, TaskSpec } from "../lib/wire";
import { KeyButton } from "../ui/key";
import { Canvas, pointIn, sizeOf } from "./parts/canvas";
import { nearest, type Point, type Size, windowOf } from "./parts/geometry";
import { colour, penKeys, Pens } from "./parts/pens";
import { Suggested, takeKey } from "./parts/suggested";
import { widget, type WidgetProps } from "./widget";
import "./pixel.css";

interface Task extends TaskSpec {
  options: Option[];
}

interface Named extends Point {
  label: unknown;
}

type Props = WidgetProps<Task, Named[]>;

const NEAR = 24; // pixels around the one asked, in the magnified view

const at = signal(0);
/** Pixels that are left without a name on purpose: an edge, nothing of the classes. */
const left = signal<Point[]>([]);

const same = (a: Point, b: Point): boolean => a.x === b.x && a.y === b.y;

function asked(item: Item): Point[] {
  const pixels = item.why["pixels"];
  return Array.isArray(pixels) ? (pixels as Point[]) : [];
}

const namesOf = ({ draft }: Props): Named[] => draft.value ?? [];

const nameOf = (props: Props, pixel: Point): Named | undefined => namesOf(props).find((one) => same(one, pixel));

const isOpen = (props: Props, pixel: Point): boolean =>
  !nameOf(props, pixel) && !left.value.some((one) => same(one, pixel));

/** The next pixel that waits for a name, from here on and round; here, where none does. */
function on(props: Props): void {
  const pixels = asked(props.item);
  const order = pixels.map((_, i) => (at.value + 1 + i) % pixels.length);
  at.value = order.find((i) => isOpen(props, pixels[i]!)) ?? at.value;
}

function name(props: Props, label: unknown): void {
  const pixel = asked(props.item)[at.value];
  if (!pixel) return;
  left.value = left.value.filter((one) => !same(one, pixel));
  props.draft.value = [...namesOf(props).filter((one) => !same(one, pixel)), { ...pixel, label }];
  on(props);
}

function leave(props: Props): void {
  const pixel = asked(props.item)[at.value];
  if (!pixel) return;
  left.value = [...left.value.filter((one) => !same(one, pixel)), pixel];
  props.draft.value = namesOf(props).filter((one) => !same(one, pixel));
  on(props);
}

function clear(props: Props): void {
  const pixel = asked(props.item)[at.value];
  if (!pixel) return;
  left.value = left.value.filter((one) => !same(one, pixel));
  props.draft.value = namesOf(props).filter((one) => !same(one, pixel));
}

/** What the model would say of the pixel at hand; null where it says nothing. */
function suggested(props: Props): Option | null {
  const here = asked(props.item)[at.value];
  const all = props.item.suggestion?.label;
  const one = here && Array.isArray(all) ? (all as Named[]).find((named) => same(named, here)) : undefined;
  return (one && props.task.options.find(({ label }) => label === one.label)) ?? null;
}

const step = (props: Props, by: number) => {
  const count = asked(props.item).length;
  if (count) at.value = (at.value + by + count) % count;
};

const tools = (props: Props): Binding[] => [
  { key: "ArrowLeft", text: "Pixel before", run: () => step(props, -1) },
  { key: "ArrowRight", text: "Next pixel", run: () => step(props, 1) },
  { key: " ", text: "Leave it open", run: () => leave(props) },
  { key: "Backspace", text: "Take name away", run: () => clear(props) },
];

function Marks({ props, part }: { props: Props; part: Size }) {
  const radius = Math.max(part.width, part.height) / 70;
  return (
    <>
      {asked(props.item).map((pixel, i) => {
        const named = nameOf(props, pixel);
        const state = named ? `named ${colour(props.task.options, named.label)}` : isOpen(props, pixel) ? "" : "left";
        return <circle key={i} class={`mark ${state} ${i === at.value ? "at" : ""}`} cx={pixel.x + 0.5} cy={pixel.y + 0.5} r={radius} />;
      })}
    </>
  );
}

function Picture(props: Props) {
  const { item } = props;
  const size = sizeOf(item.view);
  const pixel = asked(item)[at.value];
  if (!size || !pixel) return <p class="broken">The size of this image is unknown, so no pixel of it can be asked.</p>;
  const zoom = Math.max(1, Math.max(size.width, size.height) / (2 * NEAR));
  const part = windowOf(size, zoom, { x: pixel.x + 0.5, y: pixel.y + 0.5 });
  const pick = (to: Point) => (at.value = nearest(asked(item), to));
  return (
    <div class="pixels">
      <Canvas
        view={item.view}
        size={size}
        label={`The image; pixel ${at.value + 1} is at column ${pixel.x}, line ${pixel.y}`}
        onPointerDown={(event) => pick(pointIn(event.currentTarget, event))}
      >
        <rect class="frame" x={part.x} y={part.y} width={part.width} height={part.height} />
        <Marks props={props} part={size} />
      </Canvas>
      <Canvas view={item.view} size={size} part={part} label="The surroundings of the pixel, enlarged">
        <rect class="one halo" x={pixel.x} y={pixel.y} width="1" height="1" />
        <rect class="one" x={pixel.x} y={pixel.y} width="1" height="1" />
      </Canvas>
    </div>
  );
}

export default widget<Task, Named[]>({
  kind: "pixel",
  begin: () => {
    at.value = 0;
    left.value = [];
    return [];
  },
  keys: (props) => {
    const likely = suggested(props);
    const take = likely ? [takeKey(likely.text, () => name(props, likely.label))] : [];
    return [...penKeys(props.task.options, (label) => name(props, label)), ...tools(props), ...take];
  },
  choose: name,
  missing: (props) => {
    const open = asked(props.item).filter((pixel) => isOpen(props, pixel)).length;
    return open ? `${open} pixel${open === 1 ? " waits" : "s wait"} for a name` : null;
  },
  Item: Picture,
  Component: (props) => {
    const pixels = asked(props.item);
    const here = pixels[at.value];
    const named = here && nameOf(props, here);
    const by = props.item.why["pixels_by"];
    const likely = suggested(props);
    return (
      <>
        <Pens
          options={props.task.options}
          held={named ? named.label : null}
          counts={(label) => namesOf(props).filter((one) => one.label === label).length}
          choose={(label) => name(props, label)}
        />
        <div class="tools">
          {tools(props).map((binding) => (
            <KeyButton key={binding.key} binding={binding} />
          ))}
          <span class="told" role="status">
            {`Pixel ${at.value + 1} of ${pixels.length}${by ? `, chosen by ${String(by)}` : ""}`}
          </span>
        </div>
        {likely && <Suggested text={likely.text} take={() => name(props, likely.label)} />}
      </>
    );
  },
});
