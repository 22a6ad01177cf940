// Which page is shown: the labelling page at "/", others from their table.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { LabelPage } from "./label/page";
import type { Room } from "./label/room";
import { useKeys } from "./lib/keys";
import { go, path } from "./lib/router";
import type { Opening } from "./lib/wire";
import { PAGES, type PageEntry, type PageProps } from "./pages";
import { Bar } from "./ui/bar";

/** The room keeps running whatever page is shown: its outbox empties, its items stay fresh. */
export function App({ opening, room }: { opening: Opening; room: Room }) {
  const page = PAGES.find((entry) => entry.path === path.value);
  if (!page) return <LabelPage room={room} role={opening.role} />;
  return <Other key={page.path} page={page} opening={opening} room={room} />;
}

/** What somebody sees who has no business on a page: who has, and the way back. The server lets nothing out either. */
function NotHers({ page, role }: { page: PageEntry; role: string }) {
  const whose = page.roles === "all" ? "everybody" : page.roles.map((one) => `${one}s`).join(" and ");
  useKeys("page", () => [{ key: "Escape", text: "Back to labelling", run: () => go("/") }]);
  return (
    <section id="refused" class="finished">
      <h2>
        {page.title} is for {whose}
      </h2>
      <p role="alert">You are logged in as {role === "annotator" ? "an annotator" : `a ${role}`}. Whoever looks after this room can change that.</p>
      <p>
        <a
          href="/"
          onClick={(event) => {
            event.preventDefault();
            go("/");
          }}
        >
          Back to labelling
        </a>
      </p>
    </section>
  );
}

function Other({ page, opening, room }: { page: PageEntry; opening: Opening; room: Room }) {
  const [Shown, setShown] = useState<ComponentType<PageProps> | null>(null);
  const [trouble, setTrouble] = useState("");
  const hers = page.roles === "all" || page.roles.includes(opening.role);
  useEffect(() => {
    if (!hers) return;
    page.load().then(
      (loaded) => setShown(() => loaded.default),
      (error: unknown) => setTrouble(`This page cannot be loaded (${String(error)}); reload it.`),
    );
  }, [page]);
  const { title, answers, budget, rows } = room.status.value;
  return (
    <>
      <Bar title={title} role={opening.role} outbox={room.outbox} done={Math.min(1, answers / Math.max(budget ?? rows, 1))} />
      <main id="main" class="other">
        {trouble && (
          <p class="notice" role="alert">
            {trouble}
          </p>
        )}
        {!hers && <NotHers page={page} role={opening.role} />}
        {Shown && <Shown opening={opening} status={room.status} />}
      </main>
    </>
  );
}
