import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Offline, Refused } from "./api";
import { type Keep, keepOf } from "./keep";
import { Outbox } from "./outbox";
import type { Entry, Receipt, Status } from "./wire";

const receipt = (entry: Entry): Receipt => ({ event: entry.event, query: entry.query, reopened: null, revealed: null, status: {} as Status });
const nothing = { sent: () => undefined, refused: () => false };
let session = 0;
const named = () => `session-${session}`;

beforeEach(() => {
  session += 1;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => vi.useRealTimers());

/** A server that takes entries once each, and may be switched off. */
function server() {
  const taken: Entry[] = [];
  const of = { taken, off: false, calls: 0 };
  const send = async (entry: Entry): Promise<Receipt> => {
    of.calls += 1;
    if (of.off) throw new Offline("no network");
    if (!taken.some((other) => other.event === entry.event)) taken.push(entry);
    return receipt(entry);
  };
  return { of, send };
}

async function settled(outbox: Outbox) {
  await vi.waitFor(() => expect(outbox.size.value).toBe(0));
}

it("sends in order, one at a time, and forgets what was acknowledged", async () => {
  const { of, send } = server();
  const outbox = new Outbox(keepOf(named()), send, nothing);
  await outbox.open();
  for (const query of [3, 1, 2]) outbox.push({ kind: "label", query, label: "a" });
  await settled(outbox);
  expect(of.taken.map((entry) => entry.query)).toEqual([3, 1, 2]);
  expect(outbox.state.value).toBe("saved");
  await vi.waitFor(async () => expect(await keepOf(named()).read()).toEqual([]));
});

it("keeps twenty answers while offline; the next page sends them in order, none twice", async () => {
  const { of, send } = server();
  of.off = true;
  const first = new Outbox(keepOf(named()), send, nothing);
  await first.open();
  for (let query = 0; query < 20; query++) first.push({ kind: "label", query, label: query });
  await vi.waitFor(async () => expect(await keepOf(named()).read()).toHaveLength(20));
  expect(first.state.value).toBe("offline");

  of.off = false; // the first page is gone: only what it kept counts
  const second = new Outbox(keepOf(named()), send, nothing);
  await second.open();
  expect(second.queries.size).toBeGreaterThan(0);
  await settled(second);
  expect(of.taken.map((entry) => entry.query)).toEqual([...Array(20).keys()]);
});

it("shows another session's entries to nobody", async () => {
  const { of, send } = server();
  of.off = true;
  const outbox = new Outbox(keepOf(named()), send, nothing);
  await outbox.open();
  outbox.push({ kind: "skip", query: 1 });
  await vi.waitFor(async () => expect(await keepOf(named()).read()).toHaveLength(1));
  expect(await keepOf(`${named()}0`).read()).toEqual([]);
  expect(await keepOf(named().slice(0, -1)).read()).toEqual([]);
});

it("sends an entry again whose acknowledgement was lost, with the same event", async () => {
  const { of, send } = server();
  let lost = 1;
  const flaky = async (entry: Entry) => {
    const reply = await send(entry);
    if (lost-- > 0) throw new Offline("cut while the answer was on its way");
    return reply;
  };
  const outbox = new Outbox(keepOf(named()), flaky, nothing);
  await outbox.open();
  outbox.push({ kind: "label", query: 7, label: "x" });
  await vi.waitFor(() => expect(outbox.state.value).toBe("offline"));
  await vi.advanceTimersByTimeAsync(400);
  await settled(outbox);
  expect(of.calls).toBe(2);
  expect(of.taken).toHaveLength(1);
});

it("takes back what has not left, and says when the server has to", async () => {
  const { of, send } = server();
  of.off = true;
  const outbox = new Outbox(keepOf(named()), send, nothing);
  await outbox.open();
  outbox.push({ kind: "label", query: 1, label: "a" });
  outbox.push({ kind: "label", query: 2, label: "b" });
  expect(outbox.retract(2)).toBe(true);
  expect(outbox.retract(5)).toBe(false);
  of.off = false;
  await vi.advanceTimersByTimeAsync(8_000);
  await settled(outbox);
  expect(outbox.retract(1)).toBe(false);
  expect(of.taken.map((entry) => entry.query)).toEqual([1]);
});

it("goes on after a refusal and tells of it; waits behind a lock and behind a failing store", async () => {
  const refused: string[] = [];
  const codes = new Map([[1, 409], [2, 401], [3, 503]]);
  const sent: number[] = [];
  const send = async (entry: Entry) => {
    const code = codes.get(entry.query);
    if (code) throw new Refused(code, `error ${code}`);
    sent.push(entry.query);
    return receipt(entry);
  };
  const tell = { ...nothing, refused: (entry: Entry, error: Refused) => !refused.push(`${entry.query}: ${error.message}`) };
  const outbox = new Outbox(keepOf(named()), send, tell);
  await outbox.open();
  for (const query of [1, 2, 3]) outbox.push({ kind: "label", query, label: "a" });
  await vi.waitFor(() => expect(outbox.state.value).toBe("locked"));
  expect(refused).toEqual(["1: error 409"]);
  codes.delete(2);
  await vi.advanceTimersByTimeAsync(8_000);
  await vi.waitFor(() => expect(outbox.state.value).toBe("failing"));
  expect(sent).toEqual([2]);
  codes.delete(3);
  await vi.advanceTimersByTimeAsync(8_000);
  await settled(outbox);
  expect(sent).toEqual([2, 3]);
});

it("works, and says so, where the browser keeps nothing", async () => {
  const broken: Keep = {
    read: () => Promise.reject(new Error("storage is off")),
    put: () => Promise.reject(new Error("storage is off")),
    drop: () => Promise.reject(new Error("storage is off")),
  };
  const { of, send } = server();
  const outbox = new Outbox(broken, send, nothing);
  await outbox.open();
  expect(outbox.kept.value).toBe(false);
  outbox.push({ kind: "label", query: 1, label: "a" });
  await settled(outbox);
  expect(of.taken).toHaveLength(1);
});

it("keeps what has still to be settled, until it is released", async () => {
  const send = async (entry: Entry) => {
    if (entry.query === 1) throw new Refused(409, "answered already");
    return receipt(entry);
  };
  const outbox = new Outbox(keepOf(named()), send, { ...nothing, refused: () => true });
  await outbox.open();
  outbox.push({ kind: "label", query: 1, label: "a" });
  outbox.push({ kind: "label", query: 2, label: "b" });
  await settled(outbox);
  const left = await keepOf(named()).read();
  expect(left.map((entry) => entry.query)).toEqual([1]);
  outbox.release(left[0]!.event);
  await vi.waitFor(async () => expect(await keepOf(named()).read()).toEqual([]));
});

it("says that it is locked as soon as any call hears so, with or without something to send", async () => {
  let said: Error = new Offline("restarting");
  const send = async (entry: Entry): Promise<Receipt> => {
    if (said) throw said;
    return receipt(entry);
  };
  const outbox = new Outbox(keepOf(named()), send, nothing);
  await outbox.open();
  const locked = new Refused(401, "this room is locked");
  outbox.heard(locked);
  expect([outbox.state.value, outbox.reason.value]).toEqual(["locked", "this room is locked"]);
  outbox.heard(null);
  expect(outbox.state.value).toBe("saved");

  outbox.push({ kind: "skip", query: 1 });
  await vi.waitFor(() => expect(outbox.state.value).toBe("offline"));
  outbox.heard(said as Offline); // nothing new
  said = locked;
  outbox.heard(locked); // sends at once, without any timer, and learns the same
  await vi.waitFor(() => expect(outbox.state.value).toBe("locked"));
  said = undefined as unknown as Error;
  outbox.heard(null);
  await settled(outbox);
  expect(outbox.state.value).toBe("saved");
});
