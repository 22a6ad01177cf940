// A dialog over the page: it takes the keys while it is open, and gives the focus back when it closes.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Binding, enter } from "../lib/keys";
import { KeyButton } from "./key";

interface DialogProps {
  id: string;
  /** What it is called, for those who cannot see it; with `heading`, shown on top. */
  label: string;
  heading?: boolean;
  class?: string;
  close: () => void;
  keys?: () => Binding[];
  children: ComponentChildren;
}

/** Shown while it is mounted. Escape, a click beside it, and its button close it. */
export function Dialog({ id, label, heading = true, class: style, close, keys, children }: DialogProps) {
  const root = useRef<HTMLDialogElement>(null);
  const latest = useRef({ close, keys });
  latest.current = { close, keys };
  const escape: Binding = { key: "Escape", text: "Close", run: () => latest.current.close() };
  useLayoutEffect(() => {
    const back = document.activeElement;
    const dialog = root.current;
    dialog?.showModal();
    dialog?.focus(); // not its first button: nothing is pressed by an Enter too many
    return () => {
      dialog?.close();
      if (back instanceof HTMLElement && back.isConnected) back.focus();
    };
  }, []);
  useLayoutEffect(() => enter("dialog", () => [...(latest.current.keys?.() ?? []), escape]), []);
  return (
    <dialog
      id={id}
      ref={root}
      class={style}
      tabIndex={-1}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === root.current && close()}
    >
      {heading && (
        <header>
          <h2>{label}</h2>
          <KeyButton binding={escape} />
        </header>
      )}
      {children}
    </dialog>
  );
}
