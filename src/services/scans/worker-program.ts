/**
 * The program of a process that works on scans' files (worker-process.ts): takes one piece of work after the other,
 * tells how far it is, and ends when nobody listens any more.
 */
import { type Cancel, systemClock } from "../../base/clock.ts";
import { ActionError, stackOf } from "../../base/errors.ts";
import type { CopyProgress } from "../../controller/ports/destinations.ts";
import type { Manifest, ScanFile } from "../../controller/ports/scans.ts";
import { endWithListener } from "../process-apart.ts";
import { type ScanWork, workHere } from "./work.ts";
import { type FromWorker, failureKind, sendFiles, type ToWorker, type WorkFailure } from "./worker-process.ts";

/** Between two words of progress. */
const TELL_SECONDS = 0.1;

/** Without work it stays this long for the next; it costs no more than memory, and a new one a moment. */
const IDLE_SECONDS = 60;

const worker = workHere(systemClock);
let leave = stayAWhile();
let files: unknown[] = [];
let stopped = new AbortController();

endWithListener();
process.on("message", (message: ToWorker) => {
  if ("files" in message) files.push(...message.files);
  else if ("stop" in message) stopped.abort(new ActionError("the work was called off"));
  else {
    const work = withFiles(message.work, files as ScanFile[]);
    files = [];
    stopped = new AbortController();
    void run(work, stopped.signal);
  }
});

/** Its status says that it has left, and not failed. */
function stayAWhile(): Cancel {
  return systemClock.after(IDLE_SECONDS, () => process.exit(0));
}

async function run(work: ScanWork, signal: AbortSignal): Promise<void> {
  leave();
  try {
    const result = await worker(work, { signal, onProgress: seldom() });
    if (Array.isArray(result)) await sendFiles(send, result, { done: null, hasFiles: true });
    else if (work.do === "look") {
      const { files: found, ...rest } = result as Manifest;
      await sendFiles(send, found, { done: rest, hasFiles: true });
    } else await send({ done: result ?? null, hasFiles: false });
  } catch (thrown) {
    await send({ failed: failureOf(thrown) });
  } finally {
    leave = stayAWhile();
  }
}

/** A sentence stays as it is: it says the cause. */
function failureOf(thrown: unknown): WorkFailure {
  if (!(thrown instanceof ActionError)) return { kind: "Error", message: stackOf(thrown) };
  return { kind: failureKind(thrown.name) ?? "ActionError", message: thrown.message };
}

/** Tells no more often than somebody can see. */
function seldom(): (progress: CopyProgress) => void {
  let last = 0;
  return (progress) => {
    const now = systemClock.monotonic();
    if (now - last < TELL_SECONDS) return;
    last = now;
    void send({ progress });
  };
}

/** What cannot be sent has nobody to hear it: the process ends. */
const send = (message: FromWorker): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });

function withFiles(work: ScanWork, list: readonly ScanFile[]): ScanWork {
  if (!("parcel" in work)) return work;
  return { ...work, parcel: { ...work.parcel, manifest: { ...work.parcel.manifest, files: list } } };
}
