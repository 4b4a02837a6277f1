/** The element with this test id; the page without it is broken. */
export function find<E extends HTMLElement>(testId: string): E {
  const found = document.querySelector<E>(`[data-testid="${testId}"]`);
  if (!found) {
    throw new Error(`no element ${testId}`);
  }
  return found;
}

/** A new element. Text is only ever set as text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Keeps a list at `limit` rows by removing its last ones. */
export function trimEnd(list: HTMLElement, limit: number): void {
  while (list.childElementCount > limit) {
    list.lastElementChild?.remove();
  }
}

/** Calls `run` soon, once for any number of calls within `milliseconds`. */
export function throttled(milliseconds: number, run: () => void): () => void {
  let pending = false;
  return () => {
    if (!pending) {
      pending = true;
      setTimeout(() => {
        pending = false;
        run();
      }, milliseconds);
    }
  };
}
