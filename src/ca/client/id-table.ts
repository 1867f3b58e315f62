/** Things under 32-bit numbers that travel on the wire and come back. */
import { IdSequence } from "../session/ids.ts";

export class IdTable<T> {
  readonly #byId = new Map<number, T>();
  readonly #ids = new IdSequence<number>((id) => this.#byId.has(id), 1);

  /** Keeps `item` under a new id. */
  add(item: T): number {
    const id = this.#ids.next();
    this.#byId.set(id, item);
    return id;
  }
  get(id: number): T | undefined {
    return this.#byId.get(id);
  }
  remove(id: number): void {
    this.#byId.delete(id);
  }
  get size(): number {
    return this.#byId.size;
  }
}
