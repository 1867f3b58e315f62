/**
 * What a data-management command prints: sentences, titled texts, a progress bar and its end for people; or one JSON
 * object for programs. Decides no status and asks nothing. Text that came from outside cannot drive the terminal.
 */

import { cleanJson, cleanLines, oneLine } from "../base/clean-text.ts";
import type { Environment } from "../base/environment.ts";
import type { PvOutput } from "../controller/ports/pvs.ts";
import { type PvName, statesOf } from "../controller/pvs/index.ts";

/** How a command ended. */
export interface Report {
  /** The command's name, as it is typed. */
  readonly command: string;
  /** A command's state, or Usage where the command line or the configuration is wrong. */
  readonly state: string;
  readonly message: string;
  /** Results by PV name, in the order in which they are shown. */
  readonly results: ReadonlyMap<PvName, PvOutput>;
  /** What the command found out that no PV holds; for show. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly exitStatus: number;
}

export interface Screen {
  /** One thing that happened on the way. */
  say(sentence: string): void;
  /** Something to be worried about. */
  warn(sentence: string): void;
  /** A titled text of several lines. */
  show(title: string, text: string): void;
  /** How much is done; shown only at a terminal, where a person sees the bar move. */
  progress(done: number, total: number, what: string): void;
  /** How it stands, on one line; shown only at a terminal, where each takes the place of the last. */
  live(line: string): void;
  /** The counting is over: the bar stays as it is. */
  endProgress(): void;
  end(report: Report): void;
}

export interface ScreenOptions {
  /** `out` writes to standard output, `err` to standard error; neither adds a line end. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
  readonly hasColours: boolean;
  /** Whether to say what happens on the way, too. */
  readonly isVerbose: boolean;
}

/** Whether to colour: at a terminal that can, unless a person said not to (no-color.org). */
export const wantsColours = (isTerminal: boolean, environment: Environment): boolean =>
  isTerminal && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";

const COLOURS = { green: 32, yellow: 33, red: 31, dim: 2, bold: 1 } as const;
type Colour = keyof typeof COLOURS;
const STATE_COLOURS: Readonly<Record<string, Colour>> = { Done: "green", Failed: "red", Usage: "red" };

const CLEAR_LINE = "\r\x1b[K";
const BAR_WIDTH = 30;

const indented = (text: string): string => cleanLines(text).replace(/^/gm, "  ");

export class TextScreen implements Screen {
  readonly #options: ScreenOptions;
  #bar = "";

  constructor(options: ScreenOptions) {
    this.#options = options;
  }
  say(sentence: string): void {
    if (this.#options.isVerbose) this.#line(this.#coloured("dim", oneLine(sentence)));
  }
  warn(sentence: string): void {
    this.#options.err(`${this.#clear()}${this.#coloured("yellow", oneLine(sentence))}\n`);
    this.#options.out(this.#bar);
  }
  show(title: string, text: string): void {
    this.#line(`${this.#coloured("bold", `${oneLine(title)}:`)}\n${indented(text)}`);
  }
  progress(done: number, total: number, what: string): void {
    const part = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(part * BAR_WIDTH);
    this.live(
      `[${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}] ${Math.round(part * 100)} %, ${done} of ${total} ${what}`,
    );
  }
  live(line: string): void {
    const bar = oneLine(line);
    if (!this.#options.isTerminal || bar === this.#bar) return;
    this.#bar = bar;
    this.#options.out(`${CLEAR_LINE}${bar}`);
  }
  endProgress(): void {
    if (this.#bar !== "") this.#options.out("\n");
    this.#bar = "";
  }
  end({ command, state, message, results, exitStatus }: Report): void {
    this.endProgress();
    for (const [name, value] of results) this.#result(name, value);
    const text = `${oneLine(command)}: ${this.#coloured(STATE_COLOURS[state] ?? "yellow", state)}. ${cleanLines(message)}\n`;
    if (exitStatus === 0 || state === "Partial") this.#options.out(text);
    else this.#options.err(text);
  }

  /** Shows one result; arrays are for programs, and left out. */
  #result(name: PvName, value: PvOutput): void {
    if (typeof value === "object" || value === "") return;
    const text = String(resultOf(name, value));
    if (text.includes("\n")) this.show(name, text);
    else this.#line(`${this.#coloured("bold", `${name}:`)} ${oneLine(text)}`);
  }
  /** A line above the bar. */
  #line(text: string): void {
    this.#options.out(`${this.#clear()}${text}\n${this.#bar}`);
  }
  #clear(): string {
    return this.#bar === "" ? "" : CLEAR_LINE;
  }
  #coloured(colour: Colour, text: string): string {
    return this.#options.hasColours ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text;
  }
}

/** One object at the end, errors too; nothing else is printed. */
export class JsonScreen implements Screen {
  readonly #out: (text: string) => void;
  readonly #log: string[] = [];

  constructor(out: (text: string) => void) {
    this.#out = out;
  }
  say(sentence: string): void {
    this.#log.push(sentence);
  }
  warn(sentence: string): void {
    this.#log.push(sentence);
  }
  show(title: string, text: string): void {
    this.#log.push(`${title}: ${text}`);
  }
  progress(): void {} // the bar is for people
  live(): void {}
  endProgress(): void {}
  end({ command, state, message, results, details, exitStatus }: Report): void {
    const named = [...results].map(([name, value]) => [name, resultOf(name, value)] as const);
    const object = {
      ...details, // none of them takes the place of what every command says
      command,
      state,
      message,
      exitStatus,
      results: Object.fromEntries<PvOutput>(named),
      log: this.#log,
    };
    this.#out(`${cleanJson(object)}\n`);
  }
}

/** A value as people and programs read it: the word of a state. */
const resultOf = (name: PvName, value: PvOutput): PvOutput =>
  typeof value === "number" ? (statesOf(name)?.[value] ?? value) : value;
