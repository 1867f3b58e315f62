/**
 * How the DAQ of one side is judged from one look to the next: its state, its rate, and what of it is worth telling. A
 * DAQ stalls when it has files to do and does none for a while, or sees none although its source has some. It reads no
 * service and writes no PV.
 */

import type { SourceReport } from "../ports/data-host.ts";
import { type DmTransfer, isUnderWay, isWatching } from "../ports/data-management.ts";
import type { DaqSide, DaqState } from "../pvs/daq.ts";
import type { Severity } from "../pvs/run.ts";
import { filesText, inDmsWords, SIDE_NAMES } from "./daq-sources.ts";

/** Seconds over which the rate is taken. */
const RATE_SECONDS = 60;

/** How StartDaq has started a DAQ. */
export interface DaqStart {
  /** Whether it moves the files that were there already, too. */
  readonly existingToo: boolean;
  /** Bytes in its source then; undefined: not known. */
  readonly bytes: number | undefined;
}
/** The DAQs that StartDaq has started since the program began, by id. What others have started is not among them. */
export type StartedDaqs = Map<string, DaqStart>;

/** What is remembered of one DAQ while it is watched. */
interface Memory {
  readonly id: string;
  /** When it was seen to move, or had nothing to do. */
  movedAt: number;
  /** Since when it has seen no new file, or since the last look at its source after that. */
  quietSince: number;
  /** Files ready in its source while it sees none at all, by the last look there. */
  missed: number;
  /** Bytes in its source at the first look there. */
  firstBytes: number | undefined;
  seen: number;
  handled: number;
  errors: number;
  samples: { readonly at: number; readonly done: number }[];
}

/** The state in which a DAQ was left, as the PVs have it: StartDaq and StopDaq write there, too. */
export interface LastState {
  readonly state: DaqState;
  readonly id: string;
}

export interface Judgement {
  readonly state: DaqState;
  /** Files a minute. */
  readonly rate: number;
  readonly events: readonly { readonly sentence: string; readonly severity: Severity }[];
}

export interface ProgressOptions {
  /** Without a file done, while there are files to do, after which a DAQ counts as stalled. */
  readonly stallSeconds: number;
  readonly started: StartedDaqs;
}

export class DaqProgress {
  readonly #side: DaqSide;
  readonly #options: ProgressOptions;
  #memory: Memory | undefined;

  constructor(side: DaqSide, options: ProgressOptions) {
    this.#side = side;
    this.#options = options;
  }

  /** Whether it has seen no new file for so long that its source is worth a look. @param now seconds */
  needsSourceLook(daq: DmTransfer, now: number): boolean {
    return now - this.#remember(daq, now).quietSince >= this.#options.stallSeconds;
  }

  /** @param report what is in its source now. The next look there is due after another stall time */
  sourceLooked(daq: DmTransfer, now: number, report: SourceReport): void {
    const memory = this.#remember(daq, now);
    memory.quietSince = now;
    if (report.state === "UNKNOWN") return;
    const start = this.#options.started.get(daq.id);
    memory.firstBytes ??= start?.bytes ?? report.bytes;
    // Of a DAQ that somebody else has started nobody knows whether it must see what was there: growth alone tells.
    const mustSee = start?.existingToo === true || report.bytes > memory.firstBytes;
    memory.missed = report.state === "OK" && mustSee ? report.files : 0;
  }

  /** @param daqs those of this source, ended ones included; @param now seconds */
  judge(daqs: readonly DmTransfer[], last: LastState, now: number): Judgement & { readonly daq?: DmTransfer } {
    const daq = chosen(daqs, last.id);
    if (daq === undefined) return { ...this.#gone(last), rate: 0 };
    if (!isUnderWay(daq)) return { ...this.#ended(daqs, daq, last), rate: 0, daq };
    const memory = this.#remember(daq, now);
    const isStalled = this.#isStalled(memory, daq, now);
    if (!isWatching(daq) && !isAlive(last.state))
      return { state: last.id === daq.id ? last.state : "Stopped", rate: rateOf(memory, daq, now), events: [], daq };
    const wasStalled = last.state === "Stalled" && last.id === daq.id;
    const events = [
      ...(isStalled && !wasStalled ? [this.#event("MAJOR", stallText(memory, daq))] : []),
      ...(!isStalled && wasStalled ? [this.#event("NO_ALARM", `moves again: ${filesText(daq)}`)] : []),
      ...(daq.errors > memory.errors
        ? [this.#event("MINOR", `could not process ${daq.errors} files${inDmsWords(daq)}`)]
        : []),
    ];
    memory.errors = daq.errors;
    return { state: isStalled ? "Stalled" : "Running", rate: rateOf(memory, daq, now), events, daq };
  }

  #isStalled(memory: Memory, daq: DmTransfer, now: number): boolean {
    // Where the service counts its errors among the done ones, too, at most the last few files are not waited for.
    const handled = daq.filesDone + daq.errors;
    if (handled > memory.handled || handled >= daq.filesTotal) memory.movedAt = now;
    memory.handled = handled;
    return daq.filesTotal === 0 ? memory.missed > 0 : now - memory.movedAt >= this.#options.stallSeconds;
  }

  /** Known as running, and no longer in the list. */
  #gone(last: LastState): Omit<Judgement, "rate"> {
    if (!isAlive(last.state)) return { state: last.state, events: [] };
    return { state: "Ended", events: [this.#event("MINOR", "is gone: Data Management no longer has it")] };
  }

  #ended(daqs: readonly DmTransfer[], daq: DmTransfer, last: LastState): Omit<Judgement, "rate"> {
    if (last.id !== daq.id) {
      // Nobody saw it run: an end says nothing now, a failure does unless another one ended well.
      return { state: daqs.every(({ status }) => status === "failed") ? "Failed" : "None", events: [] };
    }
    if (!isAlive(last.state)) return { state: last.state, events: [] };
    if (daq.status === "failed")
      return {
        state: "Failed",
        events: [this.#event("MAJOR", `has failed after ${filesText(daq)}${inDmsWords(daq)}`)],
      };
    const how = `has ended (${daq.status}) without StopDaq, after ${filesText(daq)}${inDmsWords(daq)}`;
    return { state: "Ended", events: [this.#event("MINOR", how)] };
  }

  #event(severity: Severity, what: string): Judgement["events"][number] {
    return { severity, sentence: `The DAQ of the ${SIDE_NAMES[this.#side]} ${what}.` };
  }

  #remember(daq: DmTransfer, now: number): Memory {
    const seen = daq.filesTotal;
    if (this.#memory?.id !== daq.id) {
      const handled = daq.filesDone + daq.errors;
      const none = { missed: 0, firstBytes: undefined, errors: 0, samples: [] };
      this.#memory = { id: daq.id, movedAt: now, quietSince: now, seen, handled, ...none };
    }
    if (seen > this.#memory.seen) this.#memory.quietSince = now;
    this.#memory.seen = seen;
    return this.#memory;
  }
}

/** Whether a DAQ in this state is believed to run. */
export const isAlive = (state: DaqState): boolean => /^(Running|Stalled|Unseen)$/.test(state);

/** The one that watches, or else is under way, or that we know, or the last. */
const chosen = (daqs: readonly DmTransfer[], knownId: string): DmTransfer | undefined =>
  daqs.find(isWatching) ?? daqs.find(isUnderWay) ?? daqs.find(({ id }) => id === knownId) ?? daqs.at(-1);

const stallText = ({ missed }: Memory, daq: DmTransfer): string =>
  daq.filesTotal === 0
    ? `sees no file, but ${missed} are in its source: check that Data Management sees that directory (dm-direct-mount in the [local] section)`
    : `does not move: ${filesText(daq)} are done, the others wait${inDmsWords(daq)}`;

/** Over the last minute, or since it is watched. */
function rateOf(memory: Memory, { filesDone }: DmTransfer, now: number): number {
  const recent = memory.samples.filter(({ at }) => now - at <= RATE_SECONDS);
  // Where looks are further apart than a minute, the one before this is all there is.
  const kept = recent.length > 0 ? recent : memory.samples.slice(-1);
  memory.samples = [...kept, { at: now, done: filesDone }];
  const [oldest] = memory.samples;
  const seconds = oldest === undefined ? 0 : now - oldest.at;
  return oldest === undefined || seconds <= 0 ? 0 : Math.max(0, ((filesDone - oldest.done) * 60) / seconds);
}
