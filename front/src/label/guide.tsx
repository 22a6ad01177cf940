// The guidelines, beside the item: built from the tree that the server sends, element by element.

import { type JSX, createElement } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as api from "../lib/api";
import type { Binding } from "../lib/keys";
import type { Guidelines, MarkupNode } from "../lib/wire";
import { KeyButton } from "../ui/key";

const TAGS = new Set(
  "h1 h2 h3 h4 h5 h6 p ul ol li pre blockquote hr table thead tbody tr th td strong em code br a del".split(" "),
);
const EMPTY = new Set(["hr", "br"]);
const LINK = /^(https?:|mailto:)/;

/** Elements of a tree. What is on no list here becomes its text. */
export function built(nodes: MarkupNode[]): JSX.Element[] {
  return nodes.map((node, i) => {
    if (typeof node === "string") return <>{node}</>;
    const [tag, attributes, children] = node;
    if (!TAGS.has(tag)) return <>{built(children)}</>;
    const href = attributes["href"];
    const props =
      tag === "a" && href && LINK.test(href)
        ? { href, target: "_blank", rel: "noreferrer noopener" }
        : tag === "ol" && attributes["start"]
          ? { start: Number(attributes["start"]) }
          : {};
    // The page has its own headings above these.
    const shown = /^h[1-4]$/.test(tag) ? `h${Math.min(6, Number(tag[1]) + 2)}` : tag;
    return createElement(shown, { key: i, ...props }, ...(EMPTY.has(tag) ? [] : built(children)));
  });
}

/** Loads the text of the version that is in force; `seen` is told which one lies before the reader. */
export function Guide({ version, close, seen }: { version: string; close: Binding; seen: (version: string) => void }) {
  const [text, setText] = useState<Guidelines | null>(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    api.guidelines().then(
      (found) => {
        setText(found);
        setTrouble("");
        seen(found.version);
      },
      (error: unknown) => setTrouble(error instanceof Error ? error.message : String(error)),
    );
  }, [version]);
  return (
    <aside id="guidelines" class="panel guide" aria-label="Guidelines" tabIndex={0}>
      <header>
        <h2>Guidelines</h2>
        <KeyButton binding={close}>
          <span>Close</span>
        </KeyButton>
      </header>
      {trouble && <p class="notice">{trouble}</p>}
      {text && <div class="prose">{built(text.tree)}</div>}
      {text && <p class="muted small">Version {text.version}; each answer names the version it was given under.</p>}
    </aside>
  );
}
