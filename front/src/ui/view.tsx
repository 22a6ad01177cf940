// How one row looks, by kind. Every value is a text node or an attribute of an element made here.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { View as Shown } from "../lib/wire";

const LONG_CELL = 400;
const TINY = 160;

/** A row as its pool shows it. */
export function View({ view }: { view: Shown }) {
  const known = VIEWS[view.kind];
  return known ? known(view) : <pre class="text long">{JSON.stringify(view, null, 1)}</pre>;
}

const VIEWS: Record<string, (view: Shown) => preact.JSX.Element> = {
  text: (view) => <TextView text={String(view["text"])} />,
  row: (view) => <RowView cells={view["cells"] as Record<string, unknown>} />,
  image: (view) => <ImageView url={String(view["url"])} />,
  several: (view) => <SeveralView items={view["items"] as Shown[]} names={(view["names"] ?? []) as string[]} />,
  array: (view) => <ArrayView shape={view["shape"] as number[]} values={view["values"]} />,
};

/** Which size a text is set in. */
export const textSize = (text: string): string => (text.length > 900 ? "long" : text.length < 140 ? "short" : "medium");

function TextView({ text }: { text: string }) {
  return (
    <p class={`text ${textSize(text)}`} dir="auto">
      {text === "" ? <em>(empty text)</em> : text}
    </p>
  );
}

/** Several things of one row, side by side. */
function SeveralView({ items, names }: { items: Shown[]; names: string[] }) {
  return (
    <div class="several">
      {items.map((one, i) => (
        <section key={i} class="thing" aria-label={names[i]}>
          <h3 class="muted small">{names[i]}</h3>
          <View view={one} />
        </section>
      ))}
    </div>
  );
}

function RowView({ cells }: { cells: Record<string, unknown> }) {
  return (
    <table class="cells">
      <tbody>
        {Object.entries(cells).map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <Cell value={value} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ value }: { value: unknown }) {
  if (value === null) return <td class="missing">missing</td>;
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const kind = typeof value === "number" ? "number" : text.length > LONG_CELL ? "long" : undefined;
  return (
    <td class={kind} dir="auto">
      {text}
    </td>
  );
}

/** An image, small ones enlarged with hard pixels. */
export function ImageView({ url }: { url: string }) {
  const [state, setState] = useState("");
  if (state === "broken") return <p class="broken">This image cannot be shown.</p>;
  return (
    <img
      src={url}
      alt="The image to label"
      class={`picture ${state}`.trim()}
      decoding="sync"
      onLoad={(event) => setState(event.currentTarget.naturalWidth < TINY ? "tiny" : "")}
      onError={() => setState("broken")}
    />
  );
}

function ArrayView({ shape, values }: { shape: number[]; values: unknown }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current && shape.length === 2) paint(canvas.current, values as number[][]);
  }, [shape, values]);
  if (shape.length !== 2) return <pre class="text long">{JSON.stringify(values)}</pre>;
  const label = "The array to label, as a grey image";
  return <canvas ref={canvas} width={shape[1]} height={shape[0]} class="picture tiny" role="img" aria-label={label} />;
}

function paint(canvas: HTMLCanvasElement, values: number[][]): void {
  const flat = values.flat();
  const low = flat.reduce((a, b) => Math.min(a, b), Infinity);
  const span = flat.reduce((a, b) => Math.max(a, b), -Infinity) - low || 1;
  const pixels = flat.flatMap((value) => [...Array<number>(3).fill(((value - low) / span) * 255), 255]);
  canvas.getContext("2d")?.putImageData(new ImageData(Uint8ClampedArray.from(pixels), canvas.width, canvas.height), 0, 0);
}
