/**
 * Tells systemd that the program works, again and again, as its unit asks (Type=notify, WatchdogSec). Node has no
 * sockets of datagrams, so systemd's own `systemd-notify` sends each word, also to an abstract socket. A word may be
 * lost where systemd has forgotten whose process that was (before version 246): each repeats that the program is ready.
 * The words come from the event loop: where it stands still none go, and systemd ends the program.
 */
import { spawn } from "node:child_process";
import type { Cancel, Clock } from "../base/clock.ts";
import { codeOf, messageOf } from "../base/errors.ts";

export interface ServiceManager {
  /** The program works. @param status what it does, one line */
  ready(status: string): void;
  /** The program does nothing, and will not by itself: systemd, where it watches, is to start it anew. */
  stuck(status: string): void;
  /** The program ends: nothing is said any more, and nothing keeps it. */
  stopping(): void;
}

export interface ServiceManagerOptions {
  /** NOTIFY_SOCKET; undefined or "": nobody wants to know. */
  readonly socket: string | undefined;
  /** WATCHDOG_USEC; undefined: nobody watches. */
  readonly watchdog: string | undefined;
  /** Where `systemd-notify` is looked for. */
  readonly path: string | undefined;
  readonly clock: Clock;
  readonly warn: (sentence: string) => void;
  /** For tests: sends words. */
  readonly send?: (words: readonly string[]) => Promise<void>;
}

/** Seconds between two words where nobody watches, or seldom. */
const USUAL_SECONDS = 20;

export function createServiceManager(options: ServiceManagerOptions): ServiceManager {
  const { socket = "" } = options;
  return socket === "" ? { ready: () => {}, stuck: () => {}, stopping: () => {} } : new Notifier(options, socket);
}

class Notifier implements ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #send: (words: readonly string[]) => Promise<void>;
  #status = "";
  #isStuck = false;
  #isStopping = false;
  #next: Cancel | undefined;
  /** A word is still on its way. */
  #isSending = false;
  #hasWarned = false;

  constructor(options: ServiceManagerOptions, socket: string) {
    this.#options = options;
    this.#send = options.send ?? ((words) => notify(words, socket, options.path));
  }

  ready(status: string): void {
    this.#status = status;
    this.#isStuck = false;
    if (this.#next === undefined && !this.#isStopping) this.#tick();
  }

  stuck(status: string): void {
    this.#status = status;
    this.#isStuck = true;
  }

  stopping(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#next?.();
    void this.#tell(["STOPPING=1"]);
  }

  #tick(): void {
    this.#next = this.#options.clock.after(this.#seconds, () => this.#tick());
    const words = ["READY=1", `STATUS=${this.#status}`];
    if (!this.#isSending) void this.#tell(this.#isWatched && !this.#isStuck ? [...words, "WATCHDOG=1"] : words);
  }

  get #isWatched(): boolean {
    return Number(this.#options.watchdog) > 0;
  }

  /** At least three words before systemd loses its patience. */
  get #seconds(): number {
    return this.#isWatched ? Math.min(USUAL_SECONDS, Number(this.#options.watchdog) / 1e6 / 3) : USUAL_SECONDS;
  }

  async #tell(words: readonly string[]): Promise<void> {
    this.#isSending = true;
    try {
      await this.#send(words);
    } catch (thrown) {
      if (!this.#hasWarned)
        this.#options.warn(
          `systemd cannot be told that this program works: ${messageOf(thrown)}; install systemd-notify, or write Type=exec without WatchdogSec into the unit.`,
        );
      this.#hasWarned = true;
    } finally {
      this.#isSending = false;
    }
  }
}

/** Until one word counts as lost. */
const LOST_MILLISECONDS = 5000;

/** @throws Error where the program is not there, or fails */
function notify(words: readonly string[], socket: string, path: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("systemd-notify", [...words], {
      stdio: "ignore",
      timeout: LOST_MILLISECONDS,
      env: { NOTIFY_SOCKET: socket, ...(path !== undefined && { PATH: path }) },
    });
    child.unref();
    child.once("error", (error) =>
      reject(codeOf(error) === "ENOENT" ? new Error("there is no systemd-notify") : error),
    );
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`systemd-notify ended with ${signal ?? code}`));
    });
  });
}
