/**
 * What a client asks of a channel and waits for: one reading, one confirmed put, a subscription. Each has an id, under
 * which its replies and the server's complaints come back. channel-access.md §1.13, §3.
 */
import type { Clock } from "../../base/clock.ts";
import { RemoteProtocolError } from "../../base/errors.ts";
import { readDbr } from "../wire/dbr-codec.ts";
import { DBR_TYPES, dbrBytes, dbrCode, FAMILIES, type Family, type Native } from "../wire/dbr-layout.ts";
import { padded } from "../wire/frame.ts";
import { ECA, isSuccess } from "../wire/status.ts";
import type { ClientChannel, Operation, StandingOperation } from "./channel.ts";
import { type PvNotConnectedError, PvTimeoutError, ReadRefusedError } from "./errors.ts";
import type { IdTable } from "./id-table.ts";
import { Pending, type WaitOptions } from "./pending.ts";
import type { PreparedPut } from "./put-value.ts";
import { Reading } from "./reading.ts";
import { writeEventAdd, writeEventCancel, writeReadNotify, writeWriteNotify } from "./requests.ts";

/** Every operation of a client, by the id in its messages. */
export type Operations = IdTable<Operation | StandingOperation>;

/** What operations need beside their channel. */
export interface OperationServices {
  readonly clock: Clock;
  readonly operations: Operations;
  /** Calls a listener that the user gave; what it throws is logged and goes no further. */
  readonly guard: (action: () => void) => void;
}

/** A DBR code, a family to be joined with the PV's native type, or a choice that depends on it. */
export type TypeWish = number | Exclude<Family, "STSACK"> | ((native: Native, elementCount: number) => number);

export interface ReadWish {
  /** Default: TIME. */
  readonly type?: TypeWish | undefined;
  /** Elements; 0, the default, asks for as many as there are. */
  readonly count?: number | undefined;
}

interface Wanted {
  readonly dbr: number;
  readonly count: number;
}

/** The code and the count to ask for. @throws ReadRefusedError if this PV has no such thing */
function resolveWish(channel: ClientChannel, wish: ReadWish): Wanted {
  const { type = "TIME", count = 0 } = wish;
  const dbr = dbrOf(type, channel);
  if (DBR_TYPES[dbr] === undefined)
    throw new ReadRefusedError(channel.name, ECA.BADTYPE, `there is no DBR type ${dbr}`);
  if (count > Math.max(1, channel.elementCount)) {
    const asked = `${count} elements were asked for and it has ${channel.elementCount}`;
    throw new ReadRefusedError(channel.name, ECA.BADCOUNT, asked);
  }
  // Servers before 4.13 take 0 for an error.
  const knowsDynamic = (channel.circuit?.minor ?? 0) >= 13;
  return { dbr, count: count === 0 && !knowsDynamic ? channel.elementCount : count };
}

function dbrOf(type: TypeWish, channel: ClientChannel): number {
  if (typeof type === "number") return type;
  if (typeof type === "function") return type(channel.nativeType, channel.elementCount);
  return dbrCode(FAMILIES.find((family) => family === type) ?? "TIME", channel.nativeType);
}

function largestReply(channel: ClientChannel, wanted: Wanted): number {
  const type = DBR_TYPES[wanted.dbr]!;
  return padded(dbrBytes(type, Math.max(wanted.count, channel.elementCount, 1)));
}

function readingOf(dbr: number, count: number, payload: Buffer): Reading {
  const type = DBR_TYPES[dbr];
  const sample = type === undefined ? undefined : readDbr(type, count, payload);
  if (type !== undefined && sample !== undefined) return new Reading(type, sample);
  throw new RemoteProtocolError(`${payload.length} bytes are not ${count} elements of DBR type ${dbr}`);
}

/**
 * Sends READ_NOTIFY.
 * @throws what `resolveWish` throws; the promise fails with ReadRefusedError or PvNotConnectedError
 */
export function startGet(
  channel: ClientChannel,
  services: OperationServices,
  options: ReadWish & WaitOptions,
): Promise<Reading> {
  const wanted = resolveWish(channel, options);
  return startRequest<Reading>(channel, services, options, NO_VALUE, (pending, id) => {
    writeReadNotify(channel.circuit!.request(), wanted.dbr, wanted.count, channel.sid, id);
    return {
      mostPayloadBytes: largestReply(channel, wanted),
      answered: (status, dbr, count, payload) => {
        if (isSuccess(status)) pending.resolve(readingOf(dbr, count, payload));
        else pending.reject(new ReadRefusedError(channel.name, status, "the server refused"));
      },
      refused: (status, text) => pending.reject(new ReadRefusedError(channel.name, status, text)),
    };
  });
}

/** Sends WRITE_NOTIFY; resolves with the ECA status when the server has processed the put. */
export function startPutCallback(
  channel: ClientChannel,
  services: OperationServices,
  put: PreparedPut,
  options: WaitOptions,
): Promise<number> {
  return startRequest<number>(channel, services, options, NOT_CONFIRMED, (pending, id) => {
    writeWriteNotify(channel.circuit!.request(), put, channel.sid, id);
    return {
      mostPayloadBytes: 0,
      answered: (status) => pending.resolve(status),
      refused: (status) => pending.resolve(status),
    };
  });
}

const NO_VALUE = ["no value came", "its server is slow or overloaded"] as const;
const NOT_CONFIRMED = ["the put was not confirmed", "it may still be under way"] as const;

type Replies = Pick<Operation, "mostPayloadBytes" | "answered" | "refused">;

/** Registers a request under a new id; it is forgotten when its promise settles, and a later reply has no effect. */
function startRequest<T>(
  channel: ClientChannel,
  { clock, operations }: OperationServices,
  options: WaitOptions,
  [whatFailed, advice]: readonly [what: string, advice: string],
  send: (pending: Pending<T>, id: number) => Replies,
): Promise<T> {
  let operation: Operation | undefined;
  let id: number | undefined;
  const pending: Pending<T> = new Pending<T>(
    clock,
    options,
    (seconds) => new PvTimeoutError(channel.name, whatFailed, seconds, advice),
    () => {
      if (operation !== undefined) channel.requests.delete(operation);
      if (id !== undefined) operations.remove(id);
    },
  );
  if (pending.isSettled) return pending.promise;
  const waiting: Operation & { replies?: Replies } = {
    channel,
    get mostPayloadBytes() {
      return waiting.replies?.mostPayloadBytes ?? 0;
    },
    answered: (...reply) => waiting.replies?.answered(...reply),
    refused: (...reply) => waiting.replies?.refused(...reply),
    lost: (error: PvNotConnectedError) => pending.reject(error),
  };
  operation = waiting;
  id = operations.add(operation);
  channel.requests.add(operation);
  waiting.replies = send(pending, id);
  return pending.promise;
}

export interface MonitorWish extends ReadWish {
  /** DBE_ bits. */
  readonly mask: number;
}

/** A subscription: EVENT_ADD whenever the channel is created, one call of `deliver` for each update. */
export class MonitorOperation implements StandingOperation {
  readonly channel: ClientChannel;
  readonly #services: OperationServices;
  readonly #wish: MonitorWish;
  readonly #deliver: (reading: Reading) => void;
  readonly #failed: (error: ReadRefusedError) => void;
  readonly #id: number;
  /** What was asked for on the present circuit. */
  #wanted: (Wanted & { readonly mask: number }) | undefined;

  constructor(
    channel: ClientChannel,
    services: OperationServices,
    wish: MonitorWish,
    deliver: (reading: Reading) => void,
    failed: (error: ReadRefusedError) => void,
  ) {
    this.channel = channel;
    this.#services = services;
    this.#wish = wish;
    this.#deliver = deliver;
    this.#failed = failed;
    this.#id = services.operations.add(this);
    channel.standing.add(this);
    if (channel.isConnected) this.establish();
  }
  get mostPayloadBytes(): number {
    return this.#wanted === undefined ? 0 : largestReply(this.channel, this.#wanted);
  }

  establish(): void {
    this.#wanted = undefined;
    try {
      this.#wanted = { ...resolveWish(this.channel, this.#wish), mask: this.#wish.mask };
    } catch (error) {
      if (!(error instanceof ReadRefusedError)) throw error;
      this.#services.guard(() => this.#failed(error));
      return;
    }
    writeEventAdd(this.channel.circuit!.request(), this.#wanted, this.channel.sid, this.#id);
  }

  refresh(): void {
    if (this.#wanted === undefined) return this.establish();
    const { dbr, count } = this.#wanted;
    writeReadNotify(this.channel.circuit!.request(), dbr, count, this.channel.sid, this.#id);
  }

  answered(status: number, dbr: number, count: number, payload: Buffer): void {
    if (!isSuccess(status)) {
      const error = new ReadRefusedError(this.channel.name, status, "the server sends no value");
      this.#services.guard(() => this.#failed(error));
      return;
    }
    const reading = readingOf(dbr, count, payload);
    this.#services.guard(() => this.#deliver(reading));
  }

  refused(status: number, text: string): void {
    this.#services.guard(() => this.#failed(new ReadRefusedError(this.channel.name, status, text)));
  }

  /** No update is delivered after this. */
  stop(): void {
    if (!this.channel.standing.delete(this)) return;
    this.#services.operations.remove(this.#id);
    if (!this.channel.isCreated || this.#wanted === undefined) return;
    writeEventCancel(this.channel.circuit!.request(), this.#wanted, this.channel.sid, this.#id);
  }
}
