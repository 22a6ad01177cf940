// Points, boxes and polygons in pixels of an image.

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** A region of an answer: one of the two shapes. */
export interface Region {
  label: unknown;
  box?: [number, number, number, number];
  polygon?: [number, number][];
}

/** A point pulled into the image. */
export const inside = ({ x, y }: Point, { width, height }: Size): Point => ({
  x: Math.min(width, Math.max(0, x)),
  y: Math.min(height, Math.max(0, y)),
});

/** The box between two corners; null where it has no area. */
export function boxOf(a: Point, b: Point): Region["box"] | null {
  const [width, height] = [Math.abs(a.x - b.x), Math.abs(a.y - b.y)];
  return width && height ? [Math.min(a.x, b.x), Math.min(a.y, b.y), width, height] : null;
}

/** Twice the area of a polygon by the shoelace formula, without sign. */
export function area(corners: Point[]): number {
  const sum = corners.reduce((total, { x, y }, i) => {
    const next = corners[(i + 1) % corners.length]!;
    return total + x * next.y - next.x * y;
  }, 0);
  return Math.abs(sum);
}

/** The corners of a region: of a box clockwise from the upper left. */
export function cornersOf({ box, polygon }: Region): Point[] {
  if (polygon) return polygon.map(([x, y]) => ({ x, y }));
  const [x, y, width, height] = box!;
  return [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
  ];
}

/** The region with one corner at another point; as it was where that leaves no area. */
export function withCorner(region: Region, corner: number, to: Point): Region {
  const corners = cornersOf(region);
  if (region.polygon) {
    const next = corners.map((one, i) => (i === corner ? to : one));
    return area(next) ? { ...region, polygon: next.map(({ x, y }) => [x, y]) } : region;
  }
  const box = boxOf(corners[(corner + 2) % 4]!, to);
  return box ? { ...region, box } : region;
}

/** Whether a point is in a region (even-odd rule). */
export function hits(region: Region, { x, y }: Point): boolean {
  const corners = cornersOf(region);
  return corners.reduce((odd, a, i) => {
    const b = corners[(i + 1) % corners.length]!;
    const crosses = a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x;
    return crosses ? !odd : odd;
  }, false);
}

/** Place of the corner nearest to a point. */
export function nearest(corners: Point[], { x, y }: Point): number {
  const far = corners.map((one) => (one.x - x) ** 2 + (one.y - y) ** 2);
  return far.indexOf(Math.min(...far));
}

/** How far an arrow moves the cross: a fortieth of the longer side that is seen, in whole pixels. */
export const stride = ({ width, height }: Size, zoom: number): number =>
  Math.max(1, Math.round(Math.max(width, height) / 40 / zoom));

/** The part of the image that is seen: around a point, but no further than the edges. */
export function windowOf({ width, height }: Size, zoom: number, { x, y }: Point): Point & Size {
  const [w, h] = [width / zoom, height / zoom];
  const clamp = (value: number, most: number) => Math.min(Math.max(0, value), most);
  return { x: clamp(x - w / 2, width - w), y: clamp(y - h / 2, height - h), width: w, height: h };
}
