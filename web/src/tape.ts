import { element, find, throttled, trimEnd } from "./dom.ts";
import type { Language } from "./language.ts";
import { type Message, numberField, textField } from "./message.ts";
import * as number from "./number.ts";
import { decimals } from "./quote.ts";

const maxRows = 60;

/** The tape of trades, newest first. */
export class Tape {
  readonly #language: Language;
  readonly #list = find<HTMLOListElement>("trades");
  readonly #decimals = new Map<string, number>();
  #waiting: HTMLElement[] = [];
  readonly #flush = throttled(150, () => {
    this.#list.prepend(...this.#waiting.reverse());
    this.#waiting = [];
    trimEnd(this.#list, maxRows);
  });

  constructor(language: Language) {
    this.#language = language;
  }

  handle(m: Message): void {
    const symbol = textField(m, "symbol", 32);
    const price = numberField(m, "price");
    if (m.type !== "trade" || symbol === "" || price === undefined) {
      return;
    }
    this.#waiting.push(this.#row(m, symbol, price));
    if (this.#waiting.length > maxRows) {
      this.#waiting.shift();
    }
    this.#flush();
  }

  #row(m: Message, symbol: string, price: number): HTMLElement {
    const row = element("li", "deal");
    const side = textField(m, "side");
    if (side === "buy" || side === "sell") {
      row.dataset["side"] = side;
    }
    const at = new Date(textField(m, "timestamp"));
    const size = numberField(m, "size");
    const cost = element("span", "deal-price", number.price(price, this.#digits(symbol, price)));
    if (side === "buy" || side === "sell") {
      cost.append(element("span", "unseen", ` ${this.#language.text(side)}`));
    }
    row.append(
      element("span", "deal-time", number.clock(Number.isNaN(at.getTime()) ? new Date() : at)),
      element("span", "deal-symbol", symbol),
      cost,
      element("span", "deal-size", size === undefined ? "" : number.quantity(size)),
    );
    return row;
  }

  /** As many decimals as any price of the symbol needed; of few symbols. */
  #digits(symbol: string, price: number): number {
    const digits = Math.max(this.#decimals.get(symbol) ?? 0, decimals(price));
    if (this.#decimals.has(symbol) || this.#decimals.size < 1000) {
      this.#decimals.set(symbol, digits);
    }
    return digits;
  }
}
