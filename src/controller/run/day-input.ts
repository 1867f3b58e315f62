/** The day that an input holds as YYYY-MM-DD. It does not know what an empty input means. */
import { visible } from "../../base/clean-text.ts";
import { facilityMidnight } from "../../base/facility-time.ts";
import type { PvName } from "../pvs/index.ts";
import { InputError } from "./outcome.ts";

/** Midnight, at the facility, of the day. @throws InputError */
export function dayInput(name: PvName, text: string): Date {
  const at = facilityMidnight(text);
  if (at === undefined)
    throw new InputError(name, `${name} ${visible(text)} is not a day as YYYY-MM-DD, e.g. 2026-03-01.`);
  return at;
}
