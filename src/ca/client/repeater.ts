/**
 * A repeater: receives the beacons that arrive at this host's one repeater port and hands a copy to every client
 * process that has registered. Run by the first client that finds none; other programs' clients use it as they use
 * caRepeater. channel-access.md §1.10.
 */
import { ByteWriter } from "../../base/bytes.ts";
import type { Cancel, Clock } from "../../base/clock.ts";
import { type Address, addressText, type DatagramSocket, type Network } from "../../net/transport.ts";
import { HEADER_BYTES } from "../wire/constants.ts";
import { Frame, viewOf } from "../wire/frame.ts";
import { readDatagram } from "../wire/framing.ts";
import { REQUESTS, RESPONSES } from "../wire/messages.ts";
import { ipv4Number } from "./ipv4.ts";

/** More processes than this do not share one host; a flood of forged registrations must not fill the memory. */
const MOST_CLIENTS = 1000;
/**
 * From one sweep for clients that have gone to the next: a sweep binds the port of every client in turn, and
 * short-lived programs may register many times a second.
 */
const SWEEP_SECONDS = 5;

const confirm = viewOf(RESPONSES.repeaterConfirm);
const beacon = viewOf(RESPONSES.beacon);

export interface Repeater {
  close(): void;
}

export interface RepeaterOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly port: number;
  /** Addresses of this host: only its own processes may register. */
  readonly localHosts: readonly string[];
  /** Called with every datagram that is not a registration, for the process that runs the repeater. */
  readonly heard: (bytes: Buffer, from: Address) => void;
}

/** Binds the repeater port. @returns undefined if the port is taken: another repeater runs */
export async function startRepeater(options: RepeaterOptions): Promise<Repeater | undefined> {
  try {
    return new HostRepeater(options, await options.network.datagrams({ port: options.port }));
  } catch {
    return undefined;
  }
}

class HostRepeater implements Repeater {
  readonly #options: RepeaterOptions;
  readonly #socket: DatagramSocket;
  readonly #clientByAddress = new Map<string, Address>();
  readonly #frame = new Frame();
  /** A sweep runs, or is due. */
  #willSweep = false;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #cancelSweep: Cancel = () => {};
  #isClosed = false;

  constructor(options: RepeaterOptions, socket: DatagramSocket) {
    this.#options = options;
    this.#socket = socket;
    socket.onMessage = (bytes, from) => this.#received(bytes, from);
  }
  close(): void {
    this.#isClosed = true;
    this.#cancelSweep();
    this.#socket.close();
  }

  #received(bytes: Buffer, from: Address): void {
    if (isRegistration(bytes, this.#frame)) return this.#register(from);
    const copy = withSender(bytes, from, this.#frame);
    const sender = addressText(from);
    for (const [address, client] of this.#clientByAddress) if (address !== sender) this.#socket.send(copy, client);
    if (this.#clientByAddress.size > 0) this.#sweepSoon();
    this.#options.heard(bytes, from);
  }
  #register(client: Address): void {
    if (!this.#options.localHosts.includes(client.host)) return;
    this.#sweepSoon();
    const key = addressText(client);
    if (!this.#clientByAddress.has(key) && this.#clientByAddress.size >= MOST_CLIENTS) return;
    this.#clientByAddress.set(key, client);
    this.#socket.send(confirmation(client), client);
  }
  /**
   * One sweep at a time, and none sooner than SWEEP_SECONDS after the last. Each registration and each datagram to
   * clients asks for a sweep, since a gone client costs something only then; neither waits for it.
   */
  #sweepSoon(): void {
    if (this.#willSweep) return;
    this.#willSweep = true;
    const { clock } = this.#options;
    const wait = Math.max(0, this.#sweptAt + SWEEP_SECONDS - clock.monotonic());
    this.#cancelSweep = clock.after(wait, () => void this.#sweep());
  }
  /** Forgets the clients that have gone, in turn: never more than one socket is open for it. */
  async #sweep(): Promise<void> {
    for (const [key, client] of this.#clientByAddress) {
      if (this.#isClosed) return;
      if (await this.#hasGone(client)) this.#clientByAddress.delete(key);
    }
    this.#sweptAt = this.#options.clock.monotonic();
    this.#willSweep = false;
  }
  /**
   * A client whose address can be bound has gone away. The address and not only the port: another client may have the
   * port at another address.
   */
  async #hasGone({ host, port }: Address): Promise<boolean> {
    try {
      (await this.#options.network.datagrams({ host, port })).close();
      return true;
    } catch {
      return false; // the client lives; or the system has no socket left, and nothing is known
    }
  }
}

/** An empty datagram, or REPEATER_REGISTER. */
function isRegistration(bytes: Buffer, frame: Frame): boolean {
  if (bytes.length === 0) return true;
  let isRegister = false;
  readDatagram(bytes, frame, ({ command }) => {
    isRegister = command === REQUESTS.repeaterRegister.command;
    return false;
  });
  return isRegister;
}

function confirmation(client: Address): Buffer {
  const out = new ByteWriter(HEADER_BYTES);
  confirm.clientAddress = ipv4Number(client.host);
  confirm.writeHeader(out, 0);
  return out.take();
}

/** A beacon without an address gets its sender's: its receivers will see only us. */
function withSender(bytes: Buffer, from: Address, frame: Frame): Buffer {
  let copy: Buffer = Buffer.from(bytes);
  readDatagram(bytes, frame, (first) => {
    if (first.command === RESPONSES.beacon.command && beacon.from(first).address === 0) {
      beacon.address = ipv4Number(from.host);
      const out = new ByteWriter(bytes.length);
      beacon.writeHeader(out, 0);
      out.bytes(bytes.subarray(HEADER_BYTES));
      copy = out.take();
    }
    return false;
  });
  return copy;
}
