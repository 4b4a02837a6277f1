import { element, find } from "./dom.ts";
import type { Language } from "./language.ts";
import { type Message, textField } from "./message.ts";
import * as number from "./number.ts";
import { Typists } from "./typists.ts";

export const chatChannel = "general";

const maxRows = 200;
/** A typing indicator is renewed so often while keys are pressed. */
const typingEvery = 3_000;

/** The chat box of the channel "general". */
export class Chat {
  readonly #language: Language;
  readonly #send: (message: Message) => boolean;
  readonly #log = find<HTMLOListElement>("chat-log");
  readonly #typing = find("typing");
  readonly #form = find<HTMLFormElement>("chat-form");
  readonly #input = find<HTMLInputElement>("chat-input");
  readonly #button = find<HTMLButtonElement>("chat-send");
  readonly #typists = new Typists();
  #clientId = "";
  #typingSentAt = 0;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(language: Language, send: (message: Message) => boolean) {
    this.#language = language;
    this.#send = send;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("input", () => this.#announce());
    this.#input.addEventListener("blur", () => this.#announceEnd());
    language.onChange(() => {
      this.#showTypists();
      for (const own of this.#log.querySelectorAll("[data-own] .line-name")) {
        own.textContent = language.text("you");
      }
    });
  }

  /** Tells the box whether there is a connection, and who it is. */
  connected(live: boolean, clientId: string): void {
    this.#button.disabled = !live;
    this.#clientId = clientId;
  }

  handle(m: Message): void {
    if (m["channel"] !== chatChannel) {
      return;
    }
    const clientId = textField(m, "client_id", 128);
    if (m.type === "chat_message") {
      this.#typists.set(clientId, false, Date.now());
      this.#add(m, clientId);
      this.#showTypists();
    } else if (m.type === "typing_indicator" && clientId !== this.#clientId) {
      this.#typists.set(clientId, m["is_typing"] === true, Date.now());
      this.#showTypists();
    }
  }

  #submit(): void {
    const message = this.#input.value.trim();
    if (message !== "" && this.#send({ type: "chat_message", channel: chatChannel, message })) {
      this.#input.value = "";
      this.#typingSentAt = 0;
    }
  }

  #announce(): void {
    if (this.#input.value === "") {
      this.#announceEnd();
    } else if (Date.now() - this.#typingSentAt >= typingEvery) {
      this.#typingSentAt = Date.now();
      this.#send({ type: "typing_indicator", channel: chatChannel, is_typing: true });
    }
  }

  #announceEnd(): void {
    if (this.#typingSentAt > 0) {
      this.#typingSentAt = 0;
      this.#send({ type: "typing_indicator", channel: chatChannel, is_typing: false });
    }
  }

  #add(m: Message, clientId: string): void {
    const own = clientId !== "" && clientId === this.#clientId;
    const at = new Date(textField(m, "timestamp"));
    const line = element("li", "line");
    const name = own ? this.#language.text("you") : displayName(textField(m, "user_id"), clientId);
    const head = element("div", "line-head");
    head.append(
      element("span", "line-name", name),
      element("time", "line-time", Number.isNaN(at.getTime()) ? "" : number.clock(at)),
    );
    line.append(head, element("p", "line-text", textField(m, "message", 10_000)));
    if (own) {
      line.dataset["own"] = "";
    }
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const atEnd = scrollHeight - scrollTop - clientHeight < 60;
    this.#log.append(line);
    while (this.#log.childElementCount > maxRows) {
      this.#log.firstElementChild?.remove();
    }
    if (atEnd || own) {
      this.#log.scrollTop = this.#log.scrollHeight;
    }
  }

  #showTypists(): void {
    const { ids, next } = this.#typists.at(Date.now());
    const name = displayName("", ids[0] ?? "");
    const [one, many] = ["typing", "typingMany"] as const;
    const text = ids.length > 1 ? this.#language.text(many) : this.#language.text(one, { name });
    this.#typing.textContent = ids.length > 0 ? text : "";
    clearTimeout(this.#typingTimer);
    if (ids.length > 0) {
      this.#typingTimer = setTimeout(() => this.#showTypists(), next - Date.now() + 50);
    }
  }
}

/** A user id, or the telling part of a client id that the server made. */
function displayName(userId: string, clientId: string): string {
  return userId || (/^ws_([0-9a-f]{8})_\d+$/.exec(clientId)?.[1] ?? clientId);
}
