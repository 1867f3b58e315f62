/**
 * What LevelDB's files are made of: checksums, variable-length numbers, keys with their sequence numbers. Source:
 * leveldb 1.20, doc/log_format, doc/table_format.
 */

/** A file that does not hold what LevelDB wrote; the message is the rest of a sentence. */
export class LevelFormatError extends Error {}

const POLYNOMIAL = 0x82f63b78;
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc >>> 0;
});

/**
 * CRC-32C (Castagnoli) before its last inversion, so that it can go on.
 * @param crc of what stands before; all ones at the start
 */
export function crcStep(crc: number, byte: number): number {
  return (CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)) >>> 0;
}
export const CRC_START = 0xffffffff;

/**
 * The checksum as LevelDB stores it: rotated and shifted, for checksums of checksums are weak (leveldb: util/crc32c.h
 * Mask).
 */
export function storedChecksum(crc: number): number {
  const sum = ~crc >>> 0;
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

export function checksumOf(bytes: Uint8Array): number {
  let crc = CRC_START;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return storedChecksum(crc >>> 0);
}

/** Reads along the bytes. @throws LevelFormatError when they end too early */
export class LevelCursor {
  readonly #bytes: Buffer;
  #at: number;
  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }
  get at(): number {
    return this.#at;
  }
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }
  byte(): number {
    return this.bytes(1)[0]!;
  }
  bytes(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new LevelFormatError(`ends within ${length} bytes`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  /** Seven bits a byte, the lowest first; exact up to 2^53. */
  varint(): number {
    let value = 0;
    for (let scale = 1, byte = 0x80; byte >= 0x80; scale *= 128) {
      if (scale > 2 ** 63) throw new LevelFormatError("has a number without an end");
      byte = this.byte();
      value += (byte & 0x7f) * scale;
    }
    return value;
  }
  /** A length and so many bytes. */
  slice(): Buffer {
    return this.bytes(this.varint());
  }
}

/** One change of one key. */
export interface LevelChange {
  readonly key: string;
  /** undefined: the key was deleted. */
  readonly value: string | undefined;
  /** The later of two changes of a key has the higher number. */
  readonly sequence: number;
}

const VALUE = 1;

/** @param tag sequence number and kind of the change, as tables have it behind each key */
export function changeOf(key: Buffer, value: Buffer, tag: bigint): LevelChange {
  const isValue = Number(tag & 0xffn) === VALUE;
  return {
    key: key.toString("utf8"),
    value: isValue ? value.toString("utf8") : undefined,
    sequence: Number(tag >> 8n),
  };
}

/** The changes of one write. @param batch a record of a log file (leveldb: write_batch.cc) @throws LevelFormatError */
export function changesOf(batch: Buffer): readonly LevelChange[] {
  const cursor = new LevelCursor(batch);
  const sequence = cursor.bytes(8).readBigUInt64LE();
  const count = cursor.bytes(4).readUInt32LE();
  const changes: LevelChange[] = [];
  while (!cursor.isAtEnd) {
    const kind = cursor.byte();
    const tag = ((sequence + BigInt(changes.length)) << 8n) | BigInt(kind);
    changes.push(changeOf(cursor.slice(), kind === VALUE ? cursor.slice() : Buffer.alloc(0), tag));
  }
  if (changes.length !== count) throw new LevelFormatError(`has ${changes.length} of ${count} changes`);
  return changes;
}
