/**
 * A client's use of one PV: its subscriptions, and how much of the circuit's room its put-callbacks in progress take.
 * The order of put-callbacks is the PV's matter. channel-access.md §4.2.
 */
import { messageOf } from "../../base/errors.ts";
import type { Cid, Sid } from "../session/ids.ts";
import type { DbrSample } from "../wire/dbr-codec.ts";
import type { DbrType } from "../wire/dbr-layout.ts";
import { viewOf } from "../wire/frame.ts";
import { RESPONSES } from "../wire/messages.ts";
import { ECA } from "../wire/status.ts";
import type { CircuitContext } from "./circuit-context.ts";
import { PUT_PENDING, type PutListener, type ServerPv } from "./pv-source.ts";
import type { ServerSubscription } from "./subscription.ts";

const WRITE_NOTIFY = viewOf(RESPONSES.writeNotify);
const ACCESS_RIGHTS = viewOf(RESPONSES.accessRights);

export class ServerChannel {
  readonly cid: Cid;
  readonly sid: Sid;
  readonly name: string;
  readonly pv: ServerPv;
  readonly #context: CircuitContext;
  /** Made with the first subscription. */
  subscriptionById: Map<number, ServerSubscription> | undefined;
  #putsInProgress = 0;
  /** Payload bytes of the put-callbacks that began while another was in progress. */
  #queuedBytes = 0;
  #isClosed = false;

  constructor(context: CircuitContext, ids: { readonly cid: Cid; readonly sid: Sid }, name: string, pv: ServerPv) {
    this.#context = context;
    this.cid = ids.cid;
    this.sid = ids.sid;
    this.name = name;
    this.pv = pv;
    pv.onRightsChange(() => this.#rightsChanged());
  }
  /** Starts a put-callback. */
  putNotify(type: DbrType, count: number, ioid: number, value: DbrSample, bytes: number): void {
    const put = new ChannelPut(this, type.code, count, ioid, this.#putsInProgress === 0 ? 0 : bytes);
    this.#hold(1, put.queuedBytes);
    let status: number;
    try {
      status = this.pv.writeNotify(type, value, put);
    } catch (thrown) {
      this.#context.log.error(`a put-callback by ${this.#context.peer} to ${this.name} failed: ${messageOf(thrown)}`);
      status = ECA.PUTFAIL;
    }
    if (status !== PUT_PENDING) this.#answer(put, status);
  }
  /** A put-callback that was in progress has ended. */
  putEnded(put: ChannelPut, status: number): void {
    if (this.#isClosed) return;
    this.#answer(put, status);
    this.#context.output.flushSoon();
  }
  /** Tells the client its access rights to the PV. */
  sendRights(): void {
    ACCESS_RIGHTS.cid = this.cid;
    ACCESS_RIGHTS.rights = this.pv.rights;
    ACCESS_RIGHTS.writeHeader(this.#context.output.out, 0);
  }
  /** Ends the subscriptions and gives the put-callbacks up: none is answered any more. */
  close(): void {
    for (const subscription of this.subscriptionById?.values() ?? []) subscription.close();
    this.#context.counters.subscriptions -= this.subscriptionById?.size ?? 0;
    this.subscriptionById = undefined;
    this.#isClosed = true;
    if (this.#putsInProgress > 0) this.pv.cancelPuts();
    this.#hold(-this.#putsInProgress, -this.#queuedBytes);
    this.pv.close();
  }

  #answer(put: ChannelPut, status: number): void {
    WRITE_NOTIFY.dbr = put.dbr;
    WRITE_NOTIFY.count = put.count;
    WRITE_NOTIFY.status = status;
    WRITE_NOTIFY.ioid = put.ioid;
    WRITE_NOTIFY.writeHeader(this.#context.output.out, 0);
    this.#hold(-1, -put.queuedBytes);
  }
  /** Counts put-callbacks and their bytes; the circuit is not read while it has too many of either. */
  #hold(puts: number, bytes: number): void {
    const { queuedPuts, limits } = this.#context;
    const wasFull = this.#putsInProgress > limits.queuedPutsPerChannel;
    this.#putsInProgress += puts;
    this.#queuedBytes += bytes;
    const isFull = this.#putsInProgress > limits.queuedPutsPerChannel;
    queuedPuts.change(bytes, Number(isFull) - Number(wasFull));
  }
  #rightsChanged(): void {
    this.sendRights();
    for (const subscription of this.subscriptionById?.values() ?? []) subscription.rightsChanged();
    this.#context.output.flushSoon();
  }
}

/** A put-callback from request to answer; the answer carries the request's type and count. */
class ChannelPut implements PutListener {
  readonly #channel: ServerChannel;
  readonly dbr: number;
  readonly count: number;
  readonly ioid: number;
  readonly queuedBytes: number;

  constructor(channel: ServerChannel, dbr: number, count: number, ioid: number, queuedBytes: number) {
    this.#channel = channel;
    this.dbr = dbr;
    this.count = count;
    this.ioid = ioid;
    this.queuedBytes = queuedBytes;
  }
  putDone(status: number): void {
    this.#channel.putEnded(this, status);
  }
}
