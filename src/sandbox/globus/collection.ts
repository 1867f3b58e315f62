/** A collection of the simulated Transfer: its files, and what its administrators have laid down. */
import type { CollectionFiles } from "./files.ts";
import type { StandingFault } from "./task-faults.ts";

export interface Collection {
  readonly id: string;
  readonly name: string;
  /** Of the storage itself, not of a part of it that somebody shares: it has no access rules. */
  readonly isMapped: boolean;
  readonly isHighAssurance: boolean;
  readonly files: CollectionFiles;
  readonly rules: CollectionRule[];
  /** Shared by the tasks that run on it. */
  readonly bytesPerSecond: number;
  readonly pauseRules: PauseRule[];
  readonly standingFaults: StandingFault[];
  /** The flows through which alone data go from it, or to it. */
  readonly flowPolicy: FlowPolicy | undefined;
  /** Of sessions, which it wants of everybody. */
  policyId: string | undefined;
}

/** Ids of flows. */
export interface FlowPolicy {
  readonly source?: string;
  readonly destination?: string;
}

/** Holds up the tasks of a collection. */
export interface PauseRule {
  readonly id: string;
  /** What the administrator says to those whose tasks wait. */
  readonly message: string;
  readonly pauses: Readonly<Record<"read" | "write" | "delete", boolean>>;
}

export interface CollectionRule {
  readonly id: string;
  readonly principal_type: "identity" | "group";
  readonly principal: string;
  readonly path: string;
  permissions: "r" | "rw";
  /** Milliseconds since 1970 UTC. */
  readonly created: number;
}
