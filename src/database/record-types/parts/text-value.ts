/** What stringin and stringout share: when VAL is posted. epics-base: stringinRecord.c monitor */
import { DBE_LOG, DBE_VALUE } from "../../../epics/facts.ts";
import type { WithFields } from "../../alarms.ts";
import { menuPost, numbersOf } from "../../menus.ts";

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
