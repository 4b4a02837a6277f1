// The nine scenarios, for clients that can be driven from JavaScript. What a
// test prints for the Go side to read is described in clients_test.go.

import assert from "node:assert/strict";

const deadline = 10_000; // ms to wait for a message
export const chat = '안녕 <alice> & "all"';
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;

export function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

// scenario runs one scenario and prints its result; what follows a failed one
// could only mislead, so the process ends there.
export async function scenario(name, body) {
  try {
    print({ scenario: name, ...(await body()) });
  } catch (err) {
    print({ scenario: name, error: err.stack ?? String(err) });
    process.exit(1);
  }
}

// Inbox keeps the messages of one connection until they are asked for.
export class Inbox {
  #messages = [];
  #waiting = null;
  #ended = null;

  frames = 0; // received so far

  // push takes a frame: one message, or an array of them.
  push(text) {
    this.frames++;
    const messages = [JSON.parse(text)].flat().filter((m) => m.type !== "heartbeat");
    this.#messages.push(...messages);
    this.#waiting?.();
  }

  end(reason) {
    this.#ended = reason;
    this.#waiting?.();
  }

  // next returns the oldest message that has not been taken yet.
  async next() {
    const expires = AbortSignal.timeout(deadline);
    while (this.#messages.length === 0) {
      assert.equal(this.#ended, null, `the connection ended: ${this.#ended}`);
      assert.ok(!expires.aborted, `no message within ${deadline} ms`);
      await new Promise((resolve) => {
        this.#waiting = resolve;
        expires.addEventListener("abort", resolve, { once: true });
      });
    }
    return this.#messages.shift();
  }

  // arrived returns once there is a message to take.
  async arrived() {
    this.#messages.unshift(await this.next());
  }
}

// converse runs the scenarios. open(clientId) connects and returns an object
// with send(text), next() and close().
export async function converse(open, { name, channel, ticks }) {
  let alice;
  let bob;
  const request = async (command) => {
    alice.send(JSON.stringify(command));
    return alice.next();
  };
  const pong = async (sent) => {
    const reply = await request({ type: "ping", timestamp: sent });
    assert.equal(reply.type, "pong");
    assert.equal(reply.client_timestamp, sent);
    assert.match(reply.timestamp, timestamp);
  };
  const subscribe = async (to) => {
    const reply = await request({ type: "subscribe", channel: to });
    assert.deepEqual([reply.type, reply.channel, reply.success], ["subscription_result", to, true]);
  };

  await scenario("connect", async () => {
    alice = await open(`${name}_alice`);
  });
  await scenario("established", async () => {
    const first = await alice.next();
    assert.equal(first.type, "connection_established");
    assert.equal(first.client_id, `${name}_alice`);
    assert.match(first.timestamp, timestamp);
  });
  await scenario("ping", () => pong("2026-01-20T10:30:00.000Z"));
  await scenario("subscribe", () => subscribe(channel));
  await scenario("broadcasts", async () => {
    print({ want: "ticks" });
    const prices = [];
    while (prices.length < ticks) {
      const tick = await alice.next();
      assert.equal(tick.channel, channel);
      prices.push(tick.price);
    }
    return { prices };
  });
  await scenario("chat", async () => {
    bob = await open(`${name}_bob`);
    assert.equal((await bob.next()).type, "connection_established");
    await subscribe("general");
    bob.send(JSON.stringify({ type: "chat_message", message: chat }));
    const heard = await alice.next();
    assert.equal(heard.type, "chat_message");
    assert.equal(heard.client_id, `${name}_bob`);
    assert.equal(heard.channel, "general");
    assert.equal(heard.message, chat);
    bob.close();
  });
  await scenario("unsubscribe", async () => {
    await subscribe(`after.${name}`);
    const reply = await request({ type: "unsubscribe", channel });
    assert.deepEqual(
      [reply.type, reply.channel, reply.success],
      ["unsubscription_result", channel, true],
    );
    print({ want: "publish", channel, message: { type: "quote", price: 0 } });
    print({ want: "publish", channel: `after.${name}`, message: { type: "marker" } });
    assert.equal((await alice.next()).type, "marker");
  });
  await scenario("invalid_json", async () => {
    alice.send('{"type":"ping"');
    const reply = await alice.next();
    assert.deepEqual([reply.type, reply.message], ["error", "Invalid JSON format"]);
    await pong("still here");
  });
  await scenario("unknown_type", async () => {
    const reply = await request({ type: "no_such_type" });
    assert.deepEqual([reply.type, reply.message], ["error", "Unknown message type: no_such_type"]);
    await pong("still here");
  });
  alice.close();
}

// options reads the arguments that the Go side gives: the service's WebSocket
// address, a name for client ids, the channel of the ticks and their number.
export function options() {
  const [url, name, channel, ticks] = process.argv.slice(2);
  return { url, name, channel, ticks: Number(ticks) };
}
