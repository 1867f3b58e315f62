/** What `globus-ioc queue` shows to people: the table of scans, and one scan in full. Pure; all text is clean. */
import { escapeUnclean, oneLine } from "../base/clean-text.ts";
import { facilitySecond } from "../base/facility-time.ts";
import type { ScanRow, ShownScan, ShownSubmission } from "../controller/ports/queue-desk.ts";
import type { SendRecord, StepRecord } from "../controller/ports/queue-ledger.ts";

/** Columns of a name at most. */
const NAME_WIDTH = 40;
/** Characters of East Asian scripts take two columns. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]/g;

/** A character beyond the first 65,536 has two code units, as it has two columns. */
const widthOf = (text: string): number => text.length + (text.match(WIDE)?.length ?? 0);

/** @param hasIds whether ids tell scans of one name apart. @param now milliseconds since 1970 UTC */
export function scanTable(rows: readonly ScanRow[], now: number, hasIds = false): readonly string[] {
  const destinations = [...new Set(rows.flatMap((row) => row.destinations.map(({ destination }) => destination)))];
  const head = ["AGE", ...(hasIds ? ["ID"] : []), "NAME", "STATE", ...destinations.map(escapeUnclean), "REASON"];
  const cells = rows.map((row) => [
    ageText((now - row.seen) / 1000),
    ...(hasIds ? [escapeUnclean(row.id)] : []),
    cut(escapeUnclean(row.name)),
    escapeUnclean(row.state),
    ...destinations.map((name) => row.destinations.find(({ destination }) => destination === name)?.state ?? "-"),
    oneLine(row.reason),
  ]);
  return tableLines([head, ...cells]);
}

/** Rows of clean cells as lines, each column as wide as its widest cell. */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[column] ?? "")), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

const padded = (cell: string, width: number): string => cell + " ".repeat(Math.max(0, width - widthOf(cell)));

function cut(name: string): string {
  if (widthOf(name) <= NAME_WIDTH) return name;
  let short = "";
  for (const one of name) {
    if (widthOf(short + one) >= NAME_WIDTH) break;
    short += one;
  }
  return `${short}…`;
}

const STEPS = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [172_800, 3600, "h"],
  [Infinity, 86_400, "d"],
] as const;

/** `45 s`, `12 min`, `47 h`, `9 d` */
function ageText(seconds: number): string {
  const age = Math.max(0, seconds);
  const [, unit, word] = STEPS.find(([below]) => age < below) ?? STEPS[3];
  return `${Math.floor(age / unit)} ${word}`;
}

/** Titles, each with its lines. */
export function scanParts({
  row,
  scan,
  sends,
  submissions,
  steps,
  files,
}: ShownScan): readonly (readonly [string, string])[] {
  const { exp = "", ym = "", last = "", gup = "" } = scan.tags ?? {};
  return [
    [
      row.name,
      lines(
        ["id", scan.id],
        ["file", escapeUnclean(scan.file)],
        ["state", row.state],
        ["reason", row.reason],
        ["seen", `${momentText(scan.seen)}, by ${scan.trigger}`],
        ["experiment", exp],
        ["tags", [ym, last, gup].filter((one) => one !== "").join(", ")],
        ["aborted", scan.aborted],
        ["TomoScan copies it to", scan.copiesTo],
        ["files", scan.files === undefined ? undefined : `${scan.files}, ${scan.bytes ?? 0} bytes`],
      ),
    ],
    ...sends.map((send) => [`To ${send.destination}`, sendText(send, submissions)] as const),
    ...steps.map((step) => [`Behind it at ${step.destination}: ${step.what}`, stepLines(step)] as const),
    ...(files === undefined ? [] : [["Its files", filesText(files)] as const]),
  ];
}

const momentText = (at: number): string => facilitySecond(new Date(at));

const lines = (...all: readonly (readonly [label: string, text: string | undefined])[]): string =>
  all.flatMap(([label, text]) => (text === undefined || text === "" ? [] : [`${label}: ${oneLine(text)}`])).join("\n");

function sendText(send: SendRecord, submissions: readonly ShownSubmission[]): string {
  const { state, at, attempts, next, reason, missing, submission } = send;
  const carried = submissions.find(({ id }) => id === submission);
  return lines(
    ["state", `${state} since ${momentText(at)}`],
    ["failed attempts", attempts === 0 ? undefined : String(attempts)],
    ["next attempt", next === undefined ? undefined : momentText(next)],
    ["reason", reason],
    ["missing", missing && `${missing.count} files: ${missing.names.map(escapeUnclean).join("; ")}`],
    ["Globus submission", submission],
    ["Globus task", carried?.task],
    ["Globus run", carried?.run],
    ["called there", carried?.label],
    ["scans in it", carried && String(carried.scans)],
    ["submitted by", carried?.owner],
  );
}

function stepLines({ kind, state, at, path, attempts, next, reason, run }: StepRecord): string {
  return lines(
    ["kind", kind],
    ["state", `${state} since ${momentText(at)}`],
    ["path there", escapeUnclean(path)],
    ["failed attempts", attempts === 0 ? undefined : String(attempts)],
    ["next attempt", next === undefined ? undefined : momentText(next)],
    [state === "done" ? "result" : "reason", reason],
    ["run", run],
  );
}

function filesText(files: NonNullable<ShownScan["files"]>): string {
  if (typeof files === "string") return oneLine(files);
  const named = files.first.map(
    ({ path, bytes, modified }) => `${momentText(modified)}  ${String(bytes).padStart(12)}  ${escapeUnclean(path)}`,
  );
  const more = files.count - files.first.length;
  return [...named, ...(more > 0 ? [`and ${more} more: --files names more of them`] : [])].join("\n");
}
