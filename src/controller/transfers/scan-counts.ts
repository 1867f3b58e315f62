/**
 * How many scans of the queue stand how, counted with each change: a look each second must not take longer the more
 * scans there have been.
 */
import { inSlices } from "../../base/in-slices.ts";
import { isClosed, isDead } from "./queue-states.ts";
import { isProven, isUnderWay, needsPerson, type QueuedScan, type ScanQueue } from "./scan-queue.ts";

/** Of one destination. */
export interface DestCounts {
  readonly open: number;
  readonly dead: number;
  /** Of scans that are still to be proven there. */
  readonly bytesToGo: number;
  readonly filesToGo: number;
  /** Of all scans that are proven there. */
  readonly bytesProven: number;
  readonly filesProven: number;
}

type Sums = { -readonly [N in keyof DestCounts]: number };

/** What one scan adds to the counts. */
interface Share {
  readonly isUnderWay: boolean;
  readonly needsPerson: boolean;
  /** The experiment that counts it; undefined: none does. */
  readonly experiment: string | undefined;
  readonly isProven: boolean;
  readonly destinations: readonly (DestCounts & { readonly name: string })[];
}

const NONE: DestCounts = { open: 0, dead: 0, bytesToGo: 0, filesToGo: 0, bytesProven: 0, filesProven: 0 };

export class ScanCounts {
  readonly #shares = new Map<string, Share>();
  readonly #underWay = new Set<string>();
  readonly #destinations = new Map<string, Sums>();
  readonly #experiments = new Map<string, { scans: number; proven: number }>();
  readonly #all = { scans: 0, proven: 0 };
  #needingPerson = 0;

  /** Counts what there is in slices, and each change from now on. */
  static async of(queue: ScanQueue): Promise<ScanCounts> {
    const counts = new ScanCounts();
    queue.follow((id, scan) => counts.#take(id, scan));
    await inSlices([...queue.scans.keys()], (id) => counts.#take(id, queue.scans.get(id)));
    return counts;
  }

  private constructor() {}

  get underWay(): number {
    return this.#underWay.size;
  }
  get needingPerson(): number {
    return this.#needingPerson;
  }
  get all(): { readonly scans: number; readonly proven: number } {
    return this.#all;
  }
  /** The id of the oldest scan that is under way. */
  get oldest(): string | undefined {
    let oldest: string | undefined;
    for (const id of this.#underWay) if (oldest === undefined || id < oldest) oldest = id;
    return oldest;
  }
  of(destination: string): DestCounts {
    return this.#destinations.get(destination) ?? NONE;
  }
  /** @param experiment undefined: none is tagged */
  ofExperiment(experiment: string | undefined): { readonly scans: number; readonly proven: number } {
    return this.#experiments.get(experiment ?? "") ?? { scans: 0, proven: 0 };
  }

  #take(id: string, scan: QueuedScan | undefined): void {
    const before = this.#shares.get(id);
    if (before !== undefined) this.#add(before, -1);
    this.#shares.delete(id);
    this.#underWay.delete(id);
    if (scan === undefined) return;
    const share = shareOf(scan);
    this.#shares.set(id, share);
    if (share.isUnderWay) this.#underWay.add(id);
    this.#add(share, 1);
  }

  #add({ needsPerson: needs, experiment, isProven: proven, destinations }: Share, sign: 1 | -1): void {
    this.#all.scans += sign;
    if (proven) this.#all.proven += sign;
    if (needs) this.#needingPerson += sign;
    if (experiment !== undefined) {
      const counts = this.#experiments.get(experiment) ?? { scans: 0, proven: 0 };
      counts.scans += sign;
      if (proven) counts.proven += sign;
      this.#experiments.set(experiment, counts);
    }
    for (const { name, ...counts } of destinations) {
      const sums = this.#destinations.get(name) ?? { ...NONE };
      for (const key of KEYS) sums[key] += sign * counts[key];
      this.#destinations.set(name, sums);
    }
  }
}

const KEYS = Object.keys(NONE) as (keyof DestCounts)[];

function shareOf(one: QueuedScan): Share {
  const { scan, sends } = one;
  const { bytes = 0, files = 0 } = scan;
  return {
    isUnderWay: isUnderWay(one),
    needsPerson: needsPerson(one),
    experiment: scan.state === "left" ? undefined : scan.tags?.exp || undefined,
    isProven: isProven(one),
    destinations: [...sends.values()].map((send) => {
      const [isOpen, isVerified] = [!isClosed(send), send.state === "verified"];
      return {
        name: send.destination,
        open: isOpen ? 1 : 0,
        dead: isDead(send) ? 1 : 0,
        bytesToGo: isOpen ? bytes : 0,
        filesToGo: isOpen ? files : 0,
        bytesProven: isVerified ? bytes : 0,
        filesProven: isVerified ? files : 0,
      };
    }),
  };
}
