/**
 * Log files as the Python programs keep them: `globus_<date_time>.log` in one folder, lines `date - LEVEL: message`. A
 * new file for each run, each day and each LARGEST bytes; the oldest of the same program go, and no one else's. Lines
 * that cannot be written wait, the newest of them, until they can.
 */
import * as nodeFiles from "node:fs/promises";
import { join } from "node:path";
import type { Cancel, Clock } from "../base/clock.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import { facilitySecond } from "../base/facility-time.ts";
import type { LogLevel, LogSink } from "../base/log.ts";
import { makeFolder } from "../base/make-folder.ts";
import { OwnerFile } from "../base/owner-file.ts";
import type { FileCalls } from "../base/replace-file.ts";
import type { Trouble } from "../base/troubles.ts";

export interface LogFileOptions {
  readonly folder: string;
  /**
   * Begins the files' names. The IOC, which writes for months, and the command line each have their own, so that
   * neither removes the other's.
   */
  readonly program: "globus" | "globus_ioc";
  /** Files of the program that are kept, the present file included. */
  readonly kept: number;
  readonly clock: Clock;
  /** Told when nothing can be written, and when that works again. */
  readonly trouble: Trouble;
  /** For tests. */
  readonly owner?: OwnerFile;
  readonly files?: Pick<FileCalls, "open">;
  /** Told of each old file that cannot be removed. */
  readonly warn: (sentence: string) => void;
}

export interface LogFile {
  /** Takes lines as createLog makes them. */
  readonly sink: LogSink;
  /** Resolves when all is written, or cannot be; what is said later is not. */
  close(): Promise<void>;
}

/** Bytes after which a new file begins. */
const LARGEST = 10 * 1024 * 1024;
/** From a failure to the next attempt. */
const RETRY_SECONDS = 10;
/** Lines that wait for room on the disk; of more the oldest are lost, and counted. */
const MOST_WAITING = 1000;
/** What follows the program's name; in the order of time. */
const DATED = /^_\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d(_\d+)?\.log$/;
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

interface Line {
  readonly time: LocalTime;
  readonly text: string;
}

class RollingFile {
  readonly #options: LogFileOptions;
  /** Who removes old files. Runs of the command line are many, and short. */
  readonly #owner: OwnerFile | undefined;
  #isShared = false;
  #isClosed = false;
  #file: nodeFiles.FileHandle | undefined;
  /** Of #file. */
  #name = "";
  #day = "";
  /** In whole lines of #file. */
  #bytes = 0;
  #waiting: Line[] = [];
  #lost = 0;
  #retry: Cancel | undefined;
  /** Lines are written in batches, each after the batch before it. */
  #queue: Promise<void> = Promise.resolve();

  constructor(options: LogFileOptions) {
    const { program, folder, owner = new OwnerFile(join(folder, `${program}.owner`)) } = options;
    this.#options = options;
    this.#owner = program === "globus_ioc" ? owner : undefined;
  }

  write(line: string, level: LogLevel): void {
    if (this.#isClosed) return; // the process is to end, and a retry would keep it
    this.#wait(`${LEVELS[level]}: ${line.replace(PREFIX[level], "")}`);
    this.#queue = this.#after(this.#queue, false);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queue = this.#after(this.#queue, true);
    await this.#queue;
    this.#retry?.();
    await this.#end();
    await this.#owner?.release().catch(() => {}); // the next process takes over what this process leaves
  }

  /** @param isDue not only when nothing has failed, or its pause is over */
  async #after(before: Promise<void>, isDue: boolean): Promise<void> {
    await before;
    if (isDue || this.#retry === undefined) await this.#writeWaiting();
  }

  #wait(entry: string): void {
    const time = localTime(new Date(this.#options.clock.now()));
    this.#waiting.push({ time, text: `${time.day} ${time.clock},${time.millis} - ${entry}\n` });
    this.#lost += this.#waiting.splice(0, this.#waiting.length - MOST_WAITING).length;
  }

  async #writeWaiting(): Promise<void> {
    this.#retry?.();
    this.#retry = undefined;
    try {
      while (this.#waiting.length > 0) await this.#writeOne(this.#waiting[0]!);
    } catch (error) {
      await this.#giveUp();
      this.#fail(error);
      return;
    }
    if (this.#file === undefined) return;
    this.#options.trouble.ends(`The log file in ${this.#options.folder} is written again.`);
    if (this.#lost === 0) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.#wait(`${LEVELS.warn}: globus: ${lost} lines before these could not be written.`);
    await this.#writeWaiting();
  }

  /**
   * A line that cannot be written whole stays the first that waits. Old files go when the new file holds a line, so
   * that a full disk costs none.
   */
  async #writeOne(line: Line): Promise<void> {
    const bytes = Buffer.from(line.text);
    if (this.#file === undefined || line.time.day !== this.#day || this.#bytes + bytes.length > LARGEST) {
      await this.#end();
      await this.#open(line.time);
    }
    await this.#file?.appendFile(bytes);
    const isFirst = this.#bytes === 0;
    this.#bytes += bytes.length;
    if (this.#waiting[0] === line) this.#waiting.shift();
    if (isFirst) await this.#removeOldest();
  }

  async #open(time: LocalTime): Promise<void> {
    const { folder, program } = this.#options;
    await makeFolder(folder);
    this.#name = await this.#create(`${program}_${time.day}_${time.clock}`);
    this.#day = time.day;
    this.#bytes = 0;
  }

  /**
   * Two programs that begin in the same second write two files; so does a program that goes on after a failure.
   * @returns the file's name
   */
  async #create(stem: string): Promise<string> {
    const { folder, files = nodeFiles } = this.#options;
    for (let number = 1; ; number++) {
      const name = `${stem}${number === 1 ? "" : `_${number}`}.log`;
      try {
        this.#file = await files.open(join(folder, name), "ax", 0o640);
        return name;
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      }
    }
  }

  #fail(error: unknown): void {
    const { clock, folder, trouble } = this.#options;
    const again = (): void => {
      this.#queue = this.#after(this.#queue, true);
    };
    if (!this.#isClosed) this.#retry = clock.after(RETRY_SECONDS, again);
    trouble.begins(
      `No log file is kept in ${folder}: ${messageOf(error, folder)}; see log-directory in the [general] section of globus.conf.`,
    );
  }

  async #removeOldest(): Promise<void> {
    const { folder, program, kept, warn } = this.#options;
    const isOurs = (name: string): boolean => name.startsWith(program) && DATED.test(name.slice(program.length));
    if (await this.#isAnothers()) return;
    const told = (what: string) => (error: unknown) => warn(`${what}: ${messageOf(error, what)}.`);
    const names = await nodeFiles.readdir(folder).catch(told(`The log files in ${folder} cannot be listed`));
    const others = (names ?? []).filter((name) => isOurs(name) && name !== this.#name).sort();
    for (const name of others.slice(0, Math.max(0, others.length - kept + 1))) {
      const file = join(folder, name);
      await nodeFiles.rm(file, { force: true }).catch(told(`The old log file ${file} cannot be removed`));
    }
  }

  /** Whether another IOC keeps its log files here, which is told once: the first IOC removes old files. */
  async #isAnothers(): Promise<boolean> {
    const { folder, warn } = this.#options;
    const say = (sentence: string): true => {
      if (!this.#isShared) warn(sentence);
      this.#isShared = true;
      return true;
    };
    try {
      const other = await this.#owner?.claim();
      if (other === undefined) return false;
      return say(
        `The log files in ${folder} are also written by process ${other.pid} on ${other.host}, and no old ones are removed here: give each IOC a log-directory of its own in the [general] section of globus.conf, or, if that process is gone, remove ${this.#owner?.path}.`,
      );
    } catch (error) {
      return say(`No old log files in ${folder} are removed: ${messageOf(error, folder)}.`);
    }
  }

  /**
   * Leaves no file in which no whole line stands: the next attempt makes another. What fails here was said by the
   * write.
   */
  async #giveUp(): Promise<void> {
    const isBare = this.#file !== undefined && this.#bytes === 0;
    await this.#end().catch(() => {});
    if (isBare) await nodeFiles.rm(join(this.#options.folder, this.#name), { force: true }).catch(() => {});
  }

  async #end(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

/** The level that createLog puts before a line. */
const PREFIX: Readonly<Record<LogLevel, RegExp>> = { debug: /^debug: /, info: /^/, warn: /^warn: /, error: /^error: / };

interface LocalTime {
  readonly day: string;
  readonly clock: string;
  readonly millis: string;
}

/** Of the facility, as in Log. */
function localTime(date: Date): LocalTime {
  const [day = "", clock = ""] = facilitySecond(date).split(" ");
  return { day, clock, millis: String(date.getMilliseconds()).padStart(3, "0") };
}
