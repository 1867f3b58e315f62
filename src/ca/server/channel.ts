/**
 * A client's use of one PV: its subscriptions, and how much of the circuit's room its put-callbacks take while they
 * wait. The order of put-callbacks is the PV's matter. channel-access.md §4.2.
 */
import { messageOf } from "../../base/errors.ts";
import type { Cid, Sid } from "../session/ids.ts";
import type { DbrSample } from "../wire/dbr-codec.ts";
import type { DbrType } from "../wire/dbr-layout.ts";
import { viewOf } from "../wire/frame.ts";
import { RESPONSES } from "../wire/messages.ts";
import { ECA } from "../wire/status.ts";
import type { CircuitContext } from "./circuit-context.ts";
import type { WaitingUpdates } from "./output.ts";
import { PUT_PENDING, PUT_WAITING, type PutListener, type ServerPv } from "./pv-source.ts";
import type { ServerSubscription } from "./subscription.ts";

const WRITE_NOTIFY = viewOf(RESPONSES.writeNotify);
const ACCESS_RIGHTS = viewOf(RESPONSES.accessRights);

export class ServerChannel implements WaitingUpdates {
  readonly cid: Cid;
  readonly sid: Sid;
  readonly name: string;
  readonly pv: ServerPv;
  readonly #context: CircuitContext;
  /** Made with the first subscription. */
  subscriptionById: Map<number, ServerSubscription> | undefined;
  /** Put-callbacks that wait for their turn, and their payload bytes. */
  #waitingPuts = 0;
  #waitingBytes = 0;
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
  putNotify(type: DbrType, value: DbrSample, request: PutRequest): void {
    const put = new ChannelPut(this, request);
    let status: number;
    try {
      status = this.pv.writeNotify(type, value, put);
    } catch (thrown) {
      this.#context.log.error(`a put-callback by ${this.#context.peer} to ${this.name} failed: ${messageOf(thrown)}`);
      status = ECA.PUTFAIL;
    }
    if (status === PUT_WAITING) {
      put.isWaiting = true;
      this.#hold(1, request.bytes);
    } else if (status !== PUT_PENDING) this.#answer(put, status);
  }
  /** A put-callback that waited has its turn. */
  putBegun(put: ChannelPut): void {
    if (!put.isWaiting || this.#isClosed) return;
    put.isWaiting = false;
    this.#hold(-1, -put.request.bytes);
  }
  /** A put-callback that was in progress has ended. */
  putEnded(put: ChannelPut, status: number): void {
    if (this.#isClosed) return;
    this.putBegun(put);
    this.#answer(put, status);
    this.#context.output.flushSoon();
  }
  /** Tells the client its access rights to the PV. */
  sendRights(): void {
    ACCESS_RIGHTS.cid = this.cid;
    ACCESS_RIGHTS.rights = this.pv.rights;
    ACCESS_RIGHTS.writeHeader(this.#context.output.out, 0);
  }
  sendWaiting(): boolean {
    this.sendRights();
    return true;
  }
  /** Ends the subscriptions and gives the put-callbacks up: none is answered any more. */
  close(): void {
    for (const subscription of this.subscriptionById?.values() ?? []) subscription.close();
    this.#context.counters.subscriptions -= this.subscriptionById?.size ?? 0;
    this.subscriptionById = undefined;
    this.#isClosed = true;
    this.#context.output.forget(this);
    if (this.#waitingPuts > 0) this.#hold(-this.#waitingPuts, -this.#waitingBytes);
    this.pv.cancelPuts();
    this.pv.close();
  }

  #answer({ request }: ChannelPut, status: number): void {
    WRITE_NOTIFY.dbr = request.dbr;
    WRITE_NOTIFY.count = request.count;
    WRITE_NOTIFY.status = status;
    WRITE_NOTIFY.ioid = request.ioid;
    WRITE_NOTIFY.writeHeader(this.#context.output.out, 0);
  }
  /** Counts put-callbacks that wait, and their bytes; the circuit is not read while it has too many of either. */
  #hold(puts: number, bytes: number): void {
    const { queuedPuts, limits } = this.#context;
    const wasFull = this.#waitingPuts >= limits.queuedPutsPerChannel;
    this.#waitingPuts += puts;
    this.#waitingBytes += bytes;
    const isFull = this.#waitingPuts >= limits.queuedPutsPerChannel;
    queuedPuts.change(bytes, Number(isFull) - Number(wasFull));
  }
  /** A client that does not read is told the newest rights when it does, however often they have changed. */
  #rightsChanged(): void {
    const { output } = this.#context;
    if (output.isFull) output.wait(this);
    else this.sendRights();
    for (const subscription of this.subscriptionById?.values() ?? []) subscription.rightsChanged();
    output.flushSoon();
  }
}

/** What a client's WRITE_NOTIFY says; the answer carries the same type, count and ioid. */
export interface PutRequest {
  readonly dbr: number;
  readonly count: number;
  readonly ioid: number;
  /** Of the payload. */
  readonly bytes: number;
}

/** A put-callback from request to answer. */
class ChannelPut implements PutListener {
  readonly #channel: ServerChannel;
  readonly request: PutRequest;
  isWaiting = false;

  constructor(channel: ServerChannel, request: PutRequest) {
    this.#channel = channel;
    this.request = request;
  }
  putBegun(): void {
    this.#channel.putBegun(this);
  }
  putDone(status: number): void {
    this.#channel.putEnded(this, status);
  }
}
