// The server, as a few functions. A network failure is Offline; a refusal carries its status and message.

export class Offline extends Error {}

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const LIMIT_MS = 30_000;

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, credentials: "same-origin", signal: AbortSignal.timeout(LIMIT_MS) });
  } catch (error) {
    throw new Offline(error.message);
  }
  if (response.ok) return response.json();
  const body = await response.json().catch(() => ({}));
  throw new Refused(response.status, typeof body.detail === "string" ? body.detail : `error ${response.status}`);
}

const post = (path, body) =>
  call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const logIn = (name, password) => post("/api/login", { name, password });
export const start = () => call("/api/start");
export const status = () => call("/api/status");
export const next = (after, n, wait) => call(`/api/next?after=${after}&n=${n}&wait=${wait}`);

const PATHS = { label: "/api/answers", skip: "/api/skip", abstain: "/api/abstain", undo: "/api/undo" };

/** Send one entry of the outbox. */
export const send = ({ kind, event, query, label, seconds }) =>
  post(PATHS[kind], kind === "label" ? { event, query, label, seconds } : { event, query, seconds });
