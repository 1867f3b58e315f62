/** How fast the transfers of a run go, and how a terminal's one line tells of it. Pure. */
import { oneLine } from "../base/clean-text.ts";
import type { RunNow } from "../controller/flows/followed-run.ts";
import { amount } from "../controller/transfers/summary-text.ts";

/** Over which a rate is measured: shorter ones jump. */
const RATE_SECONDS = 10;

interface Sample {
  /** Monotonic seconds. */
  readonly at: number;
  readonly bytes: number;
}

export interface RunProgress {
  readonly bytes: number;
  /** Bytes a second; undefined: nobody knows yet. */
  readonly rate: number | undefined;
  /** Seconds that are left; undefined: nobody knows. */
  readonly left: number | undefined;
}

export class RateMeter {
  readonly #samples: Sample[] = [];

  /** @param total bytes that there are to move; undefined: nobody knows @param at monotonic seconds */
  look(
    { transfers, report }: Pick<RunNow, "transfers" | "report">,
    total: number | undefined,
    at: number,
  ): RunProgress {
    const bytes = transfers.reduce((sum, { bytesTransferred }) => sum + bytesTransferred, 0);
    this.#samples.push({ at, bytes });
    while ((this.#samples[1]?.at ?? at) <= at - RATE_SECONDS) this.#samples.shift();
    const [first = { at, bytes }] = this.#samples;
    const isMoving = report.state === "ACTIVE" && transfers.some(({ state }) => state === "ACTIVE");
    const rate = at > first.at && isMoving ? (bytes - first.bytes) / (at - first.at) : undefined;
    const left = total === undefined || rate === undefined || rate <= 0 ? undefined : Math.max(0, total - bytes) / rate;
    return { bytes, rate, left };
  }
}

/** State, step, bytes, rate and what is left of the time, as far as they are known. */
export function progressLine(
  { report, transfers }: RunNow,
  { bytes, rate, left }: RunProgress,
  total?: number,
): string {
  const files = transfers.reduce((sum, { filesTransferred, filesSkipped }) => sum + filesTransferred + filesSkipped, 0);
  return [
    oneLine(report.said),
    ...(report.step === "" ? [] : [oneLine(report.step)]),
    ...(transfers.length === 0
      ? []
      : [
          `${amount(bytes)}${total === undefined ? "" : ` of ${amount(total)}`}, ${files === 1 ? "1 file" : `${files} files`}`,
        ]),
    ...(rate === undefined ? [] : [`${amount(Math.round(rate))}/s`]),
    ...(left === undefined ? [] : [`${timeText(left)} left`]),
  ].join("  ");
}

/** `45 s`, `12 min`, `3 h 20 min` */
function timeText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
