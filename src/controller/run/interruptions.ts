/**
 * The commands that were under way when the IOC ended: each is remembered before it has an effect, forgotten when it
 * has ended, and told at the next start if it had not. A memory that cannot be written is told once and keeps no
 * command from running.
 */
import { oneLine } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { messageOf, pieceOf } from "../../base/errors.ts";
import { facilitySecond } from "../../base/facility-time.ts";
import { UnavailableError } from "../ports/call.ts";
import type { BegunCommand, UnderWay } from "../ports/under-way.ts";
import { COMMANDS, type CommandName, type CommandRow } from "../pvs/commands.ts";
import type { RunAbout } from "./action.ts";
import { fitted } from "./fitting.ts";
import { isoTime, type Journal } from "./journal.ts";
import type { ActionResult } from "./outcome.ts";

/** Seconds that a command waits for the disk. */
const DISK_SECONDS = 2;
/** Bytes of a command's last sentence: the rest of the message must have room beside it. */
const SAID_BYTES = 160;
/** Bytes of how a command ended when the IOC was stopped; told instead of what is known after a kill. */
const ENDED_BYTES = 240;

export interface InterruptionsOptions {
  /** Undefined: nothing is remembered, and nothing is told. */
  readonly underWay: UnderWay | undefined;
  readonly journal: Journal;
  readonly clock: Clock;
}

/** A command of the last process that did not end. */
export interface Interruption {
  readonly command: CommandName;
  /** ISO 8601. */
  readonly at: string;
  /** A sentence. */
  readonly message: string;
}

/** A run to be remembered. */
export interface RunInMemory extends RunAbout {
  readonly signal: AbortSignal;
  /** Why the IOC stops; undefined while it does not. */
  readonly closed: () => string | undefined;
}

export class Interruptions {
  readonly #options: InterruptionsOptions;
  readonly #begun = new Map<string, BegunCommand>();
  /** The commands that the last process left, until an operator has seen them. */
  readonly #left = new Map<string, BegunCommand>();
  #hasFailed = false;
  /**
   * The write that is under way; `#next` is the write behind it, which will hold the newest state. There is never a
   * third, however much commands say.
   */
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  /** Resolves when the newest state is on disk, or cannot be written. */
  #kept: Promise<void> = Promise.resolve();

  constructor(options: InterruptionsOptions) {
    this.#options = options;
  }

  /** Tells what the last process left. @returns the interrupted commands, for their PVs */
  tell(): readonly Interruption[] {
    const { underWay, journal } = this.#options;
    const { commands, problem } = underWay?.left() ?? { commands: [] };
    for (const one of commands) this.#left.set(one.command, one);
    if (problem !== undefined) journal.say(problem, "MINOR");
    if (commands.length > 0) journal.say(commands.map(interruptedSentence).join(" "), "MAJOR");
    return commands.flatMap((one) =>
      isCommand(one.command) ? [{ command: one.command, at: one.at, message: interruptedSentence(one) }] : [],
    );
  }

  /**
   * Remembers a run while it may have an effect: a run that the IOC's stop or a crash cuts short is told at the next
   * start.
   */
  async during(
    command: CommandName,
    { isDry, signal, closed, ...about }: RunInMemory,
    work: () => Promise<ActionResult>,
  ): Promise<ActionResult> {
    if (!isDry) await this.#remember(command, about);
    let isAtWork = false;
    try {
      signal.throwIfAborted();
      isAtWork = true;
      const result = await work();
      if (closed() !== undefined && result.state !== "Done") this.#cutShort(command, result.message);
      else await this.#forget(command);
      return result;
    } catch (thrown) {
      const reason = isAtWork ? closed() : undefined;
      if (reason !== undefined) this.#cutShort(command, withoutReason(messageOf(thrown), reason));
      else await this.#forget(command);
      throw thrown;
    }
  }

  /** A command has said how far it has come; it does not wait for the disk. */
  said(command: CommandName, sentence: string): void {
    const before = this.#begun.get(command);
    if (before === undefined) return;
    const said = fitted(oneLine(sentence), SAID_BYTES, " …");
    this.#begun.set(command, { ...before, at: isoTime(this.#options.clock), said });
    void this.#keep();
  }

  /** An operator has seen what the last process left. */
  acknowledge(): void {
    if (this.#left.size === 0) return;
    this.#left.clear();
    void this.#keep();
  }

  /** Resolves when everything to be remembered is on disk, or cannot be written. */
  settled(): Promise<void> {
    return this.#kept;
  }

  /** Resolves when the run is on disk, or cannot be written. An earlier run of the command is told no more. */
  async #remember(command: CommandName, about: Pick<BegunCommand, "server" | "experiment">): Promise<void> {
    this.#left.delete(command);
    this.#begun.set(command, { command, at: isoTime(this.#options.clock), ...about });
    await this.#keep();
  }

  /**
   * The IOC's stop in order has cut the command short: only the next start can tell.
   * @param how the command ended, in its own words; may be empty
   */
  #cutShort(command: CommandName, how: string): void {
    const before = this.#begun.get(command);
    if (before === undefined) return;
    const ended = fitted(oneLine(how), ENDED_BYTES, " …");
    this.#begun.set(command, { ...before, at: isoTime(this.#options.clock), ended });
    void this.#keep();
  }

  async #forget(command: CommandName): Promise<void> {
    if (this.#begun.delete(command)) await this.#keep();
  }

  /** @returns never rejects */
  #keep(): Promise<void> {
    const { underWay } = this.#options;
    this.#kept = underWay === undefined ? Promise.resolve() : this.#within(this.#write(underWay));
    return this.#kept;
  }

  #write(underWay: UnderWay): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined;
      const written = underWay.keep([...this.#left.values(), ...this.#begun.values()]);
      this.#writing = written.catch(() => {}); // told to the caller that waits for `written`
      return written;
    });
    return this.#next;
  }

  /** Waits for a write, and tells what fails: no command may be stopped by it. @returns never rejects */
  async #within(written: Promise<void>): Promise<void> {
    const { journal, clock } = this.#options;
    let cancel: () => void = () => {};
    const limit = new Promise<never>((_, reject) => {
      cancel = clock.after(DISK_SECONDS, () =>
        reject(new UnavailableError(`the disk has not written it within ${DISK_SECONDS} s`)),
      );
    });
    try {
      await Promise.race([written, limit]);
      this.#hasFailed = false;
    } catch (thrown) {
      if (!this.#hasFailed)
        journal.say(`${pieceOf(thrown)}: should the IOC be killed now, nobody is told of what it did.`, "MINOR");
      this.#hasFailed = true;
    } finally {
      cancel();
    }
  }
}

/** The message of a command that was stopped, without the reason at its beginning. */
const withoutReason = (message: string, reason: string): string =>
  (message.startsWith(reason) ? message.slice(reason.length) : message).trim();

const isCommand = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name);

/**
 * `Init was interrupted on 2026-03-01 06:00:07 …: what is known; what to do.` The time is the command's
 * last sign of life.
 */
function interruptedSentence({ command, at, server, experiment, said, ended }: BegunCommand): string {
  const time = facilitySecond(new Date(at));
  const row: CommandRow | undefined = isCommand(command) ? COMMANDS[command] : undefined;
  const works = `while it worked${experiment === undefined ? "" : ` for ${experiment}`} on ${server}`;
  const known = ended
    ? [`the IOC was stopped ${works}`, `it ended with "${pieceOf(ended)}"`]
    : [
        `the IOC ${ended === undefined ? "ended" : "was stopped"} ${works}`,
        ...(said === undefined ? [] : [`the last it said was "${pieceOf(said)}"`]),
        ...(row?.interrupted === undefined ? [] : [row.interrupted]),
      ];
  return `${command} was interrupted on ${time}: ${known.join("; ")}; ${row?.afterwards ?? "run it again"}.`;
}
