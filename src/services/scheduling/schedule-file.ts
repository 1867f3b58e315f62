/**
 * The Scheduling port over a site's own file, YAML or JSON, for beamlines without the scheduling service. The file is
 * read anew at each use, so that an edit counts at once; all that is wrong with it is told together, each with its
 * line. It is never written. Form: docs/schedule-file.md.
 */
import { type Document, LineCounter, parseDocument } from "yaml";
import * as z from "zod";
import { ActionError, messageOf } from "../../base/errors.ts";
import { facilityDay } from "../../base/facility-time.ts";
import { readRegularFile } from "../../base/regular-file.ts";
import { didYouMean } from "../../base/suggest.ts";
import { NotFoundError } from "../../controller/ports/call.ts";
import type { Beamtime, Run, Scheduling } from "../../controller/ports/scheduling.ts";
import { looseText } from "../json-text.ts";
import { beamtimeDetails, experimentersOf } from "./details.ts";
import { parseTime } from "./time.ts";

/** Problems that one sentence names; more are counted. */
const MOST_PROBLEMS = 8;

/** @param file path; need not exist yet */
export function createSchedulingFile(file: string): Scheduling {
  const read = async (): Promise<ScheduleText> => {
    const text = await readText(file);
    return parseSchedule(text, file);
  };
  return {
    runs: async () => (await read()).runs,
    beamtimes: async (at) => {
      const { runs, beamtimes } = await read();
      if (runs.length === 0) return beamtimes;
      const run = runs.find(({ start, end }) => start <= at && at <= end);
      if (run === undefined)
        throw new NotFoundError(`The schedule file ${file} has no run that contains ${facilityDay(at)}`);
      return beamtimes.filter(({ start, end }) => start <= run.end && end >= run.start);
    },
  };
}

/** Both sorted by start. */
interface ScheduleText {
  readonly runs: readonly Run[];
  readonly beamtimes: readonly Beamtime[];
}

async function readText(file: string): Promise<string> {
  try {
    return (await readRegularFile(file)).toString("utf8");
  } catch (thrown) {
    throw new ActionError(`The schedule file ${file} cannot be read; check schedule-file in the [scheduling] section`, {
      cause: thrown,
    });
  }
}

/** @param file for the sentences @throws ActionError with all that is wrong, each with its line */
export function parseSchedule(text: string, file: string): ScheduleText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  if (document.errors.length > 0)
    throw wrong(
      file,
      document.errors.map(({ pos, message }) => `line ${lineAt(pos[0])}: ${message}`),
    );
  if (document.contents === null) throw wrong(file, ["there is nothing in it; docs/schedule-file.md has an example"]);
  const checked = scheduleSchema.safeParse(contents(document, file));
  if (!checked.success) {
    const problems = checked.error.issues.flatMap(placed).map(({ path, message }) => ({
      line: lineAt(offsetOf(document, path)),
      problem: `${where(path)}${message}`,
    }));
    problems.sort((a, b) => a.line - b.line);
    throw wrong(
      file,
      problems.map(({ line, problem }) => `line ${line}: ${problem}`),
    );
  }
  const byStart = (a: { readonly start: Date }, b: { readonly start: Date }): number =>
    a.start.getTime() - b.start.getTime();
  return {
    runs: [...(checked.data.runs ?? [])].sort(byStart),
    beamtimes: checked.data.beamtimes.map(beamtimeOf).sort(byStart),
  };
}

/** Anchors that grow without limit are refused by the parser. */
function contents(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (thrown) {
    throw wrong(file, [messageOf(thrown)]);
  }
}

function wrong(file: string, problems: readonly string[]): ActionError {
  const more = problems.length - MOST_PROBLEMS;
  const told = [...problems.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])];
  return new ActionError(`The schedule file ${file} is wrong: ${told.join("; ")}`);
}

interface Placed {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A key that nobody knows stands at its own place, not at that of what it is in. */
function placed(issue: z.core.$ZodIssue): readonly Placed[] {
  if (issue.code !== "unrecognized_keys") return [issue];
  const known = new Set([runSchema, beamtimeSchema, experimenterSchema].flatMap(({ shape }) => Object.keys(shape)));
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    message: `there is no such key${didYouMean(key, known)}`.replace(/\?$/, ""),
  }));
}

/** `beamtimes[0].start `, counted from 1 as people do. */
const where = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? ""
    : `${path.map((part, index) => (typeof part === "number" ? ` ${part + 1}` : `${index === 0 ? "" : ", "}${String(part)}`)).join("")}: `;

/** Where the value of a path stands, or the nearest thing around it that does. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = (node as { readonly range?: readonly number[] } | undefined)?.range;
    if (range?.[0] !== undefined) return range[0];
  }
  return 0;
}

/* ── The form ─────────────────────────────────────────────────────────── */

const digits = looseText.refine((value) => /^\d+$/.test(value), "must be a number");
const time = z.string("must be a time such as 2026-03-03T08:00:00-06:00").transform((value, context) => {
  const at = parseTime(value);
  if (at !== undefined) return at;
  context.addIssue({
    code: "custom",
    message: `${JSON.stringify(value)} is not a time with its offset, such as 2026-03-03T08:00:00-06:00`,
  });
  return z.NEVER;
});
const inOrder = ({ start, end }: { readonly start: Date; readonly end: Date }): boolean => start <= end;
const ORDER = { message: "end lies before start", path: ["end"] };

const runSchema = z.strictObject({ name: looseText, start: time, end: time }).refine(inOrder, ORDER);
const experimenterSchema = z.strictObject({
  badge: digits.optional(),
  "first-name": looseText.optional(),
  "last-name": looseText,
  email: z.email("must be an e-mail address").optional(),
  institution: looseText.optional(),
  pi: z.boolean("must be true or false").optional(),
});
const beamtimeSchema = z
  .strictObject({
    gup: digits.optional(),
    esaf: digits.optional(),
    title: looseText.optional(),
    start: time,
    end: time,
    experimenters: z.array(experimenterSchema).optional(),
  })
  .refine(inOrder, ORDER);
const scheduleSchema = z.strictObject({
  runs: z.array(runSchema).optional(),
  beamtimes: z.array(beamtimeSchema, "must be a list"),
});

function beamtimeOf({ gup, esaf, title, start, end, experimenters = [] }: z.output<typeof beamtimeSchema>): Beamtime {
  const known = {
    ...(gup !== undefined && Number(gup) !== 0 && { gupId: gup }),
    ...(esaf !== undefined && { esafId: esaf }),
    title: title ?? "",
    start,
    end,
    experimenters: experimentersOf(
      experimenters.map(({ "first-name": firstName, "last-name": lastName, pi = false, ...one }) => ({
        ...one,
        firstName,
        lastName,
        isMarkedPi: pi,
      })),
    ),
  };
  return { ...known, details: beamtimeDetails(known, {}) };
}
