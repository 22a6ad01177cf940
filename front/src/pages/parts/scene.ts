// The map of the pool on a canvas: points, their colours, and where the pointer or a lasso is.

import { colourIn } from "./paint";
import type { Ground, Landscape } from "./wire";

export type Spot = [x: number, y: number];

/** What is shown: the middle of the window in map coordinates, and how many pixels one unit of the map takes. */
export interface Window {
  x: number;
  y: number;
  zoom: number;
}

export const SPAN = 4095;

const FADED = 0.22; // what is not marked, while something is
const RINGS = 60; // marked points that get a ring; more would be one dark cloud

const PALETTE = ["#4f7df3", "#e8743b", "#19a979", "#c95bd1", "#d9a90c", "#e0484f", "#12a5b8", "#8a6cf0", "#6f8f2f", "#b0677b"];

/** A colour of a class: ten that can be told apart, then turns of the wheel. */
export const colourOf = (index: number): string => PALETTE[index] ?? `hsl(${(index * 137.5) % 360} 62% 55%)`;

/** A colour of a doubt from 0 to 100: calm blue to loud orange. */
export const heatOf = (doubt: number): string => `hsl(${230 - doubt * 2.05} ${55 + doubt * 0.35}% ${62 - doubt * 0.08}%)`;

/** The window that shows the whole map in a canvas of this size. */
export function whole(width: number, height: number): Window {
  return { x: SPAN / 2, y: SPAN / 2, zoom: (0.94 * Math.min(width, height)) / SPAN };
}

export const toScreen = (view: Window, width: number, height: number, x: number, y: number): Spot => [
  width / 2 + (x - view.x) * view.zoom,
  height / 2 + (y - view.y) * view.zoom,
];

export const toMap = (view: Window, width: number, height: number, [x, y]: Spot): Spot => [
  view.x + (x - width / 2) / view.zoom,
  view.y + (y - height / 2) / view.zoom,
];

/** The index of the point nearest to a place on the screen, within so many pixels; -1 for none. */
export function nearest(map: Landscape, view: Window, width: number, height: number, at: Spot, within = 14): number {
  const [x, y] = toMap(view, width, height, at);
  let best = (within / view.zoom) ** 2;
  let found = -1;
  for (let i = 0; i < map.x.length; i++) {
    const far = (map.x[i]! - x) ** 2 + (map.y[i]! - y) ** 2;
    if (far < best) [best, found] = [far, i];
  }
  return found;
}

/** Whether a place lies inside a closed line, by how often a ray from it crosses the line. */
export function inside(line: readonly Spot[], [x, y]: Spot): boolean {
  let odd = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
    const [xi, yi] = line[i]!;
    const [xj, yj] = line[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
}

/** The longer side of the box around a line. */
export function extent(line: readonly Spot[]): number {
  const side = (axis: 0 | 1) => Math.max(...line.map((spot) => spot[axis])) - Math.min(...line.map((spot) => spot[axis]));
  return line.length ? Math.max(side(0), side(1)) : 0;
}

/** Indices of the points inside a lasso, given in map coordinates. */
export function caught(map: Landscape, line: readonly Spot[]): number[] {
  const xs = line.map(([x]) => x);
  const ys = line.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const found: number[] = [];
  for (let i = 0; i < map.x.length; i++) {
    const x = map.x[i]!;
    const y = map.y[i]!;
    if (x >= left && x <= right && y >= top && y <= bottom && inside(line, [x, y])) found.push(i);
  }
  return found;
}

export interface Scene {
  map: Landscape;
  ground: Ground | null;
  view: Window;
  /** Colour by label or by doubt. */
  by: "label" | "doubt";
  /** Positions on the map that are marked. */
  marked: ReadonlySet<number>;
  hovered: number;
  lasso: readonly Spot[];
}

/** Draw the scene. Plain points lie below labelled ones, marked ones on top. */
export function paint(canvas: HTMLCanvasElement, scene: Scene): void {
  const { map, ground, view, by, marked, hovered, lasso } = scene;
  const [ink, muted, accent] = ["ink", "muted", "accent"].map((name) => colourIn(canvas, name));
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== width * ratio || canvas.height !== height * ratio) [canvas.width, canvas.height] = [width * ratio, height * ratio];
  const pen = canvas.getContext("2d")!;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const size = Math.max(1.6, Math.min(4.5, 260 / Math.sqrt(map.x.length) / 2 + Math.log2(1 + view.zoom * 14)));
  const dot = (i: number, radius: number, colour: string, alpha: number) => {
    const [x, y] = toScreen(view, width, height, map.x[i]!, map.y[i]!);
    if (x < -9 || y < -9 || x > width + 9 || y > height + 9) return;
    pen.globalAlpha = alpha;
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fill();
  };
  const label = (i: number) => ground?.labels[i] ?? -1;
  const clear = (i: number, alpha: number) => (marked.size && !marked.has(i) ? alpha * FADED : alpha);
  const heat = by === "doubt" && ground?.doubts ? ground.doubts : null;
  for (let i = 0; i < map.x.length; i++) if (label(i) < 0) dot(i, size, heat ? heatOf(heat[i]!) : muted!, clear(i, heat ? 0.75 : marked.size ? 0.6 : 0.35));
  for (let i = 0; i < map.x.length; i++) if (label(i) >= 0) dot(i, size * (heat ? 1 : 1.55), heat ? heatOf(heat[i]!) : colourOf(label(i)), clear(i, 0.95));
  pen.globalAlpha = 1;
  pen.strokeStyle = ink!;
  pen.lineWidth = 1.5;
  const ring = (i: number, radius: number) => {
    const [x, y] = toScreen(view, width, height, map.x[i]!, map.y[i]!);
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.stroke();
  };
  if (marked.size <= RINGS) for (const i of marked) ring(i, size + 1.5);
  if (hovered >= 0) ring(hovered, size + 5);
  if (lasso.length > 1) {
    pen.beginPath();
    lasso.forEach(([x, y], i) => {
      const [a, b] = toScreen(view, width, height, x, y);
      if (i) pen.lineTo(a, b);
      else pen.moveTo(a, b);
    });
    pen.closePath();
    pen.globalAlpha = 0.14;
    pen.fillStyle = accent!;
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = accent!;
    pen.lineWidth = 2;
    pen.stroke();
  }
}
