/**
 * What goes through the door of a queue (queue-door.ts): where it is, what one line of a request or an answer may hold,
 * and how long a line may be. Moves no bytes.
 */
import path from "node:path";
import { z } from "zod";
import type { DeskAnswer, DeskRequest } from "../../controller/ports/queue-desk.ts";
import { SEND_STATES } from "../../controller/ports/queue-ledger.ts";
import type { HandScan } from "../../controller/ports/scan-drops.ts";
import { ownerSchema } from "./place.ts";
import { anyRecordSchema, optional, scanSchema, sendSchema, stepSchema } from "./queue-records.ts";

/** Ids of 10,000 scans. */
export const MOST_REQUEST_BYTES = 1 << 18;
/** A scan with a thousand files of long names. */
export const MOST_ANSWER_CHARACTERS = 1 << 24;

/** Bytes of a Unix socket's path: the system would cut a longer one, and take the rest for another socket. */
const MOST_PATH_BYTES = 107;

export const doorPath = (ledger: string): string => path.join(ledger, "queue.sock");

/** Why there can be no socket, a piece of a sentence. */
export function pathProblem(socket: string): string | undefined {
  const bytes = Buffer.byteLength(socket);
  if (bytes <= MOST_PATH_BYTES) return undefined;
  return `the path ${socket} has ${bytes} bytes, and a Unix socket's has ${MOST_PATH_BYTES} at most: set a shorter path in the [ledger] section of globus.conf`;
}

const text = z.string();
const count = z.int().min(0);

/** A scan that a person puts in, here and in a file of the drop folder. */
export const handScanSchema: z.ZodType<HandScan> = z.strictObject({
  file: text,
  destinations: optional(z.array(text)),
});

export const requestSchema: z.ZodType<DeskRequest> = z.discriminatedUnion("ask", [
  z.strictObject({
    ask: z.literal("list"),
    scans: optional(z.array(text)),
    last: optional(count),
    state: optional(text),
    experiment: optional(text),
    destination: optional(text),
    name: optional(text),
  }),
  z.strictObject({ ask: z.literal("show"), scan: text, files: count }),
  z.strictObject({ ask: z.literal("retry"), scans: z.array(text) }),
  z.strictObject({ ask: z.literal("drop"), scans: z.array(text) }),
  z.strictObject({ ask: z.literal("export") }),
  z.strictObject({ ask: z.literal("trigger"), scans: z.array(handScanSchema) }),
  z.strictObject({ ask: z.literal("reconcile"), isEnqueued: z.boolean() }),
]);

const rowSchema = z.object({
  id: text,
  name: text,
  file: text,
  state: text,
  seen: z.number(),
  experiment: text,
  reason: text,
  destinations: z.array(z.object({ destination: text, state: z.enum(SEND_STATES) })),
});
const shownSchema = z.object({
  row: rowSchema,
  scan: scanSchema,
  sends: z.array(sendSchema),
  submissions: z.array(
    z.object({
      id: text,
      label: text,
      destination: text,
      owner: text,
      at: z.number(),
      task: optional(text),
      run: optional(text),
      scans: z.number(),
    }),
  ),
  steps: z.array(stepSchema).default([]), // an older version tells of none
  files: optional(
    z.union([
      text,
      z.object({
        count: z.number(),
        first: z.array(z.object({ path: text, bytes: z.number(), modified: z.number() })),
      }),
    ]),
  ),
});

/** The first line of an answer says who answers. */
export const greetingSchema = z.object({ holder: ownerSchema });

export const answerSchema = z.union([
  z.object({ row: rowSchema }),
  z.object({ shown: shownSchema }),
  z.object({ record: anyRecordSchema }),
  z.object({ ambiguous: z.object({ word: text, count: z.number(), rows: z.array(rowSchema) }) }),
  z.object({ line: text }),
  z.object({ progress: text }),
  z.object({ end: z.object({ isDone: z.boolean(), message: text }) }),
]) as z.ZodType<DeskAnswer>; // a state that this version does not know is shown as it is
