import { fill, type Text, type Tongue, texts } from "./text.ts";

const storageKey = "outcry.language";

/** The language of the page, chosen once by the browser or by the reader. */
export class Language {
  #tongue: Tongue;
  readonly #listeners: (() => void)[] = [];

  constructor() {
    this.#tongue = remembered() ?? (navigator.language.startsWith("ko") ? "ko" : "en");
  }

  text(name: Text, values: Readonly<Record<string, string | number>> = {}): string {
    return fill(texts[this.#tongue][name], values);
  }

  get tongue(): Tongue {
    return this.#tongue;
  }

  toggle(): void {
    this.#tongue = this.#tongue === "ko" ? "en" : "ko";
    try {
      localStorage.setItem(storageKey, this.#tongue);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
    this.apply();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Writes every fixed text of the page, then tells the listeners. */
  apply(): void {
    document.documentElement.lang = this.#tongue;
    for (const node of document.querySelectorAll<HTMLElement>("[data-text]")) {
      node.textContent = this.text(node.dataset["text"] as Text);
    }
    for (const node of document.querySelectorAll<HTMLElement>("[data-label]")) {
      node.setAttribute("aria-label", this.text(node.dataset["label"] as Text));
    }
    for (const node of document.querySelectorAll<HTMLInputElement>("[data-placeholder]")) {
      node.placeholder = this.text(node.dataset["placeholder"] as Text);
    }
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

function remembered(): Tongue | undefined {
  try {
    const stored = localStorage.getItem(storageKey);
    return stored === "ko" || stored === "en" ? stored : undefined;
  } catch {
    return undefined;
  }
}
