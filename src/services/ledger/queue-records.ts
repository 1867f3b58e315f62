/** Records of the transfer queue, from JSON. A record's kind is the first letter of its key. */
import { z } from "zod";
import { inSlices } from "../../base/in-slices.ts";
import {
  type FlowRunRecord,
  type NoteRecord,
  type QueueContent,
  SCAN_STATES,
  type ScanRecord,
  SEND_STATES,
  type SendRecord,
  STEP_STATES,
  type StepRecord,
  type SubmissionRecord,
  type SummaryRecord,
} from "../../controller/ports/queue-ledger.ts";

/** Between the parts of a key; no part can hold it. */
const SEPARATOR = "\u0000";

const text = z.string();
const number = z.number();
/** An optional field that is left out, never undefined: exactOptionalPropertyTypes. */
export const optional = <T extends z.ZodType>(type: T): z.ZodExactOptional<T> => type.exactOptional();

export const scanSchema: z.ZodType<ScanRecord> = z.strictObject({
  id: text,
  file: text,
  state: z.enum(SCAN_STATES),
  reason: optional(text),
  seen: number,
  trigger: text,
  destinations: optional(z.array(text)),
  tags: optional(z.strictObject({ exp: text, ym: text, last: text, gup: text })),
  aborted: optional(text),
  mayBeOld: optional(z.literal(true)),
  copiesTo: optional(text),
  content: optional(text),
  signature: optional(text),
  folder: optional(text),
  isFolder: optional(z.boolean()),
  files: optional(number),
  bytes: optional(number),
  freed: optional(
    z.strictObject({ at: number, isWhole: z.boolean(), files: number, bytes: number, problem: optional(text) }),
  ),
});

export const sendSchema: z.ZodType<SendRecord> = z.strictObject({
  scan: text,
  destination: text,
  state: z.enum(SEND_STATES),
  attempts: number,
  at: number,
  next: optional(number),
  reason: optional(text),
  submission: optional(text),
  times: optional(text),
  missing: optional(z.strictObject({ count: number, names: z.array(text) })),
});

const submissionSchema: z.ZodType<SubmissionRecord> = z.strictObject({
  submission: z.strictObject({
    id: text,
    label: text,
    sourceCollection: text,
    destinationCollection: text,
    items: z.array(z.strictObject({ source: text, destination: text, isFolder: z.boolean() })),
    deadline: text,
  }),
  owner: text,
  destination: text,
  scans: z.array(text),
  at: number,
  task: optional(text),
});

export const stepSchema: z.ZodType<StepRecord> = z.strictObject({
  scan: text,
  destination: text,
  kind: text,
  what: text,
  path: text,
  state: z.enum(STEP_STATES),
  attempts: number,
  at: number,
  next: optional(number),
  reason: optional(text),
  key: optional(text),
  since: optional(number),
  run: optional(text),
});

const flowRunSchema: z.ZodType<FlowRunRecord> = z.strictObject({
  id: text,
  flowName: text,
  request: z.strictObject({ flow: text, label: text, tags: z.array(text), input: z.record(text, z.unknown()) }),
  owner: text,
  destination: text,
  scans: z.array(text),
  at: number,
  since: optional(number),
  run: optional(text),
  isOver: optional(z.literal(true)),
  isWithdrawn: optional(z.literal(true)),
});

const noteSchema: z.ZodType<NoteRecord> = z.strictObject({
  id: text,
  at: number,
  kind: z.enum(["verified", "failed", "task", "summary"]),
  line: z.record(text, z.unknown()),
  webhook: optional(z.literal("due")),
  mail: optional(z.enum(["due", "sending"])),
  to: optional(z.array(text)),
  attempts: optional(number),
  next: optional(number),
});

const summarySchema: z.ZodType<SummaryRecord> = z.strictObject({ days: z.array(text), at: number });

/** The kinds of records, by the first letter of their keys. */
const KINDS = {
  scan: { letter: "s", schema: scanSchema },
  send: { letter: "d", schema: sendSchema },
  submission: { letter: "u", schema: submissionSchema },
  step: { letter: "p", schema: stepSchema },
  flowRun: { letter: "r", schema: flowRunSchema },
  note: { letter: "n", schema: noteSchema },
  summary: { letter: "y", schema: summarySchema },
} as const;
type RecordKind = keyof typeof KINDS;

/** A record of any kind, under the name of its kind. */
export const anyRecordSchema = z.union(
  Object.entries(KINDS).map(([kind, { schema }]) => z.strictObject({ [kind]: schema })),
);

export const keyOf = (kind: RecordKind, ...parts: readonly string[]): string =>
  [KINDS[kind].letter, ...parts].join(SEPARATOR);
/** The keys of all records of a kind begin with it. */
const kindOf = (key: string): RecordKind | undefined =>
  (Object.keys(KINDS) as RecordKind[]).find((kind) => key.startsWith(KINDS[kind].letter + SEPARATOR));

/** @returns undefined for what is no record of this version */
function readRecord(key: string, value: string): { readonly kind: RecordKind; readonly record: unknown } | undefined {
  const kind = kindOf(key);
  if (kind === undefined) return undefined;
  try {
    const { success, data } = KINDS[kind].schema.safeParse(JSON.parse(value));
    return success ? { kind, record: data } : undefined;
  } catch {
    return undefined; // it is no JSON: that is no record either
  }
}

export const isQueueRecord = (key: string, value: string): boolean => readRecord(key, value) !== undefined;

/** @param refuse makes the error for what is no record of this version */
export async function contentOf(
  entries: readonly (readonly [string, string])[],
  refuse: (value: string) => Error,
): Promise<QueueContent> {
  const content = { scan: [], send: [], submission: [], step: [], flowRun: [], note: [], summary: [] } as Record<
    RecordKind,
    unknown[]
  >;
  await inSlices(entries, ([key, value]) => {
    const found = readRecord(key, value);
    if (found === undefined) throw refuse(value);
    content[found.kind].push(found.record);
  });
  return {
    scans: content.scan as ScanRecord[],
    sends: content.send as SendRecord[],
    submissions: content.submission as SubmissionRecord[],
    steps: content.step as StepRecord[],
    flowRuns: content.flowRun as FlowRunRecord[],
    notes: content.note as NoteRecord[],
    summaries: content.summary as SummaryRecord[],
  };
}
