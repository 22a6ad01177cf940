// Where overlapping spans lie below a text, and into which segments they cut it.

import { wordAt, type Piece } from "./words";

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

/** Lines of a text, each with the break that ends it; an empty text is one empty line. */
export function linesOf(text: string): Piece[] {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
  if (ends.at(-1) !== text.length || !text) ends.push(text.length);
  return ends.map((end, i) => ({ start: i ? ends[i - 1]! : 0, end }));
}

/** For each line, the pieces that lie on it, in their order. */
export function grouped<P extends Piece>(lines: Piece[], pieces: P[]): P[][] {
  const found: P[][] = lines.map(() => []);
  for (const piece of pieces) {
    for (let i = wordAt(lines, piece.start); i < lines.length && lines[i]!.start < piece.end; i++) found[i]!.push(piece);
  }
  return found;
}

/** For each segment between two cuts, the places of the pieces that cover it. */
export function covering(offsets: number[], pieces: Piece[]): number[][] {
  const at = new Map(offsets.map((offset, i) => [offset, i]));
  const found: number[][] = offsets.slice(0, -1).map(() => []);
  pieces.forEach(({ start, end }, k) => {
    for (let i = at.get(start) ?? 0; i < (at.get(end) ?? 0); i++) found[i]!.push(k);
  });
  return found;
}

/** The text cut at every end of the pieces: ascending offsets from 0 to the length. */
export function cuts(length: number, pieces: Piece[]): number[] {
  const inside = pieces.flatMap(({ start, end }) => [start, end]).filter((offset) => offset > 0 && offset < length);
  return [...new Set([0, ...inside, length])].sort((a, b) => a - b);
}
