/** The steps of the queue as this process knows them: the ledger's records in memory. It decides nothing. */
import type { StepRecord } from "../ports/queue-ledger.ts";
import { isOpenStep } from "./step-states.ts";

/** Which step a record is of. */
export type StepOf = Pick<StepRecord, "scan" | "destination" | "kind">;

const keyOf = ({ scan, destination, kind }: StepOf): string => `${scan}\0${destination}\0${kind}`;

export class StepBook {
  readonly #all = new Map<string, StepRecord>();
  readonly #byScan = new Map<string, Set<string>>();
  /** In the order in which they became open, which is that of their scans' proofs. */
  readonly #open = new Map<string, StepRecord>();
  readonly #dead = new Map<string, StepRecord>();
  #last: StepRecord | undefined;

  of(step: StepOf): StepRecord | undefined {
    return this.#all.get(keyOf(step));
  }

  ofScan(scan: string): readonly StepRecord[] {
    return [...(this.#byScan.get(scan) ?? [])].flatMap((key) => this.#all.get(key) ?? []);
  }

  get all(): Iterable<StepRecord> {
    return this.#all.values();
  }
  /** Those that have not come to their end. */
  get open(): Iterable<StepRecord> {
    return this.#open.values();
  }
  get openCount(): number {
    return this.#open.size;
  }
  /** Those that a person decides about. */
  get dead(): Iterable<StepRecord> {
    return this.#dead.values();
  }
  get deadCount(): number {
    return this.#dead.size;
  }
  /** The one that has changed last, by the time of its state. */
  get last(): StepRecord | undefined {
    return this.#last;
  }

  put(step: StepRecord): void {
    const key = keyOf(step);
    this.#all.set(key, step);
    this.#byScan.set(step.scan, (this.#byScan.get(step.scan) ?? new Set()).add(key));
    place(this.#open, key, step, isOpenStep(step));
    place(this.#dead, key, step, step.state === "dead");
    if (this.#last === undefined || step.at >= this.#last.at) this.#last = step;
  }
}

function place(map: Map<string, StepRecord>, key: string, step: StepRecord, isThere: boolean): void {
  if (isThere) map.set(key, step);
  else map.delete(key);
}
