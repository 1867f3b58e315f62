/** What stringin and stringout share: the size of VAL, and when VAL is posted. epics-base: stringinRecord.c monitor */
import type { WithFields } from "../alarms.ts";
import { menuPost, numbersOf } from "../menus.ts";
import { DBE_LOG, DBE_VALUE } from "../post.ts";

/** Bytes of VAL with its NUL. */
export const TEXT_SIZE = 40;
const ALWAYS = numbersOf(menuPost).Always;

/** Posts VAL when it changed, and where MPST or APST say always. */
export function postText(record: WithFields<"MPST" | "APST", "VAL" | "OVAL">, alarmMask: number): void {
  const { fields } = record;
  let mask = alarmMask;
  if (fields.OVAL !== fields.VAL) {
    mask |= DBE_VALUE | DBE_LOG;
    fields.OVAL = fields.VAL;
  }
  if (fields.MPST === ALWAYS) mask |= DBE_VALUE;
  if (fields.APST === ALWAYS) mask |= DBE_LOG;
  record.post("VAL", mask);
}
