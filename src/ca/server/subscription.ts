/**
 * One subscription of a client: when the PV posts, an update is encoded at once if the client takes it, or waits. Of a
 * scalar a few values are kept; an array is only marked as changed, and read when it can be sent. Without read access
 * one update says so and the rest are withheld. channel-access.md §3.4, §3.5.
 */
import { SubscriptionQueue } from "../session/subscription-queue.ts";
import { RIGHT_READ } from "../wire/constants.ts";
import { DbrSample } from "../wire/dbr-codec.ts";
import type { DbrType } from "../wire/dbr-layout.ts";
import { viewOf } from "../wire/frame.ts";
import { RESPONSES } from "../wire/messages.ts";
import { ECA, isSuccess } from "../wire/status.ts";
import { type CircuitContext, readPv } from "./circuit-context.ts";
import type { WaitingUpdates } from "./output.ts";
import type { ServerPv, Subscription } from "./pv-source.ts";
import { sendValue, sendZeros } from "./replies.ts";

const UPDATE = viewOf(RESPONSES.eventAdd);
/** For values that are sent as soon as they are read. */
const current = new DbrSample();

class KeptUpdate {
  status: number = ECA.NORMAL;
  readonly sample = new DbrSample();
}

export interface SubscriptionRequest {
  /** u32, the client's choice. */
  readonly id: number;
  readonly type: DbrType;
  /** Elements wanted; 0: as many as there are. */
  readonly count: number;
}

export class ServerSubscription implements WaitingUpdates {
  readonly request: SubscriptionRequest;
  readonly #context: CircuitContext;
  readonly #pv: ServerPv;
  readonly #isScalar: boolean;
  #readable: boolean;
  /** Values that wait; made with the first. */
  #kept: SubscriptionQueue<KeptUpdate> | undefined;
  /** An update is due: the value, or the lack of access, as it is when it can be sent. */
  #dirty = false;
  #waits = false;
  #closed = false;
  #source: Subscription | undefined;

  constructor(context: CircuitContext, pv: ServerPv, request: SubscriptionRequest) {
    this.#context = context;
    this.#pv = pv;
    this.request = request;
    this.#isScalar = pv.elementCount === 1;
    this.#readable = (pv.rights & RIGHT_READ) !== 0;
  }
  /** Listens, and sends the first update. @throws what the PV throws */
  start(mask: number): void {
    this.#source = this.#pv.subscribe(mask, () => this.#posted());
    this.#changed();
  }
  /** The access rights of the channel may have changed; the client knows already. */
  rightsChanged(): void {
    const readable = (this.#pv.rights & RIGHT_READ) !== 0;
    if (readable === this.#readable) return;
    this.#readable = readable;
    this.#kept?.clear();
    if (!this.#waits && this.#context.output.takesUpdates) this.#sendCurrent();
    else {
      this.#dirty = true;
      this.#wait();
    }
    this.#context.output.flushSoon();
  }
  /** No update follows. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#context.output.forget(this);
    this.#source?.cancel();
  }
  sendWaiting(): boolean {
    const { output } = this.#context;
    while (this.#kept !== undefined && this.#kept.length > 0) {
      if (!output.takesUpdates) return false;
      const update = this.#kept.shift()!;
      this.#send(update.status, update.sample);
    }
    if (this.#dirty) {
      if (!output.takesUpdates) return false;
      this.#dirty = false;
      this.#sendCurrent();
    }
    this.#waits = false;
    return true;
  }

  #posted(): void {
    if (this.#closed || !this.#readable) return;
    this.#changed();
    this.#context.output.flushSoon();
  }
  #changed(): void {
    if (!this.#waits && this.#context.output.takesUpdates) this.#sendCurrent();
    else if (this.#isScalar && this.#readable && !this.#dirty) this.#keep();
    else {
      if (this.#dirty) this.#context.counters.updatesReplaced++;
      this.#dirty = true;
      this.#wait();
    }
  }
  /** Reads the value now, for later; while the client has said EVENTS_OFF only the newest is kept, as rsrv does. */
  #keep(): void {
    const { output, limits, counters } = this.#context;
    const limit = output.eventsOn ? limits.updatesPerSubscription : 1;
    this.#kept ??= new SubscriptionQueue(() => new KeptUpdate());
    const before = this.#kept.length;
    const update = this.#kept.push(limit);
    if (this.#kept.length === before) counters.updatesReplaced++;
    update.status = readPv(this.#context, this.#pv, this.request.type, this.request.count, update.sample);
    detach(update.sample);
    this.#wait();
  }
  #wait(): void {
    if (this.#waits) return;
    this.#waits = true;
    this.#context.output.wait(this);
  }
  #sendCurrent(): void {
    const { type, count } = this.request;
    const status = this.#readable ? readPv(this.#context, this.#pv, type, count, current) : ECA.NORDACCESS;
    this.#send(status, current);
  }
  #send(status: number, sample: DbrSample): void {
    const { type, count, id } = this.request;
    UPDATE.status = status;
    UPDATE.subscriptionId = id;
    if (isSuccess(status)) sendValue(this.#context, UPDATE, type, count === 0 ? sample.length : count, sample);
    else sendZeros(this.#context, UPDATE, type, count);
    this.#context.counters.updates++;
  }
}

/** Makes a scalar independent of the PV's memory: a one-element array may have been handed over without a copy. */
function detach(sample: DbrSample): void {
  const { array } = sample;
  if (array === undefined || sample.length !== 1) return;
  const value = array[0];
  if (typeof value === "number") sample.setNumber(value);
  else sample.setText(value ?? "");
}
