import { afterEach, describe, expect, it } from "vitest";
import { type Binding, type Press, active, enter, find, namesOf, shortcut, shown } from "./keys";

const press = (key: string, code = "", more: Partial<Press> = {}): Press => ({
  key,
  code,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});
const binding = (key: string, text = key): Binding => ({ key, text, run: () => undefined });
let leaves: (() => void)[] = [];
const scope = (name: Parameters<typeof enter>[0], ...keys: Binding[]) => {
  const leave = enter(name, () => keys);
  leaves.push(leave);
  return leave;
};
afterEach(() => {
  leaves.forEach((leave) => leave());
  leaves = [];
});

describe("names of key presses", () => {
  it("gives characters in lower case, so that Caps Lock does not matter", () => {
    expect(namesOf(press("A", "KeyA"))).toEqual(["a"]);
  });
  it("gives digits by their place where a layout shifts them, and by the keypad", () => {
    expect(namesOf(press("&", "Digit1"))).toEqual(["1"]); // French
    expect(namesOf(press("1", "Digit1", { shiftKey: true }))).toEqual(["Shift+1", "1"]);
    expect(namesOf(press("End", "Numpad1"))).toEqual(["1"]);
  });
  it("keeps what a layout puts on a shifted digit", () => {
    expect(namesOf(press("/", "Digit7", { shiftKey: true }))).toEqual(["Shift+/", "/"]); // German
    expect(namesOf(press("?", "Slash", { shiftKey: true }))).toEqual(["Shift+?", "?"]);
  });
  it("tells Ctrl apart, takes the Mac's command key for it, and leaves Alt to the system", () => {
    expect(namesOf(press("Enter", "Enter", { metaKey: true }))).toEqual(["Ctrl+Enter"]);
    expect(namesOf(press("z", "KeyZ", { ctrlKey: true, shiftKey: true }))).toEqual(["Ctrl+Shift+z"]);
    expect(namesOf(press("u", "KeyU", { altKey: true }))).toEqual([]);
  });
});

describe("scopes", () => {
  it("asks the widget before the page", () => {
    scope("widget", binding("s", "of the widget"));
    scope("page", binding("s", "of the page"), binding("u"));
    expect(find(press("s"))?.text).toBe("of the widget");
    expect(find(press("u"))?.text).toBe("u");
  });
  it("gives a dialog all keys, and the page its keys back afterwards", () => {
    scope("page", binding("u"));
    const leave = scope("dialog", binding("Escape"));
    expect(find(press("u"))).toBeNull();
    leave();
    expect(find(press("u"))?.text).toBe("u");
  });
  it("lists of two bindings with one key the one that acts", () => {
    scope("page", binding("s", "lower"), binding("u"));
    scope("widget", binding("s", "upper"));
    const listed = active().flatMap(({ bindings }) => bindings.map(({ text }) => text));
    expect(listed).toEqual(["upper", "u"]);
  });
  it("prefers the more specific name", () => {
    scope("widget", binding("ArrowLeft", "move"), binding("Shift+ArrowLeft", "extend"));
    expect(find(press("ArrowLeft", "ArrowLeft", { shiftKey: true }))?.text).toBe("extend");
    expect(find(press("ArrowLeft", "ArrowLeft"))?.text).toBe("move");
  });
});

it("writes keys as people read them, and as assistive technology does", () => {
  expect([shown("Shift+ArrowLeft"), shown("a"), shown("Escape"), shown("+")]).toEqual(["⇧ ←", "A", "Esc", "+"]);
  expect([shortcut("Ctrl+Enter"), shortcut(" ")]).toEqual(["Control+Enter", "Space"]);
});
