/** Text files that people write: UTF-8, and which lines are not. Reads no file. */

const LF = 10;

export interface DecodedText {
  readonly text: string;
  /** 1-based numbers of the lines that are no UTF-8; in the text they have U+FFFD for what could not be read. */
  readonly badLines: readonly number[];
}

export function decodeLines(bytes: Uint8Array): DecodedText {
  const text = new TextDecoder("utf-8").decode(bytes);
  const strict = new TextDecoder("utf-8", { fatal: true });
  const badLines: number[] = [];
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const end = bytes.indexOf(LF, start);
    const next = end < 0 ? bytes.length : end + 1;
    try {
      strict.decode(bytes.subarray(start, next));
    } catch {
      badLines.push(line);
    }
    start = next;
  }
  return { text, badLines };
}
