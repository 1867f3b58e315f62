/**
 * Bytes → messages. One incremental parser for a stream, one for a datagram; both refuse before they buffer. They know
 * sizes, not meanings. channel-access.md §1.2; sizes are JavaScript numbers throughout, so no header can overflow them
 * (channel-access.md §8.1).
 */
import { RemoteProtocolError } from "../../base/errors.ts";
import { EXTENDED_HEADER_BYTES, EXTENDED_SIZE, HEADER_BYTES } from "./constants.ts";
import { Frame } from "./frame.ts";

/**
 * What to do with a message whose header has arrived: read it whole, or skip its payload as it comes and never hold it.
 */
export type FrameVerdict = "take" | "skip";

export interface FrameSink {
  /**
   * Called as soon as a header is complete, before any of its payload is kept. A skipped message is reported here only.
   */
  admit(frame: Frame): FrameVerdict;
  /** Called for each complete message. Returning false stops: the rest stays for `resume`. */
  message(frame: Frame): boolean;
}

const NOTHING = Buffer.alloc(0);

/**
 * Cuts a byte stream into messages. Complete messages are read where they lie in the chunk; only a message that is cut
 * by the end of a chunk is copied, into a buffer that grows with the bytes received, never with the size announced.
 */
export class StreamFramer {
  readonly #sink: FrameSink;
  readonly #frame = new Frame();
  /** Bytes not yet read: the rest of the last chunk, in a buffer of our own if `#owned`. */
  #rest: Buffer = NOTHING;
  #length = 0;
  #owned = false;
  /** Payload bytes of a refused message still to come. */
  #toSkip = 0;
  /** Header of the first message in `#rest` has been admitted. */
  #admitted = false;
  /** Stream position of the next unread byte, for error reports. */
  #position = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /**
   * Takes the next chunk and reports every message in it. The chunk is not kept beyond the call, unless the sink
   * stopped.
   * @throws RemoteProtocolError for a size that is not a multiple of 8
   */
  push(chunk: Buffer): void {
    if (this.#length === 0) {
      this.#rest = chunk;
      this.#length = chunk.length;
      this.#owned = false;
    } else this.#append(chunk);
    this.#read();
    this.#own();
  }

  /** Keeps the next chunk, unread, for `resume`. */
  hold(chunk: Buffer): void {
    this.#append(chunk);
  }

  /** Goes on after the sink had stopped. */
  resume(): void {
    this.#read();
    this.#own();
  }

  /** The message that was read last; after a RemoteProtocolError the offending message. */
  get current(): Frame {
    return this.#frame;
  }
  /** Bytes of incomplete or unread input held. */
  get heldBytes(): number {
    return this.#length;
  }
  /** Bytes of memory that hold them: the buffer grows ahead of its content. */
  get heldMemory(): number {
    return this.#owned ? this.#rest.length : this.#length;
  }

  #read(): void {
    const frame = this.#frame;
    let at = 0;
    const bytes = this.#rest;
    const end = this.#length;
    try {
      while (true) {
        if (this.#toSkip > 0) {
          const skipped = Math.min(this.#toSkip, end - at);
          this.#toSkip -= skipped;
          at += skipped;
          if (this.#toSkip > 0) return;
        }
        if (!readHeader(bytes, at, end, frame)) return;
        if (frame.payloadBytes % 8 !== 0) {
          throw new RemoteProtocolError(
            `message ${frame.command} has a payload of ${frame.payloadBytes} bytes, not a multiple of 8`,
            this.#position + at,
          );
        }
        if (!this.#admitted) {
          if (this.#sink.admit(frame) === "skip") {
            at += frame.headerBytes;
            this.#toSkip = frame.payloadBytes;
            continue;
          }
          this.#admitted = true;
        }
        if (frame.end > end) return;
        at = frame.end;
        this.#admitted = false;
        if (!this.#sink.message(frame)) return;
      }
    } finally {
      this.#position += at;
      this.#rest = bytes.subarray(at);
      this.#length = end - at;
    }
  }

  #append(chunk: Buffer): void {
    const needed = this.#length + chunk.length;
    if (!this.#owned || needed > this.#rest.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#length * 2));
      this.#rest.copy(larger, 0, 0, this.#length);
      this.#rest = larger;
      this.#owned = true;
    }
    chunk.copy(this.#rest, this.#length);
    this.#length = needed;
  }

  /** Keeps the rest beyond the life of the chunk, and no chunk for the sake of nothing. */
  #own(): void {
    if (this.#length === 0) {
      this.#rest = NOTHING;
      this.#owned = false;
    }
    if (this.#owned || this.#length === 0) return;
    this.#rest = Buffer.from(this.#rest.subarray(0, this.#length));
    this.#owned = true;
  }
}

/**
 * Reports every message of a datagram; ends quietly at the first that is cut short or malformed, as rsrv does.
 * @returns false if the datagram did not end with a whole message, or `handle` gave up by returning false
 */
export function readDatagram(bytes: Buffer, frame: Frame, handle: (frame: Frame) => boolean): boolean {
  let at = 0;
  while (at < bytes.length) {
    if (!readHeader(bytes, at, bytes.length, frame) || frame.payloadBytes % 8 !== 0 || frame.end > bytes.length)
      return false;
    at = frame.end;
    if (!handle(frame)) return false;
  }
  return true;
}

/**
 * Fills `frame` from the header at `start`, or returns false if it is not complete. The size field alone tells the
 * extended form.
 */
export function readHeader(bytes: Buffer, start: number, end: number, frame: Frame): boolean {
  if (end - start < HEADER_BYTES) return false;
  const size = (bytes[start + 2]! << 8) | bytes[start + 3]!;
  if (size === EXTENDED_SIZE && end - start < EXTENDED_HEADER_BYTES) return false;
  frame.bytes = bytes;
  frame.start = start;
  frame.command = (bytes[start]! << 8) | bytes[start + 1]!;
  frame.dataType = (bytes[start + 4]! << 8) | bytes[start + 5]!;
  frame.p1 = word(bytes, start + 8);
  frame.p2 = word(bytes, start + 12);
  if (size === EXTENDED_SIZE) {
    frame.headerBytes = EXTENDED_HEADER_BYTES;
    frame.payloadBytes = word(bytes, start + 16);
    frame.dataCount = word(bytes, start + 20);
  } else {
    frame.headerBytes = HEADER_BYTES;
    frame.payloadBytes = size;
    frame.dataCount = (bytes[start + 6]! << 8) | bytes[start + 7]!;
  }
  return true;
}

const word = (bytes: Buffer, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
