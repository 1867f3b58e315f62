/**
 * Log files as the Python programs keep them: `globus_<date_time>.log` in one folder, lines `date - LEVEL: message`. A new file for each run, each day and
 * each LARGEST bytes; the oldest of ours go. A folder that cannot be written is told once, and nothing else suffers.
 */
import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { LogLevel, LogSink } from "../base/log.ts";

export interface LogFileOptions {
  readonly folder: string;
  /** Files that are kept, this one included. */
  readonly kept: number;
  readonly clock: Clock;
  /** Told once, in a sentence, when nothing can be written. */
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
/** Names of ours, and of no other program; their order is that of time. */
const OURS = /^globus_\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d\.log$/;
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
  #hasFailed = false;
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
    this.#queue = this.#after(this.#queue, isNew ? `globus_${time.day}_${time.clock}.log` : undefined, text);
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#end();
  }

  async #after(before: Promise<void>, newFile: string | undefined, text: string): Promise<void> {
    await before;
    if (newFile !== undefined) await this.#open(newFile);
    this.#stream?.write(text);
  }

  async #open(name: string): Promise<void> {
    await this.#end();
    if (this.#hasFailed) return;
    const { folder, kept } = this.#options;
    try {
      await mkdir(folder, { recursive: true });
      const stream = createWriteStream(join(folder, name), { flags: "a", mode: 0o640 });
      this.#stream = stream;
      await new Promise<void>((resolve, reject) => {
        stream.once("open", () => resolve());
        stream.once("error", reject);
      });
      stream.on("error", (error) => this.#fail(error));
      await removeOldest(folder, kept);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#stream = undefined;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.failed(
      `No log file is kept: ${messageOf(error)}; see log-directory in the [general] section of globus.conf.`,
    );
  }

  #end(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    return stream === undefined ? Promise.resolve() : new Promise((resolve) => stream.end(() => resolve()));
  }
}

/** The level that createLog puts before a line. */
const PREFIX: Readonly<Record<LogLevel, RegExp>> = { debug: /^debug: /, info: /^/, warn: /^warn: /, error: /^error: / };

async function removeOldest(folder: string, kept: number): Promise<void> {
  const ours = (await readdir(folder)).filter((name) => OURS.test(name)).sort();
  for (const name of ours.slice(0, Math.max(0, ours.length - kept))) await rm(join(folder, name), { force: true });
}

/** In the zone of the host, as Python writes it. */
function localTime(date: Date): { readonly day: string; readonly clock: string; readonly millis: string } {
  const two = (value: number): string => String(value).padStart(2, "0");
  return {
    day: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    clock: `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
    millis: String(date.getMilliseconds()).padStart(3, "0"),
  };
}
