/** The last `capacity` items pushed, oldest first. */
export class Ring<T> {
  readonly #items: T[] = [];
  #oldest = 0;
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    if (this.#items.length < this.capacity) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#oldest] = item;
    this.#oldest = (this.#oldest + 1) % this.capacity;
  }

  clear(): void {
    this.#items.length = 0;
    this.#oldest = 0;
  }

  toArray(): T[] {
    return [...this.#items.slice(this.#oldest), ...this.#items.slice(0, this.#oldest)];
  }
}
