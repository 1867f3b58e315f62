/** What stringin and stringout share: a text from a link that may be constant, and when VAL is posted. epics-base: stringinRecord.c monitor */
import type { WithFields } from "../alarms.ts";
import { menuPost, numbersOf } from "../menus.ts";
import { DBE_LOG, DBE_VALUE } from "../post.ts";
import type { FieldTable, Rec } from "../record-type.ts";

/** Bytes of VAL with its NUL. */
export const TEXT_SIZE = 40;
const ALWAYS = numbersOf(menuPost).Always;

/** The text of a constant link: of `{const:"text"}`, or the number as it was written. */
export function constantText<F extends FieldTable>(record: Rec<F>, link: keyof F & string): string | undefined {
  const text = record.constantText(link);
  if (text !== undefined) return text;
  const number = record.constantNumber(link);
  if (number === undefined) return undefined;
  const written = String((record.fields as Record<string, unknown>)[link]).trim();
  return written.startsWith("{") ? String(number) : written;
}

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
