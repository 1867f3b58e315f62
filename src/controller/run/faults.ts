/**
 * A fault of ours costs the one command or watch that it is in: it is logged with its stack, operators are told, and
 * what it has ended begins anew. What a service, a file or a person gets wrong never comes here.
 */
import { type MonoTypeOperatorFunction, of, retry, type SchedulerLike, timer } from "rxjs";
import { asSentence, messageOf, stackOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Journal } from "./journal.ts";

/** Seconds after which a stream that writes as soon as it begins begins anew: the fault may be there again. */
export const AGAIN_SECONDS = 10;

export interface FaultsOptions {
  readonly journal: Journal;
  readonly log: Log;
  readonly scheduler?: SchedulerLike | undefined;
  /** Told of each fault, a sentence. */
  readonly heard?: ((sentence: string) => void) | undefined;
}

export class Faults {
  readonly #options: FaultsOptions;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** A fault that operators are told of elsewhere. @param sentence what it was */
  hear(sentence: string): void {
    this.#options.heard?.(sentence);
  }

  /** Does one step. @returns whether it came to its end; a fault in it is told */
  attempt(where: string, step: () => void): boolean {
    try {
      step();
      return true;
    } catch (thrown) {
      this.tell(where, thrown);
      return false;
    }
  }

  /** @param where begins the sentence, e.g. the name of the command */
  tell(where: string, thrown: unknown): void {
    const { journal, log } = this.#options;
    const sentence = asSentence(`${where}: Internal error: ${messageOf(thrown)}`);
    log.error(stackOf(thrown));
    this.hear(sentence);
    try {
      journal.say(sentence, "MAJOR");
    } catch (again) {
      log.error(stackOf(again)); // the fault may be in Message itself
    }
  }

  /** For a stream of puts: it hears the next put. */
  outlive<T>(where: string): MonoTypeOperatorFunction<T> {
    return retry({
      delay: (thrown) => {
        this.tell(where, thrown);
        return of(undefined);
      },
    });
  }

  /** For a stream that begins with what there is now: it begins anew after a while. */
  outliveLater<T>(where: string): MonoTypeOperatorFunction<T> {
    return retry({
      delay: (thrown) => {
        this.tell(where, thrown);
        return timer(AGAIN_SECONDS * 1000, this.#options.scheduler);
      },
    });
  }
}
