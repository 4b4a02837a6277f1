// The ways in which messages travel: compressed, as they are, and in arrays;
// for clients that can be driven from JavaScript.

import assert from "node:assert/strict";
import { print, scenario } from "./conversation.mjs";

// book is a message of some 2 KB.
function book() {
  const levels = [];
  for (let i = 0; i < 50; i++) levels.push({ price: 100 + i / 4, size: 10 * i, venue: "서울" });
  return { type: "book", levels };
}

const burst = 100;

// transfer runs the scenarios. open(path, offer) connects, offering
// compression or not, and returns an object with the extensions that were
// accepted, the number of frames and, where it can be known, of bytes received,
// send(text), next() and close(). A browser always offers.
export async function transfer(open, { name, alwaysOffers }) {
  const channel = (kind) => `transfer.${name}.${kind}`;
  const join = async (kind, query, offer = true) => {
    const client = await open(`/ws/${name}_${kind}${query}`, offer);
    assert.equal((await client.next()).type, "connection_established");
    client.send(JSON.stringify({ type: "subscribe", channel: channel(kind) }));
    assert.equal((await client.next()).success, true);
    return client;
  };
  // receives has a message published, and returns the share of its bytes that
  // came over the wire: NaN where that cannot be known, which no comparison
  // holds for.
  const receives = async (client, kind) => {
    const before = client.bytes?.();
    print({ want: "publish", channel: channel(kind), message: book() });
    const message = await client.next();
    assert.equal(message.channel, channel(kind));
    assert.deepEqual(message.levels, book().levels);
    return (client.bytes?.() - before) / Buffer.byteLength(JSON.stringify(message));
  };

  await scenario("compressed", async () => {
    const client = await join("compressed", "");
    assert.match(client.extensions, /^permessage-deflate/);
    const share = await receives(client, "compressed");
    assert.ok(!(share > 0.5), `${share} of the message's size came`);
    await client.close();
  });
  await scenario("sent", async () => {
    const client = await join("sent", "");
    client.send(JSON.stringify({ type: "publish", channel: channel("sent"), data: book() }));
    const got = [await client.next(), await client.next()];
    const heard = got.find((m) => m.type === "message");
    assert.deepEqual(heard.data, book());
    assert.equal(got.find((m) => m.type === "publish_result").success, true);
    await client.close();
  });
  await scenario("declined", async () => {
    const client = await join("declined", "?compress=0");
    assert.equal(client.extensions, "");
    const share = await receives(client, "declined");
    assert.ok(!(share < 1), `${share} of the message's size came`);
    await client.close();
  });
  if (!alwaysOffers) {
    await scenario("plain", async () => {
      const client = await join("plain", "", false);
      assert.equal(client.extensions, "");
      const share = await receives(client, "plain");
      assert.ok(!(share < 1), `${share} of the message's size came`);
      await client.close();
    });
  }
  await scenario("arrays", async () => {
    const client = await join("arrays", "?batch=1");
    const before = client.frames();
    print({ want: "burst", channel: channel("arrays"), count: burst });
    for (let i = 0; i < burst; i++) assert.equal((await client.next()).number, i);
    const frames = client.frames() - before;
    assert.ok(frames < burst, `${burst} messages came in ${frames} frames`);
    await client.close();
  });
}
