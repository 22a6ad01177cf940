// Geometry of the map: what a lasso catches, what lies under the pointer, and that windows turn back and forth.

import { describe, expect, it } from "vitest";
import { caught, inside, nearest, toMap, toScreen, whole, type Spot } from "./scene";
import type { Landscape } from "./wire";

const map = (spots: Spot[]): Landscape => ({
  method: "pca",
  methods: ["pca"],
  explained: 1,
  size: spots.length,
  rows: spots.map((_, i) => i * 10),
  x: spots.map(([x]) => x),
  y: spots.map(([, y]) => y),
});

const horseshoe: Spot[] = [[0, 0], [30, 0], [30, 30], [20, 30], [20, 10], [10, 10], [10, 30], [0, 30]];

describe("a lasso", () => {
  it("holds what is inside, also of a line that bends inwards", () => {
    expect(inside(horseshoe, [5, 20])).toBe(true);
    expect(inside(horseshoe, [25, 20])).toBe(true);
    expect(inside(horseshoe, [15, 20])).toBe(false);
    expect(inside(horseshoe, [31, 5])).toBe(false);
  });

  it("catches points by their place on the map", () => {
    expect(caught(map([[5, 5], [15, 20], [25, 25], [100, 5]]), horseshoe)).toEqual([0, 2]);
  });
});

describe("the window", () => {
  it("turns places on the map to places on the screen and back", () => {
    const view = { x: 100, y: 50, zoom: 0.3 };
    const [x, y] = toScreen(view, 800, 600, 123, 456);
    const back = toMap(view, 800, 600, [x, y]);
    expect(back[0]).toBeCloseTo(123);
    expect(back[1]).toBeCloseTo(456);
  });

  it("shows the whole map at first", () => {
    const view = whole(800, 600);
    for (const [x, y] of [[0, 0], [4095, 4095]] as Spot[]) {
      const [a, b] = toScreen(view, 800, 600, x, y);
      expect(a >= 0 && a <= 800 && b >= 0 && b <= 600).toBe(true);
    }
  });
});

describe("the pointer", () => {
  it("finds the nearest point that is near enough", () => {
    const points = map([[1000, 1000], [1100, 1000], [3000, 3000]]);
    const view = whole(800, 600);
    const at = toScreen(view, 800, 600, 1080, 1000);
    expect(nearest(points, view, 800, 600, at)).toBe(1);
    expect(nearest(points, view, 800, 600, [0, 0])).toBe(-1);
  });
});
