import assert from "node:assert/strict";
import { test } from "node:test";
import { Series } from "../src/series.ts";

test("at most one point per step, holding the latest price", () => {
  const series = new Series(60_000, 500);
  for (let now = 0; now <= 10_000; now += 50) {
    series.push(now, now);
  }
  assert.ok(series.times.length <= 22, `${series.times.length} points`);
  assert.equal(series.times.at(-1), 10_000);
  assert.equal(series.prices.at(-1), 10_000);
  assert.deepEqual(
    series.times,
    [...series.times].sort((a, b) => a - b),
  );
});

test("the window slides and keeps one point from before it", () => {
  const series = new Series(10_000, 500);
  for (let now = 0; now <= 60_000; now += 1000) {
    series.push(now, 1);
  }
  assert.equal(series.times[0], 49_000);
  assert.ok((series.times[1] ?? 0) >= 50_000);
});
