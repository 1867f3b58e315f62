/**
 * What an e-mail address is, for the settings and for the header of a mail: no address may smuggle in a line or an
 * address of its own. Pure.
 */
import { isUnclean } from "./clean-text.ts";

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})*$`);
/** RFC 5321, 4.5.3.1: the whole, and what stands before the @. */
const LONGEST_ADDRESS = 254;
const LONGEST_LOCAL_PART = 64;

/** What is wrong with an address, as the rest of a sentence that begins with it; undefined: nothing. */
export function addressProblem(address: string): string | undefined {
  if (isUnclean(address)) return "holds a control character";
  if (!ADDRESS.test(address)) return "is not an e-mail address";
  return address.length > LONGEST_ADDRESS || address.indexOf("@") > LONGEST_LOCAL_PART
    ? "is too long for an e-mail address"
    : undefined;
}
