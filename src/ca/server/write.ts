/**
 * WRITE and WRITE_NOTIFY. channel-access.md §1.5, §4; epics-base: rsrv/camessage.c write_action, write_notify_action.
 */
import { clientText } from "../../base/client-identity.ts";
import { messageOf } from "../../base/errors.ts";
import { RIGHT_WRITE } from "../wire/constants.ts";
import { DbrSample, readValue } from "../wire/dbr-codec.ts";
import {
  DBR_PUT_ACKS,
  DBR_PUT_ACKT,
  DBR_TYPES,
  type DbrType,
  dbrBytes,
  LAST_COMPOSITE,
  NATIVES,
} from "../wire/dbr-layout.ts";
import { type Frame, viewOf } from "../wire/frame.ts";
import { REQUESTS, RESPONSES } from "../wire/messages.ts";
import { ECA, ecaName, isSuccess } from "../wire/status.ts";
import type { ServerChannel } from "./channel.ts";
import type { Circuit } from "./circuit.ts";
import { unknownType } from "./read.ts";

const WRITE = viewOf(REQUESTS.write);
const WRITE_NOTIFY = viewOf(REQUESTS.writeNotify);
const WRITE_NOTIFY_REPLY = viewOf(RESPONSES.writeNotify);
/** What the client wrote; used up before the next request. */
const value = new DbrSample();

/** There is no reply; a failure is an ERROR message. */
export function write(circuit: Circuit, request: Frame): void {
  const words = WRITE.from(request);
  const channel = circuit.channel(words.sid, request);
  if (channel === undefined) return;
  const type = DBR_TYPES[words.dbr];
  if (type === undefined) return unknownType(circuit, request, channel);
  let status = take(circuit, channel, type, request);
  if (status === ECA.NORMAL) status = put(circuit, channel, type);
  if (!isSuccess(status)) circuit.refuse(request, status, `${channel.name}: ${ecaName(status)}`, channel.cid);
}

function put(circuit: Circuit, channel: ServerChannel, type: DbrType): number {
  try {
    return channel.pv.write(type, value);
  } catch (thrown) {
    circuit.log.error(`a put by ${circuit.peer} to ${channel.name} failed: ${messageOf(thrown)}`);
    return ECA.PUTFAIL;
  }
}

/** The reply comes when the processing that the put started has ended. */
export function writeNotify(circuit: Circuit, request: Frame): void {
  const words = WRITE_NOTIFY.from(request);
  const { dbr, count, ioid } = words;
  const channel = circuit.channel(words.sid, request);
  if (channel === undefined) return;
  const type = DBR_TYPES[dbr];
  const status =
    type === undefined ? ECA.BADTYPE : isNotified(type) ? take(circuit, channel, type, request) : ECA.PUTFAIL;
  if (type !== undefined && status === ECA.NORMAL) {
    return channel.putNotify(type, value, { dbr, count, ioid, bytes: request.payloadBytes });
  }
  if (status === ECA.NOWTACCESS) circuit.counters.denied++;
  WRITE_NOTIFY_REPLY.dbr = dbr;
  WRITE_NOTIFY_REPLY.count = count;
  WRITE_NOTIFY_REPLY.status = status;
  WRITE_NOTIFY_REPLY.ioid = ioid;
  WRITE_NOTIFY_REPLY.writeHeader(circuit.output.out, 0);
  if (type === undefined) circuit.isEnding = true;
}

/** Takes what the client wrote into `value`, at most as many elements as the PV has. @returns ECA code */
function take(circuit: Circuit, channel: ServerChannel, type: DbrType, request: Frame): number {
  const { pv } = channel;
  if ((pv.rights & RIGHT_WRITE) === 0) {
    circuit.log.warn(`${clientText(circuit)} may not write ${channel.name}, and was refused`);
    return ECA.NOWTACCESS;
  }
  if (type.code > LAST_COMPOSITE && !isAcknowledge(type)) return ECA.PUTFAIL;
  const { dataCount } = request;
  const count = Math.min(dataCount, pv.elementCount);
  if (count < dataCount && request.payloadBytes < dbrBytes(type, dataCount)) return ECA.BADCOUNT;
  return readValue(type, count, request.bytes, value, request.payloadStart, request.end) ? ECA.NORMAL : ECA.BADCOUNT;
}

/** Plain types, PUT_ACKT and PUT_ACKS; rsrv does not take composite types with WRITE_NOTIFY. */
const isNotified = (type: DbrType): boolean => type.code < NATIVES.length || isAcknowledge(type);
const isAcknowledge = (type: DbrType): boolean => type.code === DBR_PUT_ACKT || type.code === DBR_PUT_ACKS;
