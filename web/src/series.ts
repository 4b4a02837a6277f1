/**
 * Prices over a sliding window of time, at most one point per `step`
 * milliseconds: later prices within a step replace its point.
 */
export class Series {
  readonly times: number[] = [];
  readonly prices: number[] = [];
  readonly #window: number;
  readonly #step: number;

  constructor(window: number, step: number) {
    this.#window = window;
    this.#step = step;
  }

  /** `now` in milliseconds, not decreasing. */
  push(now: number, price: number): void {
    const last = this.times.length - 1;
    if (last >= 0 && this.#stepOf(now) === this.#stepOf(this.times[last] ?? now)) {
      this.times[last] = now;
      this.prices[last] = price;
      return;
    }
    this.times.push(now);
    this.prices.push(price);
    this.#trim(now);
  }

  #stepOf(now: number): number {
    return Math.floor(now / this.#step);
  }

  /** Keeps one point from before the window, so that a line reaches its edge. */
  #trim(now: number): void {
    let old = 0;
    while (old + 1 < this.times.length && (this.times[old + 1] ?? now) < now - this.#window) {
      old++;
    }
    if (old > 0) {
      this.times.splice(0, old);
      this.prices.splice(0, old);
    }
  }
}
