/**
 * A client that says exactly what a test tells it to, message by message, right or wrong, and shows what comes back.
 * Speaks over any stream: in memory to our server, or over TCP to any server. Knows the message table and nothing else.
 */
import { expect } from "vitest";
import { ByteWriter } from "../../../src/base/bytes.ts";
import { type HeaderWords, padded, writeHeader } from "../../../src/ca/wire/frame.ts";
import { StreamFramer } from "../../../src/ca/wire/framing.ts";
import {
  type MessageRow,
  REQUESTS,
  RESPONSES,
  type RequestName,
  type ResponseName,
  type WordNames,
} from "../../../src/ca/wire/messages.ts";
import type { ByteStream } from "../../../src/net/transport.ts";

/** A message that has come. */
export interface Received extends HeaderWords {
  readonly command: number;
  readonly payload: Buffer;
}

type Words<R extends MessageRow> = Partial<Record<WordNames<R>, number>>;

/** The words of a row by position; words that are not given are 0. */
export function wordsBy(row: MessageRow, words: Readonly<Record<string, number | undefined>>): HeaderWords {
  const value = (word: string | number): number => (typeof word === "number" ? word : (words[word] ?? 0));
  return { dataType: value(row.dataType), dataCount: value(row.dataCount), p1: value(row.p1), p2: value(row.p2) };
}

/** A request's bytes; `payload` is padded, text with its NUL. */
export function requestBytes<N extends RequestName>(
  name: N,
  words: Words<(typeof REQUESTS)[N]> = {},
  payload: Buffer | string = "",
): Buffer {
  const content = typeof payload === "string" && payload !== "" ? Buffer.from(`${payload}\0`, "latin1") : payload;
  const bytes = Buffer.alloc(padded(content.length));
  bytes.set(Buffer.from(content as Buffer));
  const out = new ByteWriter();
  writeHeader(out, REQUESTS[name].command, wordsBy(REQUESTS[name], words), bytes.length);
  out.bytes(bytes);
  return Buffer.from(out.written());
}

/** EVENT_ADD's payload. */
export function maskPayload(mask: number): Buffer {
  const payload = Buffer.alloc(16);
  payload.writeUInt16BE(mask, 12);
  return payload;
}

export const doubles = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 8);
  values.forEach((value, i) => bytes.writeDoubleBE(value, i * 8));
  return bytes;
};
export const shorts = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => bytes.writeInt16BE(value, i * 2));
  return bytes;
};

export class RawCircuit {
  readonly stream: ByteStream;
  readonly #settle: () => void;
  #received: Received[] = [];
  #wake: () => void = () => {};
  #echoes = 0x1000;
  isClosed = false;

  /** @param settle lets a network in memory deliver what is on its way */
  constructor(stream: ByteStream, settle: () => void = () => {}) {
    this.stream = stream;
    this.#settle = settle;
    const framer = new StreamFramer({
      admit: () => "take",
      message: (frame) => {
        const { command, dataType, dataCount, p1, p2 } = frame;
        this.#received.push({ command, dataType, dataCount, p1, p2, payload: Buffer.from(frame.payload()) });
        return true;
      },
    });
    stream.onData = (chunk) => {
      framer.push(chunk);
      this.#wake();
    };
    stream.onClose = () => {
      this.isClosed = true;
      this.#wake();
    };
  }
  /** Sends VERSION with this minor version, and reads the server's own VERSION away. */
  async begin(minor = 13): Promise<this> {
    await this.reply("version", { minor: 13 });
    this.send("version", { minor });
    return this;
  }
  send<N extends RequestName>(name: N, words: Words<(typeof REQUESTS)[N]> = {}, payload: Buffer | string = ""): void {
    this.stream.write(requestBytes(name, words, payload));
  }
  sendBytes(bytes: Buffer): void {
    this.stream.write(bytes);
  }
  /** The next message. */
  async next(): Promise<Received> {
    this.#settle();
    while (this.#received.length === 0) {
      if (this.isClosed) throw new Error("the server closed the circuit instead of answering");
      await this.#change();
    }
    return this.#received.shift()!;
  }
  /** The next message, which has to have this name and these words. */
  async reply<N extends ResponseName>(name: N, words: Words<(typeof RESPONSES)[N]> = {}): Promise<Received> {
    const message = await this.next();
    const row: MessageRow = RESPONSES[name];
    const shown: Record<string, unknown> = { message: message.command };
    for (const position of ["dataType", "dataCount", "p1", "p2"] as const) {
      const word = row[position];
      if (typeof word === "number" || word in words) shown[String(word)] = message[position];
    }
    const constants = Object.fromEntries(
      [row.dataType, row.dataCount, row.p1, row.p2]
        .filter((word) => typeof word === "number")
        .map((word) => [word, word]),
    );
    expect(shown, name).toEqual({ message: row.command, ...constants, ...words });
    return message;
  }
  /** Checks that everything sent so far has been handled and nothing more has come. */
  async silence(): Promise<void> {
    const word3 = this.#echoes++;
    this.send("echo", { word3 });
    await this.reply("echo", { word3 });
  }
  /** Resolves when the server has closed the circuit; messages before it can still be read. */
  async closed(): Promise<void> {
    this.#settle();
    while (!this.isClosed) await this.#change();
  }
  /** The messages that have come and were not read. */
  get unread(): readonly Received[] {
    this.#settle();
    return this.#received;
  }
  /** Reads away all messages that have come. */
  takeAll(): Received[] {
    this.#settle();
    const all = this.#received;
    this.#received = [];
    return all;
  }
  /** Opens a channel. @returns its sid, native type and count */
  async open(name: string, cid = 1): Promise<{ sid: number; dbr: number; count: number }> {
    this.send("createChan", { cid, minor: 13 }, name);
    await this.reply("accessRights", { cid });
    const { p2, dataType, dataCount } = await this.reply("createChan", { cid });
    return { sid: p2, dbr: dataType, count: dataCount };
  }
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
