/**
 * Who is told that a field was posted. The lists are replaced, never changed, so that a subscriber may cancel itself or others while it is told.
 * What is posted when is decided by process.ts, put.ts and the record types. CA spec §3.1, §3.2.
 */

/** Bits of a posting mask. epics-base: caeventmask.h */
export const DBE_VALUE = 1;
export const DBE_LOG = 2;
export const DBE_ALARM = 4;
export const DBE_PROPERTY = 8;

interface Subscriber {
  readonly mask: number;
  readonly changed: (mask: number) => void;
  isCancelled: boolean;
}

/** The subscribers of one field of one record. */
export interface FieldMonitors {
  readonly field: string;
  /** Bits that any of them wants. */
  mask: number;
  subscribers: readonly Subscriber[];
}

export interface Subscription {
  cancel(): void;
}

/** Tells those who wait for `field` and a bit of `mask`. */
export function postTo(monitors: readonly FieldMonitors[], field: string, mask: number): void {
  for (let i = 0; i < monitors.length; i++) {
    const one = monitors[i]!;
    if (one.field === field && (one.mask & mask) !== 0) tell(one.subscribers, mask);
  }
}

/** Tells the subscribers of all fields: metadata, or an acknowledgement, concern the whole record. */
export function postToAll(monitors: readonly FieldMonitors[] | undefined, mask: number): void {
  for (const { subscribers } of monitors ?? []) tell(subscribers, mask);
}

function tell(subscribers: readonly Subscriber[], mask: number): void {
  for (let i = 0; i < subscribers.length; i++) {
    const subscriber = subscribers[i]!;
    if ((subscriber.mask & mask) !== 0 && !subscriber.isCancelled) subscriber.changed(mask);
  }
}

/** Adds a subscriber. @param changed gets the bits that were posted */
export function subscribeTo(
  record: { monitors: FieldMonitors[] | undefined },
  field: string,
  mask: number,
  changed: (mask: number) => void,
): Subscription {
  record.monitors ??= [];
  let monitors = record.monitors.find((one) => one.field === field);
  if (monitors === undefined) {
    monitors = { field, mask: 0, subscribers: [] };
    record.monitors.push(monitors);
  }
  const subscriber: Subscriber = { mask, changed, isCancelled: false };
  const list = monitors;
  list.subscribers = [...list.subscribers, subscriber];
  list.mask |= mask;
  return {
    cancel: () => {
      subscriber.isCancelled = true;
      list.subscribers = list.subscribers.filter((one) => one !== subscriber);
      list.mask = list.subscribers.reduce((bits, one) => bits | one.mask, 0);
    },
  };
}
