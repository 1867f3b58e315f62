/** Asks the process that has a transfer queue, through its door (queue-door.ts). Opens no ledger. */
import net from "node:net";
import type { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { ActionError, codeOf, messageOf } from "../../base/errors.ts";
import { UnavailableError } from "../../controller/ports/call.ts";
import type { DeskAnswer, DeskRequest } from "../../controller/ports/queue-desk.ts";
import { type LedgerOwner, ownerText } from "./place.ts";
import {
  answerSchema,
  doorPath,
  greetingSchema,
  MOST_ANSWER_CHARACTERS,
  MOST_REQUEST_BYTES,
  pathProblem,
} from "./queue-door-words.ts";

export interface DoorOptions {
  /** The ledger's folder. */
  readonly ledger: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What the process that has the queue answers. */
export interface DoorAnswer {
  readonly holder: LedgerOwner;
  /** Ends with an `end`. @throws ActionError when the process ends before, the signal's reason */
  readonly answers: AsyncIterable<DeskAnswer>;
}

/** Until a process that says nothing counts as stuck. */
const SILENT_SECONDS = 30;

/**
 * @returns undefined where nobody answers: no process has the queue, or the one that has it has no door
 * @throws ActionError, the signal's reason
 */
export async function askAtDoor(options: DoorOptions, request: DeskRequest): Promise<DoorAnswer | undefined> {
  const text = `${JSON.stringify(request)}\n`;
  if (Buffer.byteLength(text) > MOST_REQUEST_BYTES)
    throw new ActionError(`That names too many scans at once: ${MOST_REQUEST_BYTES} bytes are the most`);
  const socket = await connected(options);
  if (socket === undefined) return undefined;
  try {
    socket.write(text);
    const lines = linesOf(socket, options);
    const first = await lines.next();
    if (first.done === true) throw broken(undefined);
    const { holder } = read(greetingSchema, first.value, undefined);
    return { holder, answers: answersIn(lines, holder) };
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
}

async function* answersIn(lines: AsyncIterable<string>, holder: LedgerOwner): AsyncIterable<DeskAnswer> {
  for await (const line of lines) {
    const answer = read(answerSchema, line, holder);
    yield answer;
    if ("end" in answer) return;
  }
  throw broken(holder);
}

const broken = (holder: LedgerOwner | undefined): ActionError =>
  new UnavailableError(
    `The connection to ${ownerText(holder)} broke before it had answered: see with globus-ioc queue list what was done`,
  );

/** @throws ActionError for a line that this version does not understand */
function read<T>(schema: z.ZodType<T>, line: string, holder: LedgerOwner | undefined): T {
  try {
    const { success, data } = schema.safeParse(JSON.parse(line));
    if (success) return data;
  } catch {
    // no JSON: no answer of this version either
  }
  throw new ActionError(
    `What ${ownerText(holder)} answers is nothing that this version knows: use the globus-ioc of the IOC that runs`,
  );
}

/** @returns undefined where nobody listens @throws ActionError, the signal's reason */
function connected({ ledger, signal }: DoorOptions): Promise<net.Socket | undefined> {
  const door = doorPath(ledger);
  if (pathProblem(door) !== undefined) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = net.connect({ path: door });
    socket.once("connect", () => resolve(socket));
    socket.on("error", (error) => {
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ECONNREFUSED") resolve(undefined);
      else
        reject(new ActionError(`The IOC cannot be asked through ${door}: ${messageOf(error, door)}`, { cause: error }));
    });
  });
}

/** Lines without their ends. @throws ActionError for a line without end, or a long silence; the signal's reason */
async function* linesOf(socket: net.Socket, { clock, signal }: DoorOptions): AsyncGenerator<string, void> {
  const stop = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const chunks: AsyncIterator<string> = socket.setEncoding("utf8")[Symbol.asyncIterator]();
  let rest = "";
  try {
    for (;;) {
      const chunk = await nextChunk(chunks, socket, clock);
      if (chunk === undefined) return;
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      if (rest.length > MOST_ANSWER_CHARACTERS)
        throw new ActionError("The IOC answers without an end: look at its log");
      yield* parts;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}

/** @returns undefined at the end @throws ActionError after a long silence; the signal's reason */
async function nextChunk(chunks: AsyncIterator<string>, socket: net.Socket, clock: Clock): Promise<string | undefined> {
  const cancel = clock.after(SILENT_SECONDS, () => {
    socket.destroy(
      new UnavailableError(`The IOC has not answered for ${SILENT_SECONDS} s: look whether it is stopped`),
    );
  });
  try {
    const next = await chunks.next();
    return next.done === true ? undefined : next.value;
  } catch (thrown) {
    if (codeOf(thrown) === "ECONNRESET" || codeOf(thrown) === "EPIPE") return undefined; // it ended in the middle
    throw thrown;
  } finally {
    cancel();
  }
}
