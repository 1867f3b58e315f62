/**
 * READ_NOTIFY and the obsolete READ. channel-access.md §1.5, §2.4; epics-base: rsrv/camessage.c read_notify_action,
 * read_action.
 */
import { RIGHT_READ } from "../wire/constants.ts";
import { DbrSample } from "../wire/dbr-codec.ts";
import { DBR_TYPES, type DbrType } from "../wire/dbr-layout.ts";
import { type Frame, viewOf } from "../wire/frame.ts";
import { REQUESTS, RESPONSES } from "../wire/messages.ts";
import { textBytes, writeText } from "../wire/payloads.ts";
import { ECA, ecaName, isSuccess } from "../wire/status.ts";
import type { ServerChannel } from "./channel.ts";
import type { Circuit } from "./circuit.ts";
import { readPv } from "./circuit-context.ts";
import { cannotSend, sendValue, sendZeros } from "./replies.ts";

const READ_NOTIFY = viewOf(REQUESTS.readNotify);
const READ_NOTIFY_REPLY = viewOf(RESPONSES.readNotify);
const READ = viewOf(REQUESTS.read);
const READ_REPLY = viewOf(RESPONSES.read);
const sample = new DbrSample();

/** The ioid is the client's affair: libca uses a subscription's id after it has found a circuit responsive again. */
export function readNotify(circuit: Circuit, request: Frame): void {
  const words = READ_NOTIFY.from(request);
  const channel = circuit.channel(words.sid, request);
  if (channel === undefined) return;
  const type = DBR_TYPES[words.dbr];
  if (type === undefined) return unknownType(circuit, request, channel);
  const status = read(circuit, channel, type, words.count);
  if (mustBeError(status)) return circuit.refuse(request, status, tooLarge(circuit, channel), channel.cid);
  READ_NOTIFY_REPLY.status = status;
  READ_NOTIFY_REPLY.ioid = words.ioid;
  if (isSuccess(status)) {
    const elements = words.count === 0 ? sample.length : words.count;
    sendValue(circuit, READ_NOTIFY_REPLY, type, elements, sample);
  } else {
    if (status === ECA.NORDACCESS) circuit.counters.denied++;
    sendZeros(circuit, READ_NOTIFY_REPLY, type, words.count);
  }
}

/**
 * A failure is answered with an ERROR message, and a single plain string is cut to its own length: so rsrv answers old
 * clients.
 */
export function readOnce(circuit: Circuit, request: Frame): void {
  const words = READ.from(request);
  const channel = circuit.channel(words.sid, request);
  if (channel === undefined) return;
  const type = DBR_TYPES[words.dbr];
  if (type === undefined) return unknownType(circuit, request, channel);
  const status = read(circuit, channel, type, words.count);
  if (!isSuccess(status)) {
    const text = mustBeError(status) ? tooLarge(circuit, channel) : `${channel.name}: ${ecaName(status)}`;
    return circuit.refuse(request, status, text, channel.cid);
  }
  READ_REPLY.cid = channel.cid;
  READ_REPLY.ioid = words.ioid;
  const elements = words.count === 0 ? sample.length : words.count;
  if (type.code !== 0 || elements !== 1) return sendValue(circuit, READ_REPLY, type, elements, sample);
  READ_REPLY.dbr = type.code;
  READ_REPLY.count = elements;
  const text = sample.array === undefined ? sample.text : String(sample.array[0] ?? "");
  READ_REPLY.writeHeader(circuit.output.out, textBytes(text));
  writeText(circuit.output.out, text);
}

/** Fills `sample`. @returns ECA code; TOLARGE or 16KARRAYCLIENT when the client cannot be sent so much */
function read(circuit: Circuit, channel: ServerChannel, type: DbrType, count: number): number {
  const { pv } = channel;
  const asked = cannotSend(circuit.receiver, type, count, pv.elementCount);
  if (asked !== undefined) return ECA[asked];
  if ((pv.rights & RIGHT_READ) === 0) return ECA.NORDACCESS;
  const status = readPv(circuit, pv, type, count, sample);
  if (count !== 0 || !isSuccess(status)) return status;
  const found = cannotSend(circuit.receiver, type, sample.length, pv.elementCount);
  return found === undefined ? status : ECA[found];
}

/** Whether a status is sent as an ERROR message instead of a reply. */
const mustBeError = (status: number): boolean => status === ECA.TOLARGE || status === ECA["16KARRAYCLIENT"];

/** The text of a refusal for size. */
export const tooLarge = (circuit: Circuit, channel: ServerChannel): string =>
  circuit.receiver.readsExtended
    ? `${channel.name}: more bytes than this server sends in one message`
    : `${channel.name}: too large for a client of protocol version 4.${circuit.minor}`;

/** Ends the circuit: a client that asks for no known type is out of step. */
export function unknownType(circuit: Circuit, request: Frame, channel: ServerChannel): void {
  circuit.end(request, ECA.BADTYPE, `${channel.name}: there is no DBR type ${request.dataType}`, channel.cid);
}
