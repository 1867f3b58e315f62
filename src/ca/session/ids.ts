/**
 * The ids of a channel, each a type of its own so that neither is taken for the other, and where new ids of all kinds
 * come from. A cid, an ioid and a subscription id are chosen by the client, a sid by the server. All are u32. An ioid
 * and a subscription id are plain numbers: the server sends them back as they came.
 */

declare const kind: unique symbol;
type Id<Kind extends string> = number & { readonly [kind]: Kind };

/** A channel, as its client numbers it. */
export type Cid = Id<"cid">;
/** A channel, as its server numbers it. */
export type Sid = Id<"sid">;

const IDS = 0x1_0000_0000;

/** Gives out 0, 1, 2 …; after 2³² − 1 it begins again and passes over those in use. */
export class IdSequence<T extends number> {
  #next: number;
  #wrapped = false;
  readonly #inUse: (id: T) => boolean;

  /** @param inUse whether an id given out before is still held; asked only after all ids have been used once */
  constructor(inUse: (id: T) => boolean, first = 0) {
    this.#inUse = inUse;
    this.#next = first;
  }
  next(): T {
    while (this.#wrapped && this.#inUse(this.#next as T)) this.#advance();
    const id = this.#next as T;
    this.#advance();
    return id;
  }
  #advance(): void {
    this.#next = (this.#next + 1) % IDS;
    if (this.#next === 0) this.#wrapped = true;
  }
}
