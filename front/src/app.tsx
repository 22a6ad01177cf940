// Which page is shown: the labelling page at "/", others from their table.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { LabelPage } from "./label/page";
import type { Room } from "./label/room";
import { path } from "./lib/router";
import type { Opening } from "./lib/wire";
import { PAGES, type PageEntry, type PageProps } from "./pages";
import { Bar } from "./ui/bar";

/** The room keeps running whatever page is shown: its outbox empties, its items stay fresh. */
export function App({ opening, room }: { opening: Opening; room: Room }) {
  const page = PAGES.find((entry) => entry.path === path.value);
  return page ? <Other key={page.path} page={page} opening={opening} room={room} /> : <LabelPage room={room} role={opening.role} />;
}

function Other({ page, opening, room }: { page: PageEntry; opening: Opening; room: Room }) {
  const [Shown, setShown] = useState<ComponentType<PageProps> | null>(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
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
        {Shown && <Shown opening={opening} status={room.status} />}
      </main>
    </>
  );
}
