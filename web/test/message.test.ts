import assert from "node:assert/strict";
import { test } from "node:test";
import { numberField, parseMessage, textField } from "../src/message.ts";

test("only objects with a type are messages", () => {
  for (const text of ["", "{", "null", "[]", '"ping"', "1", "{}", '{"type":1}']) {
    assert.equal(parseMessage(text), undefined, text);
  }
  assert.deepEqual(parseMessage('{"type":"ping","id":1}'), { type: "ping", id: 1 });
});

test("fields of the wrong kind read as empty", () => {
  const m = { type: "x", text: "a".repeat(300), number: 1.5, list: [], infinite: Infinity };
  assert.equal(textField(m, "text").length, 200);
  assert.equal(textField(m, "number"), "");
  assert.equal(textField(m, "missing"), "");
  assert.equal(numberField(m, "number"), 1.5);
  assert.equal(numberField(m, "text"), undefined);
  assert.equal(numberField(m, "list"), undefined);
  assert.equal(numberField(m, "infinite"), undefined);
});
