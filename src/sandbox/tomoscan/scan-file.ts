/**
 * A scan's file on the simulated detector host: made, grown piece by piece as an HDF5 file is, copied as scp copies.
 * The seed tells the content, so that the file of one scan is not like another's.
 */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import path from "node:path";
import { type Clock, sleep } from "../../base/clock.ts";

/** The first bytes of every HDF5 file. */
const SIGNATURE = Buffer.from("\x89HDF\r\n\x1a\n", "latin1");
const BLOCK_BYTES = 65_536;
/** Pieces in which a file is copied. */
const PIECES = 4;

/** A file that is open for writing at its end. */
export class DetectorFile {
  readonly #handle: FileHandle;
  readonly #block: Buffer;
  #blocks = 0;

  private constructor(handle: FileHandle, seed: number) {
    this.#handle = handle;
    this.#block = noise(seed);
  }

  /** Makes the file, or empties it. @throws what the disk says */
  static async create(place: string, seed: number): Promise<DetectorFile> {
    const file = new DetectorFile(await open(place, "w"), seed);
    await file.#handle.writeFile(SIGNATURE);
    return file;
  }

  /** Opens a file that has been closed. @throws what the disk says */
  static async reopen(place: string, seed: number): Promise<DetectorFile> {
    return new DetectorFile(await open(place, "a"), seed);
  }

  async append(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; left -= BLOCK_BYTES) {
      this.#block.writeUInt32LE(this.#blocks++);
      await this.#handle.writeFile(this.#block.subarray(0, Math.min(left, BLOCK_BYTES)));
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Bytes that look random, the same for the same seed. */
function noise(seed: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  for (let at = 0; at < BLOCK_BYTES; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    block.writeUInt32LE(state, at);
  }
  return block;
}

interface ScpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly seconds: number;
  /** The copy ends in the middle, as where a connection is cut. */
  readonly isCut: boolean;
}

/**
 * Copies piece by piece under the final name, as scp does: who sees the copy does not see whether it is whole. A file
 * that grows meanwhile is copied to where it ended at the beginning.
 * @throws what a disk says, or the signal's reason
 */
export async function copyAsScp(from: string, to: string, options: ScpOptions): Promise<void> {
  const { clock, signal, seconds, isCut } = options;
  await mkdir(path.dirname(to), { recursive: true });
  const [source, copy] = [await open(from), await open(to, "w")];
  try {
    const piece = Buffer.alloc(Math.ceil((await source.stat()).size / PIECES));
    for (let i = 0; i < (isCut ? PIECES / 2 : PIECES); i++) {
      await sleep(clock, seconds / PIECES, signal);
      const { bytesRead } = await source.read(piece, 0, piece.length, i * piece.length);
      await copy.writeFile(piece.subarray(0, bytesRead));
    }
  } finally {
    await Promise.all([source.close(), copy.close()]);
  }
}
