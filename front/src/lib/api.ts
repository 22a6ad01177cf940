// The server, as a few functions. A network failure is Offline; a refusal carries its status and message.

import type { Entry, Guidelines, Opening, Page, Reasons, Receipt, Standing, Status } from "./wire";

export class Offline extends Error {}

export class Refused extends Error {
  readonly status: number;
  /** The answer that stands in the way, where one does. */
  readonly standing: Standing | null;

  constructor(status: number, message: string, standing: Standing | null = null) {
    super(message);
    this.status = status;
    this.standing = standing;
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
  const body = (await response.json().catch(() => ({}))) as { detail?: unknown; standing?: Standing | null };
  const said = typeof body.detail === "string" ? body.detail : `error ${response.status}`;
  throw new Refused(response.status, said, body.standing ?? null);
}

/** GET a path as JSON. Throws Offline or Refused. */
export const get = <T>(path: string) => call<T>(path);

/** Send JSON with a method. Throws Offline or Refused. */
export const send = <T>(path: string, body: unknown, method = "POST") =>
  call<T>(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const logIn = (name: string, password: string) => send<{ name: string }>("/api/login", { name, password });
export const start = () => get<Opening>("/api/start");
export const status = () => get<Status>("/api/status");

/** Items after a place; a page that was loaded anew names the query that it showed `first`, and knows of no place. */
export const next = (after: number | null, n: number, wait: number, first: number | null = null) =>
  get<Page>(`/api/next?n=${n}&wait=${wait}${after === null ? "" : `&after=${after}`}${first === null ? "" : `&first=${first}`}`);

export const why = (query: number) => get<Reasons>(`/api/why?query=${query}`);
export const guidelines = () => get<Guidelines>("/api/guidelines");

/** Send one entry of the outbox. */
export function submit({ kind, event, query, label, seconds, note, guidelines: version, base }: Entry): Promise<Receipt> {
  if (kind === "flag") return send("/api/flag", { event, query, note: note ?? "" });
  const act = { event, query, seconds: seconds ?? null };
  if (kind === "undo") return send("/api/undo", act);
  const given = { ...act, guidelines: version ?? "", base: base ?? null };
  if (kind === "label") return send("/api/answers", { ...given, label });
  return send(`/api/${kind}`, given);
}
