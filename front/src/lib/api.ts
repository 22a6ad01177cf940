// The server, as a few functions. A network failure is Offline; a refusal carries its status and message.

import type { Entry, Opening, Page, Receipt, Status } from "./wire";

export class Offline extends Error {}

export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What callers of the server have to expect. */
export type Trouble = Offline | Refused;

export const isTrouble = (error: unknown): error is Trouble => error instanceof Offline || error instanceof Refused;

const LIMIT_MS = 30_000;

async function call<T>(path: string, options: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...options, credentials: "same-origin", signal: AbortSignal.timeout(LIMIT_MS) });
  } catch (error) {
    throw new Offline(error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return (await response.json()) as T;
  const body = (await response.json().catch(() => ({}))) as { detail?: unknown };
  throw new Refused(response.status, typeof body.detail === "string" ? body.detail : `error ${response.status}`);
}

/** GET a path as JSON. Throws Offline or Refused. */
export const get = <T>(path: string) => call<T>(path);

/** Send JSON with a method. Throws Offline or Refused. */
export const send = <T>(path: string, body: unknown, method = "POST") =>
  call<T>(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const logIn = (name: string, password: string) => send<{ name: string }>("/api/login", { name, password });
export const start = () => get<Opening>("/api/start");
export const status = () => get<Status>("/api/status");
export const next = (after: number, n: number, wait: number) => get<Page>(`/api/next?after=${after}&n=${n}&wait=${wait}`);

const PATHS = { label: "/api/answers", skip: "/api/skip", abstain: "/api/abstain", undo: "/api/undo" } as const;

/** Send one entry of the outbox. */
export function submit({ kind, event, query, label, seconds }: Entry): Promise<Receipt> {
  const act = { event, query, seconds: seconds ?? null };
  return send<Receipt>(PATHS[kind], kind === "label" ? { ...act, label } : act);
}
