import { expect, it } from "vitest";
import { Clock } from "./clock";

const SECOND = 1_000;

it("counts while somebody is here", () => {
  const clock = new Clock(0);
  clock.restart(5 * SECOND);
  expect(clock.seconds(7.5 * SECOND)).toBe(2.5);
});

it("stops a minute after the last movement, and goes on with the next", () => {
  const clock = new Clock(0);
  clock.touch(10 * SECOND, false);
  clock.touch(200 * SECOND, true);
  expect(clock.seconds(205 * SECOND)).toBe(75); // 10 + 60 idle seconds, then 5
});

it("does not count what another window gets, nor movement over an unfocused page", () => {
  const clock = new Clock(0);
  clock.away(4 * SECOND);
  clock.touch(20 * SECOND, false);
  expect(clock.seconds(30 * SECOND)).toBe(4);
  clock.back(40 * SECOND);
  expect(clock.seconds(41 * SECOND)).toBe(5);
});

it("takes a key for a sign that somebody is here", () => {
  const clock = new Clock(0);
  clock.away(0);
  clock.touch(10 * SECOND, true);
  expect(clock.seconds(12 * SECOND)).toBe(2);
});
