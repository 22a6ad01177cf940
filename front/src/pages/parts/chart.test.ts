import { expect, it, vi } from "vitest";

vi.mock("uplot", () => ({ default: class {} }));
vi.mock("uplot/dist/uPlot.min.css", () => ({}));

const { reach } = await import("./chart");

it("holds the marks that lie beyond the curves, and goes below zero nowhere", () => {
  expect(reach(60, 650, [], 10)).toEqual([50, 660]);
  expect(reach(60, 650, [25, 700], 10)).toEqual([15, 710]);
  expect(reach(5, 650, [3], 10)).toEqual([0, 660]);
  expect(reach(0.4, 0.99, [0.37], 0.02, 1)).toEqual([0.35, 1]);
});
