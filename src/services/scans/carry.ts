/**
 * One large file's bytes from here to there: while a piece is read, the piece before it is written and the segment
 * before that is brought to the disk, read back and compared. Names, attributes and sentences are copy.ts's.
 */
import { createHash } from "node:crypto";
import type { OpenFile } from "./host-files.ts";

/** What is kept in memory until it was read back, twice; each is brought to the disk by itself. */
const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Small enough to be in the processor's cache from its reading to its writing. */
const PIECE_BYTES = 1024 * 1024;
/** Pieces that are written while the next is read: work that is called off waits for them. */
const PIECES_UNDER_WAY = 8;

export interface CarryOptions {
  readonly source: OpenFile;
  readonly target: OpenFile;
  readonly bytes: number;
  /** Called with the bytes of each segment that is proven to be there. */
  readonly proven: (bytes: number) => void;
  /** Called between pieces; what it throws ends the work. */
  readonly between: () => Promise<void>;
}

/** Why the bytes did not arrive. */
export type CarryEnd = "sourceIsShort" | "readBackDiffers";

/** @returns SHA-256, hexadecimal, or why there is none */
export async function carry(options: CarryOptions): Promise<{ readonly sha256: string } | CarryEnd> {
  const { target, bytes, proven, between } = options;
  const hash = createHash("sha256");
  const scratch = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let [spare, used] = [segment(bytes), segment(bytes)];
  let written: { readonly at: number; readonly held: Buffer } | undefined;
  for (let at = 0; at < bytes || written !== undefined; at += SEGMENT_BYTES) {
    await between();
    const next = spare.subarray(0, Math.max(0, Math.min(SEGMENT_BYTES, bytes - at)));
    const before = written;
    const [isWhole, isSame] = await both(
      transfer(options, next, at, (piece) => hash.update(piece)),
      before === undefined ? Promise.resolve(true) : isReadBack(target, before.held, before.at, scratch),
    );
    if (!isWhole) return "sourceIsShort";
    if (!isSame) return "readBackDiffers";
    if (before !== undefined) proven(before.held.length);
    written = next.length === 0 ? undefined : { at, held: next };
    [spare, used] = [used, spare];
  }
  return { sha256: hash.digest("hex") };
}

const segment = (bytes: number): Buffer => Buffer.allocUnsafeSlow(Math.min(SEGMENT_BYTES, bytes));

/** Both have ended when it returns or throws. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}

/** Reads a segment and writes it. @returns false where the source ends before */
async function transfer(
  { source, target, between }: CarryOptions,
  held: Buffer,
  at: number,
  seen: (piece: Buffer) => void,
): Promise<boolean> {
  const writes: Promise<void>[] = [];
  const pieces = piecesOf(held);
  let isWhole = true;
  let reading = readPiece(source, pieces[0], at);
  try {
    for (const [index, piece] of pieces.entries()) {
      const start = at + index * PIECE_BYTES;
      isWhole = (await reading) === piece.length;
      if (!isWhole) break;
      reading = readPiece(source, pieces[index + 1], start + PIECE_BYTES);
      writes.push(heard(target.write(piece, start)));
      seen(piece);
      await writes[index - PIECES_UNDER_WAY];
      await between();
    }
  } finally {
    await Promise.allSettled([reading, ...writes]);
  }
  await Promise.all(writes);
  return isWhole;
}

const readPiece = (file: OpenFile, piece: Buffer | undefined, at: number): Promise<number> =>
  heard(piece === undefined ? Promise.resolve(0) : file.read(piece, at));

/** Its failure is looked at later. */
function heard<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

const piecesOf = (held: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(held.length / PIECE_BYTES) }, (_, index) =>
    held.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  );

async function isReadBack(target: OpenFile, held: Buffer, at: number, scratch: Buffer): Promise<boolean> {
  await target.sync();
  for (const [index, piece] of piecesOf(held).entries()) {
    const back = scratch.subarray(0, piece.length);
    if ((await target.read(back, at + index * PIECE_BYTES)) !== piece.length || !back.equals(piece)) return false;
  }
  return true;
}

/** SHA-256 of two files that have the same content; undefined where they have not. */
export async function sameContent(one: OpenFile, other: OpenFile, bytes: number): Promise<string | undefined> {
  const hash = createHash("sha256");
  const [mine, its] = [Buffer.allocUnsafeSlow(PIECE_BYTES), Buffer.allocUnsafeSlow(PIECE_BYTES)];
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, bytes - at);
    const [a, b] = [mine.subarray(0, length), its.subarray(0, length)];
    const [readA, readB] = await both(one.read(a, at), other.read(b, at));
    if (readA !== length || readB !== length || !a.equals(b)) return undefined;
    hash.update(a);
  }
  return hash.digest("hex");
}
