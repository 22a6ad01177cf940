// Curves with bands, drawn by uPlot. This module is loaded when a page shows a chart.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Point } from "../../lib/wire";
import { colourIn, faint } from "./paint";

/** A curve with its band, in a colour variable of the page. */
export interface Curve {
  name: string;
  points: Point[];
  colour: string;
  dash?: number[];
}

/** A point with a word beside it. */
export interface Mark {
  labels: number;
  value: number;
  text: string;
}

const HEIGHT = 300;

/** Draw curves of accuracy by labels into an element; returns how to take it away. Follows width and colour scheme. */
export function draw(root: HTMLElement, curves: Curve[], marks: Mark[]): () => void {
  let chart = build(root, curves, marks);
  const again = () => {
    chart.destroy();
    chart = build(root, curves, marks);
  };
  const wide = new ResizeObserver(() => chart.setSize({ width: root.clientWidth, height: HEIGHT }));
  wide.observe(root);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", again);
  return () => {
    wide.disconnect();
    scheme.removeEventListener("change", again);
    chart.destroy();
  };
}

function build(root: HTMLElement, curves: Curve[], marks: Mark[]): uPlot {
  const colour = (name: string) => colourIn(root, name);
  const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 } };
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const curve of curves) {
    const first = series.length;
    const edge = { stroke: "transparent", width: 0, points: { show: false } };
    series.push({ ...edge, label: `${curve.name}, high` }, { ...edge, label: `${curve.name}, low` });
    series.push({ label: curve.name, stroke: colour(curve.colour), width: 2, ...(curve.dash && { dash: curve.dash }), points: { show: false } });
    bands.push({ series: [first, first + 1], fill: faint(colour(curve.colour), 0.17) });
  }
  const options: uPlot.Options = {
    width: root.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false } },
    scales: {
      x: { time: false, range: (_, low, high) => reach(low, high, marks.map((one) => one.labels), (high - low) / 50) },
      y: { range: (_, low, high) => reach(low, high, marks.map((one) => one.value), 0.02, 1) },
    },
    axes: [
      { ...axis, values: (_, at) => at.map((value) => String(value)) },
      { ...axis, size: 52, values: (_, at) => at.map((value) => `${Math.round(value * 100)}%`) },
    ],
    series,
    bands,
    hooks: { draw: [(chart) => mark(chart, marks, colour("ink"), colour("card"))] },
  };
  return new uPlot(options, columns(curves), root);
}

/** A range that holds the curves and all marks, with some room, from 0 to at most `most`. */
export function reach(low: number, high: number, marks: number[], room: number, most = Infinity): [number, number] {
  return [Math.max(0, Math.min(low, ...marks) - room), Math.min(most, Math.max(high, ...marks) + room)];
}

/** All curves over one axis of labels; where a curve has no point there is none, and lines go on across. */
function columns(curves: Curve[]): uPlot.AlignedData {
  const tables = curves.map(({ points }): uPlot.AlignedData => [
    points.map((point) => point.labels),
    points.map((point) => point.high),
    points.map((point) => point.low),
    points.map((point) => point.value),
  ]);
  return tables.length > 1 ? uPlot.join(tables) : tables[0]!;
}

function mark(chart: uPlot, marks: Mark[], ink: string, card: string): void {
  const { ctx } = chart;
  ctx.save();
  ctx.setLineDash([]);
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  for (const [i, { labels, value, text }] of marks.entries()) {
    const x = chart.valToPos(labels, "x", true);
    const y = chart.valToPos(value, "y", true);
    ctx.beginPath();
    ctx.arc(x, y, 5 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fillStyle = ink;
    ctx.strokeStyle = card;
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.fill();
    ctx.stroke();
    ctx.textAlign = x > chart.bbox.left + chart.bbox.width * 0.7 ? "right" : "left";
    const below = i % 2 ? -9 : 17; // two marks have one height: one is named below and one above
    ctx.fillText(text, x + (ctx.textAlign === "right" ? -9 : 9) * devicePixelRatio, y + below * devicePixelRatio);
  }
  ctx.restore();
}
