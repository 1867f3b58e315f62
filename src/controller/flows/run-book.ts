/** The runs of flows as this process knows them: the ledger's records in memory. It decides nothing. */
import type { FlowRunRecord } from "../ports/queue-ledger.ts";

export class RunBook {
  readonly #all = new Map<string, FlowRunRecord>();

  /** The oldest first. */
  get all(): readonly FlowRunRecord[] {
    return [...this.#all.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Those for a destination that have not come to their end; "": those that people have asked for. */
  openTo(destination: string): readonly FlowRunRecord[] {
    return this.all.filter((record) => record.destination === destination && record.isOver !== true);
  }

  of(id: string): FlowRunRecord | undefined {
    return this.#all.get(id);
  }

  put(record: FlowRunRecord): void {
    this.#all.set(record.id, record);
  }

  forget(id: string): void {
    this.#all.delete(id);
  }
}
