// A small curve in SVG.

import type { Point } from "../lib/wire";

const W = 240;
const H = 64;
const PAD = 5;

/** A line through points with its band; values between 0 and 1. */
export function Spark({ points, title }: { points: Point[]; title: string }) {
  const size = `0 0 ${W} ${H}`;
  const last = points.at(-1);
  if (!last || points.length < 2) return <svg viewBox={size} class="spark" role="img" aria-label={title} />;
  const { x, y } = scales(points);
  const line = (value: (p: Point) => number, list = points) =>
    list.map((p) => `${x(p).toFixed(1)},${y(value(p)).toFixed(1)}`).join(" ");
  return (
    <svg viewBox={size} class="spark" role="img" aria-label={title}>
      <polygon points={`${line((p) => p.high)} ${line((p) => p.low, [...points].reverse())}`} class="band" />
      <polyline points={line((p) => p.value)} class="line" />
      <circle cx={x(last)} cy={y(last.value)} r={3.2} class="dot" />
    </svg>
  );
}

function scales(points: Point[]) {
  const first = points[0]!.labels;
  const width = points.at(-1)!.labels - first || 1;
  const floor = Math.min(...points.map((p) => p.low));
  const top = Math.max(...points.map((p) => p.high));
  return {
    x: (p: Point) => PAD + ((p.labels - first) / width) * (W - 2 * PAD),
    y: (value: number) => H - PAD - ((value - floor) / (top - floor || 1)) * (H - 2 * PAD),
  };
}
