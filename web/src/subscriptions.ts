import type { Message } from "./message.ts";

export type Grant = "asked" | "granted" | "refused";

/** The channels the page wants, over all the connections of its life. */
export class Subscriptions {
  readonly #wanted = new Map<string, Grant>();
  readonly #send: (message: Message) => boolean;
  readonly #changed: () => void;

  /** `send` reports whether a connection was there to take the message. */
  constructor(send: (message: Message) => boolean, changed: () => void) {
    this.#send = send;
    this.#changed = changed;
  }

  /** Channels and their state, in the order in which they were asked for. */
  entries(): [string, Grant][] {
    return [...this.#wanted];
  }

  add(...channels: string[]): void {
    for (const channel of channels) {
      this.#wanted.set(channel, "asked");
    }
    this.#subscribe(channels);
  }

  remove(channel: string): void {
    if (this.#wanted.delete(channel)) {
      this.#send({ type: "unsubscribe", channel });
      this.#changed();
    }
  }

  /** Asks for everything again, on a new connection. */
  renew(): void {
    const channels = [...this.#wanted.keys()];
    for (const channel of channels) {
      this.#wanted.set(channel, "asked");
    }
    this.#subscribe(channels);
  }

  /** Follows what the server says, also of frames typed by hand. */
  handle(m: Message): void {
    const channel = m["channel"];
    if (typeof channel !== "string") {
      return;
    }
    const done = m["success"] === true;
    if (m.type === "subscription_result" && (done || this.#wanted.has(channel))) {
      this.#wanted.set(channel, done ? "granted" : "refused");
    } else if (m.type === "subscription_lost" && this.#wanted.has(channel)) {
      this.#wanted.set(channel, "refused");
    } else if (m.type !== "unsubscription_result" || !done || !this.#wanted.delete(channel)) {
      return;
    }
    this.#changed();
  }

  #subscribe(channels: string[]): void {
    if (channels.length > 0) {
      this.#send({ type: "subscribe", channels });
      this.#changed();
    }
  }
}
