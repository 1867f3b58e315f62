/** PVs without a database: numbers, texts and arrays that a test sets, posts, makes slow or makes fail. */
import {
  PUT_PENDING,
  PUT_WAITING,
  type PutListener,
  type PvSource,
  type ServerPv,
  type Subscription,
} from "../../../src/ca/server/pv-source.ts";
import { DbrSample } from "../../../src/ca/wire/dbr-codec.ts";
import type { DbrType } from "../../../src/ca/wire/dbr-layout.ts";
import { ECA } from "../../../src/ca/wire/status.ts";

type Value = number | string | number[];

/** One PV; each channel on it is a FakeChannel. */
export class FakePv {
  readonly nativeType: number;
  readonly elementCount: number;
  value: Value;
  rights = 3;
  /** Seconds of the time stamp, so that a test sees which update has come. */
  stamp = 0;
  /** Thrown by every access while set. */
  failure: Error | undefined;
  /** Status of reads and puts instead of success. */
  status: number = ECA.NORMAL;
  /** Put-callbacks stay in progress until `finish`. */
  slow = false;
  /** Values put, in order, by WRITE and WRITE_NOTIFY alike. */
  readonly puts: Value[] = [];
  readonly openChannels = new Set<FakeChannel>();
  readonly subscribers = new Set<{ readonly mask: number; readonly changed: () => void }>();
  #putsInProgress: FakePut[] = [];
  cancelled = 0;

  constructor(value: Value, options: { readonly nativeType?: number; readonly elementCount?: number } = {}) {
    this.value = value;
    this.nativeType = options.nativeType ?? (typeof value === "string" ? 0 : 6);
    this.elementCount = options.elementCount ?? (Array.isArray(value) ? value.length : 1);
  }
  /** A new value, published. */
  set(value: Value, mask = 7): void {
    this.value = value;
    this.stamp++;
    for (const subscriber of this.subscribers) if ((subscriber.mask & mask) !== 0) subscriber.changed();
  }
  setRights(rights: number): void {
    this.rights = rights;
    for (const channel of this.openChannels) channel.rightsListener();
  }
  /** Ends the oldest put-callback in progress; the next is applied, and unless the PV is slow all that follow. */
  finish(status: number = ECA.NORMAL): void {
    const puts = this.#putsInProgress;
    puts.shift()?.listener.putDone(status);
    while (puts.length > 0) {
      const first = puts[0]!;
      const outcome = first.apply();
      first.listener.putBegun();
      if (this.slow) return;
      puts.shift();
      first.listener.putDone(outcome);
    }
  }
  hold(put: FakePut): number {
    const waits = this.#putsInProgress.length > 0;
    const status = waits ? PUT_WAITING : put.apply();
    if (!waits && (!this.slow || status !== ECA.NORMAL)) return status;
    this.#putsInProgress.push(put);
    return waits ? PUT_WAITING : PUT_PENDING;
  }
  release(channel: FakeChannel): void {
    const before = this.#putsInProgress.length;
    this.#putsInProgress = this.#putsInProgress.filter((put) => put.channel !== channel);
    this.cancelled += before - this.#putsInProgress.length;
  }
  get putsInProgress(): number {
    return this.#putsInProgress.length;
  }
}

interface FakePut {
  readonly channel: FakeChannel;
  readonly listener: PutListener;
  apply(): number;
}

export class FakeChannel implements ServerPv {
  readonly #pv: FakePv;
  rightsListener: () => void = () => {};

  constructor(pv: FakePv) {
    this.#pv = pv;
    pv.openChannels.add(this);
  }
  get nativeType(): number {
    return this.#pv.nativeType;
  }
  get elementCount(): number {
    return this.#pv.elementCount;
  }
  get rights(): number {
    return this.#pv.rights;
  }
  read(type: DbrType, _count: number, into: DbrSample): number {
    const { failure, status, value, stamp } = this.#pv;
    if (failure !== undefined) throw failure;
    if (type.native !== "STRING" && typeof value === "string" && Number.isNaN(Number(value))) return ECA.GETFAIL;
    if (Array.isArray(value)) {
      into.setArray(type.native === "STRING" ? value.map(String) : Float64Array.from(value));
    } else if (type.native === "STRING") into.setText(String(value));
    else into.setNumber(Number(value));
    into.seconds = stamp;
    into.status = 0;
    into.severity = 0;
    into.units = "mm";
    return status;
  }
  write(type: DbrType, value: DbrSample): number {
    if (this.#pv.failure !== undefined) throw this.#pv.failure;
    if (this.#pv.status !== ECA.NORMAL) return this.#pv.status;
    const taken = valueOf(type, value);
    this.#pv.puts.push(taken);
    this.#pv.set(taken);
    return ECA.NORMAL;
  }
  writeNotify(type: DbrType, value: DbrSample, listener: PutListener): number {
    const copy = Object.assign(new DbrSample(), value);
    return this.#pv.hold({ channel: this, listener, apply: () => this.write(type, copy) });
  }
  cancelPuts(): void {
    this.#pv.release(this);
  }
  subscribe(mask: number, changed: () => void): Subscription {
    if (this.#pv.failure !== undefined) throw this.#pv.failure;
    const subscriber = { mask, changed };
    this.#pv.subscribers.add(subscriber);
    return { cancel: () => this.#pv.subscribers.delete(subscriber) };
  }
  onRightsChange(listener: () => void): void {
    this.rightsListener = listener;
  }
  close(): void {
    if (!this.#pv.openChannels.delete(this)) throw new Error("closed twice");
  }
}

function valueOf(type: DbrType, sample: DbrSample): Value {
  if (sample.array !== undefined) {
    const elements = [...sample.array].slice(0, sample.length);
    return elements.every((one) => typeof one === "number") ? elements : elements.join(",");
  }
  return type.native === "STRING" ? sample.text : sample.number;
}

export class FakePvs implements PvSource {
  readonly byName = new Map<string, FakePv>();
  constructor(pvs: Readonly<Record<string, FakePv>> = {}) {
    for (const [name, pv] of Object.entries(pvs)) this.byName.set(name, pv);
  }
  claims(name: string): boolean {
    return this.byName.has(name);
  }
  open(name: string): ServerPv | undefined {
    const pv = this.byName.get(name);
    return pv === undefined ? undefined : new FakeChannel(pv);
  }
  list(): Iterable<string> {
    return this.byName.keys();
  }
}
