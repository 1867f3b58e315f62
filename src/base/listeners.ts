/**
 * A typed list of subscribers: subscribe, notify, unsubscribe. A listener may unsubscribe itself or others while it is
 * notified.
 */
export class Listeners<Arguments extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: Arguments) => void>();

  /** Adds `listener` until the returned function is called. */
  add(listener: (...args: Arguments) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify(...args: Arguments): void {
    for (const listener of this.#listeners) listener(...args);
  }

  get size(): number {
    return this.#listeners.size;
  }
}
