import { element, find } from "./dom.ts";
import type { Language } from "./language.ts";
import type { Grant, Subscriptions } from "./subscriptions.ts";

/** Frames to try; the last two show how the server answers mistakes. */
const examples = [
  '{"type":"ping","id":1}',
  '{"type":"subscribe","channel":"news"}',
  '{"type":"publish","channel":"news","data":{"headline":"Hello"}}',
  '{"type":"chat_message","channel":"general","message":"Hello"}',
  '{"type":"subscriptions"}',
  '{"type":"unsubscribe","channel":"news"}',
  '{"type":"dance"}',
  "{not json",
];

/** The boxes in which a person types frames and channels by hand. */
export class Desk {
  readonly #language: Language;
  readonly #subscriptions: () => Subscriptions;
  readonly #examples = find<HTMLSelectElement>("raw-examples");
  readonly #rawInput = find<HTMLInputElement>("raw-input");
  readonly #rawButton = find<HTMLButtonElement>("raw-send");
  readonly #channelInput = find<HTMLInputElement>("subscribe-input");
  readonly #channels = find<HTMLUListElement>("channels");
  readonly #count = find("channel-count");
  readonly #refused = find("channel-refused");

  constructor(
    language: Language,
    subscriptions: () => Subscriptions,
    send: (text: string) => boolean,
  ) {
    this.#language = language;
    this.#subscriptions = subscriptions;
    find("raw-form").addEventListener("submit", (event) => {
      event.preventDefault();
      send(this.#rawInput.value || this.#rawInput.placeholder);
    });
    find("subscribe-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#subscribe();
    });
    this.#examples.addEventListener("change", () => {
      this.#rawInput.value = this.#examples.value;
      this.#examples.value = "";
      this.#rawInput.focus();
    });
    this.#channels.addEventListener("click", (event) => {
      const channel = (event.target as HTMLElement).closest("button")?.dataset["channel"];
      if (channel !== undefined) {
        this.#subscriptions().remove(channel);
      }
    });
    language.onChange(() => this.show());
  }

  connected(live: boolean): void {
    this.#rawButton.disabled = !live;
  }

  /** Shows the subscriptions as they are now. */
  show(): void {
    const title = element("option", "", this.#language.text("examples"));
    title.value = "";
    const options = examples.map((text) => element("option", "", text));
    this.#examples.replaceChildren(title, ...options);
    const entries = this.#subscriptions().entries();
    const refused = entries.filter(([, grant]) => grant === "refused");
    const others = entries.filter(([, grant]) => grant !== "refused");
    const count = refused.length;
    this.#count.textContent = String(entries.length);
    this.#refused.textContent = count > 0 ? this.#language.text("refusedCount", { count }) : "";
    this.#channels.replaceChildren(...[...refused, ...others].map((entry) => this.#chip(...entry)));
  }

  #chip(channel: string, grant: Grant): HTMLElement {
    const chip = element("li", "chip", channel);
    chip.dataset["grant"] = grant;
    if (grant === "refused") {
      chip.append(element("em", "", this.#language.text("refused")));
    }
    const remove = element("button", "", "×");
    remove.type = "button";
    remove.dataset["channel"] = channel;
    remove.setAttribute("aria-label", this.#language.text("unsubscribe", { channel }));
    chip.append(remove);
    return chip;
  }

  #subscribe(): void {
    const channel = this.#channelInput.value.trim();
    if (channel !== "") {
      this.#subscriptions().add(channel);
      this.#channelInput.value = "";
    }
  }
}
