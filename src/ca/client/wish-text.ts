/** What people type for a DBR type and for an event mask. */
import { DBE_ALARM, DBE_LOG, DBE_PROPERTY, DBE_VALUE } from "../../epics/facts.ts";
import { DBR, DBR_TYPES } from "../wire/dbr-layout.ts";

/** Code of `DBR_CTRL_DOUBLE`, `ctrl_double` or `34`; undefined for anything else. INT is SHORT, as in EPICS. */
export function dbrCodeOf(text: string): number | undefined {
  const name = text
    .toUpperCase()
    .replace(/^DBR_/, "")
    .replace(/(^|_)INT$/, "$1SHORT");
  if (!/^\d+$/.test(name)) return Object.hasOwn(DBR, name) ? DBR[name] : undefined;
  return DBR_TYPES[Number(name)]?.code;
}

const MASK_LETTERS: Readonly<Record<string, number>> = { v: DBE_VALUE, a: DBE_ALARM, l: DBE_LOG, p: DBE_PROPERTY };

/**
 * Mask of letters as camonitor takes them: v value, a alarm, l log, p property; undefined for any other letter, or
 * without letters.
 */
export function maskOf(letters: string): number | undefined {
  let mask = 0;
  for (const letter of letters.toLowerCase()) {
    const bit = MASK_LETTERS[letter];
    if (bit === undefined) return undefined;
    mask |= bit;
  }
  return mask === 0 ? undefined : mask;
}
