/**
 * CREATE_CHAN and CLEAR_CHANNEL. channel-access.md §1.5; epics-base: rsrv/camessage.c claim_ciu_action,
 * clear_channel_reply.
 */
import { messageOf } from "../../base/errors.ts";
import type { Cid } from "../session/ids.ts";
import { EXTENDED_SIZE, MAX_NAME_BYTES } from "../wire/constants.ts";
import { type Frame, viewOf } from "../wire/frame.ts";
import { REQUESTS, RESPONSES } from "../wire/messages.ts";
import { ECA } from "../wire/status.ts";
import { ServerChannel } from "./channel.ts";
import type { Circuit } from "./circuit.ts";
import type { ServerPv } from "./pv-source.ts";

const CREATE = viewOf(REQUESTS.createChan);
const CREATED = viewOf(RESPONSES.createChan);
const FAILED = viewOf(RESPONSES.createChFail);
const CLEAR = viewOf(REQUESTS.clearChannel);
const CLEARED = viewOf(RESPONSES.clearChannel);

/** An unknown, empty or over-long name is answered CREATE_CH_FAIL. (rsrv leaves an empty name without an answer.) */
export function createChannel(circuit: Circuit, request: Frame): void {
  const { out } = circuit.output;
  const cid = CREATE.from(request).cid as Cid;
  if (circuit.channelBySid.size >= circuit.limits.channelsPerCircuit) {
    const most = circuit.limits.channelsPerCircuit;
    circuit.refuse(request, ECA.ALLOCMEM, `one circuit may have ${most} channels; this one has as many`, cid);
    return fail(circuit, cid);
  }
  const name = request.text();
  const pv = name === "" || name.length > MAX_NAME_BYTES ? undefined : open(circuit, name);
  if (pv === undefined) return fail(circuit, cid);
  const channel = new ServerChannel(circuit, { cid, sid: circuit.services.sids.next() }, name, pv);
  circuit.channelBySid.set(channel.sid, channel);
  circuit.counters.channels++;
  circuit.advance("createChan");
  channel.sendRights(); // before the reply, on which libca takes the channel for connected
  CREATED.dbr = pv.nativeType;
  CREATED.count = circuit.receiver.readsExtended ? pv.elementCount : Math.min(pv.elementCount, EXTENDED_SIZE - 1);
  CREATED.cid = cid;
  CREATED.sid = channel.sid;
  CREATED.writeHeader(out, 0);
}

function open(circuit: Circuit, name: string): ServerPv | undefined {
  try {
    return circuit.services.source.open(name, circuit);
  } catch (thrown) {
    circuit.log.error(`${name} could not be opened for ${circuit.peer}: ${messageOf(thrown)}`);
    return undefined;
  }
}

function fail(circuit: Circuit, cid: Cid): void {
  FAILED.cid = cid;
  FAILED.writeHeader(circuit.output.out, 0);
}

export function clearChannel(circuit: Circuit, request: Frame): void {
  const { sid, cid } = CLEAR.from(request);
  const channel = circuit.channel(sid, request);
  if (channel === undefined) return;
  circuit.dropChannel(channel);
  CLEARED.sid = sid;
  CLEARED.cid = cid;
  CLEARED.writeHeader(circuit.output.out, 0);
}
