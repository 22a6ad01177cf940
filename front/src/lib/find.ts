// Finding one label among many by typing parts of its name.

import type { Label, Option } from "./wire";

/** How well a name matches: lower is better, null if letters are missing. Whole words and early hits win. */
export function distance(name: string, query: string): number | null {
  const text = name.toLowerCase();
  const found = text.indexOf(query);
  if (found >= 0) return found === 0 ? 0 : /[\s_\-/.]/.test(text[found - 1]!) ? 1 : 2 + found / 100;
  let at = -1;
  let gaps = 0;
  for (const letter of query.replaceAll(" ", "")) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return null;
    gaps += next - at - 1;
    at = next;
  }
  return 10 + gaps;
}

/** Options that match, best first; with nothing typed, likely and recent ones first. */
export function matches(options: Option[], query: string, first: Label[]): Option[] {
  const rank = (option: Option) => (first.includes(option.label) ? first.indexOf(option.label) : first.length);
  return options
    .map((option) => ({ option, score: query ? distance(option.text, query) : 0 }))
    .filter((one): one is { option: Option; score: number } => one.score !== null)
    .sort((a, b) => a.score - b.score || rank(a.option) - rank(b.option))
    .map(({ option }) => option);
}
