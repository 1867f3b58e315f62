/** Asks one question at a terminal; neither the end of the input nor Ctrl-C leaves the question hanging. */

import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

export interface TerminalOptions {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
  /** Ends the question. */
  readonly signal: AbortSignal;
  /** Ctrl-C at the question, which the terminal then does not make a signal. */
  readonly interrupt: () => void;
}

/** @returns the answer without blanks around it; undefined when the input has ended, or after Ctrl-C */
export function askAtTerminal(question: string, options: TerminalOptions): Promise<string | undefined> {
  const { input, output, signal, interrupt } = options;
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const reader = createInterface({ input, output });
    const close = (): void => reader.close();
    signal.addEventListener("abort", close, { once: true });
    reader.once("SIGINT", () => {
      interrupt();
      close();
    });
    reader.once("close", () => {
      signal.removeEventListener("abort", close);
      resolve(undefined);
    });
    reader.question(question, (answer) => {
      resolve(answer.trim());
      close();
    });
  });
}
