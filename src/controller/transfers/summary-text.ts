/** What the e-mail with the daily summary says, in plain text. Pure. */
import { oneLine } from "../../base/clean-text.ts";

/** What was proven. */
export interface Proven {
  readonly scans: number;
  readonly bytes: number;
}

/** Times are those of the facility, for people. */
export interface Summary {
  readonly since: string;
  readonly until: string;
  /** Scans that are new. */
  readonly scans: number;
  readonly proven: Proven;
  readonly destinations: ReadonlyMap<string, Proven>;
  /** Scans that a person has to decide about. */
  readonly failed: number;
  /** Why, a sentence each; not of all of them perhaps. */
  readonly reasons: readonly string[];
  readonly waiting: Proven;
  /** Of those that wait. */
  readonly oldest: { readonly name: string; readonly since: string } | undefined;
  /** What is wrong with destinations. */
  readonly troubles: readonly string[];
}

export function summaryText(summary: Summary): string {
  const { since, until, scans, proven, destinations, failed, reasons, waiting, oldest, troubles } = summary;
  const below = (texts: readonly string[]): string[] => texts.map((text) => `  ${oneLine(text)}`);
  return [
    `From ${since} to ${until}:`,
    "",
    `New scans: ${scans}`,
    `Proven at all their destinations: ${sized(proven)}`,
    ...below([...destinations].map(([name, there]) => `${name}: ${sized(there)}`)),
    `Waiting or on their way: ${sized(waiting)}`,
    ...below(oldest === undefined ? [] : [`the oldest: ${oldest.name}, since ${oldest.since}`]),
    ...below(troubles),
    `Failed, for a person to decide about: ${failed}`,
    ...below(reasons),
    "",
  ].join("\n");
}

const sized = ({ scans, bytes }: Proven): string => `${scans}, ${amount(bytes)}`;

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** `12.3 GB`: powers of 1000. */
export function amount(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${UNITS[power]}`;
}
