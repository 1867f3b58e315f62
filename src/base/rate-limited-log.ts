/** A log that one hostile or broken client cannot flood. */
import type { Clock } from "./clock.ts";
import type { Log, LogLevel } from "./log.ts";

/** Lines passed on in each period, unless the caller says otherwise; the rest are counted. */
const LINES = 20;
const PERIOD_SECONDS = 10;

/** Passes `most` lines each `PERIOD_SECONDS` on to `log`, and says how many more there were. */
export function rateLimited(log: Log, clock: Pick<Clock, "monotonic">, most = LINES): Log {
  let since = Number.NEGATIVE_INFINITY;
  let lines = 0;
  const entry = (level: LogLevel) => (sentence: string) => {
    const now = clock.monotonic();
    if (now - since >= PERIOD_SECONDS) {
      if (lines > most) log.warn(`${lines - most} more lines like these were left out`);
      since = now;
      lines = 0;
    }
    if (++lines <= most) log[level](sentence);
  };
  return { debug: entry("debug"), info: entry("info"), warn: entry("warn"), error: entry("error") };
}
