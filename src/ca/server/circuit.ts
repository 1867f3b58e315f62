/**
 * One client's circuit: who the client is, what it has opened, and how the requests on it are answered and refused. The
 * operations (create-channel.ts, read.ts …) work on it; bytes and the order of requests are client-session.ts.
 */
import type { ClientIdentity } from "../../base/client-identity.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { IdSequence, Sid } from "../session/ids.ts";
import { type CircuitRequest, type CircuitState, type Rule, SERVER_RULES } from "../session/transitions.ts";
import { NO_CHANNEL } from "../wire/constants.ts";
import type { Frame } from "../wire/frame.ts";
import { ECA } from "../wire/status.ts";
import type { ServerChannel } from "./channel.ts";
import { type CircuitContext, QueuedPuts } from "./circuit-context.ts";
import type { ServerCounters } from "./counters.ts";
import type { ServerLimits } from "./limits.ts";
import type { CircuitOutput } from "./output.ts";
import type { PvSource } from "./pv-source.ts";
import { type Receiver, sendError } from "./replies.ts";

/** What every circuit of a server uses. */
export interface CircuitServices {
  readonly source: PvSource;
  readonly limits: ServerLimits;
  readonly counters: ServerCounters;
  readonly log: Log;
  readonly sids: IdSequence<Sid>;
  /** The port that answers to TCP searches name. */
  readonly tcpPort: () => number;
  /** Most bytes of one array message; undefined: as large as the PV. */
  readonly maxArrayBytes: number | undefined;
  /** Called when much waits to be sent to a client: what waits for all clients together may be too much. */
  readonly boundUnsent: () => void;
  /** Called when the unfinished requests of all clients hold too much. */
  readonly boundUnfinished: () => void;
}

/** First minor version that reads the extended header. */
const EXTENDED_SINCE = 9;

export class Circuit implements CircuitContext, ClientIdentity {
  readonly peer: string;
  readonly output: CircuitOutput;
  readonly services: CircuitServices;
  readonly limits: ServerLimits;
  readonly counters: ServerCounters;
  readonly log: Log;
  readonly queuedPuts: QueuedPuts;
  readonly channelBySid = new Map<number, ServerChannel>();
  readonly receiver: { -readonly [K in keyof Receiver]: Receiver[K] };
  state: CircuitState = "greeting";
  user = "";
  host = "";
  priority = 0;
  /** The client's minor version; 0 before VERSION. */
  minor = 0;
  subscriptionCount = 0;
  /** The circuit ends after what has been written is sent; no request is handled any more. */
  isEnding = false;

  /** @param queuedPutsChanged called when put-callbacks begin to wait, or wait no more */
  constructor(peer: string, output: CircuitOutput, services: CircuitServices, queuedPutsChanged: () => void) {
    this.peer = peer;
    this.output = output;
    this.services = services;
    this.limits = services.limits;
    this.counters = services.counters;
    this.log = services.log;
    this.queuedPuts = new QueuedPuts(services.limits, queuedPutsChanged);
    const { maxArrayBytes } = services;
    this.receiver = {
      readsExtended: false,
      mostBytes: maxArrayBytes ?? services.limits.replyBytes,
      exactly: maxArrayBytes !== undefined,
    };
  }
  /** The state after `request` has succeeded. */
  advance(request: CircuitRequest): void {
    const rule = SERVER_RULES[this.state][request];
    if ("next" in rule) this.state = rule.next;
  }
  setMinor(minor: number): void {
    this.minor = minor;
    this.receiver.readsExtended = minor >= EXTENDED_SINCE;
  }
  /**
   * The channel that a request names. Without such a channel: ERROR and the end, as rsrv, for the client is out of
   * step.
   */
  channel(sid: number, request: Frame): ServerChannel | undefined {
    const channel = this.channelBySid.get(sid);
    if (channel === undefined) this.end(request, ECA.INTERNAL, `no channel has the server id ${sid}`);
    return channel;
  }
  /** Answers with an ERROR message; the circuit goes on. */
  refuse(request: Frame, status: number, text: string, cid: number = NO_CHANNEL): void {
    sendError(this, request, status, text, cid);
  }
  /** Answers with an ERROR message, then ends the circuit. */
  end(request: Frame, status: number, text: string, cid: number = NO_CHANNEL): void {
    this.refuse(request, status, text, cid);
    this.log.warn(`${this.peer} is disconnected: ${text} (command ${request.command})`);
    this.counters.protocolErrors++;
    this.isEnding = true;
  }
  /** Answers as a rule of the transition table says. */
  refuseByRule(request: Frame, rule: Rule): void {
    if (!("refuse" in rule)) return;
    if (rule.end) this.end(request, ECA[rule.refuse], rule.because);
    else this.refuse(request, ECA[rule.refuse], rule.because);
  }
  /** Forgets a channel and ends everything on it. */
  dropChannel(channel: ServerChannel): void {
    if (!this.channelBySid.delete(channel.sid)) return;
    this.counters.channels--;
    this.subscriptionCount -= channel.subscriptionById?.size ?? 0;
    try {
      channel.close();
    } catch (thrown) {
      this.log.error(`${channel.name} could not be closed for ${this.peer}: ${messageOf(thrown)}`);
    }
  }
  /** Ends everything. */
  close(): void {
    for (const channel of this.channelBySid.values()) this.dropChannel(channel);
  }
}

/** Answers one kind of request. */
export type RequestHandler = (circuit: Circuit, request: Frame) => void;
