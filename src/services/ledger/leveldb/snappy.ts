/**
 * Snappy's raw format, read only: LevelDB compresses the blocks of its tables with it. Source: google/snappy,
 * format_description.txt.
 */
import { LevelCursor, LevelFormatError } from "./bytes.ts";

/** Blocks of LevelDB have a few kilobytes; a length beyond this is damage. */
const MOST_BYTES = 64 * 1024 * 1024;

/** @throws LevelFormatError when the bytes are no such text */
export function unsnap(bytes: Buffer): Buffer {
  const cursor = new LevelCursor(bytes);
  const length = cursor.varint();
  if (length > MOST_BYTES) throw new LevelFormatError(`has a block of ${length} bytes`);
  const out = Buffer.alloc(length);
  let at = 0;
  while (!cursor.isAtEnd) {
    const tag = cursor.byte();
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const size = (short < 60 ? short : cursor.bytes(short - 59).readUIntLE(0, short - 59)) + 1;
      const literal = cursor.bytes(size);
      if (at + size > length) throw new LevelFormatError("has a block that is longer than it says");
      at += literal.copy(out, at);
      continue;
    }
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back =
      kind === 1
        ? ((tag >> 5) << 8) | cursor.byte()
        : kind === 2
          ? cursor.bytes(2).readUInt16LE()
          : cursor.bytes(4).readUInt32LE();
    if (back === 0 || back > at || at + size > length) throw new LevelFormatError("has a copy from outside its block");
    for (let i = 0; i < size; i++, at++) out[at] = out[at - back]!; // source and target may overlap
  }
  if (at !== length) throw new LevelFormatError("has a block that is shorter than it says");
  return out;
}
