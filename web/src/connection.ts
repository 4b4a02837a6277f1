import { backoff } from "./backoff.ts";
import { CloseCode } from "./codes.ts";
import { type Message, numberField, parseMessage, textField } from "./message.ts";

/** The part of a WebSocket that a connection uses. */
export interface Wire {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/**
 * Where a connection stands. `waiting`: the next try is due at `retryAt`.
 * `locked`: the server wants a token. `ended`: the server does not want this
 * client back; only `retry` connects again.
 */
export type Phase = "connecting" | "live" | "waiting" | "locked" | "ended";

export interface Status {
  readonly phase: Phase;
  readonly clientId: string;
  readonly retryAt: number;
  readonly code: number;
  readonly reason: string;
}

export interface Options {
  dial(): Wire;
  /** HTTP status of a plain request to the endpoint, after a dial that failed. */
  probe?(): Promise<number>;
  /** Tells close codes after which trying again is useless. */
  final(code: number): boolean;
  onStatus(status: Status): void;
  onMessage(message: Message): void;
  onFrame(direction: "in" | "out", text: string): void;
  onLatency(milliseconds: number): void;
  random?(): number;
}

type Timer = "retry" | "silence" | "ping" | "plan";

const pingEvery = 10_000;
/** How long a new connection may take to be established. */
const openPatience = 15_000;
/** How long anything may take to arrive after a wake-up. */
const wakePatience = 5_000;
/** Silence that is too long where the server sends no heartbeats. */
const silenceWithoutHeartbeat = 60_000;
/** No server may make this client wait longer. */
const longest = 600_000;
/** A connection that held for so long starts the backoff afresh. */
const stable = 5_000;

/** One connection to the server that comes back by itself. */
export class Connection {
  readonly #options: Options;
  readonly #random: () => number;
  #status: Status = { phase: "waiting", clientId: "", retryAt: 0, code: 0, reason: "" };
  #wire: Wire | undefined;
  #opened = false;
  #token = "";
  #attempt = 0;
  #liveSince = 0;
  /** When a planned reconnect is due; 0: none is planned. */
  #plannedAt = 0;
  #silence = openPatience;
  readonly #timers = new Map<Timer, ReturnType<typeof setTimeout>>();
  #pings = 0;
  #pingSentAt = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  get status(): Status {
    return this.#status;
  }

  /** Connects now, whatever the phase; a connection in use is given up. */
  retry(): void {
    this.#drop();
    this.#opened = false;
    this.#plannedAt = 0;
    this.#silence = openPatience;
    this.#enter({ phase: "connecting", code: 0, reason: "" });
    const wire = this.#options.dial();
    this.#wire = wire;
    wire.onopen = () => {
      this.#opened = true;
      this.#hear();
    };
    wire.onmessage = (event) => this.#receive(event.data);
    wire.onclose = (event) => this.#lost(event.code, event.reason);
    this.#hear();
  }

  /** Connects with a token, which is kept for later reconnects. */
  signIn(token: string): void {
    this.#token = token;
    this.#attempt = 0;
    this.retry();
  }

  /** Sends text as it is; false where there is no open socket. */
  send(text: string): boolean {
    if (!this.#wire || !this.#opened) {
      return false;
    }
    this.#wire.send(text);
    this.#options.onFrame("out", text);
    return true;
  }

  /** Sends a message, once live. */
  sendMessage(message: Message): boolean {
    return this.#status.phase === "live" && this.send(JSON.stringify(message));
  }

  /**
   * To be called when the network is back or the page is shown again: timers
   * may have slept, and the socket may be dead without anyone knowing.
   */
  wake(): void {
    if (this.#status.phase === "waiting") {
      this.#attempt = 0;
      this.retry();
    } else if (this.#status.phase === "live") {
      this.#ping();
      this.#after("silence", wakePatience, () => this.#deaf());
    }
  }

  #enter(change: Partial<Status>): void {
    this.#status = { ...this.#status, retryAt: 0, ...change };
    this.#options.onStatus(this.#status);
  }

  /** Sets a timer in place of the one of the same name. */
  #after(name: Timer, milliseconds: number, run: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(run, milliseconds));
  }

  /** Forgets the socket and every timer that belongs to it. */
  #drop(): void {
    for (const timer of this.#timers.values()) {
      clearTimeout(timer);
    }
    this.#timers.clear();
    const wire = this.#wire;
    this.#wire = undefined;
    if (wire) {
      wire.onopen = null;
      wire.onmessage = null;
      wire.onclose = null;
      wire.close(CloseCode.normal);
    }
  }

  /** Something was heard: the silence begins anew. */
  #hear(): void {
    this.#after("silence", this.#silence, () => this.#deaf());
  }

  #deaf(): void {
    this.#lost(CloseCode.abnormal, "nothing heard");
  }

  #receive(data: unknown): void {
    this.#hear();
    if (typeof data !== "string") {
      return;
    }
    this.#options.onFrame("in", data);
    const message = parseMessage(data);
    if (!message) {
      return;
    }
    this.#handle(message);
    this.#options.onMessage(message);
  }

  #handle(m: Message): void {
    switch (m.type) {
      case "auth_required":
        this.#authenticate();
        break;
      case "auth_result":
        if (m["success"] !== true) {
          this.#lock(textField(m, "message"));
        }
        break;
      case "connection_established":
        this.#established(m);
        break;
      case "pong":
        this.#pong(m);
        break;
      case "reconnect":
        this.#plan(numberField(m, "within_ms") ?? 0);
        break;
    }
  }

  #authenticate(): void {
    if (this.#token) {
      this.#wire?.send(JSON.stringify({ type: "auth", token: this.#token }));
      this.#options.onFrame("out", '{"type":"auth","token":"…"}');
    } else {
      this.#lock("");
    }
  }

  #established(m: Message): void {
    const heartbeat = numberField(m, "heartbeat_interval") ?? 0;
    this.#silence = heartbeat > 0 ? Math.min(heartbeat * 2000, longest) : silenceWithoutHeartbeat;
    this.#liveSince = Date.now();
    this.#hear();
    this.#enter({ phase: "live", clientId: textField(m, "client_id", 128) });
    this.#ping();
  }

  #ping(): void {
    this.#after("ping", pingEvery, () => this.#ping());
    this.#pings++;
    this.#pingSentAt = performance.now();
    const timestamp = new Date().toISOString();
    this.sendMessage({ type: "ping", id: `ping-${this.#pings}`, timestamp });
  }

  #pong(m: Message): void {
    if (m["id"] === `ping-${this.#pings}`) {
      this.#options.onLatency(performance.now() - this.#pingSentAt);
    }
  }

  /** Picks a random moment inside the window in which the server closes. */
  #plan(window: number): void {
    const wait = this.#random() * Math.min(Math.max(window, 0), longest);
    this.#plannedAt = Date.now() + wait;
    this.#after("plan", wait, () => this.retry());
  }

  #lost(code: number, reason: string): void {
    const neverOpened = !this.#opened;
    this.#drop();
    this.#opened = false;
    if (this.#options.final(code)) {
      this.#refused(code, reason);
      return;
    }
    if (this.#status.phase === "live" && Date.now() - this.#liveSince >= stable) {
      this.#attempt = 0;
    }
    const planned = this.#plannedAt - Date.now();
    this.#plannedAt = 0;
    const wait = planned > 0 ? planned : backoff(this.#attempt++, this.#random);
    this.#after("retry", wait, () => this.retry());
    this.#enter({ phase: "waiting", code, reason, retryAt: Date.now() + wait });
    if (neverOpened) {
      this.#askWhy();
    }
  }

  /** The server does not want this client back, at least not with this token. */
  #refused(code: number, reason: string): void {
    if (code === CloseCode.invalidToken) {
      this.#lock(reason);
    } else {
      this.#enter({ phase: "ended", code, reason });
    }
  }

  /** Browsers do not tell the status of a refused upgrade: ask over HTTP. */
  async #askWhy(): Promise<void> {
    const status = await this.#options.probe?.().catch(() => 0);
    if (status === 401 && this.#status.phase === "waiting") {
      this.#lock("");
    }
  }

  #lock(reason: string): void {
    const refused = this.#token !== "";
    this.#token = "";
    this.#drop();
    this.#opened = false;
    this.#enter({ phase: "locked", code: refused ? CloseCode.invalidToken : 0, reason });
  }
}
