import type { Status } from "./connection.ts";
import { find } from "./dom.ts";
import type { Language } from "./language.ts";

/** The form that appears where the server asks for a token. */
export class SignIn {
  readonly #language: Language;
  readonly #form = find<HTMLFormElement>("sign-in");
  readonly #input = find<HTMLInputElement>("token-input");
  readonly #hint = find("token-hint");
  #refusal = "";
  #refused = false;

  constructor(language: Language, signIn: (token: string) => void) {
    this.#language = language;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      signIn(this.#input.value.trim());
    });
    language.onChange(() => this.#translate());
  }

  show(status: Status): void {
    if (status.phase === "locked") {
      this.#refused = status.code > 0;
      this.#refusal = status.reason;
      this.#form.hidden = false;
      this.#input.value = "";
      this.#translate();
      this.#input.focus();
    } else if (status.phase === "live") {
      this.#form.hidden = true;
      this.#input.value = "";
    }
  }

  #translate(): void {
    const reason = this.#refusal;
    this.#hint.textContent = this.#refused
      ? this.#language.text("tokenRefused", { reason })
      : this.#language.text("tokenHint");
    this.#hint.toggleAttribute("data-bad", this.#refused);
  }
}
