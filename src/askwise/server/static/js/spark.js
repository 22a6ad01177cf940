// A small curve in SVG.

import { svg } from "./dom.js";

const W = 240;
const H = 64;
const PAD = 5;

/** A line through {labels, value, low, high}, with its band; values between 0 and 1. */
export function sparkline(points, title) {
  const root = svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "spark", role: "img", "aria-label": title });
  if (points.length < 2) return root;
  const first = points[0].labels;
  const width = points.at(-1).labels - first || 1;
  const floor = Math.min(...points.map((p) => p.low));
  const top = Math.max(...points.map((p) => p.high));
  const x = (p) => PAD + ((p.labels - first) / width) * (W - 2 * PAD);
  const y = (value) => H - PAD - ((value - floor) / (top - floor || 1)) * (H - 2 * PAD);
  const line = (value, list = points) => list.map((p) => `${x(p).toFixed(1)},${y(value(p)).toFixed(1)}`).join(" ");
  const band = `${line((p) => p.high)} ${line((p) => p.low, [...points].reverse())}`;
  const last = points.at(-1);
  root.append(
    svg("polygon", { points: band, class: "band" }),
    svg("polyline", { points: line((p) => p.value), class: "line" }),
    svg("circle", { cx: x(last), cy: y(last.value), r: 3.2, class: "dot" }),
  );
  return root;
}
