/** A value as it was read from a PV, with the metadata that its DBR type carries. Text is a byte string. */
import { EPICS_EPOCH_SECONDS } from "../../epics/facts.ts";
import type { DbrSample, NumericArray } from "../wire/dbr-codec.ts";
import type { DbrType } from "../wire/dbr-layout.ts";

/** By number. channel-access.md §2.2, epics-base: alarmString.h */
const ALARM_STATUS: readonly string[] = (
  "NO_ALARM READ WRITE HIHI HIGH LOLO LOW STATE COS COMM TIMEOUT HWLIMIT CALC SCAN LINK SOFT BAD_SUB UDF DISABLE " +
  "SIMM READ_ACCESS WRITE_ACCESS"
).split(" ");
const ALARM_SEVERITY: readonly string[] = ["NO_ALARM", "MINOR", "MAJOR", "INVALID"];

export type PvScalar = number | string;

export class Reading {
  readonly type: DbrType;
  /** Value and metadata; fields that the type does not carry have their initial values. */
  readonly sample: DbrSample;

  constructor(type: DbrType, sample: DbrSample) {
    this.type = type;
    this.sample = sample;
  }
  /** One element as a number or a byte string; any other count as an array. */
  get value(): PvScalar | NumericArray | readonly string[] {
    const { array, text, number } = this.sample;
    if (array !== undefined) return array;
    return this.type.native === "STRING" ? text : number;
  }
  /** The elements, one or many. */
  get elements(): NumericArray | readonly PvScalar[] {
    return this.sample.array ?? [this.value as PvScalar];
  }
  get count(): number {
    return this.sample.length;
  }
  /** Names as EPICS tools print them: `HIGH`, `MINOR`. */
  get alarm(): { readonly status: string; readonly severity: string } {
    const { status, severity } = this.sample;
    return { status: ALARM_STATUS[status] ?? String(status), severity: ALARM_SEVERITY[severity] ?? String(severity) };
  }
  /** menuAlarmStat */
  get status(): number {
    return this.sample.status;
  }
  /** menuAlarmSevr */
  get severity(): number {
    return this.sample.severity;
  }
  /** The time stamp; undefined where the type carries none, or the record was never processed. */
  get time(): Date | undefined {
    const { seconds, nanoseconds } = this.sample;
    if (seconds === 0 && nanoseconds === 0) return undefined;
    return new Date((seconds + EPICS_EPOCH_SECONDS) * 1000 + nanoseconds / 1e6);
  }
  /** The value as one byte string: a STRING, or the bytes of a CHAR array up to its first NUL; numbers in decimal. */
  get text(): string {
    const { value } = this;
    if (typeof value === "string") return value;
    if (typeof value === "number") return this.type.native === "CHAR" ? bytesToText([value]) : String(value);
    if (this.type.native === "CHAR") return bytesToText(value as NumericArray);
    return String(value[0] ?? "");
  }
}

function bytesToText(bytes: NumericArray | readonly number[]): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.slice(0, end)).toString("latin1");
}
