/**
 * The irregular payloads, a closed list: EVENT_ADD's mask, a search reply's version, the request that an ERROR echoes.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import { MINOR_VERSION } from "./constants.ts";
import { Frame, padded } from "./frame.ts";
import { readHeader } from "./framing.ts";
import { LAST_COMMAND } from "./messages.ts";

/** f32 low, f32 high, f32 timeout, u16 mask, u16 pad; only the mask means anything. channel-access.md §1.4 */
export const EVENT_MASK_BYTES = 16;
const MASK_AT = 12;

/** The mask of an EVENT_ADD, or undefined if the payload is too short to hold a mask. */
export const readEventMask = (frame: Frame): number | undefined =>
  frame.payloadBytes < EVENT_MASK_BYTES ? undefined : frame.bytes.readUInt16BE(frame.payloadStart + MASK_AT);

export function writeEventMask(out: ByteWriter, mask: number): void {
  out.zeros(MASK_AT);
  out.u16(mask);
  out.zeros(2);
}

/** u16 minor version, 6 zero bytes. Without it libca takes us for an ancient server. channel-access.md §1.7 */
export const MINOR_VERSION_BYTES = 8;

export function writeMinorVersion(out: ByteWriter): void {
  out.u16(MINOR_VERSION);
  out.zeros(6);
}

/** Bytes of text with its NUL, padded. */
export const textBytes = (text: string): number => padded(text.length + 1);

export function writeText(out: ByteWriter, text: string): void {
  out.text(text, textBytes(text));
}

/** Largest ERROR payload that old clients read. channel-access.md §1.5 */
const ERROR_BYTES = 512;

/**
 * An ERROR's payload: the offending header as received, then text; a bad command number is replaced, for libca indexes
 * a table by it.
 */
export function errorEcho(request: Frame, text: string): Buffer {
  const header = Buffer.from(request.bytes.subarray(request.start, request.start + request.headerBytes));
  if (request.command > LAST_COMMAND) header.writeUInt16BE(0, 0);
  const room = ERROR_BYTES - header.length - 1;
  const payload = Buffer.alloc(padded(header.length + Math.min(text.length, room) + 1));
  header.copy(payload);
  payload.write(text.slice(0, room), header.length, "latin1");
  return payload;
}

/**
 * What an ERROR complains of: the request's header, and the server's words. Undefined if the payload holds no header.
 */
export function readErrorEcho(
  error: Frame,
): { readonly command: number; readonly p2: number; readonly text: string } | undefined {
  const echoed = new Frame();
  if (!readHeader(error.bytes, error.payloadStart, error.end, echoed)) return undefined;
  const { command, p2, payloadStart } = echoed;
  const [text = ""] = error.bytes.toString("latin1", payloadStart, error.end).split("\0", 1);
  return { command, p2, text };
}
