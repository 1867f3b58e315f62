/**
 * VERSION, CLIENT_NAME, HOST_NAME, ECHO, READ_SYNC and SEARCH over TCP. channel-access.md §1.5, §1.8; epics-base:
 * rsrv/camessage.c.
 */
import { ADDRESS_OF_SENDER, DO_REPLY, MAX_PRIORITY, MINOR_VERSION, OLDEST_MINOR } from "../wire/constants.ts";
import { type Frame, viewOf } from "../wire/frame.ts";
import { REQUESTS, RESPONSES } from "../wire/messages.ts";
import { ECA } from "../wire/status.ts";
import type { Circuit } from "./circuit.ts";
import { isOurs } from "./names.ts";

const VERSION = viewOf(REQUESTS.version);
const OUR_VERSION = viewOf(RESPONSES.version);
const ECHOED = viewOf(RESPONSES.echo);
const READ_SYNCED = viewOf(RESPONSES.readSync);
const SEARCH = viewOf(REQUESTS.search);
const FOUND = viewOf(RESPONSES.searchOverTcp);
const NOT_FOUND = viewOf(RESPONSES.notFound);

/** The first message on a circuit, sent before anything is read. */
export function greet(circuit: Circuit): void {
  OUR_VERSION.minor = MINOR_VERSION;
  OUR_VERSION.writeHeader(circuit.output.out, 0);
}

/** Only the first VERSION counts: libca repeats it with each search frame that it sends to a name server. */
export function version(circuit: Circuit, request: Frame): void {
  if (circuit.state !== "greeting") return;
  const { priority, minor } = VERSION.from(request);
  if (priority > MAX_PRIORITY || minor < OLDEST_MINOR) {
    circuit.log.warn(`${circuit.peer} is disconnected: protocol version 4.${minor}, priority ${priority}`);
    circuit.counters.protocolErrors++;
    circuit.isEnding = true;
    return;
  }
  circuit.priority = priority;
  circuit.setMinor(minor);
  circuit.advance("version");
}

export function clientName(circuit: Circuit, request: Frame): void {
  if (isShort(circuit, request)) circuit.user = request.text();
}

export function hostName(circuit: Circuit, request: Frame): void {
  if (isShort(circuit, request)) circuit.host = request.text();
}

function isShort(circuit: Circuit, request: Frame): boolean {
  const most = circuit.limits.identityBytes;
  if (request.payloadBytes <= most) return true;
  circuit.end(request, ECA.INTERNAL, `a user or host name of ${request.payloadBytes} bytes; at most ${most} are read`);
  return false;
}

export function echo(circuit: Circuit, request: Frame): void {
  ECHOED.from(request).writeHeader(circuit.output.out, request.payloadBytes);
  if (request.payloadBytes > 0) circuit.output.out.bytes(request.payload());
}

export function readSync(circuit: Circuit, request: Frame): void {
  READ_SYNCED.from(request).writeHeader(circuit.output.out, 0);
}

/**
 * An IOC answers for its own PVs, so that it can be its clients' name server. For other names silence, or NOT_FOUND for
 * clients that ask for it.
 */
export function searchOverTcp(circuit: Circuit, request: Frame): void {
  const { out } = circuit.output;
  const words = SEARCH.from(request);
  if (isOurs(circuit.services, request.text())) {
    FOUND.tcpPort = circuit.services.tcpPort();
    FOUND.address = ADDRESS_OF_SENDER;
    FOUND.searchId = words.searchId;
    FOUND.writeHeader(out, 0);
  } else if (words.replyFlag === DO_REPLY) NOT_FOUND.from(request).writeHeader(out, 0);
}
