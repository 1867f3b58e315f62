/**
 * Cursors over bytes, big-endian as everything in Channel Access. Neither ever passes the end: the reader throws, the
 * writer grows. Text is a byte string: one character a byte, 0..255.
 */
import { AppError } from "./errors.ts";

/** Raised when a reader is asked for more than there is. */
export class EndOfBytesError extends AppError {}

export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  /** Bytes from the start. */
  get position(): number {
    return this.#at;
  }
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }
  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }
  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }
  i16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }
  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }
  i32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }
  f32(): number {
    return this.#bytes.readFloatBE(this.#take(4));
  }
  f64(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }
  skip(count: number): void {
    this.#take(count);
  }
  /** A view, not a copy. */
  bytes(count: number): Buffer {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }
  /** The text in a field of `count` bytes, up to its first NUL. */
  text(count: number): string {
    const start = this.#take(count);
    const end = this.#bytes.indexOf(0, start);
    return this.#bytes.toString("latin1", start, end < 0 || end > start + count ? start + count : end);
  }

  #take(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) {
      throw new EndOfBytesError(`${count} bytes wanted at ${start}, ${this.#bytes.length - start} left`);
    }
    this.#at = start + count;
    return start;
  }
}

/** Writes at the end of a buffer that doubles when it is full. `take` hands the bytes over and starts afresh. */
export class ByteWriter {
  #bytes: Buffer;
  #view: DataView;
  #at = 0;
  readonly #initialBytes: number;

  constructor(initialBytes = 16384) {
    this.#initialBytes = initialBytes;
    this.#bytes = ownBuffer(initialBytes);
    this.#view = viewOf(this.#bytes);
  }
  /** Bytes written since the last `take`. */
  get length(): number {
    return this.#at;
  }
  u8(value: number): void {
    const at = this.#reserve(1); // first: it may replace the view
    this.#view.setUint8(at, value);
  }
  /** Low 16 bits of `value`; the C cast of a larger or negative integer. */
  u16(value: number): void {
    const at = this.#reserve(2); // first: it may replace the view
    this.#view.setUint16(at, value);
  }
  /** Low 32 bits of `value`. */
  u32(value: number): void {
    const at = this.#reserve(4); // first: it may replace the view
    this.#view.setUint32(at, value);
  }
  f32(value: number): void {
    const at = this.#reserve(4); // first: it may replace the view
    this.#view.setFloat32(at, value);
  }
  f64(value: number): void {
    const at = this.#reserve(8); // first: it may replace the view
    this.#view.setFloat64(at, value);
  }
  /** The first `count` of `values`. */
  f64s(values: Float64Array, count: number): void {
    const start = this.#reserve(count * 8);
    const view = this.#view;
    for (let i = 0; i < count; i++) view.setFloat64(start + i * 8, values[i]!);
  }
  zeros(count: number): void {
    const start = this.#reserve(count);
    this.#clear(start, start + count);
  }
  /** `text` in a field of exactly `count` bytes: cut to count − 1 so that a NUL remains, padded with NULs. */
  text(value: string, count: number): void {
    const start = this.#reserve(count);
    const length = Math.min(value.length, count - 1);
    for (let i = 0; i < length; i++) this.#bytes[start + i] = value.charCodeAt(i);
    this.#clear(start + length, start + count);
  }
  bytes(source: Uint8Array): void {
    const at = this.#reserve(source.length); // first: it may replace the buffer
    this.#bytes.set(source, at);
  }
  /** Reserves `count` bytes, all of which the caller fills at once. */
  space(count: number): Buffer {
    const start = this.#reserve(count);
    return this.#bytes.subarray(start, start + count);
  }
  /** Forgets what was written from `position` on. */
  rewind(position: number): void {
    this.#at = position;
  }
  /** What was written; a view that later writes overwrite. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
  /** Hands over what was written and goes on in `next`, or in a new buffer of the initial size. */
  take(next?: Buffer): Buffer {
    const written = this.written();
    this.#bytes = next ?? ownBuffer(this.#initialBytes);
    this.#view = viewOf(this.#bytes);
    this.#at = 0;
    return written;
  }

  /** A loop is faster than `fill` for the few bytes of a pad or a string's tail. */
  #clear(start: number, end: number): void {
    if (end - start > 48) this.#bytes.fill(0, start, end);
    else for (let i = start; i < end; i++) this.#bytes[i] = 0;
  }
  #reserve(count: number): number {
    const start = this.#at;
    const end = start + count;
    if (end > this.#bytes.length) this.#grow(end);
    this.#at = end;
    return start;
  }
  #grow(least: number): void {
    const larger = ownBuffer(Math.max(least, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Memory of its own: `allocUnsafe` may cut from a pool, and a file that reuses a buffer's memory (ca/server/output.ts)
 * would overwrite what others have there.
 */
const ownBuffer = (bytes: number): Buffer => Buffer.allocUnsafeSlow(bytes);
