/**
 * One PV of another IOC, as its users see it: wait for it, read, put, subscribe. It works over the circuits that its
 * channel gets; requests made while it is not connected fail at once. Text is byte strings. channel-access.md §1.13,
 * §4.5.
 */

import { Listeners } from "../../base/listeners.ts";
import { DBE_ALARM, DBE_VALUE } from "../../epics/facts.ts";
import type { Address } from "../../net/transport.ts";
import { DBR, DBR_PUT_ACKS, DBR_PUT_ACKT, LAST_COMPOSITE, NATIVES, type Native } from "../wire/dbr-layout.ts";
import { ECA } from "../wire/status.ts";
import type { ClientChannel } from "./channel.ts";
import { PutRefusedError, PvTimeoutError, type ReadRefusedError } from "./errors.ts";
import { MonitorOperation, type OperationServices, type ReadWish, startGet, startPutCallback } from "./operations.ts";
import { Pending, type WaitOptions } from "./pending.ts";
import { type PreparedPut, type PutValue, preparePut, wantsChoices } from "./put-value.ts";
import type { Reading } from "./reading.ts";
import { writeWrite } from "./requests.ts";

export interface PvInfo {
  readonly nativeType: Native;
  /** The most elements it can have. */
  readonly elementCount: number;
  readonly canRead: boolean;
  readonly canWrite: boolean;
  readonly server: Address;
}

export interface GetOptions extends ReadWish, WaitOptions {}

export interface PutOptions extends WaitOptions {
  /** DBR code to send, 0..6, or 35 or 36 for PUT_ACKT and PUT_ACKS; without it the value decides. */
  readonly type?: number | undefined;
}

export interface MonitorOptions extends ReadWish {
  /** DBE_ bits; default VALUE and ALARM. */
  readonly mask?: number | undefined;
  /** The server refuses or sends no value, e.g. without read access. Default: it is logged. */
  readonly onFailure?: ((error: ReadRefusedError) => void) | undefined;
}

/** Beside what operations need: where the failure of a subscription without `onFailure` is told. */
interface PvServices extends OperationServices {
  readonly log: { readonly warn: (sentence: string) => void };
}

export class RemotePv {
  readonly #channel: ClientChannel;
  readonly #services: PvServices;
  readonly #forget: () => void;
  readonly #waits = new Set<Pending<PvInfo>>();
  readonly #connection = new Listeners<[isConnected: boolean]>();
  /** The states of an ENUM are being read: later puts wait, so that puts keep their order. */
  #choices: Promise<readonly string[]> | undefined;

  /** Made by `CaClient.pv` alone. @param forget called when it is closed */
  constructor(channel: ClientChannel, services: PvServices, forget: () => void) {
    this.#channel = channel;
    this.#services = services;
    this.#forget = forget;
    channel.connection.add((isConnected) => {
      if (isConnected) for (const wait of this.#waits) wait.resolve(this.#info());
      this.#connection.notify(isConnected);
    });
  }
  get name(): string {
    return this.#channel.name;
  }
  get isConnected(): boolean {
    return this.#channel.isConnected;
  }

  /** What the server says of the PV; undefined while it is not connected. */
  info(): PvInfo | undefined {
    return this.isConnected ? this.#info() : undefined;
  }

  /**
   * Resolves when the PV is connected.
   * @throws PvTimeoutError after `timeoutSeconds`, PvNotConnectedError when it is closed
   */
  connected(options: WaitOptions = {}): Promise<PvInfo> {
    if (this.isConnected) return Promise.resolve(this.#info());
    if (this.#channel.state === "closed") return Promise.reject(this.#channel.notConnected());
    const wait: Pending<PvInfo> = new Pending<PvInfo>(
      this.#services.clock,
      options,
      (seconds) =>
        new PvTimeoutError(this.name, "no connection", seconds, "check the name, and that its IOC runs and is reached"),
      () => this.#waits.delete(wait),
    );
    if (!wait.isSettled) this.#waits.add(wait);
    return wait.promise;
  }

  /** Reads the PV. @throws PvNotConnectedError, ReadRefusedError, PvTimeoutError, the signal's reason */
  async get(options: GetOptions = {}): Promise<Reading> {
    this.#mustBeConnected();
    return startGet(this.#channel, this.#services, options);
  }

  /**
   * Puts a value; resolves when it is on its way. Puts of one PV arrive in order. A refusal by the server is told by
   * `CaClient.onException` alone. A text for a CHAR array is sent with its NUL; a text for an ENUM must be a state or
   * the number of a state.
   * @throws PvNotConnectedError, PutRefusedError
   */
  async put(value: PutValue, options: PutOptions = {}): Promise<void> {
    // Without a wait it is written in this turn, ahead of the caller's next request.
    const choices = this.#mustWait(value, options) ? await this.#choicesFor(value, options) : undefined;
    const put = this.#prepare(value, options, choices);
    writeWrite(this.#channel.circuit!.request(), put, this.#channel.sid, this.#channel.cid);
  }

  /**
   * Puts a value and waits until the server has processed it, which may take hours.
   * @returns the server's ECA status: a put that failed there is an answer
   * @throws PvNotConnectedError (also when the connection is lost: the put may have taken effect), PutRefusedError,
   * PvTimeoutError, the signal's reason
   */
  async putCallback(value: PutValue, options: PutOptions = {}): Promise<number> {
    const choices = this.#mustWait(value, options) ? await this.#choicesFor(value, options) : undefined;
    const put = this.#prepare(value, options, choices);
    return startPutCallback(this.#channel, this.#services, put, options);
  }

  /**
   * Subscribes: `listener` is called with the present value, with each later value, and with the present value again
   * after each reconnection.
   * @returns stops it; nothing is delivered afterwards
   */
  monitor(options: MonitorOptions, listener: (reading: Reading) => void): () => void {
    const { mask = DBE_VALUE | DBE_ALARM, type, count } = options;
    const failed = options.onFailure ?? ((error: ReadRefusedError) => this.#services.log.warn(error.message));
    const operation = new MonitorOperation(this.#channel, this.#services, { mask, type, count }, listener, failed);
    if (this.#channel.state === "closed") operation.stop();
    return () => operation.stop();
  }

  /** Calls `listener` at each change, not for the present state. */
  onConnection(listener: (isConnected: boolean) => void): () => void {
    return this.#connection.add((isConnected) => this.#services.guard(() => listener(isConnected)));
  }

  /** Calls `listener` when the access rights have changed. */
  onRights(listener: (info: PvInfo) => void): () => void {
    return this.#channel.rightsChange.add(() => {
      if (this.isConnected) this.#services.guard(() => listener(this.#info()));
    });
  }

  /** Ends everything that waits for this PV with PvNotConnectedError. */
  close(): void {
    if (this.#channel.state === "closed") return;
    for (const operation of this.#channel.standing) if (operation instanceof MonitorOperation) operation.stop();
    this.#channel.close();
    for (const wait of this.#waits) wait.reject(this.#channel.notConnected());
    this.#forget();
  }

  #info(): PvInfo {
    const { nativeType, elementCount, canRead, canWrite, circuit } = this.#channel;
    return { nativeType, elementCount, canRead, canWrite, server: circuit!.address };
  }

  #mustBeConnected(): void {
    if (!this.isConnected) throw this.#channel.notConnected();
  }

  #mustWait(value: PutValue, options: PutOptions): boolean {
    options.signal?.throwIfAborted();
    this.#mustBeWritable(options.type);
    return this.#choices !== undefined || this.#wantsChoices(value, options);
  }

  #wantsChoices(value: PutValue, options: PutOptions): boolean {
    return this.#channel.canRead && wantsChoices(value, this.#channel, options);
  }

  async #choicesFor(value: PutValue, options: PutOptions): Promise<readonly string[] | undefined> {
    if (this.#wantsChoices(value, options)) return await this.#readChoices(options);
    await this.#choices?.catch(() => undefined);
    return undefined;
  }

  #prepare(value: PutValue, options: PutOptions, choices: readonly string[] | undefined): PreparedPut {
    this.#mustBeConnected();
    return preparePut(value, this.#channel, { type: options.type, choices });
  }

  /** Reads the states once for all puts that wait for them. */
  async #readChoices(options: WaitOptions): Promise<readonly string[]> {
    const reading = this.get({ ...options, type: DBR["GR_ENUM"]! }).then((one) => one.sample.choices);
    this.#choices = reading;
    try {
      return await reading;
    } finally {
      if (this.#choices === reading) this.#choices = undefined;
    }
  }

  #mustBeWritable(type: number | undefined): void {
    this.#mustBeConnected();
    if (!this.#channel.canWrite) {
      throw new PutRefusedError(this.name, ECA.NOWTACCESS, "the server gives this user and host no write access");
    }
    if (type === undefined || type < NATIVES.length || type === DBR_PUT_ACKT || type === DBR_PUT_ACKS) return;
    const why = type > LAST_COMPOSITE ? `there is no such DBR type to put: ${type}` : `DBR type ${type} is for reading`;
    throw new PutRefusedError(this.name, ECA.BADTYPE, why);
  }
}
