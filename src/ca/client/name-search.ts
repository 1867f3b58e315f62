/**
 * Asks for names until a server answers: many names a datagram, each at the pace of session/search-schedule.ts. It
 * finds addresses; what is done with them is the client's business. Names that have been asked for equally often wait
 * in one queue (a lane), so a tick looks only at those that are due. channel-access.md §1.7, §1.8, §1.13.
 */
import { ByteWriter } from "../../base/bytes.ts";
import type { Cancel, Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { type Address, addressText } from "../../net/transport.ts";
import {
  nextTries,
  searchWaitSeconds,
  slowestTries,
  TRIES_AFTER_ANOMALY,
  TRIES_AFTER_LOSS,
} from "../session/search-schedule.ts";
import { DATAGRAM_BYTES, HEADER_BYTES } from "../wire/constants.ts";
import { textBytes } from "../wire/payloads.ts";
import { writeDatagramVersion, writeSearch } from "./requests.ts";

/** Datagrams sent at once; libca's largest window. More would overrun a server's receive buffer. */
const FRAMES_A_TICK = 64;
/** Pause before the rest is sent. */
const TICK_SECONDS = 0.02;
/** Names that fall due within this time are asked for together. */
const SAME_TIME_SECONDS = 0.001;

/** A connection that lasted so long was a good connection. */
const STABLE_SECONDS = 1;

/** One frame of searches, for every server that is asked. */
export type SendFrame = (frame: Buffer) => void;

interface SearchedName {
  readonly name: string;
  readonly id: number;
  readonly found: (server: Address) => void;
  tries: number;
  /** When to ask, by the monotonic clock; undefined: the name is found. */
  due: number | undefined;
  lostAt: number | undefined;
  server: Address | undefined;
  hasWarned: boolean;
}

export class NameSearch {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #maxSeconds: number;
  readonly #send: SendFrame;
  readonly #entryById = new Map<number, SearchedName>();
  /** Waiting names by their tries, each lane in order of `due`. */
  readonly #lanes: Set<SearchedName>[];
  readonly #frame = new ByteWriter(DATAGRAM_BYTES);
  #sequence = 0;
  #cancel: Cancel = () => {};
  /** When the timer fires. */
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, log: Log, maxSeconds: number, send: SendFrame) {
    this.#clock = clock;
    this.#log = log;
    this.#maxSeconds = maxSeconds;
    this.#send = send;
    this.#lanes = Array.from({ length: slowestTries(maxSeconds) + 1 }, () => new Set<SearchedName>());
  }

  /** Begins to ask. @param found called once, with the first server that answers, until `again` is called */
  add(name: string, id: number, found: (server: Address) => void): void {
    const state = { tries: 0, due: undefined, lostAt: undefined, server: undefined, hasWarned: false };
    const entry: SearchedName = { name, id, found, ...state };
    this.#entryById.set(id, entry);
    this.#enqueue(entry, 0);
  }

  /**
   * Asks again for a name that was found.
   * @param connectedSeconds how long its channel was connected; undefined if it was not. After a stable connection the
   * name is asked for eagerly; a server that answers searches and then fails is asked no faster than before.
   */
  again(id: number, connectedSeconds: number | undefined): void {
    const entry = this.#entryById.get(id);
    if (entry === undefined || entry.due !== undefined) return;
    if (connectedSeconds !== undefined) entry.lostAt = this.#clock.monotonic();
    const wasStable = connectedSeconds !== undefined && connectedSeconds >= STABLE_SECONDS;
    if (wasStable) entry.hasWarned = false;
    entry.server = undefined;
    this.#enqueue(entry, wasStable ? TRIES_AFTER_LOSS : Math.max(entry.tries, TRIES_AFTER_LOSS));
  }

  /** Whether this id is in use. */
  has(id: number): boolean {
    return this.#entryById.has(id);
  }

  remove(id: number): void {
    const entry = this.#entryById.get(id);
    if (entry === undefined) return;
    this.#dequeue(entry);
    this.#entryById.delete(id);
  }

  /** A server says that it has the name under this id; unknown ids are ignored. The first answer counts. */
  answered(id: number, server: Address): void {
    const entry = this.#entryById.get(id);
    if (entry === undefined) return;
    if (entry.due !== undefined) {
      this.#dequeue(entry);
      entry.server = server;
      entry.found(server);
    } else if (entry.server !== undefined && addressText(entry.server) !== addressText(server) && !entry.hasWarned) {
      entry.hasWarned = true;
      this.#log.warn(
        `PV ${entry.name} is served by ${addressText(entry.server)} and by ${addressText(server)}: the first is used; rename one of them`,
      );
    }
  }

  /** Something has changed on the network: names that wait long are asked for within seconds. */
  hurry(): void {
    for (const lane of this.#lanes.slice(TRIES_AFTER_ANOMALY + 1)) {
      for (const entry of lane) {
        this.#dequeue(entry);
        this.#enqueue(entry, TRIES_AFTER_ANOMALY);
      }
    }
  }

  /** A server can be asked that could not be asked before: everything is asked for at once. */
  restart(): void {
    for (const lane of this.#lanes) {
      const waiting = [...lane]; // lane 0 is where they go
      for (const entry of waiting) {
        this.#dequeue(entry);
        this.#enqueue(entry, 0);
      }
    }
  }

  close(): void {
    this.#cancel();
    this.#entryById.clear();
    for (const lane of this.#lanes) lane.clear();
  }

  #enqueue(entry: SearchedName, tries: number): void {
    entry.tries = Math.min(tries, this.#lanes.length - 1);
    entry.due = this.#clock.monotonic() + searchWaitSeconds(entry.tries, this.#maxSeconds);
    this.#lanes[entry.tries]!.add(entry);
    this.#wake(entry.due);
  }

  #dequeue(entry: SearchedName): void {
    entry.due = undefined;
    this.#lanes[entry.tries]!.delete(entry);
  }

  #wake(at: number): void {
    if (at >= this.#wakeAt) return;
    this.#cancel();
    this.#wakeAt = at;
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.monotonic()), () => this.#tick());
  }

  #tick(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    let frames = 0;
    for (const entry of this.#due(now + SAME_TIME_SECONDS)) {
      if (this.#isFull(entry)) {
        this.#sendFrame();
        frames++;
        if (frames === FRAMES_A_TICK) return this.#wake(now + TICK_SECONDS);
      }
      if (this.#frame.length === 0) writeDatagramVersion(this.#frame, this.#sequence++ >>> 0);
      writeSearch(this.#frame, entry.name, entry.id);
      this.#dequeue(entry);
      const lost = entry.lostAt === undefined ? undefined : now - entry.lostAt;
      this.#enqueue(entry, nextTries(entry.tries, lost, this.#maxSeconds));
    }
    this.#sendFrame();
    this.#wake(this.#nextDue());
  }

  *#due(until: number): Iterable<SearchedName> {
    for (const lane of this.#lanes) {
      for (const entry of lane) {
        if (entry.due! > until) break;
        yield entry;
      }
    }
  }

  #nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes) {
      const [first] = lane;
      if (first !== undefined) next = Math.min(next, first.due!);
    }
    return next;
  }

  #isFull(entry: SearchedName): boolean {
    return this.#frame.length + HEADER_BYTES + textBytes(entry.name) > DATAGRAM_BYTES;
  }

  #sendFrame(): void {
    if (this.#frame.length > 0) this.#send(this.#frame.take());
  }
}
