/**
 * Where a record's time stamp comes from: TSEL, TSE, the clock. channel-access.md §5.4; epics-base: recGbl.c
 * recGblGetTimeStamp.
 */

import type { Clock } from "../base/clock.ts";
import { EPICS_EPOCH_SECONDS } from "../epics/facts.ts";
import type { DbRecord } from "./record.ts";

/** TSE: the record, or what feeds it, has set the time stamp. */
const FROM_DEVICE = -2;

/** Stamps a record that has just been processed. There are no event times: any TSE but −2 is the clock. */
export function stamp(record: DbRecord, clock: Clock): void {
  const selector = record.links?.get("TSEL");
  if (selector !== undefined) {
    if (selector.copyTime?.() === true) return;
    record.fields.TSE = selector.readNumber("SHORT") ?? record.fields.TSE;
  }
  if (record.fields.TSE !== FROM_DEVICE) stampNow(record, clock);
}

/** Writes the time of now, EPICS epoch. */
export function stampNow(into: { seconds: number; nanoseconds: number }, clock: Clock): void {
  const milliseconds = clock.now();
  const seconds = Math.floor(milliseconds / 1000);
  into.seconds = seconds - EPICS_EPOCH_SECONDS;
  into.nanoseconds = Math.round((milliseconds - seconds * 1000) * 1e6);
}
