/**
 * Text in Unicode ↔ byte string, one character a byte, which is what EPICS stores and sends (decision 0014). What is
 * sent is UTF-8. What comes is read as UTF-8, and as Latin-1 where it is no UTF-8: old clients write accents so, and a
 * text that was cut in mid-character is none.
 */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const toByteString = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

export function fromByteString(bytes: string): string {
  return isUtf8(bytes) ? Buffer.from(bytes, "latin1").toString("utf8") : bytes;
}

export function isUtf8(bytes: string): boolean {
  try {
    strictUtf8.decode(Buffer.from(bytes, "latin1"));
    return true;
  } catch {
    return false;
  }
}

/** `\u00e9` and the like, as they stand in a row. @param units UTF-16, in hexadecimal */
export const byteStringOf = (units: readonly string[]): string =>
  toByteString(String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16))));
