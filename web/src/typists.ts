/** An indicator that is not renewed ends after so many milliseconds. */
const expiry = 6_000;
const limit = 50;

/** Who is typing at the moment. */
export class Typists {
  readonly #until = new Map<string, number>();

  set(clientId: string, typing: boolean, now: number): void {
    this.#until.delete(clientId);
    if (typing && this.#until.size < limit) {
      this.#until.set(clientId, now + expiry);
    }
  }

  /** The ids of those who type, and when the first of them expires. */
  at(now: number): { ids: string[]; next: number } {
    for (const [id, until] of this.#until) {
      if (until <= now) {
        this.#until.delete(id);
      }
    }
    return { ids: [...this.#until.keys()], next: Math.min(...this.#until.values()) };
  }
}
