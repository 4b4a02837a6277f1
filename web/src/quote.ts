import { type Message, numberField, textField } from "./message.ts";

/** What a card shows of one symbol. */
export interface Quote {
  symbol: string;
  price: number;
  /** Direction of the last change of price. */
  direction: -1 | 0 | 1;
  bid?: number;
  ask?: number;
  changePct?: number;
  /** The price that changes are counted from. */
  open?: number;
  volume?: number;
  /** Digits after the point, as many as any price so far needed. */
  decimals: number;
}

const maxDecimals = 8;

/** The latest quote of every symbol, at most `limit` of them. */
export class Quotes {
  readonly #quotes = new Map<string, Quote>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a quote or trade; undefined where it says nothing about a price. */
  apply(m: Message): Quote | undefined {
    const symbol = textField(m, "symbol", 32);
    const price = numberField(m, "price");
    if ((m.type !== "quote" && m.type !== "trade") || symbol === "" || price === undefined) {
      return undefined;
    }
    const quote = this.#quote(symbol, price);
    if (!quote) {
      return undefined;
    }
    if (price !== quote.price) {
      quote.direction = price > quote.price ? 1 : -1;
      quote.price = price;
    }
    quote.decimals = Math.max(quote.decimals, decimals(price));
    if (m.type === "quote") {
      this.#applyBook(quote, m);
    } else if (quote.open) {
      quote.changePct = (100 * (price - quote.open)) / quote.open;
    }
    return quote;
  }

  #quote(symbol: string, price: number): Quote | undefined {
    const known = this.#quotes.get(symbol);
    if (known || this.#quotes.size >= this.#limit) {
      return known;
    }
    const quote: Quote = { symbol, price, direction: 0, decimals: 0 };
    this.#quotes.set(symbol, quote);
    return quote;
  }

  #applyBook(quote: Quote, m: Message): void {
    for (const [field, name] of fields) {
      const value = numberField(m, name);
      if (value !== undefined) {
        quote[field] = value;
      }
    }
    const change = numberField(m, "change");
    if (change !== undefined) {
      quote.open = quote.price - change;
    }
    for (const side of [quote.bid, quote.ask]) {
      quote.decimals = Math.max(quote.decimals, side === undefined ? 0 : decimals(side));
    }
  }
}

const fields = [
  ["bid", "bid"],
  ["ask", "ask"],
  ["changePct", "change_pct"],
  ["volume", "volume"],
] as const;

/** Digits after the point in the shortest decimal form of a number. */
export function decimals(value: number): number {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const fraction = mantissa.split(".")[1]?.length ?? 0;
  return Math.min(Math.max(fraction - Number(exponent), 0), maxDecimals);
}
