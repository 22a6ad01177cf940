// Which page is shown: by the path, without loading the document again.

import { signal } from "@preact/signals";

/** The path of the page that is shown. */
export const path = signal("/");

/** Begin: drop the query (a used-up link) from the address bar, and follow back and forward. */
export function begin(): void {
  history.replaceState(null, "", location.pathname);
  path.value = location.pathname;
  addEventListener("popstate", () => {
    path.value = location.pathname;
  });
}

/** Go to another page of the room. */
export function go(to: string): void {
  if (to === path.value) return;
  history.pushState(null, "", to);
  path.value = to;
}
