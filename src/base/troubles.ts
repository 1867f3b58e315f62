/**
 * What goes wrong in the background, where no command waits for an answer: told once when it begins and once when it is
 * over, to everybody who listens. Who comes later is told of what lasts.
 */

/** One thing that can go wrong. */
export interface Trouble {
  /** Told unless it lasts already. @param sentence what is wrong, the cause first, and what to do */
  begins(sentence: string): void;
  /** Told if it lasted. @param sentence that it works again */
  ends(sentence: string): void;
}

export interface TroubleEvent {
  readonly sentence: string;
  readonly isOver: boolean;
}

export class Troubles {
  readonly #lasting = new Map<string, string>();
  readonly #listeners = new Set<(event: TroubleEvent) => void>();

  /** @param name tells it from the others; the same name is the same trouble */
  of(name: string): Trouble {
    return {
      begins: (sentence) => {
        if (this.#lasting.has(name)) return;
        this.#lasting.set(name, sentence);
        this.#tell({ sentence, isOver: false });
      },
      ends: (sentence) => {
        if (this.#lasting.delete(name)) this.#tell({ sentence, isOver: true });
      },
    };
  }

  /** @returns ends the listening */
  listen(listener: (event: TroubleEvent) => void): () => void {
    this.#listeners.add(listener);
    for (const sentence of this.#lasting.values()) listener({ sentence, isOver: false });
    return () => this.#listeners.delete(listener);
  }

  #tell(event: TroubleEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** For what needs nobody to know beside its caller. */
export const silentTrouble: Trouble = { begins: () => {}, ends: () => {} };
