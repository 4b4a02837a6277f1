import { Card } from "./card.ts";
import { find } from "./dom.ts";
import type { Language } from "./language.ts";
import type { Message } from "./message.ts";
import { type Quote, Quotes } from "./quote.ts";
import { compareSymbols } from "./symbols.ts";

const maxCards = 60;
/** Charts are drawn so often, in milliseconds; figures with every frame. */
const chartEvery = 250;

/** The grid of quotes. */
export class Board {
  readonly #language: Language;
  readonly #list = find<HTMLUListElement>("quotes");
  readonly #empty = find("quotes-empty");
  readonly #quotes = new Quotes(maxCards);
  readonly #cards = new Map<string, Card>();
  readonly #dirty = new Map<string, Quote>();

  constructor(language: Language) {
    this.#language = language;
    language.onChange(() => {
      for (const card of this.#cards.values()) {
        card.translate();
      }
    });
    setInterval(() => this.#drawCharts(), chartEvery);
  }

  handle(m: Message): void {
    const quote = this.#quotes.apply(m);
    if (!quote) {
      return;
    }
    this.#card(quote.symbol).push(Date.now(), quote.price);
    if (this.#dirty.size === 0) {
      requestAnimationFrame(() => this.#show());
    }
    this.#dirty.set(quote.symbol, quote);
  }

  #show(): void {
    for (const [symbol, quote] of this.#dirty) {
      this.#cards.get(symbol)?.show(quote);
    }
    this.#dirty.clear();
  }

  #drawCharts(): void {
    if (document.hidden || this.#list.offsetParent === null) {
      return;
    }
    const now = Date.now();
    for (const card of this.#cards.values()) {
      card.drawChart(now);
    }
  }

  #card(symbol: string): Card {
    const known = this.#cards.get(symbol);
    if (known) {
      return known;
    }
    const card = new Card(symbol, this.#language);
    const after = [...this.#cards.values()]
      .filter((other) => compareSymbols(symbol, other.symbol) < 0)
      .sort((a, b) => compareSymbols(a.symbol, b.symbol))[0];
    this.#list.insertBefore(card.root, after?.root ?? null);
    this.#cards.set(symbol, card);
    this.#empty.hidden = true;
    return card;
  }
}
