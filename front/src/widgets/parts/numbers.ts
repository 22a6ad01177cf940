// Numbers as they are typed: read, stepped, and what is wrong with them.

/** Bounds of a number; null where there is none. */
export interface Bounds {
  low: number | null;
  high: number | null;
}

/** The number that a text is, null for none: "3,5" and "3.5" are one. */
export function parse(text: string): number | null {
  const plain = text.trim().replace(",", ".");
  if (plain === "" || !/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

/** A round size of a step: a hundredth of the bounds (1, 2 or 5 times a power of ten), 1 without bounds. */
export function stepSize({ low, high }: Bounds): number {
  if (low === null || high === null) return 1;
  const rough = (high - low) / 100;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough * 0.999)!;
}

/** The number so many steps on, within its bounds; from nothing, the middle of the bounds or 0. */
export function step(from: number | null, by: number, bounds: Bounds): number {
  const { low, high } = bounds;
  const size = stepSize(bounds);
  const middle = low !== null && high !== null ? (low + high) / 2 : (low ?? high ?? 0);
  const next = from === null ? middle : from + by * size;
  const inside = Math.min(high ?? Infinity, Math.max(low ?? -Infinity, next));
  return Number(inside.toPrecision(12)); // 0.1 + 0.2 is 0.3 here
}

/** Why a text is no answer; null where it is one. */
export function wrong(text: string, { low, high }: Bounds): string | null {
  const value = parse(text);
  if (value === null) return text === "" ? "Type a number first" : `“${text}” is no number`;
  if ((low !== null && value < low) || (high !== null && value > high)) {
    return `Give a number from ${low ?? "anywhere"} to ${high ?? "anywhere"}`;
  }
  return null;
}
