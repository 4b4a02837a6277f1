import assert from "node:assert/strict";
import { test } from "node:test";
import { Ring } from "../src/ring.ts";

test("a ring keeps the last items in order", () => {
  const ring = new Ring<number>(3);
  assert.deepEqual(ring.toArray(), []);
  for (const [item, want] of [
    [1, [1]],
    [2, [1, 2]],
    [3, [1, 2, 3]],
    [4, [2, 3, 4]],
    [5, [3, 4, 5]],
    [6, [4, 5, 6]],
    [7, [5, 6, 7]],
  ] as const) {
    ring.push(item);
    assert.deepEqual(ring.toArray(), want);
  }
  assert.equal(ring.size, 3);
});

test("a cleared ring starts afresh", () => {
  const ring = new Ring<string>(2);
  for (const item of ["a", "b", "c"]) {
    ring.push(item);
  }
  ring.clear();
  assert.equal(ring.size, 0);
  ring.push("d");
  assert.deepEqual(ring.toArray(), ["d"]);
});
