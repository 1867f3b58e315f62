/**
 * The put log at work: listens to trapped puts, joins bursts, and sends each entry as a line to its log servers, or to
 * the IOC's log where it has none, and to a PV. Which form the lines have is the caller's choice. caPutLog:
 * caPutLogAs.c, caPutLogTask.c.
 */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { rateLimited } from "../../base/rate-limited-log.ts";
import type { Database } from "../../database/database.ts";
import type { LogClient } from "../log-client.ts";
import { unicode } from "../working-directory.ts";
import { BurstRule, type LogMode } from "./burst.ts";
import { type LogEntry, loggedPut } from "./logged-put.ts";

/** Lines in ten seconds that the IOC's log takes. */
const MOST_LINES = 300;

export interface PutLoggerOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** The IOC's. */
  readonly log: Log;
  /** Makes a line of an entry: a byte string. */
  readonly line: (entry: LogEntry) => string;
  /** Whether a client's host is its address, as access security has it with asCheckClientIP. */
  readonly checksAddress: () => boolean;
  /** The PV that shows the last line; undefined: none. */
  readonly pv: () => string | undefined;
}

export class PutLogger {
  readonly #options: PutLoggerOptions;
  readonly #burst: BurstRule;
  readonly #iocLog: Log;
  readonly #servers: LogClient[] = [];
  #stop: (() => void) | undefined;
  #count = 0;
  #isPvMissing = false;

  constructor(options: PutLoggerOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#burst = new BurstRule({ clock, log: (entry) => this.#log(entry) });
    this.#iocLog = rateLimited(log, clock, MOST_LINES);
  }
  get mode(): LogMode {
    return this.#burst.mode;
  }
  get burstSeconds(): number {
    return this.#burst.seconds;
  }
  set burstSeconds(seconds: number) {
    this.#burst.seconds = seconds;
  }
  /** Puts that were trapped while it logged. */
  get count(): number {
    return this.#count;
  }
  get servers(): readonly LogClient[] {
    return this.#servers;
  }
  addServer(server: LogClient): void {
    this.#servers.push(server);
  }

  /** Begins, or goes on with another mode; with `none` it stops, and no put costs anything. */
  run(mode: LogMode): void {
    this.#burst.mode = mode;
    this.#stop?.();
    this.#stop = mode === "none" ? undefined : this.#listen();
  }
  #listen(): () => void {
    const { database, clock, checksAddress } = this.#options;
    return database.putTrapped.add((put) => {
      this.#count++;
      this.#burst.add(loggedPut(put, clock.now(), checksAddress()));
    });
  }

  /** Logs what waits and disconnects. Never throws. */
  async close(): Promise<void> {
    this.run("none");
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  #log(entry: LogEntry): void {
    const line = this.#options.line(entry);
    for (const server of this.#servers) server.send(line);
    if (this.#servers.length === 0) this.#iocLog.info(ascii(unicode(line)));
    const pv = this.#options.pv();
    if (pv !== undefined) this.#show(line, pv);
  }

  #show(line: string, pv: string): void {
    const { database, log } = this.#options;
    const address = database.find(pv);
    const isBytes = address?.kind === "array" || address?.modifier.asCharacters === true;
    const value = isBytes ? Int8Array.from(Buffer.from(line, "latin1")) : line;
    const result =
      address === undefined
        ? undefined
        : database.put(address, value, { origin: "program", from: isBytes ? "CHAR" : "STRING" });
    const problem = address === undefined ? `there is no PV ${pv} in this IOC` : result?.reason;
    if (problem !== undefined && !this.#isPvMissing)
      log.warn(`The put log is not shown in a PV: ${problem.replace(/\.$/, "")}.`);
    this.#isPvMissing = problem !== undefined;
  }
}

/** As JSON escapes it: the IOC's log may have any encoding. */
const ascii = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
