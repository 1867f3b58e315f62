/**
 * Writes each request that a client sends, by the message table. It decides nothing: what may be sent when is the
 * channel's and the circuit's business.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import { DONT_REPLY, MINOR_VERSION } from "../wire/constants.ts";
import { writeDbr } from "../wire/dbr-codec.ts";
import { dbrBytes } from "../wire/dbr-layout.ts";
import { type MessageView, padded, viewOf } from "../wire/frame.ts";
import { type MessageRow, REQUESTS } from "../wire/messages.ts";
import { EVENT_MASK_BYTES, textBytes, writeEventMask, writeText } from "../wire/payloads.ts";
import type { PreparedPut } from "./put-value.ts";

const version = viewOf(REQUESTS.version);
const clientName = viewOf(REQUESTS.clientName);
const hostName = viewOf(REQUESTS.hostName);
const createChan = viewOf(REQUESTS.createChan);
const clearChannel = viewOf(REQUESTS.clearChannel);
const readNotify = viewOf(REQUESTS.readNotify);
const write = viewOf(REQUESTS.write);
const writeNotify = viewOf(REQUESTS.writeNotify);
const eventAdd = viewOf(REQUESTS.eventAdd);
const eventCancel = viewOf(REQUESTS.eventCancel);
const search = viewOf(REQUESTS.search);
const echo = viewOf(REQUESTS.echo);
const repeaterRegister = viewOf(REQUESTS.repeaterRegister);

/** What a client says first on a circuit. */
export function writeGreeting(out: ByteWriter, priority: number, user: string, host: string): void {
  version.priority = priority;
  version.minor = MINOR_VERSION;
  version.sequence = 0;
  version.writeHeader(out, 0);
  writeWithText(out, clientName, user);
  writeWithText(out, hostName, host);
}

/** What begins a datagram of searches: dataType 1 says that the sequence number is valid. channel-access.md §1.7 */
export function writeDatagramVersion(out: ByteWriter, sequence: number): void {
  version.priority = 1;
  version.minor = MINOR_VERSION;
  version.sequence = sequence;
  version.writeHeader(out, 0);
}

export function writeSearch(out: ByteWriter, name: string, searchId: number): void {
  search.replyFlag = DONT_REPLY;
  search.minor = MINOR_VERSION;
  search.searchId = searchId;
  search.searchIdAgain = searchId;
  writeWithText(out, search, name);
}

export function writeCreateChan(out: ByteWriter, name: string, cid: number): void {
  createChan.cid = cid;
  createChan.minor = MINOR_VERSION;
  writeWithText(out, createChan, name);
}

export function writeClearChannel(out: ByteWriter, sid: number, cid: number): void {
  clearChannel.sid = sid;
  clearChannel.cid = cid;
  clearChannel.writeHeader(out, 0);
}

export function writeReadNotify(out: ByteWriter, dbr: number, count: number, sid: number, ioid: number): void {
  readNotify.dbr = dbr;
  readNotify.count = count;
  readNotify.sid = sid;
  readNotify.ioid = ioid;
  readNotify.writeHeader(out, 0);
}

export function writeEventAdd(
  out: ByteWriter,
  request: { readonly dbr: number; readonly count: number; readonly mask: number },
  sid: number,
  subscriptionId: number,
): void {
  eventAdd.dbr = request.dbr;
  eventAdd.count = request.count;
  eventAdd.sid = sid;
  eventAdd.subscriptionId = subscriptionId;
  eventAdd.writeHeader(out, EVENT_MASK_BYTES);
  writeEventMask(out, request.mask);
}

export function writeEventCancel(
  out: ByteWriter,
  request: { readonly dbr: number; readonly count: number },
  sid: number,
  subscriptionId: number,
): void {
  eventCancel.dbr = request.dbr;
  eventCancel.count = request.count;
  eventCancel.sid = sid;
  eventCancel.subscriptionId = subscriptionId;
  eventCancel.writeHeader(out, 0);
}

export function writeWrite(out: ByteWriter, put: PreparedPut, sid: number, cid: number): void {
  write.dbr = put.type.code;
  write.count = put.count;
  write.sid = sid;
  write.cid = cid;
  writePut(out, write, put);
}

export function writeWriteNotify(out: ByteWriter, put: PreparedPut, sid: number, ioid: number): void {
  writeNotify.dbr = put.type.code;
  writeNotify.count = put.count;
  writeNotify.sid = sid;
  writeNotify.ioid = ioid;
  writePut(out, writeNotify, put);
}

export function writeEcho(out: ByteWriter): void {
  echo.writeHeader(out, 0);
}

/** @param clientAddress IPv4 as a number */
export function writeRepeaterRegister(out: ByteWriter, clientAddress: number): void {
  repeaterRegister.clientAddress = clientAddress;
  repeaterRegister.writeHeader(out, 0);
}

function writeWithText<R extends MessageRow>(out: ByteWriter, view: MessageView<R>, text: string): void {
  view.writeHeader(out, textBytes(text));
  writeText(out, text);
}

/**
 * One string travels with its own length, as libca sends it; everything else as a whole DBR. channel-access.md §1.13
 */
function writePut<R extends MessageRow>(out: ByteWriter, view: MessageView<R>, put: PreparedPut): void {
  if (put.type.code === 0 && put.count === 1) return writeWithText(out, view, put.sample.text);
  view.writeHeader(out, padded(dbrBytes(put.type, put.count)));
  writeDbr(out, put.type, put.sample, put.count);
}
