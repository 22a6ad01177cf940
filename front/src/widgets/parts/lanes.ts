// Where overlapping spans lie below a text, and into which segments they cut it.

import type { Piece } from "./words";

/** The lane of each piece, 0 the nearest to the text: the first that is free where it begins. `widths` in characters. */
export function lanesOf(pieces: Piece[], widths: number[]): number[] {
  const order = pieces.map((_, i) => i).sort((a, b) => pieces[a]!.start - pieces[b]!.start || pieces[b]!.end - pieces[a]!.end);
  const ends: number[] = [];
  const lanes: number[] = new Array<number>(pieces.length).fill(0);
  for (const i of order) {
    const { start, end } = pieces[i]!;
    const free = ends.findIndex((taken) => taken <= start);
    const lane = free < 0 ? ends.length : free;
    lanes[i] = lane;
    ends[lane] = Math.max(end, start + widths[i]!); // a name may be longer than its span
  }
  return lanes;
}

/** The text cut at every end of the pieces: ascending offsets from 0 to the length. */
export function cuts(length: number, pieces: Piece[]): number[] {
  const inside = pieces.flatMap(({ start, end }) => [start, end]).filter((offset) => offset > 0 && offset < length);
  return [...new Set([0, ...inside, length])].sort((a, b) => a - b);
}
