// The bar on top of every page: where one is, the way to other pages, and whether everything is saved.

import { useEffect, useRef } from "preact/hooks";
import type { Binding } from "../lib/keys";
import type { Outbox } from "../lib/outbox";
import { go, path } from "../lib/router";
import { PAGES } from "../pages";
import { KeyButton } from "./key";
import { Saved } from "./saved";

interface BarProps {
  title: string;
  role: string;
  outbox: Outbox;
  /** Share of the work that is done, for the rail below the bar. */
  done: number;
  help?: Binding;
}

export function Bar({ title, role, outbox, done, help }: BarProps) {
  const rail = useRef<HTMLElement>(null);
  useEffect(() => rail.current?.style.setProperty("--done", String(done)), [done]);
  return (
    <header class="bar">
      <span class="brand" aria-hidden="true">
        <i />
        askwise
      </span>
      <h1 id="title" class="title">
        {title}
      </h1>
      <Menu role={role} />
      <Saved outbox={outbox} />
      {help && <KeyButton binding={help} id="help-open" aria-label="Help" />}
      <div class="rail" aria-hidden="true">
        <i id="rail" ref={rail} />
      </div>
    </header>
  );
}

function Menu({ role }: { role: string }) {
  const shown = PAGES.filter((page) => page.roles === "all" || page.roles.includes(role));
  if (!shown.length) return null;
  return (
    <nav class="menu" aria-label="Pages">
      {[{ path: "/", title: "Label" }, ...shown].map((page) => (
        <a
          key={page.path}
          href={page.path}
          aria-current={page.path === path.value ? "page" : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
            event.preventDefault();
            go(page.path);
          }}
        >
          {page.title}
        </a>
      ))}
    </nav>
  );
}
