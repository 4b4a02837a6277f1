import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { Series } from "./series.ts";

/** What a sparkline shows, and how often it takes a point. In milliseconds. */
const windowLength = 120_000;
const step = 500;
/** The span shown when there is little to show yet. */
const shortest = 20_000;

/** A small chart of one symbol's last two minutes. */
export class Sparkline {
  readonly #series = new Series(windowLength, step);
  readonly #host: HTMLElement;
  #plot: uPlot | undefined;
  #now = 0;
  #line = "";
  #area = "";

  constructor(host: HTMLElement) {
    this.#host = host;
    new ResizeObserver(() => this.#resize()).observe(host);
  }

  push(now: number, price: number): void {
    this.#series.push(now, price);
  }

  /** Draws with the colours that the host's style has now. */
  draw(now: number): void {
    const style = getComputedStyle(this.#host);
    this.#line = style.getPropertyValue("--line-colour");
    this.#area = style.getPropertyValue("--area-colour");
    this.#now = now;
    this.#plot?.setData(this.#data());
  }

  /** The points, the last of them carried on to the present. */
  #data(): uPlot.AlignedData {
    const { times, prices } = this.#series;
    const last = prices.at(-1);
    return last === undefined
      ? [[], []]
      : [
          [...times, this.#now],
          [...prices, last],
        ];
  }

  /** The line fills the width; once the window is full, it slides. */
  #span(): number {
    const known = this.#now - (this.#series.times[0] ?? this.#now);
    return Math.min(Math.max(known, shortest), windowLength);
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#host;
    if (width === 0 || height === 0) {
      return;
    }
    if (this.#plot) {
      this.#plot.setSize({ width, height });
    } else {
      this.#plot = new uPlot(this.#options(width, height), this.#data(), this.#host);
    }
  }

  #options(width: number, height: number): uPlot.Options {
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    return {
      width,
      height,
      padding: [3, 0, 3, 0],
      legend: { show: false },
      cursor: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { time: false, range: () => [this.#now - this.#span(), this.#now] },
        y: { range: (_plot, low, high) => padded(low, high) },
      },
      series: [
        {},
        {
          stroke: () => this.#line,
          fill: () => this.#area,
          width: 1.5,
          points: { show: false },
          ...(stepped ? { paths: stepped } : {}),
        },
      ],
    };
  }
}

/** A flat line lies in the middle; all others fill the height. */
function padded(low: number, high: number): [number, number] {
  if (low === null || high === null || low === high) {
    const around = Math.abs(low ?? 1) * 1e-4 || 1;
    return [(low ?? 0) - around, (high ?? 0) + around];
  }
  return [low, high];
}
