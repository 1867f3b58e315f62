/** What the simulated Globus Timers holds: timers, with their schedules and what their runs gave. */
import type { Cancel } from "../../../base/clock.ts";
import type { AccessToken } from "../auth/auth-state.ts";
import type { Fields } from "../documents.ts";

/** Times are milliseconds since 1970 UTC. */
export interface TimerSchedule {
  readonly start: number;
  /** Undefined: it runs once. */
  readonly intervalSeconds: number | undefined;
  readonly mostRuns: number;
  readonly until: number;
  /** As it was asked for. */
  readonly document: Fields;
}

export interface Timer {
  readonly id: string;
  name: string;
  readonly ownerId: string;
  /** In whose name it acts; as long as its consents stand it does not expire. */
  token: AccessToken;
  readonly schedule: TimerSchedule;
  /** The flow that it runs; undefined for a timer of transfers. */
  readonly flow: string | undefined;
  readonly body: Fields;
  readonly submitted: number;
  nextRun: number | undefined;
  lastRun: number | undefined;
  runs: number;
  errors: number;
  /** What each of its runs was answered, the oldest first. */
  readonly results: Fields[];
  /** Why it does not run, though it has not ended. */
  inactiveReason: Fields | undefined;
  cancel: Cancel;
}

export class TimerRoom {
  /** In the order of creation. */
  readonly timerById = new Map<string, Timer>();

  /** Ends every wait. */
  close(): void {
    for (const timer of this.timerById.values()) timer.cancel();
  }
}
