/**
 * Which commands run, and the PVs that tell of the running commands. Writes an outcome's PVs in the order that scripts
 * rely on (decision 0012): texts, time, state, then the command itself.
 */

import { filter, type Observable, Subject, startWith } from "rxjs";
import { oneLine } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import { type Log } from "../../base/log.ts";
import type { Pvs } from "../ports/pvs.ts";
import {
  COMMAND_NAMES,
  COMMAND_PARTS,
  COMMAND_STATES,
  COMMANDS,
  type CommandName,
  type CommandRow,
  type CommandState,
  MESSAGE_BYTES,
} from "../pvs/commands.ts";
import type { Faults } from "./faults.ts";
import { fitted } from "./fitting.ts";
import type { Interruption } from "./interruptions.ts";
import { isoTime, type Journal } from "./journal.ts";
import { type Outcome, severityOf, succeeded } from "./outcome.ts";

/** Status while nothing runs, in the word of TomoScan's family. */
const IDLE_STATUS = "Done";

/** Seconds within which a second start is a double click. */
const DOUBLE_CLICK_SECONDS = 1;

export interface CommandBoardOptions {
  readonly pvs: Pvs;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly log: Log;
}

export class CommandBoard {
  /** Emits the name of each command that has ended. */
  readonly ended$ = new Subject<CommandName>();
  readonly #options: CommandBoardOptions;
  readonly #running = new Set<CommandName>();
  /** When the last run of each command began, monotonic seconds. */
  readonly #startedAt = new Map<CommandName, number>();
  #requests = 0;
  /** Why nothing starts any more. */
  #closed: string | undefined;

  constructor(options: CommandBoardOptions) {
    this.#options = options;
  }

  /** At start-up: every command off and idle. */
  reset(): void {
    for (const name of COMMAND_NAMES) {
      this.#options.pvs.finish(name, true);
      this.#putPart(name, "status", COMMAND_STATES.indexOf("Idle"));
    }
    this.#showRunning();
  }

  isRunning(name: CommandName): boolean {
    return this.#running.has(name);
  }
  get busy(): boolean {
    return this.#running.size > 0;
  }
  /** The running commands, in the order of their starts. */
  get runningText(): string {
    return [...this.#running].join(" ");
  }

  /** From now on nothing starts. */
  close(reason: string): void {
    this.#closed = reason;
  }
  /** Emits when nothing runs, now or later. */
  get idle$(): Observable<unknown> {
    return this.ended$.pipe(
      startWith(undefined),
      filter(() => !this.busy),
    );
  }

  /**
   * The sentence that refuses a start of `name`, because another command of its group runs or nothing starts any more;
   * or undefined.
   */
  blocker(name: CommandName): string | undefined {
    if (this.#closed !== undefined) return this.#closed;
    const group = groupOf(name);
    const other = [...this.#running].find((one) => one !== name && group !== NO_GROUP && groupOf(one) === group);
    return other === undefined
      ? undefined
      : `${name} cannot start while ${other} runs; wait until it is done, or write 1 to Abort.`;
  }

  /** Why nothing starts any more, and whatever ends ends; undefined while commands may start. */
  get closed(): string | undefined {
    return this.#closed;
  }

  /** Shows, and does not tell, a run that ended with the last process. */
  showInterrupted({ command, message, at }: Interruption): void {
    this.#putTexts(command, message, at);
    this.#putPart(command, "status", COMMAND_STATES.indexOf("Failed"));
  }

  /** Writes an outcome to the PVs. A PV that does not take its value keeps no run from going on or from ending. */
  show(name: CommandName, outcome: Outcome): void {
    const { journal, faults } = this.#options;
    const { state } = outcome;
    if (state === "Refused") {
      if (!this.#isDoubleClick(name)) faults.attempt(name, () => journal.say(outcome.message, "MINOR"));
    } else if (state === "Running") faults.attempt(name, () => this.#begin(name));
    else this.#end(name, outcome, state);
  }

  #begin(name: CommandName): void {
    const { pvs, clock } = this.#options;
    this.#running.add(name);
    this.#startedAt.set(name, clock.monotonic());
    pvs.put("RequestId", ++this.#requests);
    this.#putPart(name, "status", COMMAND_STATES.indexOf("Running"));
    this.#showRunning();
  }

  #end(name: CommandName, outcome: Outcome, state: CommandState): void {
    const { journal, pvs, clock, log, faults } = this.#options;
    if (outcome.stack !== undefined) {
      log.error(outcome.stack);
      faults.hear(`${name}: ${outcome.message}`);
    }
    const isTold = [
      () => journal.say(`${name}: ${outcome.message}`, severityOf(outcome)),
      () => this.#putTexts(name, outcome.message, isoTime(clock)),
      () => this.#putPart(name, "status", COMMAND_STATES.indexOf(state)),
    ]
      .map((step) => faults.attempt(name, step))
      .every(Boolean);
    if (!this.#running.delete(name)) return; // rejected before it ran: the put itself was refused
    faults.attempt(name, () => this.#showRunning());
    faults.attempt(name, () => pvs.finish(name, isTold && succeeded(outcome)));
    this.ended$.next(name);
  }

  #putTexts(name: CommandName, message: string, time: string): void {
    this.#putPart(name, "message", fitted(oneLine(message), MESSAGE_BYTES, " … (see Log)"));
    this.#putPart(name, "time", time);
  }

  /** A second start right behind the first is one wish: it is refused like any second start, but not told. */
  #isDoubleClick(name: CommandName): boolean {
    const startedAt = this.#startedAt.get(name);
    return startedAt !== undefined && this.#options.clock.monotonic() - startedAt < DOUBLE_CLICK_SECONDS;
  }

  #putPart(name: CommandName, part: keyof typeof COMMAND_PARTS, value: string | number): void {
    this.#options.pvs.put(`${name}${COMMAND_PARTS[part].suffix}`, value);
  }
  #showRunning(): void {
    const { pvs, journal } = this.#options;
    pvs.put("ActiveCommand", this.runningText);
    pvs.put("Busy", this.busy ? 1 : 0);
    journal.status(this.busy ? `Running ${this.runningText}` : IDLE_STATUS);
  }
}

/** The group of commands that run beside everything. */
const NO_GROUP = "none";

const groupOf = (name: CommandName): CommandRow["group"] => COMMANDS[name].group;
