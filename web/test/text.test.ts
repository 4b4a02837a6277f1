import assert from "node:assert/strict";
import { test } from "node:test";
import { compareSymbols, nameOf, watchlist } from "../src/symbols.ts";
import { fill, type Text, texts } from "../src/text.ts";

const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

test("both languages have the same texts with the same holes", () => {
  assert.deepEqual(Object.keys(texts.ko), Object.keys(texts.en));
  for (const name of Object.keys(texts.en) as Text[]) {
    assert.notEqual(texts.ko[name], "", name);
    assert.deepEqual(holes(texts.ko[name]), holes(texts.en[name]), name);
  }
});

test("holes are filled once", () => {
  assert.equal(fill("{a} and {b} and {c}", { a: "{b}", b: 2 }), "{b} and 2 and {c}");
});

test("symbols of the demo market come first, in its order", () => {
  const shown = ["ZZZ", "AAPL", "005930", "ABC", "KOSPI"].sort(compareSymbols);
  assert.deepEqual(shown, ["KOSPI", "005930", "AAPL", "ABC", "ZZZ"]);
  assert.equal(watchlist.length, new Set(watchlist).size);
  assert.equal(nameOf("005930", "ko"), "삼성전자");
  assert.equal(nameOf("constructor", "en"), "");
});
