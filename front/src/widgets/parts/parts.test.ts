import { describe, expect, it } from "vitest";
import { CodePoints } from "./codepoints";
import { area, boxOf, cornersOf, hits, inside, nearest, stride, windowOf, withCorner } from "./geometry";
import { covering, cuts, grouped, lanesOf, linesOf } from "./lanes";
import { extended, marked, moved, nextSpan, nudged, touched } from "./marking";
import { parse, step, stepSize, wrong } from "./numbers";
import { back, place } from "./order";
import { marksOf, neighbour, snapped, wordAt, wordsIn, wordsOf } from "./words";

describe("offsets", () => {
  const text = "a😀b👩‍🚀é漢"; // 1 + 2 + 1 + 5 + 1 + 1 units; 1 + 1 + 1 + 3 + 1 + 1 code points
  const points = new CodePoints(text);

  it("counts code points as Python does", () => {
    expect([text.length, points.length]).toEqual([11, 8]);
    expect(points.length).toBe([...text].length);
  });

  it("goes both ways, and inside a pair means its character", () => {
    expect([0, 1, 2, 3, 4, 6, 7, 9, 10, 11].map((unit) => points.point(unit))).toEqual([0, 1, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (let point = 0; point <= points.length; point++) expect(points.point(points.unit(point))).toBe(point);
    expect(text.slice(points.unit(1), points.unit(2))).toBe("😀");
  });

  it("stays within the text", () => {
    expect([points.point(99), points.unit(99), points.point(-1)]).toEqual([8, 11, 0]);
    expect(new CodePoints("").length).toBe(0);
  });
});

describe("words", () => {
  const text = "Ada, 36 🎉 naïve—so.";
  const words = wordsOf(text);
  const named = words.map(({ start, end }) => text.slice(start, end));

  it("are what a reader takes for words, numbers and emoji", () => {
    expect(named).toEqual(["Ada", "36", "🎉", "naïve", "so"]);
    expect(wordsOf("  ")).toEqual([]);
  });

  it("are found by offset", () => {
    expect([0, 2, 5, 8, 9, 99].map((offset) => wordAt(words, offset))).toEqual([0, 0, 1, 2, 2, 4]);
  });

  it("of a piece are whole, and a drag by hand snaps to them", () => {
    expect(wordsIn(words, { start: 1, end: 6 })).toEqual(words.slice(0, 2));
    expect(wordsIn(words, { start: 3, end: 5 })).toEqual([]);
    expect(snapped(text, words, { start: 1, end: 6 })).toEqual({ start: 0, end: 7 });
    expect(snapped(text, words, { start: 3, end: 8 })).toEqual({ start: 3, end: 7 }); // the comma stays, the blank goes
    expect(snapped(text, words, { start: 4, end: 5 })).toBeNull();
  });

  it("move one at a time and stop at the ends", () => {
    const first = moved(words, null, 1)!;
    expect(first).toEqual(words[0]);
    expect(moved(words, first, -1)).toEqual(words[0]);
    expect(moved(words, words[2]!, 1)).toEqual(words[3]);
    expect(moved(words, { start: 0, end: 7 }, 1)).toEqual(words[2]); // from the last word of a longer selection
    expect(moved(words, { start: 0, end: 7 }, -1)).toEqual(words[0]);
    expect(moved([], null, 1)).toBeNull();
  });

  it("extend to the right and shorten again, then to the left", () => {
    const one = { start: 5, end: 7 }; // "36"
    const two = extended(words, one, 1);
    expect(text.slice(two.start, two.end)).toBe("36 🎉");
    expect(extended(words, two, -1)).toMatchObject(one);
    const left = extended(words, one, -1);
    expect(text.slice(left.start, left.end)).toBe("Ada, 36");
    expect(left.back).toBe(true);
    expect(extended(words, left, 1)).toMatchObject(one);
  });

  it("are adjusted by characters that a reader sees, never to nothing", () => {
    const marks = marksOf("e\u0301👩‍🚀x");
    expect(marks).toEqual([0, 2, 7, 8]);
    expect(nudged(marks, { start: 2, end: 7 }, "start", -1)).toMatchObject({ start: 0, end: 7 });
    expect(nudged(marks, { start: 2, end: 7 }, "end", -1)).toMatchObject({ start: 2, end: 7 });
    expect(neighbour(marks, 8, 1)).toBe(8);
  });
});

describe("marks", () => {
  const text = "😀 Ada Lovelace";
  const points = new CodePoints(text);
  const ada = { start: 3, end: 6 };
  const whole = { start: 3, end: 15 };

  it("are in code points, and the same mark again takes it away", () => {
    const once = marked([], ada, "PER", points, true);
    expect(once).toEqual([{ start: 2, end: 5, label: "PER" }]);
    expect(marked(once, ada, "PER", points, true)).toEqual([]);
  });

  it("overlap, or replace what they overlap where that is not allowed", () => {
    const both = marked(marked([], ada, "PER", points, true), whole, "NAME", points, true);
    expect(both).toEqual([
      { start: 2, end: 5, label: "PER" },
      { start: 2, end: 14, label: "NAME" },
    ]);
    expect(marked(both, ada, "X", points, false)).toEqual([{ start: 2, end: 5, label: "X" }]);
    expect(touched(both, ada, points).map(({ label }) => label)).toEqual(["PER", "NAME"]);
  });

  it("are gone through round and round", () => {
    const spans = marked(marked([], ada, "PER", points, true), whole, "NAME", points, true);
    expect(nextSpan(spans, null, points, 1)).toEqual(ada);
    expect(nextSpan(spans, ada, points, 1)).toEqual(whole);
    expect(nextSpan(spans, whole, points, 1)).toEqual(ada);
    expect(nextSpan(spans, ada, points, -1)).toEqual(whole);
    expect(nextSpan([], ada, points, 1)).toBeNull();
  });

  it("lie in the first lane that is free, wide enough for their names", () => {
    const pieces = [whole, ada, { start: 7, end: 15 }, { start: 20, end: 22 }];
    expect(lanesOf(pieces, [1, 1, 1, 1])).toEqual([0, 1, 1, 0]);
    expect(lanesOf([ada, { start: 7, end: 9 }], [9, 1])).toEqual([0, 1]);
    expect(cuts(15, [ada, whole])).toEqual([0, 3, 6, 15]);
    expect(cuts(0, [])).toEqual([0]);
    expect(linesOf("a\n\nbc")).toEqual([{ start: 0, end: 2 }, { start: 2, end: 3 }, { start: 3, end: 5 }]);
    expect(linesOf("a\n")).toEqual([{ start: 0, end: 2 }]);
    expect(linesOf("")).toEqual([{ start: 0, end: 0 }]);
    expect(grouped(linesOf("a\nbc\nd"), [{ start: 0, end: 3 }, { start: 5, end: 6 }])).toEqual([
      [{ start: 0, end: 3 }],
      [{ start: 0, end: 3 }],
      [{ start: 5, end: 6 }],
    ]);
    expect(covering([0, 3, 6, 15, 20], [ada, whole])).toEqual([[], [0, 1], [1], []]);
  });
});

describe("numbers", () => {
  const bounds = { low: 0, high: 10 };

  it("are read with a point or a comma", () => {
    expect(["3.5", "3,5", "-2", ".5", "1e3", " 7 "].map(parse)).toEqual([3.5, 3.5, -2, 0.5, 1000, 7]);
    expect(["", "-", "1.2.3", "seven", "1e999", "0x10"].map(parse)).toEqual([null, null, null, null, null, null]);
  });

  it("are stepped in round steps within their bounds", () => {
    expect(stepSize(bounds)).toBe(0.1);
    expect(stepSize({ low: 0, high: 30 })).toBe(0.5);
    expect(stepSize({ low: null, high: 3 })).toBe(1);
    expect(step(0.2, 1, bounds)).toBe(0.3);
    expect(step(9.95, 10, bounds)).toBe(10);
    expect(step(null, 1, bounds)).toBe(5);
    expect(step(null, -1, { low: null, high: null })).toBe(0);
  });

  it("say what is wrong with them", () => {
    expect(wrong("", bounds)).toBe("Type a number first");
    expect(wrong("1.2.3", bounds)).toContain("is no number");
    expect(wrong("11", bounds)).toBe("Give a number from 0 to 10");
    expect(wrong("10", bounds)).toBeNull();
  });
});

describe("orders", () => {
  it("place the last thing by themselves and take it back with the one before", () => {
    const two = place(place([], 2, 4), 0, 4);
    expect(two).toEqual([2, 0]);
    const all = place(two, 3, 4);
    expect(all).toEqual([2, 0, 3, 1]);
    expect(back(all, 4)).toEqual(two);
    expect(back(two, 4)).toEqual([2]);
    expect(place([], 1, 2)).toEqual([1, 0]);
    expect(place([2, 0], 2, 4)).toEqual([0, 2]);
  });
});

describe("geometry", () => {
  const size = { width: 40, height: 20 };
  const box = { label: "a", box: [10, 5, 20, 10] as [number, number, number, number] };
  const triangle = { label: "b", polygon: [[0, 0], [10, 0], [10, 10]] as [number, number][] };

  it("makes boxes from any two corners, and none without area", () => {
    expect(boxOf({ x: 30, y: 15 }, { x: 10, y: 5 })).toEqual(box.box);
    expect(boxOf({ x: 3, y: 1 }, { x: 3, y: 9 })).toBeNull();
    expect(inside({ x: -3, y: 25 }, size)).toEqual({ x: 0, y: 20 });
  });

  it("moves corners: a box follows, a polygon keeps its others, none loses its area", () => {
    expect(withCorner(box, 2, { x: 35, y: 18 }).box).toEqual([10, 5, 25, 13]);
    expect(withCorner(box, 0, { x: 35, y: 18 }).box).toEqual([30, 15, 5, 3]);
    expect(withCorner(box, 0, { x: 30, y: 2 })).toBe(box);
    expect(withCorner(triangle, 2, { x: 0, y: 9 }).polygon).toEqual([[0, 0], [10, 0], [0, 9]]);
    expect(withCorner(triangle, 2, { x: 5, y: 0 })).toBe(triangle);
  });

  it("knows what is in a region", () => {
    expect([{ x: 11, y: 6 }, { x: 31, y: 6 }].map((point) => hits(box, point))).toEqual([true, false]);
    expect([{ x: 9, y: 3 }, { x: 3, y: 9 }].map((point) => hits(triangle, point))).toEqual([true, false]);
    expect(area(cornersOf(triangle))).toBe(100);
    expect(nearest(cornersOf(box), { x: 31, y: 3 })).toBe(1);
  });

  it("shows a part of the image around the cross, within its edges", () => {
    expect(windowOf(size, 2, { x: 0, y: 20 })).toEqual({ x: 0, y: 10, width: 20, height: 10 });
    expect(windowOf(size, 2, { x: 20, y: 10 })).toEqual({ x: 10, y: 5, width: 20, height: 10 });
    expect([stride(size, 1), stride({ width: 4000, height: 10 }, 1), stride({ width: 4000, height: 10 }, 4)]).toEqual([1, 100, 25]);
  });
});
