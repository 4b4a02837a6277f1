import type { Status } from "./connection.ts";
import { find } from "./dom.ts";
import type { Language } from "./language.ts";

/** The head of the page: state of the connection, latency, rate, language. */
export class Header {
  readonly #language: Language;
  readonly #box = document.querySelector<HTMLElement>(".connection");
  readonly #state = find("state");
  readonly #countdown = find("countdown");
  readonly #retry = find<HTMLButtonElement>("retry");
  readonly #latency = find("latency");
  readonly #rate = find("rate");
  readonly #clientId = find("client-id");
  readonly #toggle = find<HTMLButtonElement>("lang-toggle");
  #status: Status | undefined;
  #received = 0;

  constructor(language: Language, retry: () => void) {
    this.#language = language;
    this.#retry.addEventListener("click", retry);
    this.#toggle.addEventListener("click", () => language.toggle());
    language.onChange(() => this.#translate());
    setInterval(() => this.#tick(), 1000);
  }

  show(status: Status): void {
    this.#status = status;
    const { phase, clientId } = status;
    if (this.#box) {
      this.#box.dataset["phase"] = phase;
    }
    this.#state.dataset["state"] = phase;
    this.#retry.hidden = phase !== "waiting" && phase !== "ended";
    if (phase === "live") {
      this.#clientId.textContent = clientId;
      this.#clientId.title = clientId;
    } else {
      this.#latency.textContent = "–";
      this.#clientId.textContent = "–";
    }
    this.#translate();
  }

  showLatency(milliseconds: number): void {
    const digits = milliseconds < 10 ? 1 : 0;
    this.#latency.textContent = `${milliseconds.toFixed(digits)} ms`;
  }

  countMessage(): void {
    this.#received++;
  }

  #translate(): void {
    this.#toggle.textContent = this.#language.text("other");
    this.#toggle.setAttribute("aria-label", this.#language.text("otherLabel"));
    this.#toggle.lang = this.#language.tongue === "ko" ? "en" : "ko";
    if (!this.#status) {
      return;
    }
    const { phase, code, reason } = this.#status;
    const refused = phase === "ended" && code > 0;
    this.#state.textContent = refused
      ? this.#language.text("endedWith", { code, reason })
      : this.#language.text(phase);
    this.#showCountdown();
  }

  #showCountdown(): void {
    const retryAt = this.#status?.retryAt ?? 0;
    const seconds = Math.max(Math.ceil((retryAt - Date.now()) / 1000), 0);
    this.#countdown.textContent = retryAt > 0 ? this.#language.text("retryIn", { seconds }) : "";
  }

  #tick(): void {
    this.#showCountdown();
    const live = this.#status?.phase === "live";
    this.#rate.textContent = live
      ? this.#language.text("perSecond", { count: this.#received.toLocaleString("en-US") })
      : "–";
    this.#received = 0;
  }
}
