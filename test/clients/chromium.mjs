// Talks to the service with Chromium, on the page that the service serves:
// types into the page's fields, and reads both what the page shows and the
// frames that the browser received.

import assert from "node:assert/strict";
import { launch } from "./browser.mjs";
import { chat, Inbox, options, print, scenario } from "./conversation.mjs";

const { url, channel, ticks } = options();
const symbol = channel.split(".").at(-1);

// Tab is one open page and the frames it received.
class Tab {
  inbox = new Inbox();
  faults = [];

  static async open(context) {
    const tab = new Tab();
    tab.page = await context.newPage();
    tab.page.on("pageerror", (err) => tab.faults.push(err.message));
    tab.page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => tab.inbox.push(payload.toString()));
      socket.on("close", () => tab.inbox.end("closed"));
    });
    await tab.page.goto(`${url}/`);
    return tab;
  }

  at(id) {
    return this.page.getByTestId(id);
  }

  // live waits until the page says that it is connected.
  async live() {
    await this.page.locator('[data-testid="state"][data-state="live"]').waitFor();
  }

  // shows waits until the page shows text in the named place.
  async shows(id, text) {
    await this.at(id).filter({ hasText: text }).waitFor();
  }

  async type(text) {
    await this.at("raw-input").fill(text);
    await this.at("raw-send").click();
  }

  // next returns the next message that accept takes. The page has
  // subscriptions and pings of its own, so that others may come between.
  async next(accept) {
    for (;;) {
      const message = await this.inbox.next();
      if (accept(message)) return message;
    }
  }

  async pong(sent) {
    await this.type(JSON.stringify({ type: "ping", timestamp: sent }));
    await this.next((m) => m.type === "pong" && m.client_timestamp === sent);
  }
}

const browser = await launch();
let alice;

await scenario("connect", async () => {
  alice = await Tab.open(browser);
  await alice.inbox.arrived();
});
await scenario("established", async () => {
  const first = await alice.inbox.next();
  assert.equal(first.type, "connection_established");
  await alice.shows("client-id", first.client_id);
  await alice.live();
});
await scenario("ping", () => alice.pong("2026-01-20T10:30:00.000Z"));
await scenario("subscribe", async () => {
  await alice.at("subscribe-input").fill(channel);
  await alice.at("subscribe-button").click();
  const reply = await alice.next((m) => m.type === "subscription_result" && m.channel === channel);
  assert.equal(reply.success, true);
});
await scenario("broadcasts", async () => {
  print({ want: "ticks" });
  const prices = [];
  while (prices.length < ticks) {
    prices.push((await alice.next((m) => m.channel === channel)).price);
  }
  await alice.shows(`price-${symbol}`, prices.at(-1).toFixed(2));
  return { prices };
});
await scenario("chat", async () => {
  const bob = await Tab.open(browser);
  await bob.live();
  await bob.at("chat-input").fill(chat);
  await bob.at("chat-send").click();
  await alice.shows("chat-log", chat);
  assert.deepEqual(bob.faults, []);
  await bob.page.close();
});
await scenario("unsubscribe", async () => {
  await alice.type(JSON.stringify({ type: "subscribe", channel: "after.chromium" }));
  await alice.next((m) => m.type === "subscription_result" && m.channel === "after.chromium");
  await alice.type(JSON.stringify({ type: "unsubscribe", channel }));
  await alice.next((m) => m.type === "unsubscription_result" && m.channel === channel);
  print({ want: "publish", channel, message: { type: "quote", symbol, price: 0 } });
  print({ want: "publish", channel: "after.chromium", message: { type: "marker" } });
  const later = await alice.next((m) => m.channel === channel || m.type === "marker");
  assert.equal(later.type, "marker");
});
await scenario("invalid_json", async () => {
  await alice.type('{"type":"ping"');
  const reply = await alice.next((m) => m.type === "error");
  assert.equal(reply.message, "Invalid JSON format");
  await alice.shows("frames", "Invalid JSON format");
  await alice.pong("still here");
});
await scenario("unknown_type", async () => {
  await alice.type('{"type":"no_such_type"}');
  const reply = await alice.next((m) => m.type === "error");
  assert.equal(reply.message, "Unknown message type: no_such_type");
  await alice.shows("frames", "Unknown message type: no_such_type");
  await alice.pong("still here");
  assert.deepEqual(alice.faults, []);
});
await browser.close();
