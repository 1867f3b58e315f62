/**
 * Answers searches by name over UDP, and is silent about names that are not ours. Replies to one datagram are gathered;
 * nothing is answered that was not asked. channel-access.md §1.7; epics-base: rsrv/cast_server.c, camessage.c
 * search_reply_udp.
 */
import { ByteWriter } from "../../base/bytes.ts";
import type { Address, DatagramSocket } from "../../net/transport.ts";
import { ADDRESS_OF_SENDER, DATAGRAM_BYTES, MINOR_VERSION, OLDEST_MINOR } from "../wire/constants.ts";
import { Frame, viewOf } from "../wire/frame.ts";
import { readDatagram } from "../wire/framing.ts";
import { REQUESTS, RESPONSES } from "../wire/messages.ts";
import { MINOR_VERSION_BYTES, writeMinorVersion } from "../wire/payloads.ts";
import { isOurs, type NameSource } from "./names.ts";

const VERSION = viewOf(REQUESTS.version);
const OUR_VERSION = viewOf(RESPONSES.version);
const SEARCH = viewOf(REQUESTS.search);
const FOUND = viewOf(RESPONSES.search);

/** First minor version that numbers its datagrams and wants the number back. */
const SEQUENCE_SINCE = 11;
/** In VERSION over UDP: the sequence number means something. */
const SEQUENCE_VALID = 1;

export interface ResponderOptions extends NameSource {
  readonly tcpPort: number;
  /** Hosts that get no answer. */
  readonly ignore: readonly string[];
}

export class NameResponder {
  readonly #socket: DatagramSocket;
  readonly #options: ResponderOptions;
  readonly #frame = new Frame();
  readonly #out = new ByteWriter(2 * DATAGRAM_BYTES);
  /** What the datagram's VERSION said; minor 0: no VERSION yet. */
  #minor = 0;
  #sequence = 0;
  /** Who asked last, for `casr`. */
  lastRequester: Address | undefined;

  constructor(socket: DatagramSocket, options: ResponderOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.onMessage = (bytes, from) => this.#answer(bytes, from);
    socket.onError = (error) => options.log.warn(`a search could not be answered: ${error.message}`);
  }
  get address(): Address {
    return this.#socket.address;
  }
  close(): void {
    this.#socket.close();
  }

  #answer(bytes: Buffer, from: Address): void {
    if (this.#options.ignore.includes(from.host)) return;
    this.#minor = 0;
    readDatagram(bytes, this.#frame, (frame) => {
      if (frame.command === REQUESTS.version.command) return this.#version(frame);
      return frame.command === REQUESTS.search.command && this.#search(frame, from);
    });
    this.#send(from);
  }
  #version(frame: Frame): boolean {
    const { minor, sequence } = VERSION.from(frame);
    this.#minor = minor;
    this.#sequence = sequence;
    return minor >= OLDEST_MINOR;
  }
  #search(frame: Frame, from: Address): boolean {
    const { minor, searchId } = SEARCH.from(frame);
    if (minor < OLDEST_MINOR) return false;
    this.lastRequester = from;
    if (!isOurs(this.#options, frame.text())) return true;
    if (this.#out.length > DATAGRAM_BYTES - HIT_BYTES) this.#send(from);
    if (this.#out.length === 0) this.#begin();
    FOUND.tcpPort = this.#options.tcpPort;
    FOUND.address = ADDRESS_OF_SENDER;
    FOUND.searchId = searchId;
    FOUND.writeHeader(this.#out, MINOR_VERSION_BYTES);
    writeMinorVersion(this.#out);
    return true;
  }
  /**
   * A reply begins with the request's sequence number, if the request did; so it is not longer than what was asked.
   * Only when one request has so many answers that they fill several datagrams is the number repeated: 16 bytes more
   * for each 1024.
   */
  #begin(): void {
    if (this.#minor < SEQUENCE_SINCE) return;
    OUR_VERSION.sequenceValid = SEQUENCE_VALID;
    OUR_VERSION.minor = MINOR_VERSION;
    OUR_VERSION.sequence = this.#sequence;
    OUR_VERSION.writeHeader(this.#out, 0);
  }
  #send(to: Address): void {
    if (this.#out.length > 0) this.#socket.send(this.#out.take(), to);
  }
}

/** Header and payload of one answer. */
const HIT_BYTES = 24;
