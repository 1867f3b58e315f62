/** PVs of the check before beam time. */
import { lines, type Result, result, sentence, UNKNOWN_COUNT } from "./row.ts";

/** Problems: scans arrive, and a person should see to something. Failed: scans do not arrive somewhere. */
export const CHECK_STATES = ["Unknown", "Checking", "OK", "Problems", "Failed"] as const;
export type CheckState = (typeof CHECK_STATES)[number];

/** Lines of the check that have a PV of their own. */
export const CHECK_LINES = 16;
type CheckLine = `CheckLine${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15}`;
export const checkLine = (index: number): CheckLine => `CheckLine${index as 0}`;

export const CHECK_ROWS = {
  CheckState: result("How the last check before beam time ended; Unknown: there was none.", {
    states: CHECK_STATES,
    initial: "Unknown",
  }),
  CheckCount: result("Things that it found wrong; -1: nobody has looked.", { initial: UNKNOWN_COUNT }),
  CheckMessage: sentence("What it found, in one sentence, or how far it is."),
  CheckLines: result(
    "Everything that was asked, what is wrong first, one a line: OK, MINOR, MAJOR, or - for not tried.",
  ),
  ...lines<CheckLine>("CheckLine", CHECK_LINES, (line): Result => result(`${line} CheckLines.`)),
  CheckTime: result("When it ended, ISO 8601 with the facility's offset from UTC."),
} as const;
