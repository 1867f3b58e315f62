/** What the parts of one client's circuit share. */

import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { DbrSample } from "../wire/dbr-codec.ts";
import { DBR_PUT_ACKS, DBR_PUT_ACKT, type DbrType } from "../wire/dbr-layout.ts";
import { ECA } from "../wire/status.ts";
import type { ServerCounters } from "./counters.ts";
import type { ServerLimits } from "./limits.ts";
import type { CircuitOutput } from "./output.ts";
import type { ServerPv } from "./pv-source.ts";

export interface CircuitContext {
  /** `address:port` of the client. */
  readonly peer: string;
  readonly output: CircuitOutput;
  readonly limits: ServerLimits;
  readonly counters: ServerCounters;
  readonly log: Log;
  /** Put-callbacks that wait for their turn at their PV. */
  readonly queuedPuts: QueuedPuts;
}

/**
 * The put-callbacks of a circuit that wait for their turn: their bytes, and the channels that are full of them. While
 * it is full the circuit is not read.
 */
export class QueuedPuts {
  #bytes = 0;
  #fullChannels = 0;
  readonly #mostBytes: number;
  readonly #onChange: () => void;
  /** @param onChange called after each change */
  constructor(limits: ServerLimits, onChange: () => void) {
    this.#mostBytes = limits.queuedPutBytes;
    this.#onChange = onChange;
  }
  /** Payload bytes of all waiting put-callbacks. */
  get bytes(): number {
    return this.#bytes;
  }
  get isFull(): boolean {
    return this.#fullChannels > 0 || this.#bytes > this.#mostBytes;
  }
  /** @param fullChannels change in the number of channels without room for another put-callback */
  change(bytes: number, fullChannels: number): void {
    this.#bytes += bytes;
    this.#fullChannels += fullChannels;
    this.#onChange();
  }
}

/**
 * Calls `read` of a PV. What it throws is logged and becomes ECA_GETFAIL, and so does a type that can only be written.
 */
export function readPv(context: CircuitContext, pv: ServerPv, type: DbrType, count: number, into: DbrSample): number {
  if (type.code === DBR_PUT_ACKT || type.code === DBR_PUT_ACKS) return ECA.GETFAIL;
  try {
    return pv.read(type, count, into);
  } catch (thrown) {
    context.log.error(`a read by ${context.peer} failed: ${messageOf(thrown)}`);
    return ECA.GETFAIL;
  }
}
