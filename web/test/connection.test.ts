import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Connection, type Options, type Phase, type Wire } from "../src/connection.ts";

/** A socket whose other end is the test. */
class FakeWire implements Wire {
  onopen: Wire["onopen"] = null;
  onmessage: Wire["onmessage"] = null;
  onclose: Wire["onclose"] = null;
  readonly sent: string[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.closed = true;
  }

  receive(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  establish(more = {}): void {
    this.onopen?.();
    this.receive({
      type: "connection_established",
      client_id: "c1",
      heartbeat_interval: 30,
      ...more,
    });
  }

  drop(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason });
  }

  /** Types of the messages sent. */
  types(): string[] {
    return this.sent.map((text) => JSON.parse(text).type);
  }
}

function connected(options: Partial<Options> = {}) {
  const wires: FakeWire[] = [];
  const phases: Phase[] = [];
  const frames: string[] = [];
  const connection = new Connection({
    dial: () => {
      const wire = new FakeWire();
      wires.push(wire);
      return wire;
    },
    final: (code) => code >= 4500,
    onStatus: (status) => phases.push(status.phase),
    onMessage: () => {},
    onFrame: (direction, text) => frames.push(`${direction} ${text}`),
    onLatency: () => {},
    random: () => 0.5,
    ...options,
  });
  const latest = () => {
    const wire = wires.at(-1);
    assert.ok(wire);
    return wire;
  };
  connection.retry();
  return { connection, wires, phases, frames, latest };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

test("a connection goes live and pings", () => {
  const { connection, phases, latest } = connected();
  assert.equal(connection.sendMessage({ type: "early" }), false);
  latest().establish();
  assert.deepEqual(phases, ["connecting", "live"]);
  assert.equal(connection.status.clientId, "c1");
  mock.timers.tick(10_000);
  assert.deepEqual(latest().types(), ["ping", "ping"]);
});

test("latency is measured on the latest ping only", () => {
  const measured: number[] = [];
  const { latest } = connected({ onLatency: (ms) => measured.push(ms) });
  latest().establish();
  latest().receive({ type: "pong", id: "ping-0" });
  latest().receive({ type: "pong" });
  assert.equal(measured.length, 0);
  latest().receive({ type: "pong", id: "ping-1" });
  assert.equal(measured.length, 1);
});

test("a lost connection comes back with growing waits", () => {
  const { connection, wires, latest } = connected();
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    latest().drop();
    const wait = connection.status.retryAt - Date.now();
    waits.push(wait);
    mock.timers.tick(wait - 1);
    assert.equal(wires.length, i + 1);
    mock.timers.tick(1);
    assert.equal(wires.length, i + 2);
  }
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test("only a connection that held resets the waits", () => {
  const { connection, latest } = connected();
  const lose = (held: number) => {
    latest().establish();
    mock.timers.tick(held);
    latest().drop(4005);
    const wait = connection.status.retryAt - Date.now();
    mock.timers.tick(wait);
    return wait;
  };
  assert.deepEqual(
    [lose(100), lose(100), lose(100), lose(6000), lose(100)],
    [250, 500, 1000, 250, 500],
  );
});

test("45xx ends it until somebody asks", () => {
  const { connection, wires, latest } = connected();
  latest().establish();
  latest().drop(4510, "replaced");
  assert.equal(connection.status.phase, "ended");
  assert.equal(connection.status.reason, "replaced");
  mock.timers.tick(3_600_000);
  connection.wake();
  assert.equal(wires.length, 1);
  connection.retry();
  assert.equal(wires.length, 2);
});

test("silence longer than two heartbeats is a lost connection", () => {
  const { phases, latest } = connected();
  latest().establish();
  const wire = latest();
  mock.timers.tick(59_000);
  wire.receive({ type: "heartbeat" });
  mock.timers.tick(59_000);
  assert.equal(phases.at(-1), "live");
  mock.timers.tick(1_000);
  assert.equal(phases.at(-1), "waiting");
  assert.equal(wire.closed, true);
  assert.equal(wire.onmessage, null);
});

test("without heartbeats silence is bounded all the same", () => {
  const { phases, latest } = connected();
  latest().establish({ heartbeat_interval: 0 });
  mock.timers.tick(59_999);
  assert.equal(phases.at(-1), "live");
  mock.timers.tick(1);
  assert.equal(phases.at(-1), "waiting");
});

test("no server can stretch a wait beyond ten minutes", () => {
  const { phases, wires, latest } = connected();
  latest().establish({ heartbeat_interval: 1e12 });
  mock.timers.tick(599_999);
  assert.equal(phases.at(-1), "live");
  latest().receive({ type: "reconnect", within_ms: 1e15 });
  mock.timers.tick(299_999);
  assert.equal(wires.length, 1);
  mock.timers.tick(1);
  assert.equal(wires.length, 2);
});

test("a socket that never opens is given up", () => {
  const { phases } = connected();
  mock.timers.tick(15_000);
  assert.equal(phases.at(-1), "waiting");
});

test("the planned reconnect happens inside its window", () => {
  const { wires, latest } = connected();
  latest().establish();
  latest().receive({ type: "reconnect", within_ms: 20_000, reason: "drain" });
  mock.timers.tick(9_999);
  assert.equal(wires.length, 1);
  mock.timers.tick(1);
  assert.equal(wires.length, 2);
  assert.equal(wires[0]?.closed, true);
});

test("a server that closes before the planned moment is not dialled sooner", () => {
  const { connection, wires, latest } = connected();
  latest().establish();
  latest().receive({ type: "reconnect", within_ms: 20_000 });
  mock.timers.tick(4_000);
  latest().drop(4005, "draining");
  assert.equal(connection.status.retryAt - Date.now(), 6_000);
  mock.timers.tick(5_999);
  assert.equal(wires.length, 1);
  mock.timers.tick(1);
  assert.equal(wires.length, 2);
});

test("waking up retries at once, or proves that the socket lives", () => {
  const { connection, wires, phases, latest } = connected();
  latest().drop();
  connection.wake();
  assert.equal(wires.length, 2);
  latest().establish();
  connection.wake();
  latest().receive({ type: "pong" });
  mock.timers.tick(5_000);
  assert.equal(phases.at(-1), "live");
  connection.wake();
  mock.timers.tick(5_000);
  assert.equal(phases.at(-1), "waiting");
});

test("a server that asks for a token gets it first, and again after a reconnect", () => {
  const { connection, wires, frames, latest } = connected();
  latest().onopen?.();
  latest().receive({ type: "auth_required", timeout: 5 });
  assert.equal(connection.status.phase, "locked");
  assert.equal(wires[0]?.closed, true);
  connection.signIn("secret");
  for (let i = 0; i < 2; i++) {
    latest().onopen?.();
    latest().receive({ type: "auth_required", timeout: 5 });
    assert.deepEqual(latest().sent, ['{"type":"auth","token":"secret"}']);
    latest().receive({ type: "auth_result", success: true, user_id: "u" });
    latest().establish();
    latest().drop();
    mock.timers.tick(500);
  }
  assert.ok(!frames.some((frame) => frame.includes("secret")), "token shown in the frames");
});

test("a refused token is forgotten and asked for", () => {
  for (const refuse of [
    (wire: FakeWire) => wire.receive({ type: "auth_result", success: false, message: "expired" }),
    (wire: FakeWire) => wire.drop(4501, "expired"),
  ]) {
    const { connection, wires, latest } = connected();
    connection.signIn("old");
    latest().onopen?.();
    latest().receive({ type: "auth_required" });
    refuse(latest());
    assert.equal(connection.status.phase, "locked");
    assert.equal(connection.status.reason, "expired");
    mock.timers.tick(3_600_000);
    assert.equal(wires.length, 2);
    connection.retry();
    latest().receive({ type: "auth_required" });
    assert.deepEqual(latest().sent, []);
  }
});

test("an upgrade refused with 401 asks for a token", async () => {
  for (const [status, phase] of [
    [401, "locked"],
    [503, "waiting"],
  ] as const) {
    const { connection, latest } = connected({ probe: () => Promise.resolve(status) });
    latest().drop();
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    assert.equal(connection.status.phase, phase);
  }
});

test("frames that are not messages do no harm", () => {
  const { phases, latest } = connected();
  latest().establish();
  for (const data of ["", "{", "[]", "null", new ArrayBuffer(4)]) {
    latest().onmessage?.({ data });
  }
  assert.equal(phases.at(-1), "live");
});
