/**
 * EVENT_ADD, EVENT_CANCEL, EVENTS_OFF and EVENTS_ON. channel-access.md §1.5, §3; epics-base: rsrv/camessage.c
 * event_add_action, event_cancel_reply.
 */
import { messageOf } from "../../base/errors.ts";
import { DBR_TYPES } from "../wire/dbr-layout.ts";
import { type Frame, viewOf } from "../wire/frame.ts";
import { REQUESTS, RESPONSES } from "../wire/messages.ts";
import { readEventMask } from "../wire/payloads.ts";
import { ECA } from "../wire/status.ts";
import type { ServerChannel } from "./channel.ts";
import type { Circuit } from "./circuit.ts";
import { tooLarge, unknownType } from "./read.ts";
import { cannotSend } from "./replies.ts";
import { ServerSubscription } from "./subscription.ts";

const ADD = viewOf(REQUESTS.eventAdd);
const CANCEL = viewOf(REQUESTS.eventCancel);
const CANCELLED = viewOf(RESPONSES.eventCancelled);

/** All bits of a mask that mean anything; rsrv refuses others too. */
const MASK_BITS = 0xff;

/** The first update follows at once, with any mask. */
export function addSubscription(circuit: Circuit, request: Frame): void {
  const words = ADD.from(request);
  const { count, subscriptionId: id } = words;
  const channel = circuit.channel(words.sid, request);
  if (channel === undefined) return;
  const type = DBR_TYPES[words.dbr];
  if (type === undefined) return unknownType(circuit, request, channel);
  const mask = readEventMask(request) ?? 0;
  if (mask === 0 || mask > MASK_BITS) {
    return circuit.refuse(request, ECA.BADMASK, `${channel.name}: no event mask is ${mask}`, channel.cid);
  }
  if (circuit.subscriptionCount >= circuit.limits.subscriptionsPerCircuit) {
    const text = `one circuit may have ${circuit.limits.subscriptionsPerCircuit} subscriptions; this one has as many`;
    return circuit.refuse(request, ECA.ALLOCMEM, text, channel.cid);
  }
  const subscription = new ServerSubscription(circuit, channel.pv, { id, type, count });
  keep(circuit, channel, subscription);
  const most = count === 0 ? channel.pv.elementCount : count;
  const refusal = cannotSend(circuit.receiver, type, most, channel.pv.elementCount);
  // The subscription stays known, silent, so that the client can cancel it.
  if (refusal !== undefined) return circuit.refuse(request, ECA[refusal], tooLarge(circuit, channel), channel.cid);
  start(circuit, channel, subscription, mask, request);
}

/** A client that uses an id twice on a channel gets the newer subscription only. (rsrv serves both.) */
function keep(circuit: Circuit, channel: ServerChannel, subscription: ServerSubscription): void {
  channel.subscriptionById ??= new Map();
  const older = channel.subscriptionById.get(subscription.request.id);
  if (older === undefined) {
    circuit.subscriptionCount++;
    circuit.counters.subscriptions++;
  } else older.close();
  channel.subscriptionById.set(subscription.request.id, subscription);
}

function start(
  circuit: Circuit,
  channel: ServerChannel,
  subscription: ServerSubscription,
  mask: number,
  request: Frame,
): void {
  try {
    subscription.start(mask);
  } catch (thrown) {
    circuit.log.error(`a subscription by ${circuit.peer} to ${channel.name} failed: ${messageOf(thrown)}`);
    circuit.refuse(request, ECA.ALLOCMEM, `${channel.name}: the subscription failed`, channel.cid);
  }
}

/** The answer is an EVENT_ADD without payload and with the subscription's own type and count; no update follows it. */
export function cancelSubscription(circuit: Circuit, request: Frame): void {
  const { sid, subscriptionId: id } = CANCEL.from(request);
  const channel = circuit.channel(sid, request);
  if (channel === undefined) return;
  const subscription = channel.subscriptionById?.get(id);
  if (subscription === undefined) {
    return circuit.refuse(request, ECA.BADMONID, `${channel.name}: no subscription ${id}`, channel.cid);
  }
  subscription.close();
  channel.subscriptionById?.delete(id);
  circuit.subscriptionCount--;
  circuit.counters.subscriptions--;
  CANCELLED.dbr = subscription.request.type.code;
  CANCELLED.count = subscription.request.count;
  CANCELLED.sid = sid;
  CANCELLED.subscriptionId = id;
  CANCELLED.writeHeader(circuit.output.out, 0);
}

export function eventsOff(circuit: Circuit): void {
  circuit.output.setEvents(false);
}

export function eventsOn(circuit: Circuit): void {
  circuit.output.setEvents(true);
}
