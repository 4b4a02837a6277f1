import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff } from "../src/backoff.ts";

test("the ceiling doubles from half a second to twenty", () => {
  const highest = () => 1;
  const waits = [0, 1, 2, 3, 4, 5, 6, 50, 2000].map((attempt) => backoff(attempt, highest));
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000]);
});

test("the wait is a random part of the ceiling", () => {
  assert.equal(
    backoff(3, () => 0),
    0,
  );
  assert.equal(
    backoff(3, () => 0.25),
    1000,
  );
});
