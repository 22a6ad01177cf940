// Pieces of a text with a class each: move by words, extend, press the key of a class. Overlapping pieces lie in lanes.

import { computed, signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Binding } from "../lib/keys";
import type { Item, Option, TaskSpec } from "../lib/wire";
import { KeyButton } from "../ui/key";
import { textSize } from "../ui/view";
import { CodePoints } from "./parts/codepoints";
import { covering, cuts, grouped, lanesOf, linesOf } from "./parts/lanes";
import { extended, marked, moved, nextSpan, nudged, type Selection, type Span, touched } from "./parts/marking";
import { colour, penKeys, Pens } from "./parts/pens";
import { Suggested, takeKey } from "./parts/suggested";
import { marksOf, snapped, wordAt, wordsIn, wordsOf, type Piece } from "./parts/words";
import { widget, type WidgetProps } from "./widget";
import "./span.css";

interface Task extends TaskSpec {
  options: Option[];
  overlap: boolean;
}

type Props = WidgetProps<Task, Span[]>;

/** The text under work with what is worked out of it once, and what is selected in it. */
const text = signal("");
const at = signal<Selection | null>(null);
const points = computed(() => new CodePoints(text.value));
const words = computed(() => wordsOf(text.value));
const lines = computed(() => linesOf(text.value));
const marks = computed(() => marksOf(text.value));

const spansOf = ({ draft }: Props): Span[] => draft.value ?? [];

function mark(props: Props, label: unknown): void {
  if (at.value) props.draft.value = marked(spansOf(props), at.value, label, points.value, props.task.overlap);
}

function remove(props: Props): void {
  const gone = at.value && touched(spansOf(props), at.value, points.value)[0];
  if (gone) props.draft.value = spansOf(props).filter((span) => span !== gone);
}

const jump = (props: Props, step: 1 | -1) => {
  at.value = nextSpan(spansOf(props), at.value, points.value, step) ?? at.value;
};

const tools = (props: Props): Binding[] => [
  { key: "Backspace", text: "Remove mark", run: () => remove(props) },
  { key: ",", text: "Mark before", run: () => jump(props, -1) },
  { key: ".", text: "Next mark", run: () => jump(props, 1) },
];

const moves = (): Binding[] => [
  { key: "ArrowRight", text: "Next word", run: () => (at.value = moved(words.value, at.value, 1)) },
  { key: "ArrowLeft", text: "Word before", run: () => (at.value = moved(words.value, at.value, -1)) },
  { key: "ArrowDown", text: "Line below", run: () => line(1) },
  { key: "ArrowUp", text: "Line above", run: () => line(-1) },
  { key: "Shift+ArrowRight", text: "Extend by a word", run: () => change((now) => extended(words.value, now, 1)) },
  { key: "Shift+ArrowLeft", text: "Shorten, or extend to the left", run: () => change((now) => extended(words.value, now, -1)) },
  { key: "Ctrl+ArrowRight", text: "End: a character on", run: () => change((now) => nudged(marks.value, now, "end", 1)) },
  { key: "Ctrl+ArrowLeft", text: "End: a character back", run: () => change((now) => nudged(marks.value, now, "end", -1)) },
  { key: "Ctrl+Shift+ArrowRight", text: "Start: a character on", run: () => change((now) => nudged(marks.value, now, "start", 1)) },
  { key: "Ctrl+Shift+ArrowLeft", text: "Start: a character back", run: () => change((now) => nudged(marks.value, now, "start", -1)) },
  { key: "Home", text: "First word", run: () => (at.value = moved(words.value, null, 1)) },
  { key: "End", text: "Last word", run: () => (at.value = moved(words.value, null, -1)) },
];

function change(how: (now: Selection) => Selection): void {
  at.value = at.value ? how(at.value) : moved(words.value, null, 1);
}

/** The word nearest to the selected one on the line above or below, by where they stand on the screen. */
function line(step: 1 | -1): void {
  const root = document.getElementById("spans");
  const now = at.value;
  if (!root || !now) return change((same) => same);
  const here = boxOf(root, now);
  const middle = here.left + here.width / 2;
  let best: Piece | null = null;
  let near: DOMRect | null = null;
  for (let i = wordAt(words.value, now.start) + step; i >= 0 && i < words.value.length; i += step) {
    const box = boxOf(root, words.value[i]!);
    const off = step > 0 ? box.top >= here.top + here.height / 2 : box.top <= here.top - here.height / 2;
    if (!off) continue;
    if (near && Math.abs(box.top - near.top) > near.height / 2) break; // past the next line
    if (!near || Math.abs(box.left + box.width / 2 - middle) < Math.abs(near.left + near.width / 2 - middle)) {
      near = box;
      best = words.value[i]!;
    }
  }
  if (best) at.value = { ...best };
}

/** The text node and place in it of an offset. */
function spot(root: Element, offset: number): [Node, number] {
  const segments = [...root.querySelectorAll<HTMLElement>("[data-at]")];
  const segment = segments.findLast((one) => Number(one.dataset["at"]) <= offset) ?? segments[0]!;
  const node = segment.firstChild!;
  return [node, Math.min(offset - Number(segment.dataset["at"]), node.textContent!.length)];
}

function boxOf(root: Element, piece: Piece): DOMRect {
  const range = document.createRange();
  range.setStart(...spot(root, piece.start));
  range.setEnd(...spot(root, piece.start + 1));
  return range.getBoundingClientRect();
}

/** The offset of a place in the text as the browser's selection has it. */
function offsetOf(node: Node, offset: number): number | null {
  const segment = (node instanceof Element ? node : node.parentElement)?.closest<HTMLElement>("[data-at]");
  return segment ? Number(segment.dataset["at"]) + (node.nodeType === Node.TEXT_NODE ? offset : 0) : null;
}

/** Take over what was selected by pointer: a drag as the words that it touches, a click as the word there. */
function pointed(): void {
  const range = document.getSelection()?.getRangeAt(0);
  const start = range && offsetOf(range.startContainer, range.startOffset);
  const end = range && offsetOf(range.endContainer, range.endOffset);
  if (start === null || start === undefined || end === null || end === undefined) return;
  const picked = snapped(text.value, words.value, { start, end });
  const word = words.value[wordAt(words.value, start)];
  if (picked) {
    at.value = picked;
    document.getSelection()?.removeAllRanges();
  } else if (word && word.start <= start && start <= word.end) {
    at.value = { ...word };
  }
}

/** A span as it is drawn: where, in which lane, and with which name. */
interface Drawn extends Piece {
  lane: number;
  label: unknown;
}

/** One line of the text, cut at the ends of what lies on it. */
function Line({ line, drawn, held, options }: { line: Piece; drawn: Drawn[]; held: Piece | null; options: Option[] }) {
  const { start: from, end: to } = line;
  const covered = [...drawn, ...(held ? [held] : [])].map(({ start, end }) => ({
    start: Math.max(start, from) - from,
    end: Math.min(end, to) - from,
  }));
  // Words inside a piece are segments of their own: a segment that broke over lines could carry no bar.
  const inside = covered.flatMap((piece) =>
    wordsIn(words.value, { start: piece.start + from, end: piece.end + from }).map(({ start, end }) => ({
      start: start - from,
      end: end - from,
    })),
  );
  const offsets = cuts(to - from, [...covered, ...inside]);
  const over = covering(offsets, covered);
  return (
    <div>
      {offsets.slice(0, -1).map((offset, i) => {
        const start = from + offset;
        return (
          <span key={offset} data-at={start} class={held && over[i]!.includes(drawn.length) ? "held" : undefined}>
            {text.value.slice(start, from + offsets[i + 1]!)}
            {over[i]!.map((k) => {
              const one = drawn[k];
              return (
                one && (
                  <i key={k} class={`under ${colour(options, one.label)} lane${Math.min(7, one.lane)}`} aria-hidden="true">
                    {one.start === start && <b data-name={String(one.label)} />}
                  </i>
                )
              );
            })}
          </span>
        );
      })}
    </div>
  );
}

/** The text by lines. A line that nothing changed on is the same element as before, and is not looked at again. */
function Text(props: Props) {
  const root = useRef<HTMLDivElement>(null);
  const made = useRef(new Map<number, { state: string; line: ComponentChild }>());
  const spans = spansOf(props);
  const pieces = spans.map(({ start, end }) => ({ start: points.value.unit(start), end: points.value.unit(end) }));
  const lanes = lanesOf(pieces, spans.map(({ label }) => Math.ceil(String(label).length * 0.75)));
  const drawn = spans.map(({ label }, i) => ({ ...pieces[i]!, lane: lanes[i]!, label }));
  const held = at.value;
  const on = grouped(lines.value, drawn);
  useLayoutEffect(() => root.current?.style.setProperty("--lanes", String(Math.max(0, ...lanes.map((lane) => lane + 1)))));
  useEffect(() => root.current?.querySelector(".held")?.scrollIntoView({ block: "nearest" }), [held]);
  return (
    <div id="spans" ref={root} class={`text spans ${textSize(text.value)}`} dir="auto" onMouseUp={pointed}>
      {lines.value.map((line, i) => {
        const here = held && held.start < line.end && held.end > line.start ? held : null;
        const state = JSON.stringify([on[i], here]);
        const known = made.current.get(i);
        if (known?.state === state) return known.line;
        const fresh = <Line key={i} line={line} drawn={on[i]!} held={here} options={props.task.options} />;
        made.current.set(i, { state, line: fresh });
        return fresh;
      })}
    </div>
  );
}

const suggested = ({ item }: Props): Span[] | null =>
  Array.isArray(item.suggestion?.label) ? (item.suggestion.label as Span[]) : null;

const counted = (spans: Span[]) => `${spans.length} mark${spans.length === 1 ? "" : "s"}`;

export default widget<Task, Span[]>({
  kind: "span",
  begin: (item: Item) => {
    text.value = String(item.view["text"] ?? "");
    at.value = moved(words.value, null, 1);
    return [];
  },
  keys: (props) => {
    const likely = suggested(props);
    return [
      ...penKeys(props.task.options, (label) => mark(props, label)),
      ...moves(),
      ...tools(props),
      ...(likely ? [takeKey(counted(likely), () => (props.draft.value = likely))] : []),
    ];
  },
  choose: mark,
  missing: () => null,
  Item: Text,
  Component: (props) => {
    const spans = spansOf(props);
    const likely = suggested(props);
    const held = at.value;
    const on = held ? touched(spans, held, points.value).map(({ label }) => String(label)) : [];
    return (
      <>
        <Pens
          options={props.task.options}
          counts={(label) => spans.filter((span) => span.label === label).length}
          choose={(label) => mark(props, label)}
        />
        <div class="tools">
          {tools(props).map((binding) => (
            <KeyButton key={binding.key} binding={binding} />
          ))}
          <span class="told" role="status">
            {held && `“${text.value.slice(held.start, held.end)}”`} {on.length > 0 && `is ${on.join(" and ")}`}
            {` · ${counted(spans)}`}
          </span>
        </div>
        {likely && <Suggested text={counted(likely)} take={() => (props.draft.value = likely)} />}
      </>
    );
  },
});
