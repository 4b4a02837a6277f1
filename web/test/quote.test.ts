import assert from "node:assert/strict";
import { test } from "node:test";
import { decimals, Quotes } from "../src/quote.ts";

const quote = (symbol: string, price: unknown, more = {}) => ({
  type: "quote",
  symbol,
  price,
  ...more,
});

test("decimals are those a number needs", () => {
  for (const [value, want] of [
    [78_400, 0],
    [1398.5, 1],
    [231.41, 2],
    [-0.05, 2],
    [1e-7, 7],
    [1e21, 0],
    [0.1 + 0.2, 8],
  ] as const) {
    assert.equal(decimals(value), want, String(value));
  }
});

test("a quote follows its messages", () => {
  const quotes = new Quotes(10);
  const first = quotes.apply(
    quote("A", 100, { bid: 99.9, ask: 100.05, change: 10, change_pct: 11 }),
  );
  assert.deepEqual(first, {
    symbol: "A",
    price: 100,
    direction: 0,
    decimals: 2,
    bid: 99.9,
    ask: 100.05,
    changePct: 11,
    open: 90,
  });
  assert.equal(quotes.apply(quote("A", 99))?.direction, -1);
  assert.equal(quotes.apply(quote("A", 99))?.direction, -1);
  assert.equal(quotes.apply(quote("A", 99.5))?.direction, 1);
});

test("a trade moves the price and the change", () => {
  const quotes = new Quotes(10);
  quotes.apply(quote("A", 100, { change: 0, change_pct: 0 }));
  const after = quotes.apply({ type: "trade", symbol: "A", price: 110 });
  assert.equal(after?.price, 110);
  assert.equal(after?.changePct, 10);
});

test("what is no quote is left alone", () => {
  const quotes = new Quotes(10);
  for (const m of [
    { type: "chat_message", symbol: "A", price: 1 },
    quote("A", "1"),
    quote("A", null),
    quote("", 1),
    { type: "quote", symbol: { toString: "x" }, price: 1 },
  ]) {
    assert.equal(quotes.apply(m), undefined, JSON.stringify(m));
  }
});

test("the number of symbols is bounded", () => {
  const quotes = new Quotes(2);
  assert.ok(quotes.apply(quote("A", 1)));
  assert.ok(quotes.apply(quote("B", 1)));
  assert.equal(quotes.apply(quote("C", 1)), undefined);
  assert.ok(quotes.apply(quote("A", 2)));
});
