/**
 * Where a call begins and where it is answered in the bytes between a program and a service, without knowing the
 * service: in a conversation of question and answer by who speaks, in Channel Access by its messages. Moves no bytes:
 * gate.ts does.
 */
import { Frame } from "../../src/ca/wire/frame.ts";
import { readHeader } from "../../src/ca/wire/framing.ts";
import { REQUESTS, RESPONSES } from "../../src/ca/wire/messages.ts";

/** Bytes that pass together. */
export interface Piece {
  readonly bytes: Buffer;
  /** From the client: what is asked, when a call begins with this piece. */
  readonly call?: string;
  /** From the service: the call before is answered. */
  readonly isAnswer?: boolean;
}

/** What passes on one connection. */
export interface Conversation {
  fromClient(chunk: Buffer): readonly Piece[];
  fromService(chunk: Buffer): readonly Piece[];
}

/** HTTP, SMTP, SSH: what a client says after the service has spoken, or first of all, is a call. */
export class Turns implements Conversation {
  readonly #greetings: number;
  #turns = 0;
  #clientsTurn = true;

  /** @param greetings turns behind the first that ask for nothing yet: they are no calls */
  constructor(greetings: number) {
    this.#greetings = greetings;
  }
  fromClient(bytes: Buffer): readonly Piece[] {
    if (!this.#clientsTurn) return [{ bytes }];
    this.#clientsTurn = false;
    this.#turns++;
    const isGreeting = this.#turns > 1 && this.#turns <= 1 + this.#greetings;
    return [isGreeting ? { bytes } : { bytes, call: firstLine(bytes) }];
  }
  fromService(bytes: Buffer): readonly Piece[] {
    this.#clientsTurn = true;
    return [{ bytes, isAnswer: true }];
  }
}

/** `POST /dm/login`, `MAIL FROM:<…>`; of what is no text, nothing. */
function firstLine(bytes: Buffer): string {
  const line = bytes.toString("latin1").split(/\r?\n/, 1)[0] ?? "";
  return /^[\x20-\x7e]+$/.test(line) ? line.replace(/ HTTP\/1\.1$/, "").slice(0, 160) : "";
}

/** Channel Access: each write is a call; reads, monitors and searches are none. */
export class Writes implements Conversation {
  readonly #client = new WholeMessages();
  readonly #service = new WholeMessages();

  fromClient(chunk: Buffer): readonly Piece[] {
    return this.#client.take(chunk).map(({ bytes, command }) => {
      const isWrite = command === REQUESTS.writeNotify.command || command === REQUESTS.write.command;
      return isWrite ? { bytes, call: "put" } : { bytes };
    });
  }
  fromService(chunk: Buffer): readonly Piece[] {
    return this.#service
      .take(chunk)
      .map(({ bytes, command }) => ({ bytes, isAnswer: command === RESPONSES.writeNotify.command }));
  }
}

/** A stream of bytes cut into messages of Channel Access. */
class WholeMessages {
  #rest: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): { readonly bytes: Buffer; readonly command: number }[] {
    const all = Buffer.concat([this.#rest, chunk]);
    const found: { readonly bytes: Buffer; readonly command: number }[] = [];
    const frame = new Frame();
    let at = 0;
    while (readHeader(all, at, all.length, frame) && frame.end <= all.length) {
      found.push({ bytes: all.subarray(at, frame.end), command: frame.command });
      at = frame.end;
    }
    this.#rest = all.subarray(at);
    return found;
  }
}
