/** What a client says of itself or asks for, in reports at the shell: it drives no terminal and forges no line. */
import { escapeUnclean } from "../base/clean-text.ts";
import { fromByteString, toByteString } from "../epics/byte-string.ts";

/** Shows control characters as `\u001b`. @param text one character a byte, as is the result */
export const claimedText = (text: string): string => toByteString(escapeUnclean(fromByteString(text)));
