import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../src/message.ts";
import { Subscriptions } from "../src/subscriptions.ts";

function recorded() {
  const sent: Message[] = [];
  let changes = 0;
  const subscriptions = new Subscriptions(
    (m) => sent.push(m) > 0,
    () => changes++,
  );
  return { sent, subscriptions, changes: () => changes };
}

test("all channels are asked for again on a new connection", () => {
  const { sent, subscriptions } = recorded();
  subscriptions.add("a", "b");
  subscriptions.handle({ type: "subscription_result", channel: "a", success: true });
  subscriptions.handle({ type: "subscription_result", channel: "b", success: false });
  assert.deepEqual(subscriptions.entries(), [
    ["a", "granted"],
    ["b", "refused"],
  ]);
  subscriptions.renew();
  assert.deepEqual(sent, [
    { type: "subscribe", channels: ["a", "b"] },
    { type: "subscribe", channels: ["a", "b"] },
  ]);
  assert.deepEqual(subscriptions.entries(), [
    ["a", "asked"],
    ["b", "asked"],
  ]);
});

test("a removed channel is not asked for again", () => {
  const { sent, subscriptions } = recorded();
  subscriptions.add("a");
  subscriptions.remove("a");
  subscriptions.remove("a");
  subscriptions.renew();
  assert.deepEqual(sent, [
    { type: "subscribe", channels: ["a"] },
    { type: "unsubscribe", channel: "a" },
  ]);
});

test("frames typed by hand count too", () => {
  const { subscriptions } = recorded();
  subscriptions.handle({ type: "subscription_result", channel: "a", success: true });
  subscriptions.handle({ type: "subscription_result", channel: "b", success: false });
  assert.deepEqual(subscriptions.entries(), [["a", "granted"]]);
  subscriptions.handle({ type: "subscription_lost", channel: "a" });
  assert.deepEqual(subscriptions.entries(), [["a", "refused"]]);
  subscriptions.handle({ type: "unsubscription_result", channel: "a", success: true });
  assert.deepEqual(subscriptions.entries(), []);
});

test("other messages change nothing", () => {
  const { subscriptions, changes } = recorded();
  for (const type of ["quote", "subscription_lost", "unsubscription_result"]) {
    subscriptions.handle({ type, channel: "a", success: true });
  }
  subscriptions.handle({ type: "subscription_result", channel: 7, success: true });
  assert.equal(changes(), 0);
});
