// Words of a text, for moving by them: what a reader takes for a word, in any script; emoji and signs are words, too.

/** A piece of text: UTF-16 offsets, the end beyond the last. */
export interface Piece {
  start: number;
  end: number;
}

const SIGN = /[\p{S}\p{Extended_Pictographic}\p{N}]/u;

/** The words in order. A text without any has none. */
export function wordsOf(text: string): Piece[] {
  const found: Piece[] = [];
  for (const { segment, index, isWordLike } of new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)) {
    if (isWordLike || SIGN.test(segment)) found.push({ start: index, end: index + segment.length });
  }
  return found;
}

/** Ends of the characters that a reader sees (a flag, a letter with its accents), from 0 on. */
export function marksOf(text: string): number[] {
  const ends = [0];
  for (const { segment, index } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) {
    ends.push(index + segment.length);
  }
  return ends;
}

/** Place of the last word that begins at or before an offset; 0 where there is none. */
export function wordAt(words: Piece[], offset: number): number {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** The words that a piece touches. */
export function wordsIn(words: Piece[], { start, end }: Piece): Piece[] {
  const found: Piece[] = [];
  for (let i = wordAt(words, start); i < words.length && words[i]!.start < end; i++) {
    if (words[i]!.end > start) found.push(words[i]!);
  }
  return found;
}

/** A piece drawn by hand, without blanks at its ends and with whole words where it cuts them; null for blanks alone. */
export function snapped(text: string, words: Piece[], { start, end }: Piece): Piece | null {
  const picked = text.slice(start, end);
  if (!picked.trim()) return null;
  const bare = { start: start + picked.length - picked.trimStart().length, end: start + picked.trimEnd().length };
  const inside = wordsIn(words, bare);
  return {
    start: Math.min(bare.start, inside[0]?.start ?? bare.start),
    end: Math.max(bare.end, inside.at(-1)?.end ?? bare.end),
  };
}

/** The neighbour of an offset in an ascending list: the next above, or the last below. */
export function neighbour(offsets: number[], offset: number, step: 1 | -1): number {
  const found = step > 0 ? offsets.find((one) => one > offset) : offsets.findLast((one) => one < offset);
  return found ?? offset;
}
