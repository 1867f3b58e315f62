/**
 * What a shell command is: a name, typed arguments, a help text and a function. Words become argument values here; no
 * command is known here.
 */
import { ShellError } from "./parse.ts";

/** What a word is read as. An argument that is left out is undefined. */
interface ArgumentTypes {
  text: string | undefined;
  /** Decimal, 0x hexadecimal or 0 octal. */
  integer: number | undefined;
  number: number | undefined;
  /** This word and all that follow; the last argument only. */
  words: readonly string[];
}
export type ArgumentKind = keyof ArgumentTypes;

export interface ShellArgument {
  /** As `help` shows it. */
  readonly name: string;
  readonly kind: ArgumentKind;
}

type ValuesOf<A extends readonly ShellArgument[]> = { readonly [I in keyof A]: ArgumentTypes[A[I]["kind"]] };

/** Variables by name; epicsEnvSet changes it, everything that reads configuration is handed it. */
export type ShellEnvironment = Record<string, string | undefined>;

/** What an error in a script leads to. `wait`: seconds until it goes on. */
export type ErrorPolicy = "continue" | "break" | "halt" | { readonly wait: number };

/** The shell, as a command sees it. */
export interface ShellControl {
  readonly environment: ShellEnvironment;
  /** By name. */
  commands(): readonly ShellCommand[];
  /** Runs a script to its end. @throws ShellError when it cannot be read, or an error broke it off */
  runWhole(file: string, macros?: ReadonlyMap<string, string>): Promise<void>;
  /** Runs one line without echo. @throws what the line throws */
  runCommand(line: string, macros?: ReadonlyMap<string, string>): Promise<void>;
  /** For the script that runs; at the prompt it has no effect. */
  setErrorPolicy(policy: ErrorPolicy): void;
  /** Ends the script that runs, or at the prompt the session. */
  exit(): void;
}

/** What a running command may use. */
export interface ShellContext {
  /** Writes a line, or several, to the command's output. Text is a byte string. */
  readonly print: (text: string) => void;
  readonly shell: ShellControl;
}

export interface ShellCommand {
  readonly name: string;
  readonly arguments: readonly ShellArgument[];
  /** One or more lines. */
  readonly help: string;
  /** @throws ShellError, or any AppError, which the shell prints */
  readonly run: (context: ShellContext, words: readonly string[]) => void | Promise<void>;
}

/**
 * Describes a command. `run` gets a value for each argument; words beyond the last argument are dropped, as in softIoc.
 */
export function shellCommand<const A extends readonly ShellArgument[]>(description: {
  readonly name: string;
  readonly arguments: A;
  readonly help: string;
  readonly run: (context: ShellContext, ...values: ValuesOf<A>) => void | Promise<void>;
}): ShellCommand {
  const { run } = description;
  return {
    ...description,
    run: (context, words) => {
      const values = description.arguments.map((argument, index) => valueOf(argument, words, index));
      return run(context, ...(values as unknown as ValuesOf<A>));
    },
  };
}

function valueOf(argument: ShellArgument, words: readonly string[], index: number): ArgumentTypes[ArgumentKind] {
  if (argument.kind === "words") return words.slice(index);
  const word = words[index];
  if (word === undefined || argument.kind === "text") return word;
  const value = argument.kind === "integer" ? parseInteger(word) : word.trim() === "" ? Number.NaN : Number(word);
  if (!Number.isNaN(value)) return value;
  throw new ShellError(`"${word}" is no ${argument.kind}; it is to be the ${argument.name}.`);
}

function parseInteger(word: string): number {
  const [, sign, digits = ""] = /^\s*([-+]?)(0[xX][\da-fA-F]+|\d+)\s*$/.exec(word) ?? [];
  const value = /^0\d/.test(digits)
    ? /^[0-7]+$/.test(digits)
      ? Number.parseInt(digits, 8)
      : Number.NaN
    : Number(digits);
  return digits === "" ? Number.NaN : sign === "-" ? -value : value;
}

/** The text of a required argument. @throws ShellError naming it */
export function required(value: string | undefined, command: string, argument: string): string {
  if (value !== undefined && value !== "") return value;
  throw new ShellError(`${command} needs an argument: the ${argument}.`);
}
