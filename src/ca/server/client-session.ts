/**
 * One client: its stream, cut into requests, each handed to its operation; when reading stops and goes on; how the
 * circuit ends. What the requests mean is dispatch.ts and the operations. channel-access.md §1.6, §3.4, §8.1.
 *
 * Requests wait while the client does not take what is sent to it, while its put-callbacks have no room, and after a
 * number of them, so that others have their turn. Meanwhile nothing is read, but for put-callbacks: these may take
 * minutes, and a client that leaves has to be seen. Of what had been received before the client left, puts are still
 * applied; put-callbacks that had not begun are dropped.
 */
import type { Cancel, Clock } from "../../base/clock.ts";
import { messageOf, RemoteProtocolError } from "../../base/errors.ts";
import { type Address, addressText, type ByteStream } from "../../net/transport.ts";
import { MAX_SMALL_PAYLOAD } from "../wire/constants.ts";
import { DBR_TYPES, dbrBytes } from "../wire/dbr-layout.ts";
import { type Frame, padded, viewOf } from "../wire/frame.ts";
import { type FrameSink, type FrameVerdict, StreamFramer } from "../wire/framing.ts";
import { REQUESTS } from "../wire/messages.ts";
import { ECA } from "../wire/status.ts";
import { Circuit, type CircuitServices } from "./circuit.ts";
import { dispatch } from "./dispatch.ts";
import { greet } from "./housekeeping.ts";
import { CircuitOutput } from "./output.ts";

const WRITE = viewOf(REQUESTS.write);

export class ClientSession implements FrameSink {
  readonly circuit: Circuit;
  readonly address: Address;
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #output: CircuitOutput;
  readonly #framer: StreamFramer;
  readonly #onClosed: (session: ClientSession) => void;
  /** Messages above this are looked at before they are taken. */
  readonly #smallPayload: number;
  /** Requests that may still be handled in this turn. */
  #budget = 0;
  /** The framer holds requests that have not been handled. */
  #stopped = false;
  /** Requests are being handled; what they hold is counted afterwards. */
  #isInTurn = false;
  /** Input is not handled now: it is held, or not even read. */
  #waits = false;
  #paused = false;
  #resumption = false;
  /** The client is gone; its last requests are looked through. */
  #isGone = false;
  #closed = false;
  /** This client's part of `counters.unfinishedBytes`, and since when it is above 0, by the monotonic clock. */
  #countedBytes = 0;
  #unfinishedSince = 0;
  /** The handshake's timer, then the farewell's. */
  #cancelTimer: Cancel;

  /** @param onClosed called once, when nothing is left of it */
  constructor(stream: ByteStream, services: CircuitServices, clock: Clock, onClosed: (session: ClientSession) => void) {
    this.#stream = stream;
    this.#clock = clock;
    this.#onClosed = onClosed;
    const { limits, counters } = services;
    this.address = stream.peer;
    const peer = addressText(stream.peer);
    this.#output = new CircuitOutput(
      stream,
      { clock, limits, counters },
      {
        stalled: () => this.giveUp(`nothing that was sent to it has been taken for ${limits.stalledSeconds} s`),
        filled: services.boundUnsent,
      },
    );
    this.circuit = new Circuit(peer, this.#output, services, () => this.#queuedPutsChanged());
    this.#framer = new StreamFramer(this);
    this.#smallPayload = Math.min(MAX_SMALL_PAYLOAD, services.maxArrayBytes ?? MAX_SMALL_PAYLOAD);
    this.#cancelTimer = clock.after(limits.handshakeSeconds, () => this.#handshakeIsOver());
    stream.onData = (chunk) => this.#received(chunk);
    stream.onDrain = () => this.#drained();
    stream.onClose = () => this.#ended();
    greet(this.circuit);
    this.#output.flush();
  }
  /** Sends what is written, then closes. */
  close(): void {
    this.circuit.isEnding = true;
    this.#output.flush();
    this.#farewell();
  }

  /** Bytes that wait to be sent. */
  get backlogBytes(): number {
    return this.#output.backlogBytes;
  }
  /** Bytes of memory that hold requests which are incomplete, or wait for their turn; 0 once the client is given up. */
  get unfinishedBytes(): number {
    return this.circuit.isEnding ? 0 : this.#framer.heldMemory + this.circuit.queuedPuts.bytes;
  }
  /** For how long `unfinishedBytes` has been above 0. */
  get unfinishedSeconds(): number {
    return this.unfinishedBytes === 0 ? 0 : this.#clock.monotonic() - this.#unfinishedSince;
  }
  /** Disconnects at once. */
  giveUp(because: string): void {
    this.circuit.log.warn(`${this.circuit.peer} is disconnected: ${because}`);
    this.drop();
  }
  /** As `giveUp`, without a word. */
  drop(): void {
    this.circuit.isEnding = true;
    this.#output.close();
    this.#stream.destroy();
    this.#countUnfinished();
  }

  admit(request: Frame): FrameVerdict {
    return request.payloadBytes <= this.#smallPayload ? "take" : this.#admitLarge(request);
  }
  message(request: Frame): boolean {
    const { circuit } = this;
    if (this.#isGone && !isWrite(request)) return true;
    dispatch(circuit, request);
    if (this.#isGone) return !circuit.isEnding;
    if (--this.#budget > 0 && !circuit.isEnding && !this.#mustWait) return true;
    this.#stopped = true;
    return false;
  }

  /**
   * A write may be as large as its channel, other messages are small (decision 0017). The payload of a refused message
   * is skipped as it comes and never held.
   */
  #admitLarge(request: Frame): FrameVerdict {
    const { circuit } = this;
    const channel = isWrite(request) ? circuit.channelBySid.get(WRITE.from(request).sid) : undefined;
    const type = DBR_TYPES[request.dataType];
    if (channel !== undefined && type !== undefined) {
      const most = Math.max(MAX_SMALL_PAYLOAD, padded(dbrBytes(type, channel.pv.elementCount)));
      if (request.payloadBytes <= (circuit.services.maxArrayBytes ?? most)) return "take";
    }
    const name = channel === undefined ? "" : `${channel.name}: `;
    const text = `${name}${request.payloadBytes} bytes are more than this server takes`;
    if (request.payloadBytes > circuit.limits.skippedBytes) circuit.end(request, ECA.TOLARGE, text, channel?.cid);
    else circuit.refuse(request, ECA.TOLARGE, text, channel?.cid);
    return "skip";
  }

  /** The client has to take what was sent to it, or its put-callbacks to end, before more is read. */
  get #mustWait(): boolean {
    return this.#output.isFull || this.circuit.queuedPuts.isFull;
  }
  #received(chunk: Buffer): void {
    this.circuit.counters.bytesReceived += chunk.length;
    if (this.circuit.isEnding) return;
    if (this.#waits) this.#hold(chunk);
    else this.#turn(chunk);
  }
  /** The chunk waits, unread, behind put-callbacks. */
  #hold(chunk: Buffer): void {
    this.#framer.hold(chunk);
    this.#stopped = true;
    const { heldBytes } = this.circuit.limits;
    if (this.circuit.queuedPuts.isFull && this.#framer.heldBytes > heldBytes) {
      return this.giveUp(`more than ${heldBytes} bytes of requests wait behind its put-callbacks, which have no room`);
    }
    this.#pauseOrResume();
    this.#countUnfinished();
  }
  /** Keeps the sum over all clients up to date, and asks for its bounding when it is too large. */
  #countUnfinished(): void {
    const { counters, services, limits } = this.circuit;
    const bytes = this.unfinishedBytes;
    if (bytes === this.#countedBytes) return;
    if (this.#countedBytes === 0) this.#unfinishedSince = this.#clock.monotonic();
    counters.unfinishedBytes += bytes - this.#countedBytes;
    const isMore = bytes > this.#countedBytes;
    this.#countedBytes = bytes;
    if (isMore && counters.unfinishedBytes > limits.unfinishedBytes) services.boundUnfinished();
  }
  /** Handles requests for one turn: those of `chunk`, or those held. */
  #turn(chunk?: Buffer): void {
    this.#budget = this.circuit.limits.messagesPerTurn;
    this.#stopped = false;
    this.#isInTurn = true;
    this.#output.beginTurn();
    try {
      if (chunk === undefined) this.#framer.resume();
      else this.#framer.push(chunk);
      while (this.#stopped && this.#budget > 0 && !this.circuit.isEnding) {
        this.#output.flush(); // the system may take it all at once
        if (this.#mustWait) break;
        this.#stopped = false;
        this.#framer.resume();
      }
    } catch (thrown) {
      this.#failed(thrown);
    }
    this.#output.endTurn();
    this.#isInTurn = false;
    this.#afterTurn();
  }
  #afterTurn(): void {
    this.#countUnfinished();
    if (this.circuit.isEnding) return this.#farewell();
    this.#waits = this.#stopped || this.#mustWait;
    this.#pauseOrResume();
    if (this.#waits && !this.#mustWait) this.#continueSoon();
  }
  /** Only put-callbacks are waited for: the stream is read, for its end. */
  #pauseOrResume(): void {
    const pause = this.#waits && (this.#output.isFull || !this.circuit.queuedPuts.isFull);
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#stream.pause();
    else this.#stream.resume();
  }
  #failed(thrown: unknown): void {
    const { circuit } = this;
    if (thrown instanceof RemoteProtocolError) circuit.end(this.#framer.current, ECA.INTERNAL, thrown.reason);
    else {
      circuit.log.error(`a request by ${circuit.peer} failed: ${messageOf(thrown)}`);
      circuit.end(this.#framer.current, ECA.INTERNAL, "the server failed on this request");
    }
  }
  #queuedPutsChanged(): void {
    if (this.#isInTurn || this.#isGone) return;
    this.#countUnfinished();
    if (!this.circuit.queuedPuts.isFull) this.#continueSoon();
  }
  #continueSoon(): void {
    if (!this.#waits || this.#resumption) return;
    this.#resumption = true;
    this.#clock.soon(() => {
      this.#resumption = false;
      if (!this.#closed && !this.circuit.isEnding && !this.#mustWait) this.#turn();
    });
  }
  #drained(): void {
    if (this.#closed) return;
    this.#output.drained();
    if (this.circuit.isEnding || this.#output.isFull) return;
    this.#pauseOrResume();
    this.#continueSoon();
  }
  #handshakeIsOver(): void {
    if (this.circuit.state !== "greeting") return;
    this.giveUp(`no VERSION within ${this.circuit.limits.handshakeSeconds} s`);
  }
  /**
   * Sends what is written, then closes; input is read and dropped meanwhile, for unread input would turn the close into
   * a reset.
   */
  #farewell(): void {
    this.circuit.close();
    this.#output.close();
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(this.circuit.limits.farewellSeconds, () => this.#stream.destroy());
    if (this.#paused) this.#stream.resume();
    this.#stream.end();
  }
  #ended(): void {
    if (this.#closed) return;
    this.#finishInput();
    this.#closed = true;
    this.circuit.isEnding = true;
    this.#cancelTimer();
    this.circuit.close();
    this.#output.close();
    this.#countUnfinished();
    this.#onClosed(this);
  }
  /**
   * Applies the puts among what had been received whole before the client was gone. Nobody reads the answers, and
   * nothing else has an effect.
   */
  #finishInput(): void {
    if (this.circuit.isEnding || !this.#stopped) return;
    this.#isGone = true;
    try {
      this.#framer.resume();
    } catch (thrown) {
      this.circuit.log.warn(`the last requests of ${this.circuit.peer} were not understood: ${messageOf(thrown)}`);
    }
  }
}

const isWrite = (request: Frame): boolean =>
  request.command === REQUESTS.write.command || request.command === REQUESTS.writeNotify.command;
