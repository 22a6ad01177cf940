// The pages of the room. The labelling page is in the main bundle; the others are loaded when somebody goes there.

import type { ReadonlySignal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { Opening, Status } from "../lib/wire";

/** What a page is given. */
export interface PageProps {
  opening: Opening;
  /** Where the session stands, kept up to date. */
  status: ReadonlySignal<Status>;
}

export interface PageEntry {
  /** As in the address bar: one of `PAGES` in server/guard.py. */
  path: string;
  title: string;
  /** Who is shown the way there: names of roles, or everybody. The server decides who gets what. */
  roles: readonly string[] | "all";
  load: () => Promise<{ default: ComponentType<PageProps> }>;
}

/** Pages beside the labelling page, in the order of the menu. */
export const PAGES: readonly PageEntry[] = [
  { path: "/review", title: "Review", roles: ["owner", "reviewer"], load: () => import("./review") },
  { path: "/insight", title: "Insight", roles: ["owner", "reviewer"], load: () => import("./insight") },
  { path: "/map", title: "Map", roles: ["owner", "reviewer"], load: () => import("./map") },
  { path: "/people", title: "People", roles: ["owner"], load: () => import("./people") },
  { path: "/settings", title: "Settings", roles: "all", load: () => import("./settings") },
];
