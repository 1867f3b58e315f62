/**
 * Which function answers which request in which state: the transition table and the operations, joined into one array a
 * state, indexed by command number.
 */
import { CIRCUIT_STATES, type CircuitRequest, type CircuitState, ruleFor } from "../session/transitions.ts";
import type { Frame } from "../wire/frame.ts";
import { LAST_COMMAND, REQUESTS } from "../wire/messages.ts";
import type { Circuit, RequestHandler } from "./circuit.ts";
import { clearChannel, createChannel } from "./create-channel.ts";
import { clientName, echo, hostName, readSync, searchOverTcp, version } from "./housekeeping.ts";
import { addSubscription, cancelSubscription, eventsOff, eventsOn } from "./monitor.ts";
import { readNotify, readOnce } from "./read.ts";
import { write, writeNotify } from "./write.ts";

const HANDLERS: Readonly<Record<CircuitRequest, RequestHandler>> = {
  version,
  eventAdd: addSubscription,
  eventCancel: cancelSubscription,
  read: readOnce,
  write,
  search: searchOverTcp,
  eventsOff,
  eventsOn,
  readSync,
  clearChannel,
  readNotify,
  createChan: createChannel,
  writeNotify,
  clientName,
  hostName,
  echo,
};

const refuse: RequestHandler = (circuit, request) =>
  circuit.refuseByRule(request, ruleFor(circuit.state, request.command));

function handlersIn(state: CircuitState): readonly RequestHandler[] {
  const handlers = Array.from({ length: LAST_COMMAND + 1 }, () => refuse);
  for (const [name, handler] of Object.entries(HANDLERS)) {
    const { command } = REQUESTS[name as CircuitRequest];
    if ("next" in ruleFor(state, command)) handlers[command] = handler;
  }
  return handlers;
}

const BY_STATE = Object.fromEntries(CIRCUIT_STATES.map((state) => [state, handlersIn(state)])) as Readonly<
  Record<CircuitState, readonly RequestHandler[]>
>;

/** Handles one request. */
export function dispatch(circuit: Circuit, request: Frame): void {
  const handler = BY_STATE[circuit.state][request.command] ?? refuse;
  handler(circuit, request);
}
