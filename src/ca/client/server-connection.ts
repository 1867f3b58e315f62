/**
 * One circuit: the TCP connection to one server at one priority, with its channels. It batches what they ask into one
 * write a turn, hands each reply to whom it concerns, watches whether the server lives, and ends with its last channel.
 * It does not reconnect: its channels are searched again. channel-access.md §1.6, §1.13.
 */
import { ByteWriter } from "../../base/bytes.ts";
import type { Cancel, Clock } from "../../base/clock.ts";
import { messageOf, RemoteProtocolError, stackOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { type Address, addressText, type ByteStream, type Network } from "../../net/transport.ts";
import { MAX_SMALL_PAYLOAD } from "../wire/constants.ts";
import type { Frame } from "../wire/frame.ts";
import { type FrameVerdict, StreamFramer } from "../wire/framing.ts";
import { RESPONSES } from "../wire/messages.ts";
import type { ChannelCircuit, ClientChannel, Operation, StandingOperation } from "./channel.ts";
import { handleReply, type ReplyTarget } from "./dispatch.ts";
import type { CaException } from "./errors.ts";
import { Liveness } from "./liveness.ts";
import type { Operations } from "./operations.ts";
import { writeClearChannel, writeCreateChan, writeEcho, writeGreeting } from "./requests.ts";

/** Longest wait for a connection; a host that is down answers nothing at all. */
const CONNECT_SECONDS = 10;
/** Time a server has to close its side after we have closed ours. */
const CLOSE_SECONDS = 2;
/** Servers from this version on answer SEARCH over TCP. channel-access.md §1.1 */
const SEARCH_OVER_TCP_MINOR = 12;

/** What circuits need of the client that they belong to. */
export interface CircuitOwner {
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly user: string;
  readonly host: string;
  readonly connectionTimeoutSeconds: number;
  readonly operations: Operations;
  guard(action: () => void): void;
  /** The channel has no server any more. */
  searchAgain(channel: ClientChannel): void;
  found(searchId: number, server: Address): void;
  exception(exception: CaException): void;
  /** The server has told its version. */
  circuitUp(circuit: ServerConnection): void;
  /** The circuit takes no channels any more. @param reason why it was lost, unless it was ended from here */
  circuitDown(circuit: ServerConnection, reason?: string): void;
}

export class ServerConnection implements ChannelCircuit, ReplyTarget {
  readonly address: Address;
  readonly priority: number;
  /** Stays open without channels: a name server. */
  readonly isKept: boolean;
  /** Resolves when the connection is closed, or was never made. */
  readonly closed: Promise<void>;
  readonly #owner: CircuitOwner;
  readonly #channelByCid = new Map<number, ClientChannel>();
  readonly #out = new ByteWriter();
  readonly #framer: StreamFramer;
  readonly #liveness: Liveness;
  #stream: ByteStream | undefined;
  #minor = 0;
  #flushAsked = false;
  /** No channel may join, and no request is sent any more. */
  #isEnding = false;
  #markClosed!: () => void;
  #cancelEnd: Cancel = () => {};

  constructor(owner: CircuitOwner, address: Address, priority: number, isKept = false) {
    this.#owner = owner;
    this.address = address;
    this.priority = priority;
    this.isKept = isKept;
    this.closed = new Promise((resolve) => {
      this.#markClosed = resolve;
    });
    this.#framer = new StreamFramer({
      admit: (frame) => this.#admit(frame),
      message: (frame) => {
        handleReply(this, frame);
        return !this.#isEnding;
      },
    });
    this.#liveness = new Liveness(owner.clock, owner.connectionTimeoutSeconds, {
      probe: () => writeEcho(this.request()),
      unresponsive: () => this.#unresponsive(),
      responsive: () => this.#responsive(),
      giveUp: () => this.#down("it has not answered for minutes"),
    });
    void this.#connect();
  }
  get minor(): number {
    return this.#minor;
  }

  /** Creates the channel on this server, as soon as there is a connection. */
  join(channel: ClientChannel): void {
    this.#channelByCid.set(channel.cid, channel);
    channel.join(this);
    if (this.#stream !== undefined) writeCreateChan(this.request(), channel.name, channel.cid);
  }

  request(): ByteWriter {
    if (!this.#flushAsked && this.#stream !== undefined) {
      this.#flushAsked = true;
      this.#owner.clock.soon(() => this.#flush());
    }
    return this.#out;
  }

  release(channel: ClientChannel): void {
    if (!this.#channelByCid.delete(channel.cid)) return;
    if (channel.isCreated) writeClearChannel(this.request(), channel.sid, channel.cid);
    if (this.#channelByCid.size === 0 && !this.isKept) this.end();
  }

  /** Sends what was asked for, then closes; the channels, if there are any left, are lost without a word. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#liveness.stop();
    this.#owner.circuitDown(this);
    if (this.#stream === undefined) return; // #connect sees it
    this.#flush();
    this.#stream.end();
    const stream = this.#stream;
    this.#cancelEnd = this.#owner.clock.after(CLOSE_SECONDS, () => stream.destroy());
  }

  /** Asks this name server. Servers before 4.12 cannot be asked so. */
  search(frame: Buffer): void {
    if (this.#minor >= SEARCH_OVER_TCP_MINOR) this.request().bytes(frame);
  }

  /** A beacon of this server. @param anomalous it came when none was due */
  beacon(anomalous: boolean): void {
    if (this.#stream === undefined) return;
    if (anomalous) this.#liveness.suspect();
    else this.#liveness.beacon();
  }

  channel(cid: number): ClientChannel | undefined {
    return this.#channelByCid.get(cid);
  }
  operation(id: number): Operation | StandingOperation | undefined {
    const operation = this.#owner.operations.get(id);
    return operation?.channel.circuit === this ? operation : undefined;
  }
  serverVersion(minor: number): void {
    const isFirst = this.#minor === 0;
    this.#minor = minor;
    if (isFirst) this.#owner.circuitUp(this);
  }
  created(cid: number, sid: number, native: number, elementCount: number): void {
    const channel = this.#channelByCid.get(cid);
    // Closed meanwhile: nobody else would tell the server.
    if (channel === undefined) return writeClearChannel(this.request(), sid, cid);
    if (channel.state === "creating") channel.created(sid, native, elementCount);
  }
  channelGone(cid: number, reason: string): void {
    const channel = this.#channelByCid.get(cid);
    if (channel === undefined) return;
    this.#channelByCid.delete(cid);
    channel.lost(reason);
    if (channel.state === "searching") this.#owner.searchAgain(channel);
    if (this.#channelByCid.size === 0 && !this.isKept) this.end();
  }
  found(searchId: number, server: Address): void {
    this.#owner.found(searchId, server);
  }
  echoed(): void {
    this.#liveness.echoed();
  }
  exception(pv: string | undefined, status: number, text: string): void {
    this.#owner.exception({ pv, server: this.address, status, text });
  }

  async #connect(): Promise<void> {
    let stream: ByteStream;
    try {
      stream = await this.#owner.network.connect(this.address, CONNECT_SECONDS);
    } catch (error) {
      return this.#down(messageOf(error));
    }
    stream.onData = (chunk) => this.#receive(chunk);
    stream.onClose = (error) => this.#down(error === undefined ? "the server closed it" : messageOf(error));
    this.#stream = stream;
    if (this.#isEnding) return stream.destroy();
    writeGreeting(this.#out, this.priority, this.#owner.user, this.#owner.host);
    for (const channel of this.#channelByCid.values()) writeCreateChan(this.#out, channel.name, channel.cid);
    this.#flush();
    this.#liveness.start();
  }

  #receive(chunk: Buffer): void {
    if (this.#isEnding) return;
    this.#liveness.heard();
    try {
      this.#framer.push(chunk);
    } catch (error) {
      this.#failed(error, chunk);
    }
  }

  /** The server is out of step, or we have a bug: it costs this circuit, not the program. */
  #failed(error: unknown, chunk: Buffer): void {
    const server = `server ${addressText(this.address)}`;
    if (error instanceof RemoteProtocolError) {
      const hex = chunk.subarray(0, 64).toString("hex");
      this.#owner.log.warn(`${server} broke the protocol: ${error.message}; bytes ${hex}`);
      return this.#down(`the server broke the protocol: ${error.reason}`);
    }
    this.#owner.log.error(`a reply of ${server} could not be handled: ${stackOf(error)}`);
    this.#down(`a reply could not be handled: ${messageOf(error)}`);
  }

  /** Payloads are held only for operations that wait for them, and only up to the size that their answer can have. */
  #admit(frame: Frame): FrameVerdict {
    if (frame.payloadBytes <= MAX_SMALL_PAYLOAD) return "take";
    const { eventAdd, readNotify } = RESPONSES;
    const carriesValue = frame.command === eventAdd.command || frame.command === readNotify.command;
    const operation = carriesValue ? this.operation(frame.p2) : undefined;
    if (carriesValue && operation === undefined) return "skip";
    if (frame.payloadBytes <= (operation?.mostPayloadBytes ?? 0)) return "take";
    throw new RemoteProtocolError(`message ${frame.command} announces ${frame.payloadBytes} bytes`);
  }

  #flush(): void {
    this.#flushAsked = false;
    if (this.#stream !== undefined && this.#out.length > 0) this.#stream.write(this.#out.take());
  }

  #unresponsive(): void {
    this.#owner.log.warn(`server ${addressText(this.address)} does not answer`);
    for (const channel of this.#channelByCid.values()) channel.silenced();
  }

  #responsive(): void {
    this.#owner.log.info(`server ${addressText(this.address)} answers again`);
    for (const channel of this.#channelByCid.values()) channel.revived();
  }

  /** The connection is gone, closed by either side. */
  #down(reason: string): void {
    this.#liveness.stop();
    this.#cancelEnd();
    this.#stream?.destroy();
    this.#markClosed();
    const wasEnding = this.#isEnding;
    this.#isEnding = true;
    if (wasEnding) return;
    this.#owner.circuitDown(this, reason);
    const channels = [...this.#channelByCid.values()];
    this.#channelByCid.clear();
    const why = `the connection to ${addressText(this.address)} was lost (${reason})`;
    for (const channel of channels) {
      channel.lost(why);
      if (channel.state === "searching") this.#owner.searchAgain(channel);
    }
  }
}
