/**
 * Work on scans' files in processes of their own: a file system that does not answer keeps such a process waiting and
 * nothing else. In this one it would take a thread of Node's after the other until no file of the IOC could be written,
 * and it could not even exit. What such a process does is worker-program.ts.
 */
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { ActionError, AppError } from "../../base/errors.ts";
import {
  AccessDeniedError,
  NoRoomError,
  NotFoundError,
  SourceChangedError,
  UnavailableError,
} from "../../controller/ports/call.ts";
import type { CopyProgress } from "../../controller/ports/destinations.ts";
import { ProcessApart } from "../process-apart.ts";
import type { ScanWork, Worker, WorkOptions } from "./work.ts";

/** What goes to the process, and comes back. Lists of files go in slices: a long one would stop this event loop. */
export type ToWorker = { readonly files: readonly unknown[] } | { readonly work: ScanWork } | { readonly stop: true };
export type FromWorker =
  | { readonly progress: CopyProgress }
  | { readonly files: readonly unknown[] }
  | { readonly done: unknown; readonly hasFiles: boolean }
  | { readonly failed: WorkFailure };

export interface WorkFailure {
  readonly kind: keyof typeof FAILURES;
  readonly message: string;
}

const FAILURES = {
  NotFoundError,
  AccessDeniedError,
  UnavailableError,
  NoRoomError,
  SourceChangedError,
  ActionError,
  /** A bug. */
  Error,
} as const;

/** @returns undefined for the kind of a failure that is none of ours */
export const failureKind = (name: string): WorkFailure["kind"] | undefined =>
  Object.hasOwn(FAILURES, name) ? (name as WorkFailure["kind"]) : undefined;

const SLICE = 500;

/** Sends a list in slices, each when the slice before has gone, and then `last`. */
export async function sendFiles<T extends object>(
  send: (message: T | { readonly files: readonly unknown[] }) => Promise<void>,
  files: readonly unknown[],
  last: T,
): Promise<void> {
  for (let at = 0; at < files.length; at += SLICE) await send({ files: files.slice(at, at + SLICE) });
  await send(last);
}

/** Room for what a batch of files needs at once: else it is moved about while it grows, a tenth of the time. */
const YOUNG_OBJECTS = ["--max-semi-space-size=64"];
/** How long one that is to stop may take to leave nothing behind. */
const STOP_SECONDS = 2;
/** Of those that were killed and have not gone, since the system still waits for a file: more are not begun. */
const MOST_STUCK = 4;

export interface WorkerProcessOptions {
  readonly clock: Clock;
  /** What is worked on, for the sentence when it does not answer. */
  readonly place: string;
  /** The program that the process runs; tests run the one that was built. */
  readonly program?: string;
}

/** A worker whose processes begin when they are needed and end when nobody needs them. */
export function workApart(options: WorkerProcessOptions): Worker {
  const idle: WorkerProcess[] = [];
  const stuck = new Set<WorkerProcess>();
  return async (work, wanted) => {
    wanted.signal?.throwIfAborted();
    if (stuck.size >= MOST_STUCK)
      throw new UnavailableError(
        `${options.place} does not answer: ${stuck.size} processes still wait for it; is its file server up?`,
      );
    for (;;) {
      const worker = idle.pop() ?? new WorkerProcess(options);
      try {
        return await worker.run(work, wanted);
      } catch (thrown) {
        if (!(thrown instanceof WorkerLeft)) throw thrown;
      } finally {
        if (worker.isUsable) {
          idle.push(worker);
          worker.rest();
        } else if (!worker.hasEnded) {
          stuck.add(worker);
          void worker.gone.then(() => stuck.delete(worker));
        }
      }
    }
  };
}

/** It had waited long enough for work, and left before it took this. */
class WorkerLeft extends AppError {}

class WorkerProcess {
  readonly gone: Promise<void>;
  readonly #clock: Clock;
  readonly #process: ProcessApart<ToWorker, FromWorker>;
  #heard: ((message: FromWorker) => void) | undefined;
  #ended: ((why: Error) => void) | undefined;
  isUsable = true;

  constructor({ clock, place, program = join(import.meta.dirname, "worker-program.js") }: WorkerProcessOptions) {
    this.#clock = clock;
    this.#process = new ProcessApart({
      program,
      execArgv: YOUNG_OBJECTS,
      heard: (message) => this.#heard?.(message),
    });
    this.gone = this.#end(place);
  }

  async #end(place: string): Promise<void> {
    const { how, code } = await this.#process.gone;
    this.isUsable = false;
    const text = `The process that works on ${place} ${how}.`;
    this.#ended?.(code === 0 ? new WorkerLeft(text) : new UnavailableError(text, { mayHaveHappened: true }));
  }

  get hasEnded(): boolean {
    return this.#process.hasEnded;
  }

  /** Waits for other work, without keeping the program alive. */
  rest(): void {
    this.#process.hold(false);
  }

  run(work: ScanWork, { signal, onProgress }: WorkOptions): Promise<unknown> {
    this.#process.hold(true);
    return new Promise<unknown>((resolve, reject) => {
      const files: unknown[] = [];
      const settle = (act: () => void): void => {
        cancel();
        signal?.removeEventListener("abort", stop);
        this.#heard = this.#ended = undefined;
        act();
      };
      const giveUp = (): void => {
        this.#kill();
        settle(() => reject(signal?.reason as Error));
      };
      let cancel = (): void => {};
      const stop = (): void => {
        cancel = this.#clock.after(STOP_SECONDS, giveUp);
        void this.#process.send({ stop: true }).catch(() => undefined);
      };
      if (this.hasEnded) return reject(new WorkerLeft("it left while it waited"));
      this.#ended = (why) => settle(() => reject(signal?.aborted === true ? (signal.reason as Error) : why));
      this.#heard = (message) => {
        if ("progress" in message) onProgress?.(message.progress);
        else if ("files" in message) files.push(...message.files);
        else if ("done" in message)
          settle(() => resolve(message.hasFiles ? withFiles(message.done, files) : message.done));
        else settle(() => reject(signal?.aborted === true ? (signal.reason as Error) : errorOf(message.failed)));
      };
      signal?.addEventListener("abort", stop, { once: true });
      const { rest, files: given } = withoutFiles(work);
      sendFiles((message) => this.#process.send(message), given, { work: rest }).catch(() => undefined); // its end is told
    });
  }

  #kill(): void {
    this.isUsable = false;
    this.#process.kill();
  }
}

const errorOf = ({ kind, message }: WorkFailure): Error =>
  kind === "Error" ? new AppError(`The work on a scan's files has failed: ${message}`) : new FAILURES[kind](message);

/** The one list of a piece of work that may be long is its manifest's. */
function withoutFiles(work: ScanWork): { readonly rest: ScanWork; readonly files: readonly unknown[] } {
  if (!("parcel" in work)) return { rest: work, files: [] };
  const { manifest } = work.parcel;
  return { rest: { ...work, parcel: { ...work.parcel, manifest: { ...manifest, files: [] } } }, files: manifest.files };
}

/** A result whose list came in slices: the list itself, or an object that has it as `files`. */
const withFiles = (done: unknown, files: readonly unknown[]): unknown =>
  done === null ? files : { ...(done as object), files };
