/** How a terminal's one line tells of the transfers of a run. Pure. */
import { oneLine } from "../base/clean-text.ts";
import type { RunNow } from "../controller/flows/followed-run.ts";
import { UNKNOWN_COUNT } from "../controller/pvs/row.ts";
import type { Rate } from "../controller/transfers/rate.ts";
import { amount } from "../controller/transfers/summary-text.ts";

export const bytesOf = ({ transfers }: Pick<RunNow, "transfers">): number =>
  transfers.reduce((sum, { bytesTransferred }) => sum + bytesTransferred, 0);

/** State, step, bytes, rate and what is left of the time, as far as they are known. @param total or UNKNOWN_COUNT */
export function progressLine(
  { report, transfers }: Pick<RunNow, "report" | "transfers">,
  rate: Pick<Rate, "perSecond" | "secondsFor">,
  total: number,
): string {
  const bytes = bytesOf({ transfers });
  const files = transfers.reduce((sum, { filesTransferred, filesSkipped }) => sum + filesTransferred + filesSkipped, 0);
  const isMoving = report.state === "ACTIVE" && transfers.some(({ state }) => state === "ACTIVE");
  const speed = isMoving ? rate.perSecond : 0;
  const left = speed > 0 && total !== UNKNOWN_COUNT ? rate.secondsFor(total - bytes) : UNKNOWN_COUNT;
  return [
    oneLine(report.said),
    ...(report.step === "" ? [] : [oneLine(report.step)]),
    ...(transfers.length === 0
      ? []
      : [
          `${amount(bytes)}${total === UNKNOWN_COUNT ? "" : ` of ${amount(total)}`}, ${files === 1 ? "1 file" : `${files} files`}`,
        ]),
    ...(speed > 0 ? [`${amount(Math.round(speed))}/s`] : []),
    ...(left === UNKNOWN_COUNT ? [] : [`${timeText(left)} left`]),
  ].join("  ");
}

/** `45 s`, `12 min`, `3 h 20 min` */
function timeText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
