/** What every part of the page is handed. */
import type { PageModel } from "./model.ts";
import type { ValueStore } from "./store.ts";
import type { PageClock } from "./time.ts";

export interface PageQuestion {
  readonly title: string;
  readonly text: string;
  /** What it is about: names and values. */
  readonly facts?: readonly (readonly [string, string])[];
  /** What the button says that goes on. */
  readonly verb: string;
}

export interface PageContext {
  readonly model: PageModel;
  readonly store: ValueStore;
  readonly clock: PageClock;
  /** Writes a PV; asks for the token where none was given. @returns the sentence that refuses, or undefined */
  readonly write: (suffix: string, value: number | string) => Promise<string | undefined>;
  /** Says a sentence to those who hear the page; several at once follow one another. */
  readonly say: (sentence: string) => void;
  /** Asks a person, and waits. */
  readonly confirm: (question: PageQuestion) => Promise<boolean>;
}
