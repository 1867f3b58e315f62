/**
 * All clients that are connected, and who has to go when there are too many of them or they hold too much together:
 * circuits that are not used go before clients are turned away, and the client that holds most is disconnected before
 * the memory of all is used up. What one client alone may cost is in limits.ts and its session.
 */
import type { Log } from "../../base/log.ts";
import type { Sid } from "../session/ids.ts";
import type { ClientSession } from "./client-session.ts";
import type { ServerCounters } from "./counters.ts";
import type { ServerLimits } from "./limits.ts";

/** The key in `#toldFull` for all addresses together. */
const EVERYBODY = "";

export class Clients {
  readonly #limits: ServerLimits;
  readonly #counters: ServerCounters;
  readonly #log: Log;
  /** In the order in which they came. */
  readonly #sessions = new Set<ClientSession>();
  /**
   * The sentences about addresses that have as many circuits as they may have: each told once, until a client comes
   * from such an address and there is room.
   */
  readonly #toldFull = new Map<string, Set<string>>();
  #allEnded: () => void = () => {};

  constructor(limits: ServerLimits, counters: ServerCounters, log: Log) {
    this.#limits = limits;
    this.#counters = counters;
    this.#log = log;
  }
  [Symbol.iterator](): Iterator<ClientSession> {
    return this.#sessions.values();
  }
  add(session: ClientSession): void {
    this.#sessions.add(session);
    this.#counters.clients = this.#sessions.size;
  }
  remove(session: ClientSession): void {
    this.#sessions.delete(session);
    this.#counters.clients = this.#sessions.size;
    if (this.#sessions.size === 0) this.#allEnded();
  }
  /** Resolves when no client is left; called once. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#allEnded = resolve;
      if (this.#sessions.size === 0) resolve();
    });
  }
  holds(sid: Sid): boolean {
    for (const { circuit } of this.#sessions) if (circuit.channelBySid.has(sid)) return true;
    return false;
  }

  /**
   * Whether one more client may come from this address. When the address, or the server, is full the oldest circuit
   * without a channel goes for it: a program that opens circuits and uses none keeps nobody out.
   */
  makeRoomFor(host: string): boolean {
    const { circuits, circuitsPerAddress } = this.#limits;
    const all = [...this.#sessions];
    const own = all.filter(({ address }) => address.host === host);
    const crowd = own.length >= circuitsPerAddress ? own : all.length >= circuits ? all : undefined;
    if (crowd === undefined) {
      for (const key of [host, EVERYBODY]) this.#toldFull.delete(key);
      return true;
    }
    const unused = crowd.find(({ circuit }) => circuit.channelBySid.size === 0);
    this.#tellFull(crowd === own ? host : EVERYBODY, crowd.length, unused !== undefined);
    if (unused === undefined) return false;
    unused.drop();
    this.remove(unused);
    return true;
  }
  #tellFull(host: string, count: number, hasUnused: boolean): void {
    const whose = host === EVERYBODY ? "this server has" : `${host} has`;
    const what = hasUnused
      ? "the oldest without a channel is closed for each new one"
      : "new ones are turned away until one has ended";
    const told = this.#toldFull.get(host) ?? new Set();
    if (told.has(what)) return;
    this.#toldFull.set(host, told.add(what));
    this.#log.warn(`${whose} ${count} circuits, as many as are allowed: ${what}`);
  }

  /** Disconnects the client for which most waits to be sent, when too much waits for all. */
  boundUnsent(): void {
    let sum = 0;
    let most = 0;
    let slowest: ClientSession | undefined;
    for (const session of this.#sessions) {
      const bytes = session.backlogBytes;
      sum += bytes;
      if (bytes > most) [most, slowest] = [bytes, session];
    }
    if (sum > this.#limits.unsentBytes) {
      slowest?.giveUp(`of ${sum} bytes that wait for all clients, ${most} wait for it, and it takes them too slowly`);
    }
  }
  /**
   * Disconnects clients that hold most for longest in requests that are not finished, until what all hold is in bounds.
   * Bytes count by the time for which they have been held: a large write on its way is over soon, half a write that
   * nobody finishes is not. One client alone may hold what its channel takes.
   */
  boundUnfinished(): void {
    for (;;) {
      let sum = 0;
      let most = 0;
      let worst: ClientSession | undefined;
      for (const session of this.#sessions) {
        const { unfinishedBytes, unfinishedSeconds } = session;
        sum += unfinishedBytes;
        const weight = unfinishedBytes * (unfinishedSeconds + 1);
        if (weight > most) [most, worst] = [weight, session];
      }
      if (sum <= this.#limits.unfinishedBytes || worst === undefined || worst.unfinishedBytes === sum) return;
      const { unfinishedBytes, unfinishedSeconds } = worst;
      const held = `${unfinishedBytes} of them for ${Math.round(unfinishedSeconds)} s`;
      worst.giveUp(`all clients' unfinished requests hold ${sum} bytes, and it holds ${held}`);
    }
  }
}
