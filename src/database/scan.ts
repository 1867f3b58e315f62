/**
 * What makes records process by themselves: periods, events, start-up (PINI). Within one list in the order of PHAS,
 * then of loading. channel-access.md §5.4; epics-base: dbScan.c, iocInit.c piniProcess.
 */
import type { Cancel, Clock } from "../base/clock.ts";
import { menuPriority } from "./menus.ts";
import type { DbRecord } from "./record.ts";

/** Indices of menuScan. */
export const SCAN_PASSIVE = 0;
const SCAN_EVENT = 1;
const SCAN_INTERRUPT = 2;
const FIRST_PERIOD = 3;
/** Seconds, from index 3 of menuScan. */
const PERIODS = [10, 5, 2, 1, 0.5, 0.2, 0.1] as const;

/** Indices of menuPini. */
export const PINI = { YES: 1, RUN: 2, RUNNING: 3, PAUSE: 4, PAUSED: 5 } as const;

/** Records that process together. */
export class ScanList {
  /** Index into menuScan. */
  readonly scan: number;
  /** From one beginning to the next; undefined for events. */
  readonly periodSeconds: number | undefined;
  /** How often the list should have begun and had not yet ended. */
  overruns = 0;
  /** In the order of processing: by PHAS, then of adding. */
  #records: DbRecord[] = [];
  /** `#records` has been handed out: it is replaced, not changed. */
  #isShown = false;

  constructor(scan: number) {
    this.scan = scan;
    this.periodSeconds = PERIODS[scan - FIRST_PERIOD];
  }
  /** In the order of processing; later changes do not show in it. */
  get records(): readonly DbRecord[] {
    this.#isShown = true;
    return this.#records;
  }
  add(record: DbRecord): void {
    const records = this.#own();
    records.splice(placeFor(record.fields.PHAS, records), 0, record);
  }
  remove(record: DbRecord): void {
    const place = this.#records.indexOf(record);
    if (place >= 0) this.#own().splice(place, 1);
  }
  #own(): DbRecord[] {
    if (this.#isShown) this.#records = [...this.#records];
    this.#isShown = false;
    return this.#records;
  }
}

/** The place behind all records whose PHAS is not greater. */
function placeFor(phase: number, records: readonly DbRecord[]): number {
  let [from, to] = [0, records.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (records[middle]!.fields.PHAS > phase) to = middle;
    else from = middle + 1;
  }
  return from;
}

export class Scanner {
  readonly #clock: Clock;
  readonly #process: (record: DbRecord) => void;
  readonly #periodic = PERIODS.map((_, index) => new ScanList(FIRST_PERIOD + index));
  readonly #listByEvent = new Map<string, ScanList>();
  readonly #timers = new Map<ScanList, Cancel>();
  #isRunning = false;

  constructor(clock: Clock, process: (record: DbRecord) => void) {
    this.#clock = clock;
    this.#process = process;
  }

  /** Puts the record on the list that its SCAN, and for events its EVNT, name. */
  add(record: DbRecord): void {
    const { SCAN } = record.fields;
    if (SCAN === SCAN_PASSIVE) return;
    if (SCAN === SCAN_INTERRUPT) {
      record.warn("SCAN is I/O Intr, and no device here interrupts; the record is Passive now.");
      record.fields.SCAN = SCAN_PASSIVE;
      return;
    }
    const list = this.#listOf(record);
    list?.add(record);
    if (this.#isRunning && list !== undefined) this.#schedule(list);
  }

  remove(record: DbRecord): void {
    if (record.fields.SCAN !== SCAN_PASSIVE) this.#listOf(record)?.remove(record);
  }

  /** Begins the periods. */
  start(): void {
    this.#isRunning = true;
    for (const list of this.#periodic) this.#schedule(list);
  }

  stop(): void {
    this.#isRunning = false;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** Processes, soon, the records that wait for this event: those of high priority first. */
  postEvent(event: string): void {
    const list = this.#listByEvent.get(eventName(event));
    if (list === undefined) return;
    this.#clock.soon(() => {
      const { records } = list;
      for (let priority = menuPriority.choices.length - 1; priority >= 0; priority--) {
        for (const record of records) {
          if (record.fields.PRIO === priority && record.fields.SCAN === SCAN_EVENT) this.#process(record);
        }
      }
    });
  }

  /** Processes those of `records` whose PINI is `phase`, in the order of PHAS. */
  processInitial(records: Iterable<DbRecord>, phase: number): void {
    const chosen = [...records].filter((record) => record.fields.PINI === phase);
    for (const record of chosen.toSorted((a, b) => a.fields.PHAS - b.fields.PHAS)) this.#process(record);
  }

  /** The lists that have records, for `scanppl` and `scanpel`. @returns periods first, then events by name */
  lists(): { readonly periodic: readonly ScanList[]; readonly events: ReadonlyMap<string, ScanList> } {
    return { periodic: this.#periodic, events: this.#listByEvent };
  }

  #listOf(record: DbRecord): ScanList | undefined {
    const { SCAN } = record.fields;
    if (SCAN !== SCAN_EVENT) return this.#periodic[SCAN - FIRST_PERIOD];
    const event = eventName(record.textOf("EVNT"));
    if (event === "") return undefined;
    let list = this.#listByEvent.get(event);
    if (list === undefined) {
      list = new ScanList(SCAN_EVENT);
      this.#listByEvent.set(event, list);
    }
    return list;
  }

  /** Beginnings lie a period apart on the monotonic clock; those that are missed are counted and dropped. */
  #schedule(list: ScanList, due = this.#clock.monotonic() + (list.periodSeconds ?? 0)): void {
    const { periodSeconds } = list;
    if (periodSeconds === undefined || this.#timers.has(list) || list.records.length === 0) return;
    const run = (): void => {
      this.#timers.delete(list);
      this.#processList(list);
      if (!this.#isRunning) return;
      const late = Math.max(0, Math.floor((this.#clock.monotonic() - due) / periodSeconds));
      list.overruns += late;
      this.#schedule(list, due + (late + 1) * periodSeconds);
    };
    this.#timers.set(list, this.#clock.after(Math.max(0, due - this.#clock.monotonic()), run));
  }

  #processList(list: ScanList): void {
    for (const record of list.records) if (record.fields.SCAN === list.scan) this.#process(record);
  }
}

/**
 * Numbers 1 … 255 name events too, however they are written; "0" is no event. epics-base: dbScan.c eventNameToHandle
 */
function eventName(text: string): string {
  const name = text.trim();
  const number = name === "" ? Number.NaN : Number(name);
  if (!(number >= 0 && number < 256)) return name;
  return number < 1 ? "" : String(Math.trunc(number));
}
