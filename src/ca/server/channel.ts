/**
 * A client's use of one PV: its subscriptions, and its put-callbacks one after the other. The PV is asked for one
 * put-callback at a time; others of the same channel wait here, in order, while the circuit's other requests go on. It
 * is itself what the PV reports the end of a put to. CA spec §4.2.
 */
import { messageOf } from "../../base/errors.ts";
import type { Cid, Sid } from "../session/ids.ts";
import { DbrSample } from "../wire/dbr-codec.ts";
import type { DbrType } from "../wire/dbr-layout.ts";
import { viewOf } from "../wire/frame.ts";
import { RESPONSES } from "../wire/messages.ts";
import { ECA } from "../wire/status.ts";
import type { CircuitContext } from "./circuit-context.ts";
import { PUT_PENDING, type PutListener, type ServerPv } from "./pv-source.ts";
import type { ServerSubscription } from "./subscription.ts";

const WRITE_NOTIFY = viewOf(RESPONSES.writeNotify);
const ACCESS_RIGHTS = viewOf(RESPONSES.accessRights);

/** A put-callback's type and count travel back in the reply. */
interface QueuedPut {
  readonly type: DbrType;
  readonly count: number;
  readonly ioid: number;
  readonly value: DbrSample;
  readonly bytes: number;
}

export class ServerChannel implements PutListener {
  readonly cid: Cid;
  readonly sid: Sid;
  readonly name: string;
  readonly pv: ServerPv;
  readonly #context: CircuitContext;
  /** Made with the first subscription. */
  subscriptionById: Map<number, ServerSubscription> | undefined;
  /** The put-callback in progress. */
  #putting = false;
  #dbr = 0;
  #count = 0;
  #ioid = 0;
  #queue: QueuedPut[] | undefined;
  #startingQueued = false;

  constructor(context: CircuitContext, ids: { readonly cid: Cid; readonly sid: Sid }, name: string, pv: ServerPv) {
    this.#context = context;
    this.cid = ids.cid;
    this.sid = ids.sid;
    this.name = name;
    this.pv = pv;
    pv.onRightsChange(() => this.#rightsChanged());
  }
  /** Starts a put-callback, or queues it behind those of this channel if it must wait. `value` is copied then. */
  putNotify(type: DbrType, count: number, ioid: number, value: DbrSample, bytes: number): void {
    if (!this.#putting) return this.#begin(type, count, ioid, value);
    let status: number;
    try {
      status = this.pv.putAhead(type, value);
    } catch (thrown) {
      status = this.#putFailed(thrown);
    }
    if (status === PUT_PENDING) this.#enqueue({ type, count, ioid, value: copyOf(value), bytes });
    else this.#reply(type.code, count, ioid, status);
  }
  /** Called by the PV. */
  putDone(status: number): void {
    if (!this.#putting) return;
    this.#putting = false;
    this.#reply(this.#dbr, this.#count, this.#ioid, status);
    this.#startQueued();
    this.#context.output.flushSoon();
  }
  /** Tells the client its rights. */
  sendRights(): void {
    ACCESS_RIGHTS.cid = this.cid;
    ACCESS_RIGHTS.rights = this.pv.rights;
    ACCESS_RIGHTS.writeHeader(this.#context.output.out, 0);
  }
  /** Ends everything; put-callbacks are not answered any more. */
  close(): void {
    for (const subscription of this.subscriptionById?.values() ?? []) subscription.close();
    this.#context.counters.subscriptions -= this.subscriptionById?.size ?? 0;
    this.subscriptionById = undefined;
    this.#dropQueue();
    if (this.#putting) this.pv.cancelNotify();
    this.#putting = false;
    this.pv.close();
  }

  #begin(type: DbrType, count: number, ioid: number, value: DbrSample): void {
    this.#putting = true;
    this.#dbr = type.code;
    this.#count = count;
    this.#ioid = ioid;
    let status: number;
    try {
      status = this.pv.writeNotify(type, value, this);
    } catch (thrown) {
      status = this.#putFailed(thrown);
    }
    if (status === PUT_PENDING || !this.#putting) return; // later, or already by putDone
    this.#putting = false;
    this.#reply(type.code, count, ioid, status);
  }
  #putFailed(thrown: unknown): number {
    this.#context.log.error(`a put-callback by ${this.#context.peer} to ${this.name} failed: ${messageOf(thrown)}`);
    return ECA.PUTFAIL;
  }
  #reply(dbr: number, count: number, ioid: number, status: number): void {
    WRITE_NOTIFY.dbr = dbr;
    WRITE_NOTIFY.count = count;
    WRITE_NOTIFY.status = status;
    WRITE_NOTIFY.ioid = ioid;
    WRITE_NOTIFY.writeHeader(this.#context.output.out, 0);
  }
  #enqueue(put: QueuedPut): void {
    const { queuedPuts, limits } = this.#context;
    this.#queue ??= [];
    this.#queue.push(put);
    queuedPuts.bytes += put.bytes;
    if (this.#queue.length === limits.queuedPutsPerChannel) queuedPuts.fullChannels++;
  }
  /** A loop, not a recursion: each put may be complete at once. */
  #startQueued(): void {
    if (this.#startingQueued) return;
    this.#startingQueued = true;
    while (!this.#putting && this.#queue !== undefined && this.#queue.length > 0) {
      const put = this.#queue.shift()!;
      this.#forgetQueued(put, this.#queue.length + 1);
      this.#begin(put.type, put.count, put.ioid, put.value);
    }
    this.#startingQueued = false;
  }
  #dropQueue(): void {
    const queue = this.#queue ?? [];
    this.#queue = undefined;
    queue.forEach((put, index) => this.#forgetQueued(put, queue.length - index));
  }
  #forgetQueued(put: QueuedPut, length: number): void {
    const { queuedPuts, limits } = this.#context;
    const wasFull = queuedPuts.isFull;
    queuedPuts.bytes -= put.bytes;
    if (length === limits.queuedPutsPerChannel) queuedPuts.fullChannels--;
    if (wasFull && !queuedPuts.isFull) queuedPuts.room();
  }
  #rightsChanged(): void {
    this.sendRights();
    for (const subscription of this.subscriptionById?.values() ?? []) subscription.rightsChanged();
    this.#context.output.flushSoon();
  }
}

/** A put's value of its own. Metadata do not travel with puts; arrays are already read into memory of their own. */
function copyOf(value: DbrSample): DbrSample {
  const copy = new DbrSample();
  copy.number = value.number;
  copy.text = value.text;
  copy.array = value.array;
  copy.length = value.length;
  return copy;
}
