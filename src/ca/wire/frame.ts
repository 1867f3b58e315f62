/**
 * One message in its bytes: the header's words and where the payload lies. A frame is filled again and again, so that
 * reading a message allocates nothing; a view gives its words their names out of the message table, so that nobody
 * writes a position. Both are valid only until the next message.
 */
import type { ByteWriter } from "../../base/bytes.ts";
import { EXTENDED_SIZE, HEADER_BYTES } from "./constants.ts";
import type { MessageRow, WordNames } from "./messages.ts";

/** The header's words, as they lie in every message. */
export interface HeaderWords {
  dataType: number;
  dataCount: number;
  p1: number;
  p2: number;
}

export class Frame implements HeaderWords {
  command = 0;
  dataType = 0;
  dataCount = 0;
  p1 = 0;
  p2 = 0;
  /** The buffer that holds header and payload. */
  bytes: Buffer = Buffer.alloc(0);
  /** Where the header begins in `bytes`. */
  start = 0;
  headerBytes = HEADER_BYTES;
  payloadBytes = 0;

  get payloadStart(): number {
    return this.start + this.headerBytes;
  }
  get end(): number {
    return this.start + this.headerBytes + this.payloadBytes;
  }
  /** The payload; a view into the input. */
  payload(): Buffer {
    return this.bytes.subarray(this.payloadStart, this.end);
  }
  /** The payload as text up to its first NUL. Servers treat the last byte as NUL (channel-access.md §1.4). */
  text(): string {
    const start = this.payloadStart;
    const end = this.bytes.indexOf(0, start);
    return this.bytes.toString("latin1", start, end < 0 || end >= this.end ? Math.max(start, this.end - 1) : end);
  }
}

/**
 * A message's words under their names; writable, so that one view serves to read a request and another to build a
 * reply.
 */
export type MessageView<R extends MessageRow> = { [N in WordNames<R>]: number } & {
  readonly row: R;
  /** Takes the words over from a frame. */
  from(words: Readonly<HeaderWords>): MessageView<R>;
  /**
   * Writes the header. The sender then writes exactly `payloadBytes`, a multiple of 8. The extended form is used when
   * size or count does not fit 16 bits (channel-access.md §1.2).
   */
  writeHeader(out: ByteWriter, payloadBytes: number): void;
};

const POSITIONS = ["dataType", "dataCount", "p1", "p2"] as const;
/** One getter and setter a position, each a function of its own, so that the engine can inline it. */
const ACCESSORS: Readonly<Record<keyof HeaderWords, PropertyDescriptor & ThisType<HeaderWords>>> = {
  dataType: {
    configurable: true,
    get() {
      return this.dataType;
    },
    set(value: number) {
      this.dataType = value;
    },
  },
  dataCount: {
    configurable: true,
    get() {
      return this.dataCount;
    },
    set(value: number) {
      this.dataCount = value;
    },
  },
  p1: {
    configurable: true,
    get() {
      return this.p1;
    },
    set(value: number) {
      this.p1 = value;
    },
  },
  p2: {
    configurable: true,
    get() {
      return this.p2;
    },
    set(value: number) {
      this.p2 = value;
    },
  },
};

class View implements HeaderWords {
  dataType = 0;
  dataCount = 0;
  p1 = 0;
  p2 = 0;
  readonly row: MessageRow;
  constructor(row: MessageRow) {
    this.row = row;
    for (const position of POSITIONS) {
      const word = row[position];
      if (typeof word === "number") this[position] = word;
      else Object.defineProperty(this, word, ACCESSORS[position]);
    }
  }
  from(words: Readonly<HeaderWords>): this {
    this.dataType = words.dataType;
    this.dataCount = words.dataCount;
    this.p1 = words.p1;
    this.p2 = words.p2;
    return this;
  }
  writeHeader(out: ByteWriter, payloadBytes: number): void {
    writeHeader(out, this.row.command, this, payloadBytes);
  }
}

/** A view of `row`, with all named words 0. Make one for each row that a module uses, at module level. */
export function viewOf<const R extends MessageRow>(row: R): MessageView<R> {
  return new View(row) as unknown as MessageView<R>;
}

/** Writes a header of any command. */
export function writeHeader(
  out: ByteWriter,
  command: number,
  words: Readonly<HeaderWords>,
  payloadBytes: number,
): void {
  const extended = payloadBytes >= EXTENDED_SIZE || words.dataCount >= EXTENDED_SIZE;
  out.u16(command);
  out.u16(extended ? EXTENDED_SIZE : payloadBytes);
  out.u16(words.dataType);
  out.u16(extended ? 0 : words.dataCount);
  out.u32(words.p1);
  out.u32(words.p2);
  if (extended) {
    out.u32(payloadBytes);
    out.u32(words.dataCount);
  }
}

/** The next multiple of 8: every payload is padded to it. */
export const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;
