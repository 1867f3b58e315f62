/**
 * Log files as the Python programs keep them: `globus_<date_time>.log` in one folder, lines `date - LEVEL: message`. A new file for each run, each day and
 * each LARGEST bytes; the oldest of the same program go, and no one else's. What cannot be written or removed is told, and nothing else suffers.
 */
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { LogLevel, LogSink } from "../base/log.ts";
import { makeFolder } from "../base/make-folder.ts";

export interface LogFileOptions {
  readonly folder: string;
  /** Begins the files' names. The IOC, which writes for months, and the command line each have their own, so that neither removes the other's. */
  readonly program: "globus" | "globus_ioc";
  /** Files of the program that are kept, this one included. */
  readonly kept: number;
  readonly clock: Clock;
  /** Told in a sentence: once when nothing can be written, until that works again; and of each old file that cannot be removed. */
  readonly failed: (sentence: string) => void;
}

export interface LogFile {
  /** Takes lines as createLog makes them. */
  readonly sink: LogSink;
  /** Resolves when all is written. */
  close(): Promise<void>;
}

/** Bytes after which a new file begins. */
const LARGEST = 10 * 1024 * 1024;
/** From a failure to the next attempt, unless a new day begins before. */
const RETRY_SECONDS = 60;
/** What follows the program's name; in the order of time. */
const DATED = /^_\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d\.log$/;
/** Python's words. */
const LEVELS: Readonly<Record<LogLevel, string>> = { debug: "DEBUG", info: "INFO", warn: "WARNING", error: "ERROR" };

/** Opens a file with the first line. */
export function openLogFile(options: LogFileOptions): LogFile {
  const file = new RollingFile(options);
  return {
    sink: (line, level) => file.write(line, level),
    close: () => file.close(),
  };
}

class RollingFile {
  readonly #options: LogFileOptions;
  #stream: WriteStream | undefined;
  #day = "";
  #bytes = 0;
  /** Since a failure: when to try again, by the clock's monotonic seconds. */
  #retryAt: number | undefined;
  /** Files are opened and closed one after the other. */
  #queue: Promise<void> = Promise.resolve();

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  write(line: string, level: LogLevel): void {
    const time = localTime(new Date(this.#options.clock.now()));
    const text = `${time.day} ${time.clock},${time.millis} - ${LEVELS[level]}: ${line.replace(PREFIX[level], "")}\n`;
    const isNew = time.day !== this.#day || this.#bytes + text.length > LARGEST;
    if (isNew) {
      this.#day = time.day;
      this.#bytes = 0;
    }
    this.#bytes += Buffer.byteLength(text);
    this.#queue = this.#after(this.#queue, `${this.#options.program}_${time.day}_${time.clock}.log`, isNew, text);
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#end();
  }

  /** @param name of a file that would begin with this line */
  async #after(before: Promise<void>, name: string, isNew: boolean, text: string): Promise<void> {
    await before;
    if (isNew || (this.#retryAt !== undefined && this.#options.clock.monotonic() >= this.#retryAt)) {
      await this.#end();
      await this.#open(name);
    }
    this.#stream?.write(text, (error) => {
      if (!error) this.#retryAt = undefined;
    });
  }

  async #open(name: string): Promise<void> {
    const { folder } = this.#options;
    try {
      await makeFolder(folder);
      const stream = createWriteStream(join(folder, name), { flags: "a", mode: 0o640 });
      stream.on("error", (error) => this.#fail(stream, error));
      this.#stream = stream;
      await once(stream, "open");
    } catch (error) {
      this.#fail(this.#stream, error);
      return;
    }
    await this.#removeOldest(name);
  }

  /** Told once, until a line was written again. */
  #fail(stream: WriteStream | undefined, error: unknown): void {
    stream?.destroy();
    if (stream === this.#stream) this.#stream = undefined;
    const isKnown = this.#retryAt !== undefined;
    this.#retryAt = this.#options.clock.monotonic() + RETRY_SECONDS;
    if (isKnown) return;
    this.#options.failed(
      `No log file is kept: ${messageOf(error)}; see log-directory in the [general] section of globus.conf.`,
    );
  }

  async #removeOldest(open: string): Promise<void> {
    const { folder, program, kept, failed } = this.#options;
    const isOurs = (name: string): boolean => name.startsWith(program) && DATED.test(name.slice(program.length));
    const told = (what: string) => (error: unknown) => failed(`${what}: ${messageOf(error)}.`);
    const names = await readdir(folder).catch(told(`The log files in ${folder} cannot be listed`));
    const others = (names ?? []).filter((name) => isOurs(name) && name !== open).sort();
    for (const name of others.slice(0, Math.max(0, others.length - kept + 1))) {
      const file = join(folder, name);
      await rm(file, { force: true }).catch(told(`The old log file ${file} cannot be removed`));
    }
  }

  /** Resolves when the file is closed, whether or not its last lines could be written: `failed` is told before. */
  async #end(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream !== undefined) await new Promise<void>((resolve) => stream.once("close", () => resolve()).end());
  }
}

/** The level that createLog puts before a line. */
const PREFIX: Readonly<Record<LogLevel, RegExp>> = { debug: /^debug: /, info: /^/, warn: /^warn: /, error: /^error: / };

/** In the zone of the host, as Python writes it. */
function localTime(date: Date): { readonly day: string; readonly clock: string; readonly millis: string } {
  const two = (value: number): string => String(value).padStart(2, "0");
  return {
    day: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    clock: `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
    millis: String(date.getMilliseconds()).padStart(3, "0"),
  };
}
