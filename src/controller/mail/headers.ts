/** What may stand in the header of a mail: addresses and subjects come from PVs and services, and must not smuggle in a line of their own. Pure. */
import { visible } from "../experiment.ts";

/** Control characters, and what mail programs take for line ends. */
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})*$`);
/** RFC 5321, 4.5.3.1: the whole, and what stands before the @. */
const LONGEST_ADDRESS = 254;
const LONGEST_LOCAL_PART = 64;

/** What is wrong with an address, as the rest of a sentence that begins with it; undefined: nothing. */
export function addressProblem(address: string): string | undefined {
  if (CONTROL.test(address)) return "holds a control character";
  if (!ADDRESS.test(address)) return "is not an e-mail address";
  return address.length > LONGEST_ADDRESS || address.indexOf("@") > LONGEST_LOCAL_PART
    ? "is too long for an e-mail address"
    : undefined;
}

/** What is wrong with a subject, as a sentence; undefined: nothing. @param pv that it came from */
export const subjectProblem = (subject: string, pv: string): string | undefined =>
  CONTROL.test(subject)
    ? `${pv} ${visible(subject)} holds a line end or another control character, which no subject may; write it without.`
    : undefined;

/** Whether text is a web address that may be put into a mail. */
export const isWebAddress = (text: string): boolean => /^https?:\/\/[^\s<>"]+$/i.test(text) && URL.canParse(text);

/** The form in which addresses are compared, kept and mailed. */
export const plainAddress = (address: string): string => address.trim().toLowerCase();
