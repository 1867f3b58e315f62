/**
 * The end of a processing turns what was raised into the alarm that clients see, and posts it; acknowledgements by
 * clients. channel-access.md §3.3. epics-base: recGbl.c recGblResetAlarms, dbAccess.c putAcks, putAckt.
 */
import { DBE_ALARM, DBE_VALUE } from "../epics/facts.ts";
import { STATUS } from "./alarms.ts";
import { postToAll } from "./post.ts";
import type { DbRecord } from "./record.ts";

/** @returns DBE_ALARM if the alarm changed, else 0; VAL is posted with it too */
export function resetAlarms(record: DbRecord): number {
  const { fields } = record;
  const { NSTA, NSEV } = fields;
  const oldStatus = fields.STAT;
  const oldSeverity = fields.SEVR;
  fields.STAT = NSTA;
  fields.SEVR = NSEV;
  fields.NSTA = 0;
  fields.NSEV = 0;
  const textChanged = moveText(record);
  if (oldStatus === NSTA && oldSeverity === NSEV && !textChanged) return 0;
  if (oldSeverity !== NSEV) record.post("SEVR", DBE_VALUE);
  const mask = (oldSeverity !== NSEV || textChanged ? DBE_ALARM : 0) | (oldStatus !== NSTA ? DBE_VALUE : 0);
  record.post("STAT", mask);
  record.post("AMSG", mask);
  if (fields.ACKT === 0 || NSEV >= fields.ACKS) {
    fields.ACKS = NSEV;
    record.post("ACKS", DBE_VALUE);
  }
  return DBE_ALARM;
}

function moveText(record: DbRecord): boolean {
  const text = record.textOf("NAMSG");
  const isNew = text !== record.textOf("AMSG");
  if (isNew) record.setText("AMSG", text);
  if (text !== "") record.setText("NAMSG", "");
  return isNew;
}

/** SDIS has reached DISV: the alarm becomes DISABLE with severity DISS, once. epics-base: dbAccess.c dbProcess */
export function showDisabled(record: DbRecord): void {
  const { fields } = record;
  if (fields.STAT === STATUS.DISABLE) return;
  fields.SEVR = fields.DISS;
  fields.STAT = STATUS.DISABLE;
  fields.NSEV = 0;
  fields.NSTA = 0;
  record.setText("AMSG", "");
  record.setText("NAMSG", "");
  record.post("STAT", DBE_VALUE);
  record.post("SEVR", DBE_VALUE);
  record.post("VAL", DBE_VALUE | DBE_ALARM);
}

/** A client acknowledges alarms up to this severity (DBR_PUT_ACKS). */
export function acknowledge(record: DbRecord, severity: number): void {
  if (severity < record.fields.ACKS) return;
  record.fields.ACKS = 0;
  record.post("ACKS", DBE_VALUE | DBE_ALARM);
  postToAll(record.monitors, DBE_ALARM);
}

/** A client says whether alarms that have gone still wait for acknowledgement (DBR_PUT_ACKT). */
export function acknowledgeTransients(record: DbRecord, keep: number): void {
  const { fields } = record;
  if (keep === fields.ACKT) return;
  fields.ACKT = keep;
  record.post("ACKT", DBE_VALUE | DBE_ALARM);
  if (keep === 0 && fields.ACKS > fields.SEVR) {
    fields.ACKS = fields.SEVR;
    record.post("ACKS", DBE_VALUE | DBE_ALARM);
  }
  postToAll(record.monitors, DBE_ALARM);
}
