// Keys on buttons.

import type { ButtonHTMLAttributes } from "preact";
import { type Binding, shortcut, shown } from "../lib/keys";

/** The cap of a key. */
export const Key = ({ of }: { of: string }) => <kbd aria-hidden="true">{shown(of)}</kbd>;

/** A button that does what its key does, with the key on it. */
export function KeyButton(props: { binding: Binding } & ButtonHTMLAttributes) {
  const { binding, children, class: style, ...more } = props;
  return (
    <button type="button" class={style ?? "quiet"} title={binding.hint} aria-keyshortcuts={shortcut(binding.key)} onClick={binding.run} {...more}>
      <Key of={binding.key} />
      {children ?? <span>{binding.text}</span>}
    </button>
  );
}
