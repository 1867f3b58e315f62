/** Channel filters that let only some updates pass: deadband and decimation. channel-access.md §2.6. */

import type { FieldAddress } from "../database/field-address.ts";
import { numberAt } from "../database/read.ts";
import { DBE_ALARM, DBE_PROPERTY } from "../epics/facts.ts";

/** `changed` behind the filters that the PV's name asks for; `changed` itself when it asks for none. */
export function filterUpdates(address: FieldAddress, changed: () => void): (mask: number) => void {
  const { deadband, every } = address.modifier;
  let pass: (mask: number) => void = changed;
  if (every !== undefined) pass = decimate(every, pass);
  if (deadband !== undefined) pass = ignoreSmall(address, deadband, pass);
  return pass;
}

function decimate(every: number, pass: (mask: number) => void): (mask: number) => void {
  let count = 0;
  return (mask) => {
    if ((mask & DBE_PROPERTY) !== 0) return pass(mask);
    if (count === 0) pass(mask);
    count = (count + 1) % every;
  };
}

/** Alarm changes and metadata pass; what is no number passes too. epics-base: std/filters/dbnd.c */
function ignoreSmall(
  address: FieldAddress,
  { isRelative, width }: { readonly isRelative: boolean; readonly width: number },
  pass: (mask: number) => void,
): (mask: number) => void {
  let last: number | undefined = numberAt(address, "DOUBLE");
  let limit = isRelative ? (Math.abs(last ?? 0) * width) / 100 : width;
  return (mask) => {
    const value = numberAt(address, "DOUBLE");
    const isSmall = value !== undefined && last !== undefined && Math.abs(value - last) <= limit;
    if (isSmall && (mask & (DBE_ALARM | DBE_PROPERTY)) === 0) return;
    last = value;
    if (isRelative) limit = (Math.abs(value ?? 0) * width) / 100;
    pass(mask);
  };
}
