/**
 * Sweeps over a tree again and again, each followed by what it found, until it is called off. In a process of its own.
 */
import * as fs from "node:fs";
import { sleep, systemClock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { TreeNews, TreeToWatch } from "../../controller/ports/scan-tree.ts";
import { CANARY_LAYOUT, Canary } from "./canary.ts";
import { LayoutWalk } from "./layout-walk.ts";
import { TreeFiles } from "./tree-files.ts";

const READ_AGAIN_SWEEPS = 20;
/** Sentences about what cannot be seen. */
const EXAMPLES = 5;
/** Between looks at scans that are due. */
const LEAST_PAUSE_SECONDS = 0.05;

export class TreeSweeps {
  readonly #tree: TreeToWatch;
  readonly #files = new TreeFiles();
  readonly #walks: readonly LayoutWalk[];
  readonly #canaries: readonly { readonly file: Canary; readonly walk: LayoutWalk }[];
  readonly #tell: (news: TreeNews) => void;
  #isWaiting = false;
  #answersBefore = -1;

  /** @throws ActionError for a pattern that is none */
  constructor(tree: TreeToWatch, tell: (news: TreeNews) => void) {
    this.#tree = tree;
    this.#tell = tell;
    const { root, canaries = [], periodSeconds, readAgainSweeps = READ_AGAIN_SWEEPS, mostNotified } = tree;
    const common = { files: this.#files, periodSeconds, readAgainSweeps, mostNotified };
    this.#walks = tree.layouts.map(
      (layout, index) => new LayoutWalk({ ...common, root, layout, index, tell, seesOwn: false }),
    );
    this.#canaries = canaries.map((folder) => {
      const file = new Canary(folder);
      const seen = (news: TreeNews): void => {
        if (news.kind === "scan") file.see(news.scan.path);
      };
      const asked = { ...common, root: folder, layout: CANARY_LAYOUT, index: -1, tell: seen, seesOwn: true };
      return { file, walk: new LayoutWalk(asked) };
    });
  }

  /** Whether the file system has answered since the last call, or nothing is asked of it. */
  get isAnswered(): boolean {
    const { answers } = this.#files;
    const isAnswered = this.#isWaiting || answers !== this.#answersBefore;
    this.#answersBefore = answers;
    return isAnswered;
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug */
  async run(signal: AbortSignal): Promise<never> {
    try {
      for (;;) {
        const begun = systemClock.monotonic();
        await this.#sweep();
        signal.throwIfAborted();
        await this.#until(begun + this.#tree.periodSeconds, signal);
      }
    } finally {
      for (const { file } of this.#canaries) await file.clear();
    }
  }

  async #sweep(): Promise<void> {
    const begun = systemClock.monotonic();
    const problems: string[] = [];
    for (const { file } of this.#canaries) problems.push(...(await file.renew()));
    const real = realPath(this.#tree.root);
    if ("problem" in real) problems.push(real.problem);
    else for (const walk of this.#walks) await walk.sweep(real.path);
    for (const { walk } of this.#canaries) await walk.sweep(walk.root);
    // Without the root, what was wrong below it is not known any more
    const below = "problem" in real ? [] : this.#walks.flatMap(({ tree }) => tree.unseen);
    const told = new Set([...problems, ...below]);
    const sum = (count: (walk: LayoutWalk) => number): number =>
      this.#walks.reduce((total, walk) => total + count(walk), 0);
    this.#tell({
      kind: "sweep",
      sweep: {
        seconds: systemClock.monotonic() - begun,
        folders: sum(({ tree }) => tree.folders),
        files: sum(({ tree }) => [...tree.scans].reduce((total, { files }) => total + files, 0)),
        scans: sum(({ tree }) => tree.scans.size),
        problems: told.size,
        examples: [...told].slice(0, EXAMPLES),
        notified: sum(({ tree }) => tree.notifications.count),
        ...(this.#canaries.length > 0 && { canarySeen: this.#canaries.every(({ file }) => file.isSeen) }),
      },
    });
  }

  /** Until the next sweep, scans are looked at when their time comes. */
  async #until(next: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      for (const walk of this.#walks) await walk.lookAtDue();
      const now = systemClock.monotonic();
      if (now >= next) return;
      const due = Math.min(next, ...this.#walks.map(({ nextDue }) => nextDue));
      this.#isWaiting = true;
      await sleep(systemClock, Math.min(next - now, Math.max(LEAST_PAUSE_SECONDS, due - now)), signal);
      this.#isWaiting = false;
    }
  }
}

function realPath(root: string): { readonly path: string } | { readonly problem: string } {
  try {
    return { path: fs.realpathSync.native(root) };
  } catch (thrown) {
    return { problem: `The watched directory cannot be looked at: ${messageOf(thrown)}; is it mounted?` };
  }
}
