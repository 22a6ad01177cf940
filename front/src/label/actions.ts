// What can be done beside answering, with the key of each.

import type { Binding } from "../lib/keys";
import { keyOf, settings } from "../lib/settings";
import type { WidgetProps } from "../widgets/widget";
import type { Room } from "./room";

export const SEARCH_FROM = 11;

/** How the page opens what lies over it. */
export interface Opens {
  search: () => void;
  note: () => void;
  reasons: () => void;
  guide: () => void;
}

/** The actions of the page, in the order of their buttons. Four that look alike say what becomes of the item. */
export function actionsOf(room: Room, open: Opens): Binding[] {
  const noted = room.noteOf(room.current.value?.query ?? null) !== "";
  const actions: Binding[] = [
    { key: keyOf("undo"), text: "Undo", hint: "take back the last thing done", run: () => room.undo() },
    { key: keyOf("skip"), text: "Skip", hint: "comes back later", run: () => room.leave("skip") },
    { key: keyOf("unsure"), text: "Unsure", hint: "nobody could say", run: () => room.leave("abstain") },
    {
      key: keyOf("reject"),
      text: "Reject",
      hint: "the item is at fault; never asked again",
      run: () => room.leave("reject"),
    },
    { key: keyOf("note"), text: noted ? "Note ✓" : "Note", hint: "say something about the item; it stays", run: open.note },
    { key: keyOf("why"), text: "Why", hint: "why this item is asked", run: open.reasons },
  ];
  if (room.status.value.guidelines) {
    const text = room.guideIsNew.value ? "Guidelines •" : "Guidelines";
    actions.push({ key: keyOf("guidelines"), text, hint: "the rules to label by", run: open.guide });
  }
  if ((room.task.options?.length ?? 0) >= SEARCH_FROM && room.task.search) {
    actions.push({ key: keyOf("search"), text: "Search", hint: "find a label by its name", run: open.search });
  }
  return actions;
}

/** The keys of the widget: its own, and Enter where it sends the draft. Without an item there are none. */
export function widgetKeys(room: Room, say: (why: string) => void): Binding[] {
  const props = room.props.value;
  if (!props) return [];
  const send = sendOf(room, say);
  return [...room.widget.keys(props), ...(send ? [send] : [])];
}

/** Sending the draft, where the widget's answers are not sent at a single key. */
export function sendOf(room: Room, say: (why: string) => void): Binding | null {
  const { sends } = room.widget;
  const missing = room.widget.missing ?? (settings.value.advance ? null : chosen);
  const now = room.props.value;
  if (!missing || (now && sends && !sends(now))) return null;
  const run = () => {
    const props = room.props.value;
    if (!props) return;
    const why = missing(props);
    say(why ?? "");
    if (why === null) props.submit(props.draft.value);
  };
  return { key: "Enter", text: "Submit", run, typing: true };
}

const chosen = ({ draft }: WidgetProps): string | null => (draft.value === null ? "Choose first" : null);
