/** The schedule: runs, beamtimes, and who experiments. */
import type { CallOptions } from "./call.ts";

export interface Experimenter {
  readonly badge: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email?: string;
  readonly institution?: string;
  readonly isPi: boolean;
}

export interface Beamtime {
  /** Proposal number; absent for time without a proposal. */
  readonly gupId?: string;
  readonly esafId?: string;
  readonly title: string;
  readonly start: Date;
  readonly end: Date;
  readonly experimenters: readonly Experimenter[];
  /** What else `show` tells of the beamtime, as label and text, in that order. */
  readonly details?: readonly (readonly [label: string, text: string])[];
}

export interface Run {
  /** The run's name, such as `2026-1`. */
  readonly name: string;
  readonly start: Date;
  readonly end: Date;
}

/** The service, or a site's own file in its place. */
export interface Scheduling {
  /** All runs, sorted by start. */
  runs(options: CallOptions): Promise<readonly Run[]>;
  /** The beamtimes of the run that contains `at`, sorted by start. @throws NotFoundError when no run contains it */
  beamtimes(at: Date, options: CallOptions): Promise<readonly Beamtime[]>;
}
