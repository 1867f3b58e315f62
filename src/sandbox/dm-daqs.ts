/**
 * DAQs and uploads of the simulated Data Management service: they start, run on the clock and end, and move nothing. Like DM they accept a
 * directory that does not exist and end with no files (reference: dm-api §7.3, §7.5).
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { STATION } from "./people.ts";

/** An activity as DM shows it; the task's own keys come back beside these. */
export type DaqForm = Readonly<Record<string, unknown>>;

interface Activity {
  readonly id: string;
  readonly kind: "daq" | "upload";
  readonly experimentName: string;
  readonly dataDirectory: string;
  readonly task: Readonly<Record<string, unknown>>;
  /** Seconds since 1970. */
  readonly startTime: number;
  readonly endTime: number | undefined;
}

/** Files that an activity takes in a second, of those that its directory has. */
const FILES_A_SECOND = 2;
/** How DM writes times for people, beside the number. */
const zoned = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/Chicago",
  dateStyle: "short",
  timeStyle: "long",
});

export class DmDaqs {
  /** Files in each source directory that exists, by its name; the test or the simulated TomoScan fills it. */
  readonly filesByDirectory = new Map<string, number>();
  readonly #clock: Clock;
  readonly #activities = new Map<string, Activity>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }
  start(kind: Activity["kind"], experimentName: string, dataDirectory: string, task: Activity["task"]): DaqForm {
    const activity = { id: randomUUID(), kind, experimentName, dataDirectory, task, startTime: this.#now() };
    this.#activities.set(activity.id, { ...activity, endTime: undefined });
    return this.find(kind, activity.id) ?? {};
  }
  /** The newest one under way for this experiment and this very directory text; undefined when there is none. */
  stopDaq(experimentName: string, dataDirectory: string): DaqForm | undefined {
    const running = [...this.#activities.values()].findLast(
      (one) =>
        one.kind === "daq" &&
        one.endTime === undefined &&
        one.experimentName === experimentName &&
        one.dataDirectory === dataDirectory,
    );
    return running === undefined ? undefined : this.#stop(running);
  }
  stopUpload(id: string): DaqForm | undefined {
    const upload = this.#activities.get(id);
    return upload?.kind === "upload" ? this.#stop(upload) : undefined;
  }
  find(kind: Activity["kind"], id: string): DaqForm | undefined {
    const activity = this.#activities.get(id);
    return activity?.kind === kind ? this.#form(activity) : undefined;
  }
  /** All of them, oldest first, of whatever experiment. */
  list(kind: Activity["kind"]): readonly DaqForm[] {
    return [...this.#activities.values()].filter((one) => one.kind === kind).map((one) => this.#form(one));
  }
  #now(): number {
    return this.#clock.now() / 1000;
  }
  #stop(activity: Activity): DaqForm {
    const stopped = { ...activity, endTime: activity.endTime ?? this.#now() };
    this.#activities.set(activity.id, stopped);
    return this.#form(stopped);
  }
  #form({ id, kind, experimentName, dataDirectory, task, startTime, endTime }: Activity): DaqForm {
    const runTime = (endTime ?? this.#now()) - startTime;
    const present = this.filesByDirectory.get(dataDirectory) ?? 0;
    // A plain DAQ takes only what comes after its start, which here is nothing.
    const countFiles = kind === "upload" || task["processExistingFiles"] === true ? present : 0;
    const taken = Math.min(countFiles, Math.floor(runTime * FILES_A_SECOND));
    // A DAQ watches until it is stopped; an upload ends by itself.
    const ended = endTime !== undefined || (kind === "upload" && taken === countFiles);
    return {
      ...task,
      id,
      experimentName,
      experimentStationName: STATION.name,
      dataDirectory,
      status: ended ? "done" : "running",
      countFiles,
      nProcessedFiles: taken,
      nCompletedFiles: taken,
      nProcessingErrors: 0,
      percentageComplete: countFiles === 0 ? "100" : ((100 * taken) / countFiles).toFixed(2),
      runTime,
      startTime,
      startTimestamp: zoned.format(startTime * 1000),
      ...(ended && { endTime: endTime ?? this.#now() }),
      ...(ended && kind === "upload" && countFiles === 0 && { errorMessage: "no new files for upload" }),
    };
  }
}
