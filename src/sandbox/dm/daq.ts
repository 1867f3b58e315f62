/**
 * One DAQ or upload of the simulated Data Management service: it takes files at a bounded rate, and ends; it moves
 * nothing. It knows its directory by each look at it (data-management.md §7.3, §7.5).
 */
import { randomUUID } from "node:crypto";
import type { FileTimes } from "./sources.ts";
import { stamp } from "./stamp.ts";

/** A DAQ or upload as DM shows it; the task's own keys come back beside these. */
export type DaqForm = Readonly<Record<string, unknown>>;
/** A DAQ watches its directory until it is stopped; an upload takes what is there and ends. */
export type DaqKind = "daq" | "upload";

/**
 * What happens to those that are under way: they end by themselves, fail, take no more files, or spoil every file that
 * they take.
 */
export type DaqFault = "end" | "fail" | "stall" | "spoil";

/** What a DAQ or upload is started with. */
export interface DaqOrder {
  readonly kind: DaqKind;
  readonly experimentName: string;
  readonly stationName: string;
  /** Of the experiment, at the service. */
  readonly storageDirectory: string;
  readonly dataDirectory: string;
  readonly task: Readonly<Record<string, unknown>>;
}

/** Files that a DAQ takes in a second. */
export const FILES_A_SECOND = 5;

/** All times are seconds since 1970. */
export class DmDaq {
  readonly id = randomUUID();
  readonly order: DaqOrder;
  status: "running" | "finalizing" | "done" | "failed" | "aborted" = "running";
  readonly #startTime: number;
  #endTime: number | undefined;
  #lookedAt: number;
  /** Files that were there before, and are none of its business until they change. */
  readonly #passedOver: FileTimes;
  /** Files that it has found so far, each as it was then. */
  readonly #found = new Set<string>();
  #taken = 0;
  #spoilt = 0;
  /** Part of a file. */
  #credit = 0;

  constructor(order: DaqOrder, now: number, files: FileTimes) {
    this.order = order;
    this.#startTime = now;
    this.#lookedAt = now;
    const all = order.kind === "upload" || order.task["processExistingFiles"] === true;
    this.#passedOver = all ? new Map() : files;
    this.#find(files);
    this.#endWhenDone(now);
  }
  get underWay(): boolean {
    return this.status === "running" || this.status === "finalizing";
  }
  /** Takes of what it knew what it can have taken since the last look, then sees what is new. */
  look(now: number, files: FileTimes, fault: DaqFault | undefined): void {
    const seconds = now - this.#lookedAt;
    this.#lookedAt = now;
    if (fault === "end") return this.#end("done", now);
    if (fault === "fail") return this.#end("failed", now);
    if (fault !== "stall") this.#take(seconds, fault === "spoil");
    if (this.order.kind === "daq" && this.status === "running") this.#find(files);
    this.#endWhenDone(now);
  }
  /** No new files from now on; those that are found are still taken. */
  stop(now: number): void {
    this.status = "finalizing";
    this.#endWhenDone(now);
  }
  abort(now: number): void {
    if (this.underWay) this.#end("aborted", now);
  }
  #find(files: FileTimes): void {
    for (const [name, changed] of files) {
      if (this.#passedOver.get(name) !== changed) this.#found.add(name);
    }
  }
  #take(seconds: number, spoil: boolean): void {
    const waiting = this.#found.size - this.#taken;
    this.#credit += seconds * FILES_A_SECOND;
    const taken = Math.min(waiting, Math.floor(this.#credit));
    // Time with nothing to do is lost.
    this.#credit = taken === waiting ? 0 : this.#credit - taken;
    this.#taken += taken;
    if (spoil) this.#spoilt += taken;
  }
  #endWhenDone(now: number): void {
    const watches = this.order.kind === "daq" && this.status === "running";
    if (!watches && this.#taken === this.#found.size) this.#end("done", now);
  }
  #end(status: "done" | "failed" | "aborted", now: number): void {
    this.status = status;
    this.#endTime = now;
  }

  /** As the answer to its start has it: what is counted later is not there yet. */
  startForm(): DaqForm {
    const { task, experimentName, stationName, dataDirectory, storageDirectory } = this.order;
    const part = task["useAnalysisDirectoryAsRoot"] === true ? "analysis" : "data";
    return {
      ...task,
      id: this.id,
      experimentName,
      experimentStationName: stationName,
      dataDirectory,
      storageDirectory: `${storageDirectory}/${part}`,
      storageHost: "dm.example.org",
      status: this.status,
      countFiles: this.#found.size,
      nProcessedFiles: this.#taken - this.#spoilt,
      nProcessingErrors: this.#spoilt,
      startTime: this.#startTime,
      startTimestamp: stamp(this.#startTime),
      ...this.#ending(),
    };
  }
  form(): DaqForm {
    const files = this.#found.size;
    const percent = files === 0 ? (this.underWay ? 0 : 100) : (100 * this.#taken) / files;
    return {
      ...this.startForm(),
      nCompletedFiles: this.#taken,
      nWaitingFiles: files - this.#taken,
      // A number as text, as DM has it.
      percentageComplete: percent.toFixed(2),
      runTime: (this.#endTime ?? this.#lookedAt) - this.#startTime,
    };
  }
  #ending(): DaqForm {
    if (this.#endTime === undefined) return {};
    const nothing = this.order.kind === "upload" && this.#found.size === 0;
    const failed = this.status === "failed" ? "Lost the connection to the data host." : undefined;
    const errorMessage = failed ?? (nothing ? "no new files for upload" : undefined);
    return { endTime: this.#endTime, endTimestamp: stamp(this.#endTime), ...(errorMessage && { errorMessage }) };
  }
}
