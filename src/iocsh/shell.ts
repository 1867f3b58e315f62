/**
 * The IOC shell: runs scripts and single lines. Macros of the environment are expanded, the line echoed, split into
 * words and given to its command; what a command throws is printed with script and line, and the script's `on error`
 * policy applied. It knows no command and no file system: both are handed in. channel-access.md §7.1; epics-base:
 * iocsh.cpp.
 */
import { type Clock, sleep, untilAborted } from "../base/clock.ts";
import { AppError, messageOf } from "../base/errors.ts";
import { expandMacros, macroSentence } from "../base/macros.ts";
import { didYouMean } from "../base/suggest.ts";
import { parseShellLine, type Redirection, ShellError, type ShellLine } from "./parse.ts";
import type { ErrorPolicy, ShellCommand, ShellControl, ShellEnvironment } from "./shell-command.ts";

/** A failure whose sentence is in the file that `2>` names: the error policy applies, nothing is printed. */
class ToldError extends ShellError {}

/** Where text goes to. */
export interface ShellOutput {
  write(text: string): void;
  close(): Promise<void>;
}

/** The world outside, as the shell needs it. Texts are byte strings. */
export interface ShellWorld {
  /** Prints text that ends with a line end. */
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** @throws the system's error */
  readonly readScript: (file: string) => string;
  /** @throws the system's error */
  readonly openOutput: (file: string, append: boolean) => ShellOutput;
  readonly clock: Clock;
  /** Aborted when the IOC is to end: a wait ends, no further line is run. */
  readonly signal: AbortSignal;
}

/** A running script, or the prompt, whose lines have no number. */
interface Script {
  readonly file: string | undefined;
  line: number;
  policy: ErrorPolicy;
  /** `exit` was read. */
  isOver: boolean;
  readonly macros: ReadonlyMap<string, string>;
}

/** Scripts that run within each other. */
const MAX_SCRIPTS = 32;
/**
 * After so many lines of scripts the program attends to signals and clients: a file that is no script may have millions
 * of lines.
 */
const LINES_AT_ONCE = 100;

export class Shell implements ShellControl {
  readonly environment: ShellEnvironment;
  readonly #world: ShellWorld;
  readonly #commands = new Map<string, ShellCommand>();
  readonly #families: { readonly names: RegExp; readonly command: ShellCommand }[] = [];
  /** The innermost last. */
  readonly #scripts: Script[] = [];
  #linesAtOnce = 0;
  readonly #prompt: Script = { file: undefined, line: 0, policy: "continue", isOver: false, macros: new Map() };

  constructor(environment: ShellEnvironment, world: ShellWorld) {
    this.environment = environment;
    this.#world = world;
  }
  get signal(): AbortSignal {
    return this.#world.signal;
  }
  /** Whether `exit` was said at the prompt. */
  get isOver(): boolean {
    return this.#prompt.isOver || this.#world.signal.aborted;
  }
  /** Adds commands; a later command replaces an earlier command of its name. */
  register(commands: readonly ShellCommand[]): void {
    for (const command of commands) this.#commands.set(command.name, command);
  }
  /** Adds a command that has many names; none is listed. */
  registerFamily(names: RegExp, command: ShellCommand): void {
    this.#families.push({ names, command });
  }
  /** By name. */
  commands(): ShellCommand[] {
    return [...this.#commands.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Runs a script to its end, its `exit`, or an error that its policy does not pass over.
   * @param macros hold in its lines, before the environment
   * @returns whether it came to its end
   * @throws ShellError when it cannot be read
   */
  async runScript(file: string, macros: ReadonlyMap<string, string> = new Map()): Promise<boolean> {
    if (this.#scripts.length >= MAX_SCRIPTS)
      throw new ShellError(`${file}: more than ${MAX_SCRIPTS} scripts run one another.`);
    const text = this.#read(file);
    const script: Script = { file, line: 0, policy: "continue", isOver: false, macros };
    this.#scripts.push(script);
    try {
      for (const { line, number } of joinContinued(text)) {
        script.line = number;
        await this.#letOthersRun();
        if (this.#world.signal.aborted) break;
        if (!(await this.#runGuarded(line, script))) return false;
        if (script.isOver) break;
      }
      return true;
    } finally {
      this.#scripts.pop();
    }
  }

  /** Runs a line that was typed, or came from a program's standard input. @returns whether it succeeded */
  async runLine(line: string): Promise<boolean> {
    return await this.#runGuarded(line, this.#prompt);
  }

  /**
   * For iocshLoad and `<`: a script that its own error policy breaks off is an error of the line that runs it.
   * @throws ShellError
   */
  async runWhole(file: string, macros?: ReadonlyMap<string, string>): Promise<void> {
    if (!(await this.runScript(file, macros))) throw new ShellError(`The script ${file} was broken off by an error.`);
  }

  /** For iocshCmd and iocshRun: a script of one line, whose `exit` and `on error` are its own. */
  async runCommand(line: string, macros: ReadonlyMap<string, string> = new Map()): Promise<void> {
    const words = parseShellLine(this.#expand(line.trim(), macros));
    const script: Script = { ...this.#innermost, policy: "break", macros };
    this.#scripts.push(script);
    try {
      await this.#execute(words, script);
    } finally {
      this.#scripts.pop();
    }
  }

  setErrorPolicy(policy: ErrorPolicy): void {
    if (this.#innermost !== this.#prompt) this.#innermost.policy = policy;
  }
  exit(): void {
    this.#innermost.isOver = true;
  }

  get #innermost(): Script {
    return this.#scripts.at(-1) ?? this.#prompt;
  }

  async #letOthersRun(): Promise<void> {
    if (++this.#linesAtOnce < LINES_AT_ONCE) return;
    this.#linesAtOnce = 0;
    await new Promise<void>((resolve) => this.#world.clock.soon(resolve));
  }

  #read(file: string): string {
    try {
      return this.#world.readScript(file);
    } catch (error) {
      throw new ShellError(`The script ${file} cannot be read`, { cause: error });
    }
  }

  /** @returns whether the script goes on */
  async #runGuarded(line: string, script: Script): Promise<boolean> {
    try {
      await this.#run(line, script);
      return true;
    } catch (error) {
      if (error instanceof ToldError) return await this.#afterError(script);
      const where = script.file === undefined ? "" : ` ${script.file} line ${script.line}:`;
      this.#world.printError(`ERROR${where === "" ? ":" : where} ${messageOf(error)}\n`);
      if (!(error instanceof AppError) && error instanceof Error) this.#world.printError(`${error.stack ?? ""}\n`);
      return await this.#afterError(script);
    }
  }

  async #afterError(script: Script): Promise<boolean> {
    const { policy } = script;
    if (script === this.#prompt) return false;
    if (policy === "continue") return true;
    this.#world.printError(`${script.file}: the error policy is ${typeof policy === "string" ? policy : "wait"}.\n`);
    if (policy === "break") return false;
    if (policy === "halt") {
      await untilAborted(this.#world.clock, this.#world.signal);
      return false;
    }
    await sleep(this.#world.clock, policy.wait, this.#world.signal).catch(() => undefined);
    return true;
  }

  async #run(raw: string, script: Script): Promise<void> {
    const isScript = script.file !== undefined;
    const start = raw.trimStart();
    if (start === "") return;
    if (start.startsWith("#")) {
      if (isScript && !start.startsWith("#-")) this.#world.print(`${raw.trimEnd()}\n`);
      return;
    }
    const line = this.#expand(raw, script.macros);
    if (isScript && !line.trimStart().startsWith("#-")) this.#world.print(`${line.trimEnd()}\n`);
    if (!line.trimStart().startsWith("#")) await this.#execute(parseShellLine(line), script);
  }

  #expand(line: string, macros: ReadonlyMap<string, string>): string {
    const expansion = expandMacros(line, (name) => macros.get(name) ?? this.environment[name]);
    const [problem] = expansion.problems;
    if (problem !== undefined) throw new ShellError(`${macroSentence(problem)}; the line is not run: ${line.trim()}`);
    return expansion.text;
  }

  async #execute(line: ShellLine, script: Script): Promise<void> {
    const [name, ...words] = line.words;
    if (name === undefined) {
      if (line.input !== undefined) await this.runWhole(line.input, script.macros);
      return;
    }
    if (line.input !== undefined)
      throw new ShellError(`${name} reads no input; "< ${line.input}" stands alone on a line.`);
    const command = this.#commands.get(name) ?? this.#families.find((family) => family.names.test(name))?.command;
    if (command === undefined)
      throw new ShellError(`Command ${name} not found.${asSentence(didYouMean(name, this.#commands.keys()))}`);
    await this.#redirected(line, (print) => command.run({ print, shell: this }, words));
  }

  async #redirected(line: ShellLine, run: (print: (text: string) => void) => void | Promise<void>): Promise<void> {
    const errors = this.#open(line.errors);
    const output = this.#open(line.output);
    const write = output === undefined ? this.#world.print : (text: string) => written(line.output?.file, output, text);
    try {
      await run((text) => write(text.endsWith("\n") ? text : `${text}\n`));
    } catch (error) {
      if (errors === undefined) throw error;
      errors.write(`${messageOf(error)}\n`);
      throw new ToldError(messageOf(error), { cause: error });
    } finally {
      await output?.close();
      await errors?.close();
    }
  }

  #open(to: Redirection | undefined): ShellOutput | undefined {
    if (to === undefined) return undefined;
    try {
      return this.#world.openOutput(to.file, to.append);
    } catch (error) {
      throw new ShellError(`${to.file} cannot be written`, { cause: error });
    }
  }
}

/** @throws ShellError naming the file */
function written(file: string | undefined, output: ShellOutput, text: string): void {
  try {
    output.write(text);
  } catch (error) {
    throw new ShellError(`${file} cannot be written`, { cause: error });
  }
}

/** The lines with their numbers; a backslash at the end of a line joins the next line to it. */
function* joinContinued(text: string): Generator<{ line: string; number: number }> {
  let line = "";
  for (const [index, part] of text
    .replace(/\r?\n$/, "")
    .split(/\r?\n/)
    .entries()) {
    line += part;
    if (line.endsWith("\\") && !line.trimStart().startsWith("#")) line = line.slice(0, -1);
    else {
      yield { line, number: index + 1 };
      line = "";
    }
  }
  if (line !== "") yield { line, number: text.split("\n").length };
}

/** `; did you mean X?` behind a full stop. */
const asSentence = (suggestion: string): string => suggestion.replace(/^; d/, " D");
