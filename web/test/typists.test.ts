import assert from "node:assert/strict";
import { test } from "node:test";
import { Typists } from "../src/typists.ts";

test("typing ends by word or by time", () => {
  const typists = new Typists();
  typists.set("a", true, 0);
  typists.set("b", true, 1000);
  assert.deepEqual(typists.at(1000), { ids: ["a", "b"], next: 6000 });
  typists.set("a", false, 2000);
  assert.deepEqual(typists.at(2000).ids, ["b"]);
  assert.deepEqual(typists.at(7000).ids, []);
});

test("renewing extends, and the number of typists is bounded", () => {
  const typists = new Typists();
  typists.set("a", true, 0);
  typists.set("a", true, 5000);
  assert.deepEqual(typists.at(7000).ids, ["a"]);
  for (let i = 0; i < 1000; i++) {
    typists.set(`client ${i}`, true, 7000);
  }
  assert.equal(typists.at(7000).ids.length, 50);
});
