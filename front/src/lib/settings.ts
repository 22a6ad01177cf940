// What one person wants of the page in this browser: looks, keys, whether an answer goes off at once.

import { effect, signal } from "@preact/signals";

/** Actions of the page whose keys can be changed, with the keys that they have by default. */
export const KEYS = {
  undo: "u",
  skip: "s",
  unsure: "x",
  reject: "r",
  note: "n",
  why: "w",
  guidelines: "g",
  search: "/",
  help: "?",
} as const;

export type Action = keyof typeof KEYS;

export interface Settings {
  theme: "system" | "light" | "dark";
  /** Size of the item's text, as a share of the usual one. */
  size: number;
  /** Whether a single choice goes off at once; else Enter sends it. */
  advance: boolean;
  keys: Partial<Record<Action, string>>;
}

export const SIZES = [0.875, 1, 1.25, 1.5];
const DEFAULTS: Settings = { theme: "system", size: 1, advance: true, keys: {} };
const NAME = "askwise:settings";

/** What was stored, as far as it makes sense. */
export function read(stored: string | null): Settings {
  let found: Partial<Settings>;
  try {
    found = (JSON.parse(stored ?? "{}") ?? {}) as Partial<Settings>;
  } catch {
    return DEFAULTS;
  }
  const keys = Object.entries(found.keys ?? {}).filter(([name, key]) => name in KEYS && typeof key === "string" && key);
  return {
    theme: found.theme === "light" || found.theme === "dark" ? found.theme : "system",
    size: SIZES.includes(found.size ?? 0) ? found.size! : 1,
    advance: found.advance !== false,
    keys: Object.fromEntries(keys),
  };
}

function stored(): string | null {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null; // storage is switched off: the page is as it is for everybody
  }
}

export const settings = signal<Settings>(DEFAULTS);

/** Begin: read what is stored, and keep the page and the store as it says. */
export function begin(): void {
  settings.value = read(stored());
  effect(() => {
    const { theme, size } = settings.value;
    const root = document.documentElement;
    if (theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
    root.style.setProperty("--size", String(size));
  });
}

/** Change something, and keep it for the next visit. */
export function change(what: Partial<Settings>): void {
  settings.value = { ...settings.value, ...what };
  try {
    localStorage.setItem(NAME, JSON.stringify(settings.value));
  } catch {
    return; // it holds until the page is closed
  }
}

/** The key of an action. */
export const keyOf = (action: Action): string => settings.value.keys[action] ?? KEYS[action];

/** Why an action cannot have this key, or null. `taken` are keys of the task's answers. */
export function refusal(action: Action, key: string, taken: readonly string[]): string | null {
  if (["Escape", "Enter", "Tab", " ", "Backspace"].includes(key) || key.startsWith("Arrow")) return "That key has a meaning everywhere.";
  if (taken.includes(key)) return "That key gives an answer.";
  const other = (Object.keys(KEYS) as Action[]).find((one) => one !== action && keyOf(one) === key);
  return other ? `That key is taken by ${other}.` : null;
}
