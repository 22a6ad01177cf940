// Numbers and times as people read them.

/** Whole percents; near certainty one digit more, rounded down: 99.7 %. */
export function percent(value: number): string {
  return value > 0.99 && value < 1 ? `${(Math.floor(value * 1000) / 10).toFixed(1)}%` : `${Math.round(value * 100)}%`;
}

/** A probability after a separator; nothing where there is none. */
export const chance = (value: number | null, before: string): string => (value === null ? "" : `${before}${percent(value)}`);

/** 95 -> "2 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return "under a minute";
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** Whole numbers as they are, others to three significant figures. */
export const short = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(3));

/** One or many: plural(1, "label") -> "1 label". */
export const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
