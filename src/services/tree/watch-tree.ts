/**
 * The watch over trees, each by a process of its own (tree-program.ts): a file system that does not answer keeps that
 * process waiting, and the others and this one go on. A process that ends is begun again; one that says nothing is
 * told, and ended when it stays so.
 */
import { join } from "node:path";
import { cleanJson } from "../../base/clean-text.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import { checkTopDirectory } from "../../base/directory-name.ts";
import { ActionError } from "../../base/errors.ts";
import { orAbort } from "../../base/or-abort.ts";
import type { ScanTrees, TreeNews, TreeToWatch } from "../../controller/ports/scan-tree.ts";
import { ProcessApart } from "../process-apart.ts";
import type { FromTree, ToTree } from "./tree-words.ts";

export interface ScanTreesOptions {
  readonly clock: Clock;
  /** The program that the process runs; tests run the one that was built. */
  readonly program?: string;
  /** Seconds without a word after which the file system counts as one that does not answer. */
  readonly silentSeconds?: number;
  /** Seconds without a word after which the process is ended: the file system may have been mounted anew. */
  readonly giveUpSeconds?: number;
  /** Until the first process after one that has ended; doubled up to a minute. */
  readonly againSeconds?: number;
  /** Told of each process that is begun. */
  readonly onProcess?: (pid: number | undefined) => void;
}

const SILENT_SECONDS = 10;
const GIVE_UP_SECONDS = 300;
const AGAIN_SECONDS = 1;
const LONGEST_AGAIN_SECONDS = 60;
const TICK_SECONDS = 1;
/** How long a process that is to stop may take to remove what is its own. */
const STOP_SECONDS = 2;
/** It needs little, and shall not take more while it reads. */
const SMALL = ["--max-semi-space-size=1", "--optimize-for-size"];

export const createScanTrees = (options: ScanTreesOptions): ScanTrees => ({
  watch: async (tree, told, signal) => {
    checkTopDirectory("data directory", tree.root, "this host");
    const { clock, againSeconds = AGAIN_SECONDS } = options;
    for (let failures = 0; ; ) {
      const begun = clock.monotonic();
      await new TreeProcess(tree, told, options).run(signal);
      failures = clock.monotonic() - begun > LONGEST_AGAIN_SECONDS ? 0 : failures + 1;
      await sleep(clock, Math.min(LONGEST_AGAIN_SECONDS, againSeconds * 2 ** (failures - 1)), signal);
    }
  },
});

class TreeProcess {
  readonly #tree: TreeToWatch;
  readonly #told: (news: TreeNews) => void;
  readonly #options: ScanTreesOptions;
  readonly #process: ProcessApart<ToTree, FromTree>;
  /** Seconds since its last word, by our ticks: none passes while this host sleeps, or this process is held up. */
  #silence = 0;
  #refused: string | undefined;

  constructor(tree: TreeToWatch, told: (news: TreeNews) => void, options: ScanTreesOptions) {
    this.#tree = tree;
    this.#told = told;
    this.#options = options;
    const { program = join(import.meta.dirname, "tree-program.js") } = options;
    this.#process = new ProcessApart({ program, execArgv: SMALL, heard: (message) => this.#heard(message) });
    options.onProcess?.(this.#process.pid);
  }

  /** Until the process has ended. @throws the signal's reason; ActionError where the tree cannot be asked for */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const process = this.#process;
    this.#say("begun", `The watch over ${this.#name} begins.`);
    process.send({ watch: this.#tree }).catch(() => undefined); // its end is told
    const ticks = new AbortController();
    void this.#tick(ticks.signal).catch(() => undefined); // called off
    try {
      const { how } = await orAbort(process.gone, signal);
      if (this.#refused !== undefined) throw new ActionError(this.#refused);
      this.#say(
        "ended",
        `The process that watches ${this.#name} ${how}; it is begun again: where that comes again, see whether this host has memory left.`,
      );
    } finally {
      ticks.abort(signal.reason);
      if (!process.hasEnded) {
        process.send({ stop: true }).catch(() => undefined);
        await Promise.race([process.gone, sleep(clock, STOP_SECONDS)]);
        process.kill();
        process.hold(false);
      }
    }
  }

  get #name(): string {
    return cleanJson(this.#tree.root);
  }

  #heard(message: FromTree): void {
    const { silentSeconds = SILENT_SECONDS } = this.#options;
    if (this.#silence >= silentSeconds) this.#say("answers", `The file system of ${this.#name} answers again.`);
    this.#silence = 0;
    if ("news" in message) for (const news of message.news) this.#told(news);
    else if ("refused" in message) this.#refused = message.refused;
  }

  async #tick(signal: AbortSignal): Promise<never> {
    const { clock, silentSeconds = SILENT_SECONDS, giveUpSeconds = GIVE_UP_SECONDS } = this.#options;
    for (;;) {
      await sleep(clock, TICK_SECONDS, signal);
      const before = this.#silence;
      this.#silence += TICK_SECONDS;
      const passes = (seconds: number): boolean => before < seconds && this.#silence >= seconds;
      if (passes(silentSeconds))
        this.#say(
          "silent",
          `The file system of ${this.#name} has not answered for ${silentSeconds} s, and no scan there is seen: is its file server up?`,
        );
      if (passes(giveUpSeconds)) this.#process.kill();
    }
  }

  #say(kind: "silent" | "answers" | "begun" | "ended", sentence: string): void {
    this.#told({ kind, sentence });
  }
}
