/**
 * One channel: the use of a PV's name, from the first search to the close, over as many circuits as come and go. It
 * keeps the state and what waits for replies; it searches nothing (name-search.ts), moves no bytes
 * (server-connection.ts) and is not what users see (remote-pv.ts). channel-access.md §1.13.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import { Listeners } from "../../base/listeners.ts";
import { type Address, addressText } from "../../net/transport.ts";
import { RIGHT_READ, RIGHT_WRITE } from "../wire/constants.ts";
import { NATIVES, type Native } from "../wire/dbr-layout.ts";
import { ECA } from "../wire/status.ts";
import { PvNotConnectedError } from "./errors.ts";

/**
 * searching → creating → connected → searching again when the server is lost; `unresponsive` while a server with an
 * open connection says nothing.
 */
export type ChannelState = "searching" | "creating" | "connected" | "unresponsive" | "closed";

/** What a channel needs of its circuit. */
export interface ChannelCircuit {
  /** The server. */
  readonly address: Address;
  /** The server's minor protocol version; 0 before the server has told. */
  readonly minor: number;
  /** Where to write a request. All that is written in one turn of the event loop leaves together. */
  request(): ByteWriter;
  /** The channel is closed: the server is told, and the circuit ends with its last channel. */
  release(channel: ClientChannel): void;
}

/** What waits for messages that carry its id: an ioid, or a subscription's. */
export interface Operation {
  readonly channel: ClientChannel;
  /** Most payload bytes that a message for it may have. */
  readonly mostPayloadBytes: number;
  /** @throws RemoteProtocolError for a payload that is not what its header says */
  answered(status: number, dbr: number, count: number, payload: Buffer): void;
  /** An ERROR message names the operation's id. */
  refused(status: number, text: string): void;
  /** Nothing will come any more. */
  lost(error: PvNotConnectedError): void;
}

/** A subscription: it outlives its circuits. */
export interface StandingOperation extends Omit<Operation, "lost"> {
  /** The channel has just been created on a server. */
  establish(): void;
  /** The server answers again on the same circuit, after a silence: what was missed is read. */
  refresh(): void;
}

export class ClientChannel {
  readonly name: string;
  /** The channel's number, in searches and on its circuit. */
  readonly cid: number;
  readonly priority: number;
  readonly requests = new Set<Operation>();
  readonly standing = new Set<StandingOperation>();
  /** Called with `isConnected` when that changes. */
  readonly connection = new Listeners<[isConnected: boolean]>();
  readonly rightsChange = new Listeners<[rights: number]>();
  #state: ChannelState = "searching";
  #circuit: ChannelCircuit | undefined;
  #sid = 0;
  #native: Native = "STRING";
  #elementCount = 0;
  #rights = 0;
  /** Why requests fail at the moment. */
  #reason = "no server has answered for it; check the name, and that its IOC runs";

  constructor(name: string, cid: number, priority: number) {
    this.name = name;
    this.cid = cid;
    this.priority = priority;
  }
  get state(): ChannelState {
    return this.#state;
  }
  get isConnected(): boolean {
    return this.#state === "connected";
  }
  get circuit(): ChannelCircuit | undefined {
    return this.#circuit;
  }
  /** Valid on this circuit once the channel was created. */
  get sid(): number {
    return this.#sid;
  }
  get nativeType(): Native {
    return this.#native;
  }
  get elementCount(): number {
    return this.#elementCount;
  }
  get canRead(): boolean {
    return (this.#rights & RIGHT_READ) !== 0;
  }
  get canWrite(): boolean {
    return (this.#rights & RIGHT_WRITE) !== 0;
  }
  get rights(): number {
    return this.#rights;
  }
  /** The server knows the channel: it has a sid there. */
  get isCreated(): boolean {
    return this.#state === "connected" || this.#state === "unresponsive";
  }

  /** A server was found: the channel waits to be created on its circuit. */
  join(circuit: ChannelCircuit): void {
    this.#circuit = circuit;
    this.#state = "creating";
    this.#rights = 0;
    this.#reason = `${addressText(circuit.address)} has not yet created the channel`;
  }

  /** The server has created the channel. @param native DBR code 0..6 */
  created(sid: number, native: number, elementCount: number): void {
    this.#sid = sid;
    this.#native = NATIVES[native] ?? "STRING";
    this.#elementCount = elementCount;
    this.#state = "connected";
    const standing = [...this.standing]; // a listener may add a subscription, which establishes itself
    for (const one of standing) one.establish();
    this.connection.notify(true);
  }

  rightsAre(rights: number): void {
    if (rights === this.#rights) return;
    this.#rights = rights;
    this.rightsChange.notify(rights);
  }

  /** The circuit or the channel on it is gone; the caller searches again. @param reason a clause: what happened */
  lost(reason: string): void {
    const wasConnected = this.isConnected;
    this.#circuit = undefined;
    this.#state = "searching";
    this.#fail(ECA.DISCONN, reason);
    if (wasConnected) this.connection.notify(false);
  }

  /** The server says nothing; the circuit stays. */
  silenced(): void {
    if (!this.isConnected) return;
    this.#state = "unresponsive";
    this.#fail(ECA.UNRESPTMO, `${this.#server()} does not answer`);
    this.connection.notify(false);
  }

  /** The server answers again. */
  revived(): void {
    if (this.#state !== "unresponsive") return;
    this.#state = "connected";
    const standing = [...this.standing];
    for (const one of standing) one.refresh();
    this.connection.notify(true);
  }

  close(): void {
    if (this.#state === "closed") return;
    const wasConnected = this.isConnected;
    this.#circuit?.release(this);
    this.#circuit = undefined;
    this.#state = "closed";
    this.#fail(ECA.CHANDESTROY, "it was closed here");
    if (wasConnected) this.connection.notify(false);
  }

  /** The error for a request that cannot be sent now. */
  notConnected(): PvNotConnectedError {
    const status = { closed: ECA.CHANDESTROY, unresponsive: ECA.UNRESPTMO }[this.#state as string] ?? ECA.DISCONN;
    return new PvNotConnectedError(this.name, status, this.#reason);
  }

  #server(): string {
    return this.#circuit === undefined ? "the server" : addressText(this.#circuit.address);
  }

  #fail(status: number, reason: string): void {
    this.#reason = reason;
    if (this.requests.size === 0) return;
    const error = new PvNotConnectedError(this.name, status, reason);
    for (const one of this.requests) one.lost(error);
  }
}
