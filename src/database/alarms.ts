/**
 * The alarms that record types raise while they process: limits with hysteresis, the alarm filter, states. How they
 * become the alarm that clients see, and its posts, is alarm-transition.ts. channel-access.md §5.5; epics-base:
 * aiRecord.c checkAlarms and its copies.
 */
import { menuAlarmSevr, menuAlarmStat, numbersOf } from "./menus.ts";
import type { Rec } from "./record-type.ts";

/** Numbers of STAT: `STATUS.HIHI`. */
export const STATUS = numbersOf(menuAlarmStat);
/** Numbers of SEVR: `SEVERITY.INVALID`. */
export const SEVERITY = numbersOf(menuAlarmSevr);

/** A record that has number fields `N` and texts or links `T`. */
export type WithFields<N extends string, T extends string = never> = Rec<
  { readonly [F in N]: { readonly type: "DOUBLE"; readonly prompt: string } } & {
    readonly [F in T]: { readonly type: "STRING"; readonly prompt: string };
  }
>;

type WithLimits = WithFields<"HIHI" | "LOLO" | "HIGH" | "LOW" | "HHSV" | "LLSV" | "HSV" | "LSV" | "HYST" | "LALM">;

/** What a record with AFTC remembers: when its alarm was filtered last, seconds of `Rec.monotonic`. */
export interface FilterMemory {
  filteredAt: number;
}

/** Which limit holds; the numbers are the levels that the alarm filter averages. */
const LEVEL = { LOLO: 1, LOW: 2, NORMAL: 3, HIGH: 4, HIHI: 5 } as const;
const LEVEL_STATUS = [STATUS.SOFT, STATUS.LOLO, STATUS.LOW, STATUS.NO_ALARM, STATUS.HIGH, STATUS.HIHI] as const;

/** The alarm of an undefined record. @returns whether it is undefined */
export function raiseUndefined(record: WithFields<never>): boolean {
  const { fields } = record;
  if (fields.UDF === 0) return false;
  record.raise(STATUS.UDF, fields.UDFS);
  return true;
}

/**
 * UDF, else the first of HIHI, LOLO, HIGH, LOW that `value` reaches. LALM keeps the limit that raised, or the value.
 */
export function checkLimits(record: WithLimits, value: number): void {
  if (raiseUndefined(record)) return;
  const { fields } = record;
  if (fields.HHSV === 0 && fields.LLSV === 0 && fields.HSV === 0 && fields.LSV === 0) fields.LALM = value;
  else raiseLevel(record, value, levelOf(record, value));
}

/** As `checkLimits` for records with AFTC: the level passes a low-pass filter with this time constant. */
export function checkFilteredLimits(
  record: WithLimits & WithFields<"AFTC" | "AFVL">,
  value: number,
  memory: FilterMemory,
): void {
  const { fields } = record;
  if (fields.AFTC <= 0 || fields.UDF !== 0) {
    fields.AFVL = 0;
    checkLimits(record, value);
  } else raiseLevel(record, value, filterLevel(record, levelOf(record, value), memory));
}

function levelOf(record: WithLimits, value: number): number {
  const { fields } = record;
  const { HYST, LALM } = fields;
  if (fields.HHSV !== 0 && isAbove(value, fields.HIHI, LALM, HYST)) return LEVEL.HIHI;
  if (fields.LLSV !== 0 && isBelow(value, fields.LOLO, LALM, HYST)) return LEVEL.LOLO;
  if (fields.HSV !== 0 && isAbove(value, fields.HIGH, LALM, HYST)) return LEVEL.HIGH;
  if (fields.LSV !== 0 && isBelow(value, fields.LOW, LALM, HYST)) return LEVEL.LOW;
  return LEVEL.NORMAL;
}

/**
 * A limit holds while the value is beyond it, and after that, when it was the last that held, until the value is back
 * by HYST.
 */
const isAbove = (value: number, limit: number, last: number, hysteresis: number): boolean =>
  value >= limit || (last === limit && value >= limit - hysteresis);
const isBelow = (value: number, limit: number, last: number, hysteresis: number): boolean =>
  value <= limit || (last === limit && value <= limit + hysteresis);

function raiseLevel(record: WithLimits, value: number, level: number): void {
  const { fields } = record;
  const severity = severityOf(record, level);
  if (severity === 0) {
    fields.LALM = value;
    return;
  }
  const isRaised = severity > fields.NSEV;
  record.raise(LEVEL_STATUS[level] ?? STATUS.SOFT, severity);
  if (isRaised) fields.LALM = limitOf(record, level);
}

function severityOf({ fields }: WithLimits, level: number): number {
  switch (level) {
    case LEVEL.HIHI:
      return fields.HHSV;
    case LEVEL.HIGH:
      return fields.HSV;
    case LEVEL.LOW:
      return fields.LSV;
    case LEVEL.LOLO:
      return fields.LLSV;
    default:
      return 0;
  }
}

function limitOf({ fields }: WithLimits, level: number): number {
  switch (level) {
    case LEVEL.HIHI:
      return fields.HIHI;
    case LEVEL.HIGH:
      return fields.HIGH;
    case LEVEL.LOW:
      return fields.LOW;
    default:
      return fields.LOLO;
  }
}

/** The filter takes the next whole level when this part of the step is done: 1 − 1/e. */
const FILTER_THRESHOLD = 0.6321;

/**
 * First-order low-pass over the levels, kept in AFVL. Its sign says which way it is rounded, which gives it hysteresis.
 * AFVL 0: starts at `level`.
 * @param level 1 or more; for states their severity
 * @returns the level that counts
 */
export function filterLevel(record: WithFields<"AFTC" | "AFVL">, level: number, memory: FilterMemory): number {
  const { fields } = record;
  const now = record.monotonic();
  const elapsed = now - memory.filteredAt;
  memory.filteredAt = now;
  let average = fields.AFVL;
  if (average === 0) {
    fields.AFVL = level;
    return level;
  }
  const kept = fields.AFTC / (elapsed + fields.AFTC);
  average = kept * average + (average > 0 ? 1 - kept : kept - 1) * level;
  if (average - Math.floor(average) > FILTER_THRESHOLD) average = -average;
  fields.AFVL = average;
  return Math.abs(Math.floor(average));
}
