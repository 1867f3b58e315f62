/**
 * What can follow a scan that is verified at a destination: a Globus Compute function, a Data Management workflow.
 * A kind knows one service and decides nothing: when a step is begun, tried again or given up, and what the ledger has
 * of it, is decided in controller/steps.
 */
import type { CallOptions } from "./call.ts";
import type { StepRecord } from "./queue-ledger.ts";

/** The kinds' names, which are the keys of a `[destination …]` section that name what is to run. */
export type StepKindName = "compute" | "workflow";

/** A step of a destination, as globus.conf has it. */
export interface StepRow {
  readonly destination: string;
  readonly kind: StepKindName;
  /** What runs: a function's name, or a workflow's. */
  readonly what: string;
  /** The destination's top directory as what runs sees it. */
  readonly top: string;
}

/** One start, as the ledger has it: `what` is to run with `path`. */
export type StepBegin = Pick<StepRecord, "scan" | "destination" | "what" | "path"> & {
  /** As `prepare` has given it. */
  readonly key: string;
  /** When this start was put into the ledger, milliseconds since 1970 UTC. */
  readonly since: number;
};

/**
 * waiting: the service has it, and nobody works on it yet. running. done: it has ended well. failed: it has not, or
 * nobody will ever know; it is tried again, up to `attempts` times.
 */
export interface StepReport {
  readonly state: "waiting" | "running" | "done" | "failed";
  /** What it waits for, its stage, what it gave, or why it failed: a sentence; "": there is nothing to say. */
  readonly words: string;
  /** Of `failed`: to try again does not help. */
  readonly isFinal?: boolean;
}

/** none: the service has no such run: it is begun again. unknown: nobody can say, and a person decides. */
export type FoundRun = { readonly run: string } | "none" | "unknown";

/** Starts come one after the other: there is never a second one before the outcome of the first is known. */
export interface StepKind {
  readonly name: StepKindName;
  /** What a person calls it, as in "the function tomopy_recon". */
  readonly word: string;
  /** Seconds from its start after which a person decides about a run that has not ended. */
  readonly limitSeconds: number;
  /** Seconds between two looks at what runs. */
  readonly pollSeconds: number;
  /**
   * Why nothing can be begun now though the service answers, a sentence, such as that the endpoint is offline;
   * undefined: it can. Steps are held meanwhile, and no attempt counts.
   * @throws as `start`
   */
  hold(options: CallOptions): Promise<string | undefined>;
  /** What a run is found by if the answer to its start does not come: in the ledger before the service is asked. */
  prepare(options: CallOptions): Promise<string>;
  /**
   * Begins a run; one request, never repeated.
   * @returns the service's id of the run
   * @throws UnavailableError, with `mayHaveHappened` where it may have begun; OffError, AccessDeniedError: nothing of
   * this kind can be begun now; another ActionError: this step cannot
   */
  start(start: StepBegin, options: CallOptions): Promise<string>;
  /** Looks for the run of a start whose answer did not come. @throws as `start` */
  find(start: StepBegin, options: CallOptions): Promise<FoundRun>;
  /** How runs stand, by their ids; what is absent the service did not tell. @throws as `start` */
  look(runs: readonly string[], options: CallOptions): Promise<ReadonlyMap<string, StepReport>>;
}
