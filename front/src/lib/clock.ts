// Seconds of attention: while the page is visible and has the focus, and somebody has moved within the last minute.

const IDLE_MS = 60_000;

/** Counts attention; times are milliseconds of one clock. */
export class Clock {
  private spent = 0;
  private since: number;
  private touched: number;
  private here = true;

  constructor(now: number) {
    this.since = this.touched = now;
  }

  /** Start counting for a new item. */
  restart(now: number): void {
    this.spent = 0;
    this.since = this.touched = now;
  }

  /** Somebody moved. A key or a press means that she is here, whatever the window system says. */
  touch(now: number, surely: boolean): void {
    if (!this.here && !surely) return;
    if (!this.here) this.since = now;
    else if (now - this.touched > IDLE_MS) this.settle(now);
    this.here = true;
    this.touched = now;
  }

  /** The page was hidden, or another window has the focus. */
  away(now: number): void {
    this.settle(now);
    this.here = false;
  }

  back(now: number): void {
    if (!this.here) this.since = this.touched = now;
    this.here = true;
  }

  /** Seconds since `restart`, to a hundredth. */
  seconds(now: number): number {
    this.settle(now);
    return Math.round(this.spent / 10) / 100;
  }

  private settle(now: number): void {
    if (this.here) this.spent += Math.max(0, Math.min(now, this.touched + IDLE_MS) - this.since);
    this.since = now;
  }
}

const clock = new Clock(performance.now());

/** Begin to watch the page. */
export function watch(): void {
  const away = () => clock.away(performance.now());
  const back = () => !document.hidden && document.hasFocus() && clock.back(performance.now());
  document.addEventListener("visibilitychange", () => (document.hidden ? away() : back()));
  addEventListener("blur", away);
  addEventListener("focus", back);
  for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove"]) {
    const surely = name === "keydown" || name === "pointerdown";
    addEventListener(name, () => clock.touch(performance.now(), surely), { passive: true, capture: true });
  }
}

/** Start counting for a new item. */
export const restart = (): void => clock.restart(performance.now());

/** Seconds of attention since `restart`. */
export const seconds = (): number => clock.seconds(performance.now());
