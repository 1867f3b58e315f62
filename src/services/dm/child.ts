/**
 * One process of dm_bridge.py: starts it in a process group of its own, gives it one line and waits for the next, with
 * a time limit and a signal. An early end of a wait ends the process too, so that no answer can be taken for that of
 * another question. It knows neither DM nor when to start again.
 */

import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "../../base/clock.ts";
import type { Environment } from "../../base/environment.ts";
import { ActionError, codeOf, messageOf } from "../../base/errors.ts";

export interface DmChildOptions {
  /** Program and arguments; run without a shell. */
  readonly command: readonly [string, ...string[]];
  /** All of its environment. */
  readonly environment: Environment;
  readonly clock: Clock;
  /** Told of each line on its standard error. */
  readonly heard: (line: string) => void;
}

/** It has ended, or was never there; the message says how, as the rest of a sentence. */
export class ChildEnded extends ActionError {}
/** There is no such program. */
export class ChildAbsent extends ChildEnded {}
/** It did not answer in time, and was killed. */
export class ChildSilent extends ActionError {}

export interface Wait {
  readonly seconds: number;
  readonly signal: AbortSignal | undefined;
}

interface LineWaiter {
  readonly line: (text: string) => void;
  readonly ended: (end: ChildEnded) => void;
}

/** A line longer than this is no answer. */
const MOST_CHARACTERS = 64 * 1024 * 1024;
/** Of a line on standard error, its end is kept. */
const MOST_WORDS = 10_000;
/** Between the end of its input and being killed. */
const END_SECONDS = 2;
/** Between its end and that of its streams, which a program that it left behind may hold open. */
const STREAM_SECONDS = 1;
/** Failures of a start that another start will not mend, unlike a want of memory. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "EACCES"]);

export class DmChild {
  /** Resolves when it has ended and everything that it said has come, or might have. */
  readonly gone: Promise<void>;
  readonly #process: ChildProcess;
  readonly #clock: Clock;
  #waiter: LineWaiter | undefined;
  /** The beginning of a line whose end has not come yet. */
  #pieces: string[] = [];
  #characters = 0;
  #end: ChildEnded | undefined;
  #isUsable = true;
  #wasKilled = false;

  constructor({ command: [program, ...words], environment, clock, heard }: DmChildOptions) {
    this.#clock = clock;
    this.#process = spawn(program, words, {
      env: { ...environment },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.#process.stdout?.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    readLines(this.#process, heard);
    this.#process.stdin?.on("error", () => {}); // told by its end
    this.gone = new Promise((resolve) => {
      const end = (why: ChildEnded): void => {
        this.#isUsable = false;
        this.#end ??= why;
        this.#waiter?.ended(this.#end);
        resolve();
      };
      this.#process.once("error", (error) => {
        const how = `cannot be started: ${messageOf(error, program)}`;
        end(ABSENT.has(codeOf(error) ?? "") ? new ChildAbsent(how) : new ChildEnded(how));
      });
      let cancel = (): void => {};
      this.#process.once("exit", () => {
        this.#isUsable = false;
        // Their end is what `close` waits for.
        cancel = clock.after(STREAM_SECONDS, () => {
          for (const stream of this.#process.stdio) stream?.destroy();
        });
      });
      this.#process.once("close", (code, signal) => {
        cancel();
        end(new ChildEnded(signal === null ? `ended with status ${code}` : `was ended by ${signal}`));
      });
    });
  }
  /** It runs and may be asked. */
  get isUsable(): boolean {
    return this.#isUsable;
  }
  /** It was ended by us. */
  get wasKilled(): boolean {
    return this.#wasKilled;
  }
  /**
   * The next line that it writes, after `request` was given to it.
   * @throws ChildEnded, ChildSilent, or the signal's reason: it is not running any more
   */
  exchange(request: string | undefined, { seconds, signal }: Wait): Promise<string> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        cancel();
        signal?.removeEventListener("abort", abort);
        this.#waiter = undefined;
        act();
      };
      const giveUp = (why: Error): void =>
        settle(() => {
          this.kill();
          reject(why);
        });
      const abort = (): void => giveUp(signal?.reason as Error);
      const cancel = this.#clock.after(seconds, () => giveUp(new ChildSilent(`gave no answer within ${seconds} s`)));
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiter = {
        line: (text) => settle(() => resolve(text)),
        ended: (end) => settle(() => reject(end)),
      };
      if (this.#end !== undefined) return this.#waiter.ended(this.#end);
      if (signal?.aborted === true) return abort();
      if (request !== undefined) this.#process.stdin?.write(`${request}\n`);
    });
  }
  /** Ends the process and all that it started, at once. */
  kill(): void {
    this.#isUsable = false;
    this.#wasKilled = true;
    try {
      if (this.#process.pid !== undefined) process.kill(-this.#process.pid, "SIGKILL");
    } catch {
      // Nobody of its group is left.
    }
  }
  /** Ends its input, which ends it; kills it when that takes long. */
  async close(): Promise<void> {
    if (this.#waiter !== undefined) this.kill();
    this.#process.stdin?.end();
    const cancel = this.#clock.after(END_SECONDS, () => this.kill());
    await this.gone;
    cancel();
  }
  #take(text: string): void {
    const [first = "", ...rest] = text.split("\n");
    this.#pieces.push(first);
    this.#characters += first.length;
    for (const next of rest) {
      const line = this.#pieces.join("");
      this.#pieces = [next];
      this.#characters = next.length;
      this.#waiter?.line(line);
    }
    if (this.#characters <= MOST_CHARACTERS) return;
    this.#end ??= new ChildEnded("wrote an answer without end, and was ended");
    this.kill();
  }
}

/** Tells `heard` of each line on standard error. */
function readLines(child: ChildProcess, heard: (line: string) => void): void {
  let rest = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = (lines.pop() ?? "").slice(-MOST_WORDS);
    for (const line of lines) heard(line);
  });
  child.stderr?.once("close", () => {
    if (rest !== "") heard(rest);
  });
}
