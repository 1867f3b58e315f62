/** What output records share: whether VAL is read from DOL, and what an INVALID record does to its output. */
import { SEVERITY, type WithFields } from "../../alarms.ts";
import { menuIvoa, menuOmsl, numbersOf } from "../../menus.ts";

const OMSL = numbersOf(menuOmsl);
const IVOA = numbersOf(menuIvoa);

/** Whether VAL is to be read from DOL now. */
export const isClosedLoop = (record: WithFields<"OMSL", "DOL">): boolean =>
  record.fields.OMSL === OMSL.closed_loop && !record.isConstantLink("DOL");

/** What IVOA asks for: `replace` the value by IVOV and write it. */
export function outputAction({ fields }: WithFields<"IVOA">): "write" | "replace" | "skip" {
  if (fields.NSEV < SEVERITY.INVALID || fields.IVOA === IVOA["Continue normally"]) return "write";
  return fields.IVOA === IVOA["Set output to IVOV"] ? "replace" : "skip";
}
