/**
 * What a Channel Access server asks of its PVs. The server knows no records: the process database is one source
 * (ioc/database-source.ts), a program that embeds the server may bring its own.
 */
import type { ClientIdentity } from "../../base/client-identity.ts";
import type { DbrSample } from "../wire/dbr-codec.ts";
import type { DbrType } from "../wire/dbr-layout.ts";

export interface PvSource {
  /** Whether `open` would find this name. Asked for each search, so it must be cheap and have no effect. */
  claims(name: string): boolean;
  /** A channel's use of the PV; undefined if there is none, or the modifier behind the name is refused. */
  open(name: string, client: ClientIdentity): ServerPv | undefined;
  /** The names, for a listing. */
  list(): Iterable<string>;
}

/** Who waits for the end of one put-callback. */
export interface PutListener {
  /** A put that had to wait is applied now: its value is not kept any more. */
  putBegun(): void;
  /** The processing that a `writeNotify` started has ended. @param status ECA code for the client */
  putDone(status: number): void;
}

/** Returned by `writeNotify` of a put that has been applied, when `putDone` will be called later. */
export const PUT_PENDING = 0;
/** Returned by `writeNotify` of a put that waits and keeps its value: `putBegun` will be called, then `putDone`. */
export const PUT_WAITING = -1;

export interface Subscription {
  cancel(): void;
}

/** One channel's use of a PV. The server calls `close` exactly once, and nothing afterwards. */
export interface ServerPv {
  /** DBR code 0..6. */
  readonly nativeType: number;
  /** The most elements it can have; 1 for a scalar. */
  readonly elementCount: number;
  /** RIGHT_READ, RIGHT_WRITE, as of now. */
  readonly rights: number;
  /**
   * Fills `into` with the current value, converted to the type's native form, and the metadata that the type carries.
   * @param count most elements wanted; 0: as many as there are. An array may be handed over without a copy: it is
   * encoded before anything else runs.
   * @returns ECA code; unless it is a success `into` is not used
   */
  read(type: DbrType, count: number, into: DbrSample): number;
  /** Puts `value` (of this DBR type's native form), at once. @returns ECA code */
  write(type: DbrType, value: DbrSample): number;
  /**
   * Puts `value` and processes. Several puts may wait on one channel: the PV applies them in the order of the calls,
   * each when the one before it is complete. A put that it refuses, and a put that ends the put which others wait for,
   * need not wait. `value` is the caller's again when this returns; an array in it is the PV's to keep.
   * @returns ECA code when the put is complete, PUT_PENDING or PUT_WAITING when `listener.putDone` will say so
   */
  writeNotify(type: DbrType, value: DbrSample, listener: PutListener): number;
  /** Gives up all puts in progress: their listeners are not called any more. What they started goes on. */
  cancelPuts(): void;
  /** Calls `changed` at each post that matches the DBE_ mask; the server reads the value then or later. */
  subscribe(mask: number, changed: () => void): Subscription;
  /** Called when `rights` have changed. */
  onRightsChange(listener: () => void): void;
  close(): void;
}
