import { expect, it, vi } from "vitest";
import { Offline } from "./api";
import { distance, matches } from "./find";
import { duration, percent, plural, short } from "./format";
import { AHEAD, Ring } from "./ring";
import { uuid7 } from "./uuid";
import type { Item, Option, Page } from "./wire";

const item = (query: number): Item => ({
  place: query + 1,
  query,
  id: query,
  arm: "strategy",
  why: {},
  view: { kind: "text", text: "" },
  suggestion: null,
});

it("makes ids that sort by time, also within one millisecond", () => {
  const ids = Array.from({ length: 1000 }, () => uuid7(1_700_000_000_000));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

it("writes numbers for people", () => {
  expect([percent(0.5), percent(0.9999), percent(1), percent(0.004)]).toEqual(["50%", "99.9%", "100%", "0%"]);
  expect([duration(20), duration(95), duration(7200)]).toEqual(["under a minute", "2 min", "2.0 h"]);
  expect([short(3), short(0.123456), plural(1, "label"), plural(2, "label")]).toEqual(["3", "0.123", "1 label", "2 labels"]);
});

it("finds labels by parts of their names, whole words and early hits first", () => {
  expect(distance("card_arrival", "card")).toBe(0);
  expect(distance("lost_card", "card")).toBe(1);
  expect(distance("discarded", "card")).toBe(2.03);
  expect(distance("card_arrival", "cdarv")).toBeGreaterThan(9);
  expect(distance("card", "cx")).toBeNull();
  const options: Option[] = ["discarded", "lost_card", "card_arrival"].map((text) => ({ label: text, text, key: null }));
  expect(matches(options, "card", []).map((one) => one.text)).toEqual(["card_arrival", "lost_card", "discarded"]);
  expect(matches(options, "", ["lost_card"]).map((one) => one.text)[0]).toBe("lost_card");
});

it("fetches ahead, leaves out what is answered already, and puts back in front", async () => {
  const asked: (number | null)[] = [];
  const fetch = async (after: number | null): Promise<Page> => {
    asked.push(after);
    return { items: [0, 1, 2, 3, 4, 5].map(item).filter((one) => one.place > (after ?? 0)), finished: "", spare: 0 };
  };
  const ring = new Ring({ answered: () => new Set([0]), changed: () => undefined }, fetch);
  await ring.fill();
  expect(ring.size).toBe(AHEAD - 1);
  const first = ring.take();
  expect(first?.query).toBe(1);
  ring.putBack(first);
  expect(ring.has(1) && ring.take()?.query === 1).toBe(true);
  expect(asked).toEqual([null, 6]);
});

it("tries again when the network is gone", async () => {
  vi.useFakeTimers();
  const fetch = vi
    .fn<() => Promise<Page>>()
    .mockRejectedValueOnce(new Offline("gone"))
    .mockResolvedValue({ items: [item(4)], finished: "no more", spare: 0 });
  const changed = vi.fn();
  const ring = new Ring({ answered: () => new Set(), changed }, fetch);
  await ring.fill();
  expect(changed).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(changed).toHaveBeenCalledTimes(1);
  expect(ring.size).toBe(1);
  vi.useRealTimers();
});

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

it("puts items by for when the network is gone, and shows fresh ones first", async () => {
  let served = 0;
  let off = false;
  const fetch = async (_after: number | null, n: number): Promise<Page> => {
    if (off) throw new Offline("gone");
    return { items: Array.from({ length: n }, () => item(served++)), finished: "", spare: 4 };
  };
  const ring = new Ring({ answered: () => new Set(), changed: () => undefined }, fetch);
  await ring.fill(); // the next ones
  await ring.fill(); // and those to put by: 6 to 9
  expect(ring.size).toBe(AHEAD + 4);
  const shown: number[] = [];
  for (let i = 0; i < 3; i++) {
    shown.push(ring.take()!.query);
    await settle();
  }
  expect(shown).toEqual([0, 1, 2]);
  off = true;
  const without: number[] = [];
  for (let one = ring.take(); one; one = ring.take()) without.push(one.query);
  expect(without).toEqual([3, 4, 5, 10, 11, 12, 6, 7, 8, 9]);
});

it("gives back what was put by as the end comes near", async () => {
  let spare = 3;
  let served = 0;
  const fetch = async (_after: number | null, n: number): Promise<Page> => {
    const items = Array.from({ length: Math.min(n, 12 - served) }, () => item(served++));
    return { items, finished: served < 12 ? "" : "no more", spare };
  };
  const ring = new Ring({ answered: () => new Set(), changed: () => undefined }, fetch);
  const shown: number[] = [];
  await ring.fill();
  await ring.fill();
  spare = 0;
  for (let one = ring.take(); one; one = ring.take()) {
    shown.push(one.query);
    await settle();
  }
  expect([...shown].sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
});

it("leaves out what was answered when it asked, also if that has arrived meanwhile", async () => {
  let waiting = new Set([0]);
  const fetch = async (): Promise<Page> => {
    waiting = new Set(); // the answer is acknowledged while this reply, which still has its item, is on its way
    return { items: [item(0), item(1)], finished: "no more", spare: 0 };
  };
  const ring = new Ring({ answered: () => waiting, changed: () => undefined }, fetch);
  await ring.fill();
  expect([ring.has(0), ring.has(1)]).toEqual([false, true]);
});

it("names what was shown before a reload, once, and knows of no place before the first item", async () => {
  const asked: unknown[][] = [];
  const fetch = async (...given: unknown[]): Promise<Page> => {
    asked.push([given[0], given[3]]);
    const items = asked.length > 1 ? [] : [{ ...item(9), place: -2 }, item(0)]; // brought back: before all others
    return { items, finished: "no more", spare: 0 };
  };
  const ring = new Ring({ answered: () => new Set(), changed: () => undefined }, fetch, 9);
  await ring.fill();
  await ring.fill();
  expect(asked).toEqual([
    [null, 9],
    [1, null],
  ]);
  expect(ring.take()?.query).toBe(9);
});
