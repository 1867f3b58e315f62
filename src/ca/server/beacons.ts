/**
 * The server's sign of life: a datagram to each beacon address, fast at first so that clients notice a restart, then
 * ever slower down to a steady period. Clients that miss a server search again when they see a beacon.
 * channel-access.md §1.9.
 */
import { ByteWriter } from "../../base/bytes.ts";
import type { Cancel, Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { type Address, addressText, type DatagramSocket } from "../../net/transport.ts";
import { MINOR_VERSION } from "../wire/constants.ts";
import { viewOf } from "../wire/frame.ts";
import { RESPONSES } from "../wire/messages.ts";

const BEACON = viewOf(RESPONSES.beacon);

/** Seconds between the first two beacons; each later interval is twice the interval before it. rsrv/online_notify.c */
const FIRST_INTERVAL_SECONDS = 0.02;

export interface BeaconOptions {
  readonly socket: DatagramSocket;
  readonly targets: readonly Address[];
  readonly tcpPort: number;
  /** Longest interval. */
  readonly periodSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
}

export class Beacons {
  readonly #options: BeaconOptions;
  readonly #out = new ByteWriter(64);
  #sequence = 0;
  #intervalSeconds = FIRST_INTERVAL_SECONDS;
  #cancel: Cancel = () => {};
  #failed = false;

  constructor(options: BeaconOptions) {
    this.#options = options;
    options.socket.onError = (error) => this.#complain(error);
  }
  start(): void {
    if (this.#options.targets.length > 0) this.#send();
  }
  stop(): void {
    this.#cancel();
    this.#options.socket.close();
  }
  #send(): void {
    const { socket, targets, tcpPort, periodSeconds, clock } = this.#options;
    BEACON.minor = MINOR_VERSION;
    BEACON.tcpPort = tcpPort;
    BEACON.sequence = this.#sequence;
    BEACON.address = 0; // the repeater puts in where it came from
    BEACON.writeHeader(this.#out, 0);
    const bytes = this.#out.take();
    for (const target of targets) socket.send(bytes, target);
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#cancel = clock.after(Math.min(this.#intervalSeconds, periodSeconds), () => this.#send());
    this.#intervalSeconds = Math.min(this.#intervalSeconds * 2, periodSeconds);
  }
  /** Logs once: an address that cannot be reached fails at every beacon. */
  #complain(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    const targets = this.#options.targets.map(addressText).join(", ");
    this.#options.log.warn(`a beacon to one of ${targets} could not be sent: ${error.message}; others are still tried`);
  }
}
