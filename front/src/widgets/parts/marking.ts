// A selection of words in a text, and the spans made from it. Offsets are UTF-16 units; spans of an answer are code points.

import type { CodePoints } from "./codepoints";
import { neighbour, wordAt, type Piece } from "./words";

/** What is selected; `back` says that the start is the end that moves. */
export interface Selection extends Piece {
  back?: boolean;
}

/** A span of an answer, in code points. */
export interface Span {
  start: number;
  end: number;
  label: unknown;
}

/** The word so many words on: of the selection's first word when going back, of its last when going on. */
export function moved(words: Piece[], now: Selection | null, step: 1 | -1): Selection | null {
  if (!words.length) return now;
  if (!now) return { ...words[step > 0 ? 0 : words.length - 1]! };
  const from = wordAt(words, step > 0 ? now.end - 1 : now.start);
  const inside = words[from]!.start <= now.start && now.end <= words[from]!.end;
  // From a gap before a word, that word is the next one.
  const next = step < 0 && !inside && words[from]!.end <= now.start ? from : from + step;
  return { ...words[Math.max(0, Math.min(words.length - 1, next))]! };
}

/** The selection with its moving end one word on or back; where nothing is left, the other end moves. */
export function extended(words: Piece[], now: Selection, step: 1 | -1): Selection {
  const { start, end, back = false } = now;
  const starts = words.map((word) => word.start);
  const ends = words.map((word) => word.end);
  if (step > 0) {
    const inner = neighbour(starts, start, 1);
    if (back && inner < end && inner > start) return { start: inner, end, back };
    return { start, end: neighbour(ends, end, 1), back: false };
  }
  const inner = neighbour(ends, end, -1);
  if (!back && inner > start && inner < end) return { start, end: inner, back };
  return { start: neighbour(starts, start, -1), end, back: true };
}

/** The selection with one end moved by a character; it never becomes empty. */
export function nudged(marks: number[], now: Selection, which: "start" | "end", step: 1 | -1): Selection {
  const to = neighbour(marks, now[which], step);
  const next = { ...now, [which]: to };
  return next.start < next.end ? next : now;
}

/** The answer with the selection marked as a class; the same mark again takes it away. In order of the text. */
export function marked(spans: Span[], at: Piece, label: unknown, points: CodePoints, overlap: boolean): Span[] {
  const one = { start: points.point(at.start), end: points.point(at.end), label };
  const same = (span: Span) => span.start === one.start && span.end === one.end && span.label === label;
  if (spans.some(same)) return spans.filter((span) => !same(span));
  const kept = overlap ? spans : spans.filter((span) => span.end <= one.start || span.start >= one.end);
  return [...kept, one].sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The spans that the selection touches, the shortest first. */
export function touched(spans: Span[], at: Piece, points: CodePoints): Span[] {
  const [start, end] = [points.point(at.start), points.point(at.end)];
  return spans
    .filter((span) => span.start < end && span.end > start)
    .sort((a, b) => a.end - a.start - (b.end - b.start));
}

/** The span after (or before) the selection in the order of the text, going round; null without spans. */
export function nextSpan(spans: Span[], at: Piece | null, points: CodePoints, step: 1 | -1): Piece | null {
  if (!spans.length) return null;
  const place = at ? [points.point(at.start), points.point(at.end)] : [-1, -1];
  const later = (span: Span) => span.start > place[0]! || (span.start === place[0] && span.end > place[1]!);
  const earlier = (span: Span) => span.start < place[0]! || (span.start === place[0] && span.end < place[1]!);
  const found = step > 0 ? (spans.find(later) ?? spans[0]!) : (spans.findLast(earlier) ?? spans.at(-1)!);
  return { start: points.unit(found.start), end: points.unit(found.end) };
}
