/** The replies that several operations share: a value, and an ERROR. */

import { EXTENDED_SIZE } from "../wire/constants.ts";
import { type DbrSample, writeDbr } from "../wire/dbr-codec.ts";
import { type DbrType, dbrBytes } from "../wire/dbr-layout.ts";
import { type Frame, type MessageView, padded, viewOf } from "../wire/frame.ts";
import { type MessageRow, RESPONSES } from "../wire/messages.ts";
import { errorEcho } from "../wire/payloads.ts";
import { ECA } from "../wire/status.ts";
import type { CircuitContext } from "./circuit-context.ts";

const ERROR = viewOf(RESPONSES.error);

/** A reply that ends in a DBR. */
export type ValueReply = Pick<MessageView<MessageRow>, "writeHeader"> & { dbr: number; count: number };

/** Writes `reply`, whose other words are set, with `count` elements of `sample`. */
export function sendValue(
  context: CircuitContext,
  reply: ValueReply,
  type: DbrType,
  count: number,
  sample: DbrSample,
): void {
  const { out } = context.output;
  reply.dbr = type.code;
  reply.count = count;
  reply.writeHeader(out, padded(dbrBytes(type, count)));
  writeDbr(out, type, sample, count);
}

/** As `sendValue`, with zeros instead of a value: what a reply with an error status carries. */
export function sendZeros(context: CircuitContext, reply: ValueReply, type: DbrType, count: number): void {
  const { out } = context.output;
  const bytes = padded(dbrBytes(type, count));
  reply.dbr = type.code;
  reply.count = count;
  reply.writeHeader(out, bytes);
  out.zeros(bytes);
}

/** What a client can be sent: its protocol version, and the largest payload. */
export interface Receiver {
  /** Minor version ≥ 9: the extended header. */
  readonly readsExtended: boolean;
  /** Largest payload of a value, bytes, unless the channel's own is larger; `exactly`: even then. */
  readonly mostBytes: number;
  readonly exactly: boolean;
}

/**
 * Why a value of `count` elements cannot be sent, or undefined.
 * @param elementCount the most that the channel can have
 */
export function cannotSend(
  receiver: Receiver,
  type: DbrType,
  count: number,
  elementCount: number,
): "TOLARGE" | "16KARRAYCLIENT" | undefined {
  const bytes = padded(dbrBytes(type, count));
  if (bytes < EXTENDED_SIZE && count < EXTENDED_SIZE && bytes <= receiver.mostBytes) return undefined;
  if (!receiver.readsExtended && (bytes >= EXTENDED_SIZE || count >= EXTENDED_SIZE)) return "16KARRAYCLIENT";
  const most = receiver.exactly
    ? receiver.mostBytes
    : Math.max(receiver.mostBytes, padded(dbrBytes(type, elementCount)));
  return bytes > most ? "TOLARGE" : undefined;
}

/**
 * Answers a request with an ERROR message: its header as it came, and a text.
 * @param cid the client's number of the channel that it concerns, or NO_CHANNEL
 */
export function sendError(context: CircuitContext, request: Frame, status: number, text: string, cid: number): void {
  if (status === ECA.TOLARGE || status === ECA["16KARRAYCLIENT"]) context.counters.tooLarge++;
  if (status === ECA.NORDACCESS || status === ECA.NOWTACCESS) context.counters.denied++;
  const echo = errorEcho(request, text);
  ERROR.cid = cid;
  ERROR.status = status;
  ERROR.writeHeader(context.output.out, echo.length);
  context.output.out.bytes(echo);
}
