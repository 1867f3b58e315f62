/** How late the event loop of this program is, and what that and its faults say of its health. Pure. */
import { type PartHealth, withTime } from "./part-health.ts";

/** Seconds between two ticks; a tick that comes late shows what has kept the loop. */
export const TICK_SECONDS = 0.5;
/** Ticks over which EventLoopLag is the most. */
const TICKS_SHOWN = 10;
/** Lateness from which on people notice it: puts and monitors wait as long. */
const LONG_SECONDS = 1;
/** Lateness at which the watchdog has run out: ServerRunning was Stopped meanwhile. */
const WATCHDOG_SECONDS = 5;
/** Seconds for which it is told. */
const TOLD_SECONDS = 300;

/** The lateness of the last ticks. Times are monotonic seconds, moments milliseconds since 1970. */
export interface LoopLag {
  readonly tickAt: number | undefined;
  /** Seconds, the newest last. */
  readonly late: readonly number[];
  readonly stall: { readonly at: number; readonly seconds: number; readonly moment: number } | undefined;
}
export const NO_LAG: LoopLag = { tickAt: undefined, late: [], stall: undefined };

export function ticked({ tickAt, late, stall }: LoopLag, at: number, moment: number): LoopLag {
  if (tickAt === undefined) return { tickAt: at, late, stall };
  const seconds = Math.max(0, at - tickAt - TICK_SECONDS);
  const isOver = stall !== undefined && at - stall.at > TOLD_SECONDS;
  const before = isOver ? undefined : stall;
  const isWorse = seconds >= LONG_SECONDS && seconds >= (before?.seconds ?? 0);
  return {
    tickAt: at,
    late: [...late, seconds].slice(-TICKS_SHOWN),
    stall: isWorse ? { at, seconds, moment } : before,
  };
}

/** Milliseconds, the most over the last ticks; undefined before they are there. */
export const lagMilliseconds = ({ late }: LoopLag): number | undefined =>
  late.length < TICKS_SHOWN ? undefined : Math.max(...late) * 1000;

/** @param fault the last internal error that nobody has acknowledged */
export function ownHealth(
  { stall, late }: LoopLag,
  fault: { readonly sentence: string; readonly since: number } | undefined,
): PartHealth {
  if (fault !== undefined)
    return {
      state: "Trouble",
      message: withTime(`${fault.sentence} Report it with the log, then write 1 to ErrorAck.`, fault.since),
    };
  if (stall === undefined) return { state: late.length === 0 ? "Unknown" : "OK", message: "" };
  const meanwhile =
    stall.seconds >= WATCHDOG_SECONDS ? ", so that the watchdog ran out and ServerRunning was Stopped meanwhile" : "";
  return {
    state: "Trouble",
    message: withTime(
      `The program did nothing for ${stall.seconds.toFixed(1)} s${meanwhile}: see whether this host is overloaded, suspended or short of memory.`,
      stall.moment,
    ),
  };
}
