/**
 * LevelDB's log format, of its .log files and MANIFEST: blocks of 32 KiB with records of a checksum, a length, a kind
 * and the bytes; a long record in pieces. It tells an end that was being written when its process was killed, which is
 * in order, from damage, behind which LevelDB itself drops the rest of a block without a word. Source: leveldb 1.20,
 * log_reader.cc, log_writer.cc.
 */
import type { Slices } from "../../../base/in-slices.ts";
import { CRC_START, checksumOf, crcStep, storedChecksum } from "./bytes.ts";

const BLOCK_BYTES = 32768;
/** Checksum 4, length 2, kind 1. */
const HEADER_BYTES = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

export interface LevelLog {
  /** The whole records, also those behind damage where they can be found again. */
  readonly records: readonly Buffer[];
  /** The first damage, as the rest of a sentence; undefined: none. */
  readonly damage: string | undefined;
}

/** A piece of a record that stands where it should. */
interface Piece {
  readonly kind: number;
  readonly bytes: Buffer;
  readonly end: number;
}

/** @param slices lets the event loop turn between blocks */
export async function readLevelLog(bytes: Buffer, slices: Slices): Promise<LevelLog> {
  const records: Buffer[] = [];
  let damage: string | undefined;
  let begun: Buffer[] | undefined;
  const damaged = (what: string, at: number): void => {
    damage ??= `${what} at byte ${at}`;
    begun = undefined;
  };
  for (let at = 0; at < bytes.length; ) {
    const blockEnd = Math.min(at - (at % BLOCK_BYTES) + BLOCK_BYTES, bytes.length);
    if (blockEnd - at < HEADER_BYTES) {
      at = blockEnd; // what fills a block up, or a header that was being written
      await slices.rest();
      continue;
    }
    const piece = pieceAt(bytes, at, blockEnd);
    if (piece === undefined) {
      if (isUnfinished(bytes, at, blockEnd)) break;
      damaged("has a wrong checksum or length", at);
      at = nextPiece(bytes, at + 1, blockEnd);
      continue;
    }
    const begins = piece.kind === FULL || piece.kind === FIRST;
    if (begins === (begun !== undefined)) damaged("lacks a piece of a record", at);
    if (begins) begun = [];
    begun?.push(piece.bytes);
    if (begun !== undefined && (piece.kind === FULL || piece.kind === LAST)) {
      records.push(Buffer.concat(begun));
      begun = undefined;
    }
    at = piece.end;
    if (at === blockEnd) await slices.rest();
  }
  return { records, damage };
}

/** @returns undefined when none stands there, or not wholly */
function pieceAt(bytes: Buffer, at: number, blockEnd: number): Piece | undefined {
  if (blockEnd - at < HEADER_BYTES) return undefined;
  const kind = bytes[at + 6]!;
  const end = at + HEADER_BYTES + bytes.readUInt16LE(at + 4);
  if (kind < FULL || kind > LAST || end > blockEnd) return undefined;
  const isWhole = checksumOf(bytes.subarray(at + 6, end)) === bytes.readUInt32LE(at);
  return isWhole ? { kind, bytes: bytes.subarray(at + HEADER_BYTES, end), end } : undefined;
}

/**
 * Whether the file ends in what was being written here: nothing but zeros, or the beginning of a piece whose length is
 * right.
 */
function isUnfinished(bytes: Buffer, at: number, blockEnd: number): boolean {
  if (bytes.subarray(at).every((byte) => byte === 0)) return true;
  const isLastBlock = blockEnd === bytes.length && blockEnd % BLOCK_BYTES !== 0;
  const isCut = at + HEADER_BYTES + bytes.readUInt16LE(at + 4) > blockEnd;
  return isLastBlock && isCut && !hasOtherLength(bytes, at) && nextPiece(bytes, at + 1, blockEnd) === blockEnd;
}

/** Whether the checksum is right for another length than the length that stands there: then the length was damaged. */
function hasOtherLength(bytes: Buffer, at: number): boolean {
  const wanted = bytes.readUInt32LE(at);
  let crc = CRC_START;
  for (let end = at + 6; end < bytes.length; end++) {
    crc = crcStep(crc, bytes[end]!);
    if (storedChecksum(crc) === wanted) return true;
  }
  return false;
}

/** Where in the block the next whole piece begins; the block's end when none does. */
function nextPiece(bytes: Buffer, from: number, blockEnd: number): number {
  for (let at = from; at < blockEnd; at++) if (pieceAt(bytes, at, blockEnd) !== undefined) return at;
  return blockEnd;
}
