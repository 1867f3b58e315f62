/**
 * What a client does with each message of a server: one row a message, keyed by command. Protocol state is the
 * circuit's and the channels' business.
 */
import { RemoteProtocolError } from "../../base/errors.ts";
import type { Address } from "../../net/transport.ts";
import { ADDRESS_OF_SENDER } from "../wire/constants.ts";
import { type Frame, viewOf } from "../wire/frame.ts";
import { REQUESTS, RESPONSES } from "../wire/messages.ts";
import { readErrorEcho } from "../wire/payloads.ts";
import { ECA } from "../wire/status.ts";
import type { ClientChannel, Operation, StandingOperation } from "./channel.ts";
import { ipv4Text } from "./ipv4.ts";

/** What the replies touch: the circuit that received them. */
export interface ReplyTarget {
  readonly address: Address;
  channel(cid: number): ClientChannel | undefined;
  /** The operation with this id, if it belongs to a channel of this circuit. */
  operation(id: number): Operation | StandingOperation | undefined;
  serverVersion(minor: number): void;
  created(cid: number, sid: number, native: number, elementCount: number): void;
  /** The server has no such channel any more, or never had. */
  channelGone(cid: number, reason: string): void;
  found(searchId: number, server: Address): void;
  echoed(): void;
  exception(pv: string | undefined, status: number, text: string): void;
}

type Reply = (target: ReplyTarget, frame: Frame) => void;

const version = viewOf(RESPONSES.version);
const eventAdd = viewOf(RESPONSES.eventAdd);
const searchOverTcp = viewOf(RESPONSES.searchOverTcp);
const error = viewOf(RESPONSES.error);
const readNotify = viewOf(RESPONSES.readNotify);
const createChan = viewOf(RESPONSES.createChan);
const writeNotify = viewOf(RESPONSES.writeNotify);
const accessRights = viewOf(RESPONSES.accessRights);
const createChFail = viewOf(RESPONSES.createChFail);
const serverDisconn = viewOf(RESPONSES.serverDisconn);

const ignore: Reply = () => {};

/** Every message that a server may send over TCP. */
const REPLIES = {
  version: (target, frame) => target.serverVersion(version.from(frame).minor),
  eventAdd: (target, frame) => {
    const { status, dbr, count, subscriptionId } = eventAdd.from(frame);
    // Without payload it is the answer to EVENT_CANCEL, whose p1 is the sid, or the update of an array without
    // elements.
    if (frame.payloadBytes === 0 && (count > 0 || status !== ECA.NORMAL)) return;
    target.operation(subscriptionId)?.answered(status, dbr, count, frame.payload());
  },
  read: ignore,
  searchOverTcp: (target, frame) => {
    const { tcpPort, address, searchId } = searchOverTcp.from(frame);
    target.found(searchId, address === ADDRESS_OF_SENDER ? target.address : { host: ipv4Text(address), port: tcpPort });
  },
  readSync: ignore,
  error: (target, frame) => routeError(target, frame),
  clearChannel: ignore,
  notFound: ignore,
  readNotify: (target, frame) => {
    const { status, dbr, count, ioid } = readNotify.from(frame);
    target.operation(ioid)?.answered(status, dbr, count, frame.payload());
  },
  createChan: (target, frame) => {
    const { cid, sid, dbr, count } = createChan.from(frame);
    target.created(cid, sid, dbr, count);
  },
  writeNotify: (target, frame) => {
    const { status, dbr, count, ioid } = writeNotify.from(frame);
    target.operation(ioid)?.answered(status, dbr, count, frame.payload());
  },
  accessRights: (target, frame) => {
    const { cid, rights } = accessRights.from(frame);
    target.channel(cid)?.rightsAre(rights);
  },
  echo: (target) => target.echoed(),
  createChFail: (target, frame) =>
    target.channelGone(createChFail.from(frame).cid, "its server answered the search but does not have it"),
  serverDisconn: (target, frame) => target.channelGone(serverDisconn.from(frame).cid, "its server has withdrawn it"),
} as const satisfies Partial<Record<keyof typeof RESPONSES, Reply>>;

const REPLY_BY_COMMAND: ReadonlyMap<number, Reply> = new Map(
  Object.entries(REPLIES).map(([name, reply]) => [RESPONSES[name as keyof typeof REPLIES].command, reply]),
);

/** @throws RemoteProtocolError for a message that no server sends over TCP: the framing of the stream is lost */
export function handleReply(target: ReplyTarget, frame: Frame): void {
  const reply = REPLY_BY_COMMAND.get(frame.command);
  if (reply === undefined) throw new RemoteProtocolError(`message ${frame.command} is none that a server sends`);
  reply(target, frame);
}

const OPERATION_COMMANDS: ReadonlySet<number> = new Set([
  REQUESTS.eventAdd.command,
  REQUESTS.readNotify.command,
  REQUESTS.writeNotify.command,
]);

/**
 * The echoed request tells whom it concerns: the operation that waits under its p2, else the channel that the ERROR
 * names. channel-access.md §1.5
 */
function routeError(target: ReplyTarget, frame: Frame): void {
  const { cid, status } = error.from(frame);
  const echo = readErrorEcho(frame);
  const text = echo?.text ?? "";
  const operation = echo !== undefined && OPERATION_COMMANDS.has(echo.command) ? target.operation(echo.p2) : undefined;
  if (operation === undefined) target.exception(target.channel(cid)?.name, status, text);
  else operation.refused(status, text);
}
