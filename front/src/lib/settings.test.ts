import { afterEach, expect, it } from "vitest";
import { change, keyOf, read, refusal, settings } from "./settings";

afterEach(() => change({ theme: "system", size: 1, advance: true, keys: {} }));

it("takes of what is stored what makes sense", () => {
  expect(read(null)).toEqual({ theme: "system", size: 1, advance: true, keys: {} });
  expect(read("no json")).toEqual(read(null));
  expect(read("null")).toEqual(read(null));
  const odd = { theme: "pink", size: 40, advance: "?", keys: { undo: "z", fly: "f", skip: 3 } };
  expect(read(JSON.stringify(odd))).toEqual({ theme: "system", size: 1, advance: true, keys: { undo: "z" } });
  expect(read('{"theme": "dark", "size": 1.25, "advance": false}')).toEqual({ theme: "dark", size: 1.25, advance: false, keys: {} });
});

it("gives an action the key that was chosen for it, unless the key is taken", () => {
  expect(keyOf("undo")).toBe("u");
  change({ keys: { undo: "z" } });
  expect(keyOf("undo")).toBe("z");
  expect(refusal("skip", "z", [])).toContain("undo");
  expect(refusal("undo", "z", [])).toBeNull();
  expect(refusal("skip", "u", [])).toBeNull();
  expect(refusal("skip", "1", ["1", "2"])).toContain("answer");
  expect(refusal("skip", "Enter", [])).toContain("everywhere");
  expect(settings.value.theme).toBe("system");
});
