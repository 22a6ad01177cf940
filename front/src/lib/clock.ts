// Seconds of attention: time while the page is visible and in focus, and someone has moved within the last minute.

const IDLE_MS = 60_000;

let spent = 0;
let since = performance.now();
let touched = since;

function settle(now = performance.now()): void {
  spent += Math.max(0, Math.min(now, touched + IDLE_MS) - since);
  since = now;
}

function touch(): void {
  const now = performance.now();
  if (now - touched > IDLE_MS) settle(now);
  touched = now;
}

/** Begin to watch the page: what is visible, and when somebody moves. */
export function watch(): void {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) settle();
    else since = touched = performance.now();
  });
  for (const name of ["keydown", "pointermove", "pointerdown", "wheel", "touchmove"]) {
    addEventListener(name, touch, { passive: true, capture: true });
  }
}

/** Start counting for a new item. */
export function restart(): void {
  spent = 0;
  since = touched = performance.now();
}

/** Seconds since `restart`, to a hundredth. */
export function seconds(): number {
  if (!document.hidden) settle();
  return Math.round(spent / 10) / 100;
}
