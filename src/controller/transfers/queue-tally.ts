/** What one walk over all scans of the queue counts, for whoever shows it. It holds until the queue changes. */
import { SHOWN_SCANS } from "../pvs/transfers.ts";
import { isProven, isUnderWay, needsPerson, type QueuedScan, type ScanQueue } from "./scan-queue.ts";

export interface QueueTally {
  readonly scans: number;
  readonly proven: number;
  /** Scans that are waited for, or sent; the oldest first. */
  readonly underWay: readonly QueuedScan[];
  /** Scans that a person has to decide about. */
  readonly failed: number;
  /** The same by destination. */
  readonly failedAt: ReadonlyMap<string, number>;
  /** The newest of those that were queued for their destinations. */
  readonly lastQueued: QueuedScan | undefined;
  /** The newest first. */
  readonly newest: readonly QueuedScan[];
  /** Scans of one experiment, but those that are left. */
  readonly ofExperiment: { readonly scans: number; readonly proven: number };
}

export class QueueTallies {
  readonly #queue: ScanQueue;
  #last: { readonly version: number; readonly experiment: string | undefined; readonly tally: QueueTally } | undefined;

  constructor(queue: ScanQueue) {
    this.#queue = queue;
  }

  /** @param experiment the name of the experiment whose scans are counted apart; undefined: none is tagged */
  of(experiment: string | undefined): QueueTally {
    const { version, scans } = this.#queue;
    if (this.#last?.version !== version || this.#last.experiment !== experiment)
      this.#last = { version, experiment, tally: tallyOf([...scans.values()], experiment) };
    return this.#last.tally;
  }
}

/** @param scans the oldest first */
function tallyOf(scans: readonly QueuedScan[], experiment: string | undefined): QueueTally {
  const failedAt = new Map<string, number>();
  const ofExperiment = { scans: 0, proven: 0 };
  let [proven, failed] = [0, 0];
  for (const one of scans) {
    const { scan, sends } = one;
    const isOne = isProven(one);
    if (isOne) proven++;
    else if (needsPerson(one)) failed++;
    for (const { destination, state } of sends.values())
      if (state === "dead") failedAt.set(destination, (failedAt.get(destination) ?? 0) + 1);
    if (experiment === undefined || scan.tags?.exp !== experiment || scan.state === "left") continue;
    ofExperiment.scans++;
    if (isOne) ofExperiment.proven++;
  }
  return {
    scans: scans.length,
    proven,
    underWay: scans.filter(isUnderWay),
    failed,
    failedAt,
    lastQueued: scans.findLast(({ scan }) => scan.state === "ready"),
    newest: scans.slice(-SHOWN_SCANS).toReversed(),
    ofExperiment,
  };
}
