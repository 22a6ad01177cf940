// Finding one label among many by typing parts of its name.

import { useEffect, useRef, useState } from "preact/hooks";
import { matches } from "../lib/find";
import { type Binding, shown } from "../lib/keys";
import type { Label, Option } from "../lib/wire";
import { Dialog } from "./dialog";

const SHOWN = 50;

interface SearchProps {
  options: Option[];
  /** Labels to list first while nothing is typed. */
  first: Label[];
  choose: (label: Label) => void;
  close: () => void;
}

export function Search({ options, first, choose, close }: SearchProps) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const found = matches(options, query.trim().toLowerCase(), first).slice(0, SHOWN);
  const move = (step: number) => setAt(found.length ? (at + step + found.length) % found.length : 0);
  const pick = (option: Option | undefined) => {
    if (!option) return;
    close();
    choose(option.label);
  };
  const keys = (): Binding[] => [
    { key: "ArrowDown", text: "Next", run: () => move(1), typing: true },
    { key: "ArrowUp", text: "Previous", run: () => move(-1), typing: true },
    { key: "Enter", text: "Choose", run: () => pick(found[at]), typing: true },
  ];
  useEffect(() => input.current?.focus(), []);
  useEffect(() => list.current?.children[at]?.scrollIntoView({ block: "nearest" }), [at, query]);
  return (
    <Dialog id="search" label="Search labels" heading={false} class="search" close={close} keys={keys}>
      <input
        ref={input}
        type="text"
        role="combobox"
        placeholder="Type part of a label"
        aria-label="Search labels"
        aria-controls="found"
        aria-expanded="true"
        aria-activedescendant={found.length ? `found-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={query}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
      />
      <ul id="found" role="listbox" aria-label="Matching labels" ref={list}>
        {found.map((option, i) => (
          <li key={option.text} id={`found-${i}`} role="option" aria-selected={i === at} onClick={() => pick(option)}>
            <span class="name" dir="auto">
              {option.text}
            </span>
            {option.key && <kbd aria-hidden="true">{shown(option.key)}</kbd>}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
