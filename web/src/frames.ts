import { element, find, throttled, trimEnd } from "./dom.ts";
import type { Language } from "./language.ts";
import * as number from "./number.ts";
import { Ring } from "./ring.ts";

type Direction = "in" | "out";

interface Frame {
  readonly direction: Direction;
  readonly text: string;
  readonly at: Date;
}

const maxRows = 200;
/** Of a long frame only the beginning is kept. */
const maxText = 4_000;

/** The panel of raw frames, newest first. Payloads are only ever text. */
export class Frames {
  readonly #language: Language;
  readonly #list = find<HTMLOListElement>("frames");
  readonly #note = find("frames-note");
  readonly #filter = find<HTMLInputElement>("frames-filter");
  readonly #pause = find<HTMLButtonElement>("frames-pause");
  readonly #toggles = {
    in: find<HTMLButtonElement>("frames-in"),
    out: find<HTMLButtonElement>("frames-out"),
  };
  readonly #ring = new Ring<Frame>(maxRows);
  #waiting = new Ring<Frame>(maxRows);
  #paused = false;
  #missed = 0;
  readonly #flush = throttled(200, () => this.#append());

  constructor(language: Language) {
    this.#language = language;
    this.#filter.addEventListener("input", () => this.#redraw());
    for (const toggle of Object.values(this.#toggles)) {
      toggle.addEventListener("click", () => {
        toggle.setAttribute("aria-pressed", String(!pressed(toggle)));
        this.#redraw();
      });
    }
    this.#pause.addEventListener("click", () => this.#setPaused(!this.#paused));
    find("frames-clear").addEventListener("click", () => {
      this.#ring.clear();
      this.#missed = 0;
      this.#redraw();
      this.#label();
    });
    // An opened frame would wander away under the reader's eyes.
    this.#list.addEventListener("click", (event) => {
      if ((event.target as HTMLElement).closest("summary")) {
        this.#setPaused(true);
      }
    });
    language.onChange(() => this.#label());
  }

  add(direction: Direction, text: string): void {
    const frame = { direction, text: text.slice(0, maxText), at: new Date() };
    this.#ring.push(frame);
    if (this.#paused) {
      this.#missed++;
    } else {
      this.#waiting.push(frame);
    }
    this.#flush();
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) {
      return;
    }
    this.#append();
    this.#paused = paused;
    this.#missed = 0;
    this.#pause.setAttribute("aria-pressed", String(paused));
    this.#label();
    if (!paused) {
      this.#redraw();
    }
  }

  #label(): void {
    this.#pause.textContent = this.#language.text(this.#paused ? "resume" : "pause");
    const count = this.#missed.toLocaleString("en-US");
    this.#note.textContent = this.#missed > 0 ? this.#language.text("framesNew", { count }) : "";
  }

  #append(): void {
    if (this.#paused) {
      this.#label();
      return;
    }
    const rows = this.#waiting.toArray().filter((frame) => this.#shows(frame));
    this.#waiting.clear();
    this.#list.prepend(...rows.reverse().map(row));
    trimEnd(this.#list, maxRows);
  }

  #redraw(): void {
    this.#waiting.clear();
    const rows = this.#ring.toArray().filter((frame) => this.#shows(frame));
    this.#list.replaceChildren(...rows.reverse().map(row));
  }

  #shows(frame: Frame): boolean {
    const words = this.#filter.value.trim().toLowerCase();
    return pressed(this.#toggles[frame.direction]) && frame.text.toLowerCase().includes(words);
  }
}

function pressed(button: HTMLElement): boolean {
  return button.getAttribute("aria-pressed") === "true";
}

/** One line that opens to the whole frame, laid out. */
function row(frame: Frame): HTMLElement {
  const item = element("li", "frame");
  item.dataset["direction"] = frame.direction;
  const details = element("details");
  const line = element("summary");
  line.append(
    element("span", "frame-time", number.clock(frame.at)),
    element("span", "frame-arrow", frame.direction === "in" ? "↓" : "↑"),
    element("span", "frame-text", frame.text),
  );
  details.append(line);
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) {
      details.append(element("pre", "", laidOut(frame.text)));
    }
  });
  item.append(details);
  return item;
}

function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
