/**
 * Who is told that a field was posted. Subscribers may come and go, and cancel one another, while they are told; adding
 * or cancelling a subscriber costs the same however many there are. What is posted when is decided by process.ts,
 * put.ts and the record types. channel-access.md §3.1, §3.2.
 */
import { stackOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";

interface Subscriber {
  readonly mask: number;
  readonly changed: (mask: number) => void;
  /** Greater than that of every earlier subscriber. */
  readonly serial: number;
}

/** The subscribers of one field of one record. */
export interface FieldMonitors {
  readonly field: string;
  /** Bits that any subscriber wants. */
  mask: number;
  /** How many want exactly these bits: their union is what `mask` is when a subscriber leaves. */
  readonly countByMask: Map<number, number>;
  /** In the order of coming. */
  readonly subscribers: Set<Subscriber>;
  /** Told what a subscriber has thrown. */
  readonly failed: (thrown: unknown) => void;
}

export interface FieldSubscription {
  cancel(): void;
}

/** What can be subscribed to: a record. */
export interface Posting {
  readonly name: string;
  readonly world: { readonly log: Log };
  monitors: FieldMonitors[] | undefined;
}

let lastSerial = 0;

/** Tells those who wait for `field` and a bit of `mask`. */
export function postTo(monitors: readonly FieldMonitors[], field: string, mask: number): void {
  for (let i = 0; i < monitors.length; i++) {
    const one = monitors[i]!;
    if (one.field === field && (one.mask & mask) !== 0) tell(one, mask);
  }
}

/** Tells the subscribers of all fields: metadata, or an acknowledgement, concern the whole record. */
export function postToAll(monitors: readonly FieldMonitors[] | undefined, mask: number): void {
  for (const one of monitors ?? []) tell(one, mask);
}

/**
 * Subscribers that come during the post are not told of it. An exception is a bug of one subscriber: it costs neither
 * the others nor the record.
 */
function tell({ subscribers, failed }: FieldMonitors, mask: number): void {
  const newest = lastSerial;
  for (const subscriber of subscribers) {
    if (subscriber.serial > newest) return;
    if ((subscriber.mask & mask) === 0) continue;
    try {
      subscriber.changed(mask);
    } catch (thrown) {
      failed(thrown);
    }
  }
}

/** Adds a subscriber. @param changed gets the bits that were posted */
export function subscribeTo(
  record: Posting,
  field: string,
  mask: number,
  changed: (mask: number) => void,
): FieldSubscription {
  const monitors = monitorsOf(record, field);
  const subscriber: Subscriber = { mask, changed, serial: ++lastSerial };
  monitors.subscribers.add(subscriber);
  monitors.countByMask.set(mask, (monitors.countByMask.get(mask) ?? 0) + 1);
  monitors.mask |= mask;
  return {
    cancel: () => {
      if (monitors.subscribers.delete(subscriber)) forgetMask(monitors, mask);
    },
  };
}

function monitorsOf(record: Posting, field: string): FieldMonitors {
  record.monitors ??= [];
  const known = record.monitors.find((one) => one.field === field);
  if (known !== undefined) return known;
  const failed = (thrown: unknown): void =>
    record.world.log.error(`${record.name}.${field}: a subscriber failed: ${stackOf(thrown)}`);
  const monitors = { field, mask: 0, countByMask: new Map(), subscribers: new Set<Subscriber>(), failed };
  record.monitors.push(monitors);
  return monitors;
}

function forgetMask(monitors: FieldMonitors, mask: number): void {
  const { countByMask } = monitors;
  const left = (countByMask.get(mask) ?? 0) - 1;
  if (left > 0) {
    countByMask.set(mask, left);
    return;
  }
  countByMask.delete(mask);
  let bits = 0;
  for (const one of countByMask.keys()) bits |= one;
  monitors.mask = bits;
}
