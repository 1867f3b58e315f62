/**
 * Receives beacons: registers with this host's repeater, and becomes the repeater where none confirms. Without either
 * there are no beacons and the client lives on searches and probes alone. channel-access.md §1.9, §1.10.
 */
import { ByteWriter } from "../../base/bytes.ts";
import type { Cancel, Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { SERVER_PORT } from "../../epics/facts.ts";
import { localInterfaces } from "../../net/interfaces.ts";
import { type Address, addressText, type DatagramSocket, type Network } from "../../net/transport.ts";
import { HEADER_BYTES } from "../wire/constants.ts";
import { Frame, viewOf } from "../wire/frame.ts";
import { readDatagram } from "../wire/framing.ts";
import { RESPONSES } from "../wire/messages.ts";
import { BeaconWatch } from "./beacon-watch.ts";
import { ipv4Number, ipv4Text } from "./ipv4.ts";
import { type Repeater, startRepeater } from "./repeater.ts";
import { writeRepeaterRegister } from "./requests.ts";

const LOOPBACK = "127.0.0.1";
/** Time a repeater has to confirm. */
const CONFIRM_SECONDS = 1;
/** A repeater that ended takes the registrations with it: registering again finds out. */
const RENEW_SECONDS = 60;

/** Called with the address of a server whose beacon came. */
export interface BeaconListener {
  normal(server: Address): void;
  anomaly(server: Address): void;
}

const beacon = viewOf(RESPONSES.beacon);

export class RepeaterClient {
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #port: number;
  readonly #listener: BeaconListener;
  readonly #watch = new BeaconWatch();
  readonly #frame = new Frame();
  readonly #opened: Promise<void>;
  #socket: DatagramSocket | undefined;
  #repeater: Repeater | undefined;
  #cancel: Cancel = () => {};
  #isClosed = false;

  constructor(network: Network, clock: Clock, log: Log, port: number, listener: BeaconListener) {
    this.#network = network;
    this.#clock = clock;
    this.#log = log;
    this.#port = port;
    this.#listener = listener;
    this.#opened = this.#open();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#opened;
    this.#socket?.close();
    this.#repeater?.close();
  }

  async #open(): Promise<void> {
    try {
      this.#socket = await this.#network.datagrams({ port: 0 });
    } catch (error) {
      this.#log.warn(`beacons cannot be received: ${messageOf(error)}`);
      return;
    }
    this.#socket.onMessage = (bytes, from) => this.#receive(bytes, from);
    if (!this.#isClosed) this.#register();
  }

  #register(): void {
    const out = new ByteWriter(HEADER_BYTES);
    writeRepeaterRegister(out, ipv4Number(LOOPBACK));
    this.#socket?.send(out.take(), { host: LOOPBACK, port: this.#port });
    this.#cancel = this.#clock.after(CONFIRM_SECONDS, () => void this.#becomeRepeater());
  }

  #confirmed(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(RENEW_SECONDS, () => this.#register());
  }

  async #becomeRepeater(): Promise<void> {
    const repeater = await startRepeater({
      network: this.#network,
      clock: this.#clock,
      port: this.#port,
      localHosts: localInterfaces().map((one) => one.host),
      heard: (bytes, from) => this.#receive(bytes, from),
    });
    if (this.#isClosed) return repeater?.close();
    this.#repeater = repeater;
    // The port is taken, by a program that does not confirm: ask again later.
    if (repeater === undefined) this.#confirmed();
  }

  #receive(bytes: Buffer, from: Address): void {
    readDatagram(bytes, this.#frame, (frame) => {
      if (frame.command === RESPONSES.repeaterConfirm.command) this.#confirmed();
      else if (frame.command === RESPONSES.beacon.command) {
        const { address, tcpPort, sequence } = beacon.from(frame);
        const host = address === 0 ? from.host : ipv4Text(address);
        this.#heard({ host, port: tcpPort === 0 ? SERVER_PORT : tcpPort }, sequence);
      }
      return true;
    });
  }

  #heard(server: Address, sequence: number): void {
    const meaning = this.#watch.note(addressText(server), sequence, this.#clock.monotonic());
    if (meaning !== "ignored") this.#listener[meaning](server);
  }
}
