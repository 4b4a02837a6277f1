import { element } from "./dom.ts";
import type { Language } from "./language.ts";
import * as number from "./number.ts";
import type { Quote } from "./quote.ts";
import { Sparkline } from "./sparkline.ts";
import { nameOf } from "./symbols.ts";

/** Prices of so many characters get a smaller type. */
const longPrice = 9;

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** The card of one symbol: price, change, chart, best bid and ask. */
export class Card {
  readonly root = element("li", "card");
  readonly symbol: string;
  readonly #language: Language;
  readonly #name = element("span", "card-name");
  readonly #price = element("span", "card-price", "–");
  readonly #change = element("span", "card-change");
  readonly #book = element("div", "card-book");
  readonly #bidLabel = element("span");
  readonly #bid = element("b");
  readonly #askLabel = element("span");
  readonly #ask = element("b");
  readonly #sparkline: Sparkline;
  #shown = Number.NaN;
  #flashing: Animation | undefined;

  constructor(symbol: string, language: Language) {
    this.symbol = symbol;
    this.#language = language;
    this.root.dataset["testid"] = `quote-${symbol}`;
    this.#price.dataset["testid"] = `price-${symbol}`;
    const chart = element("div", "card-chart");
    chart.setAttribute("aria-hidden", "true");
    const head = element("div", "card-head");
    head.append(element("span", "card-symbol", symbol), this.#name);
    const figures = element("div", "card-figures");
    figures.append(this.#price, this.#change);
    const bid = element("span");
    bid.append(this.#bidLabel, this.#bid);
    const ask = element("span");
    ask.append(this.#askLabel, this.#ask);
    this.#book.append(bid, ask);
    this.root.append(head, figures, chart, this.#book);
    this.#sparkline = new Sparkline(chart);
    this.translate();
  }

  translate(): void {
    this.#name.textContent = nameOf(this.symbol, this.#language.tongue);
    this.#bidLabel.textContent = this.#language.text("bid");
    this.#askLabel.textContent = this.#language.text("ask");
  }

  push(now: number, price: number): void {
    this.#sparkline.push(now, price);
  }

  drawChart(now: number): void {
    this.#sparkline.draw(now);
  }

  /** Shows the quote as it is now. */
  show(q: Quote): void {
    if (q.price !== this.#shown) {
      const text = number.price(q.price, q.decimals);
      this.#price.textContent = text;
      this.root.toggleAttribute("data-long", text.length >= longPrice);
      if (!Number.isNaN(this.#shown)) {
        this.#flash(q.direction);
      }
      this.#shown = q.price;
    }
    if (q.changePct !== undefined) {
      this.#change.textContent = number.percent(q.changePct);
      this.root.dataset["trend"] = trend(q.changePct);
    }
    this.#book.hidden = q.bid === undefined && q.ask === undefined;
    this.#bid.textContent = q.bid === undefined ? "" : number.price(q.bid, q.decimals);
    this.#ask.textContent = q.ask === undefined ? "" : number.price(q.ask, q.decimals);
  }

  /** Lights up the price for a moment; opacity alone moves, which is cheap. */
  #flash(direction: number): void {
    if (document.hidden || stillness.matches) {
      return;
    }
    this.#price.dataset["move"] = direction > 0 ? "up" : "down";
    this.#flashing?.cancel();
    this.#flashing = this.#price.animate(
      { opacity: [1, 0] },
      { duration: 600, easing: "ease-out", pseudoElement: "::before" },
    );
  }
}

function trend(changePct: number): "up" | "down" | "flat" {
  if (changePct === 0) {
    return "flat";
  }
  return changePct > 0 ? "up" : "down";
}
