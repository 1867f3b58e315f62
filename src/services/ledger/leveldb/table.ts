/**
 * LevelDB's table format, of its .ldb files: blocks with a checksum each, an index of them, and a footer. LevelDB
 * itself looks at no checksum when it reads without its paranoid checks, which its binding for Node does not offer.
 * Source: leveldb 1.20, its page on the table format, table/format.cc, table/block.cc.
 */
import type { Slices } from "../../../base/in-slices.ts";
import { changeOf, checksumOf, type LevelChange, LevelCursor, LevelFormatError } from "./bytes.ts";
import { unsnap } from "./snappy.ts";

export interface LevelTable {
  /** From the blocks that are whole. */
  readonly changes: readonly LevelChange[];
  /** The first damage, as the rest of a sentence; undefined: none. */
  readonly damage: string | undefined;
}

const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** Compression 1, checksum 4. */
const TRAILER_BYTES = 5;
const SNAPPY = 1;
/** Sequence number and kind, behind each key. */
const TAG_BYTES = 8;

interface BlockPlace {
  readonly offset: number;
  readonly bytes: number;
}

/** Reads a whole table. @param slices lets the event loop turn between blocks */
export async function readLevelTable(file: Buffer, slices: Slices): Promise<LevelTable> {
  const changes: LevelChange[] = [];
  let damage: string | undefined;
  const attempt = async (work: () => Promise<void> | void): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof LevelFormatError)) throw error;
      damage ??= error.message;
    }
  };
  const readData = (place: BlockPlace): void => {
    for (const { key, value } of entriesAt(file, place)) {
      if (key.length < TAG_BYTES) throw new LevelFormatError(`has a short key in the block at byte ${place.offset}`);
      changes.push(
        changeOf(key.subarray(0, -TAG_BYTES), value, key.subarray(key.length - TAG_BYTES).readBigUInt64LE()),
      );
    }
  };
  await attempt(async () => {
    const { meta, index } = footerOf(file);
    await attempt(() => {
      for (const { value } of entriesAt(file, meta)) blockAt(file, placeOf(value));
    });
    for (const { value } of entriesAt(file, index)) {
      await attempt(() => readData(placeOf(value)));
      await slices.rest();
    }
  });
  return { changes, damage };
}

function footerOf(file: Buffer): { readonly meta: BlockPlace; readonly index: BlockPlace } {
  if (file.length < FOOTER_BYTES || file.readBigUInt64LE(file.length - 8) !== MAGIC)
    throw new LevelFormatError("does not end as a table does");
  const cursor = new LevelCursor(file, file.length - FOOTER_BYTES);
  return { meta: placeAt(cursor), index: placeAt(cursor) };
}

const placeAt = (cursor: LevelCursor): BlockPlace => ({ offset: cursor.varint(), bytes: cursor.varint() });
const placeOf = (handle: Buffer): BlockPlace => placeAt(new LevelCursor(handle));

/** The bytes of a block as they were before they were compressed. @throws LevelFormatError */
function blockAt(file: Buffer, { offset, bytes }: BlockPlace): Buffer {
  const end = offset + bytes;
  if (end + TRAILER_BYTES > file.length) throw new LevelFormatError(`lacks the block at byte ${offset}`);
  if (checksumOf(file.subarray(offset, end + 1)) !== file.readUInt32LE(end + 1))
    throw new LevelFormatError(`has a wrong checksum in the block at byte ${offset}`);
  const content = file.subarray(offset, end);
  return file[end] === SNAPPY ? unsnap(content) : content;
}

/** Each key shares its beginning with the one before it; the last words say where that starts anew. */
function* entriesAt(file: Buffer, place: BlockPlace): Generator<{ readonly key: Buffer; readonly value: Buffer }> {
  const block = blockAt(file, place);
  if (block.length < 4) throw new LevelFormatError(`has an empty block at byte ${place.offset}`);
  const restarts = block.readUInt32LE(block.length - 4);
  const cursor = new LevelCursor(block.subarray(0, Math.max(0, block.length - 4 - 4 * restarts)));
  let key: Buffer = Buffer.alloc(0);
  while (!cursor.isAtEnd) {
    const shared = cursor.varint();
    const own = cursor.varint();
    const length = cursor.varint();
    key = Buffer.concat([key.subarray(0, shared), cursor.bytes(own)]);
    yield { key, value: cursor.bytes(length) };
  }
}
