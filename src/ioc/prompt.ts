/**
 * Reads shell commands from a person at a terminal, with history and completion of command names, or from a pipe. One
 * line runs at a time; the next waits.
 */

import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Environment } from "../base/environment.ts";
import type { Shell } from "../iocsh/shell.ts";

export interface PromptOptions {
  readonly shell: Shell;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** `isTTY` false: known to be no terminal, as a file is. */
  readonly stdout: Writable & { readonly isTTY?: boolean };
  /** Ctrl-C at the terminal, which gives no signal while a line is edited. */
  readonly interrupt: () => void;
}

const HISTORY_LINES = 100;

/**
 * Whether what stands at a terminal understands cursor codes: a dumb terminal does not, and neither does procServ,
 * which is a terminal that keeps a log.
 */
export const canDriveTerminal = (environment: Environment): boolean =>
  environment["PROCSERV_INFO"] === undefined && environment["TERM"] !== "dumb";

/**
 * Runs what is typed until `exit`, the end of the input, or the shell's signal. An input that cannot be read has ended.
 */
export async function runPrompt(options: PromptOptions): Promise<void> {
  const { shell, stdin } = options;
  if (shell.isOver) return;
  const isPrompted = stdin.isTTY === true;
  const terminal = isPrompted && options.stdout.isTTY !== false && canDriveTerminal(shell.environment);
  const lines = createInterface({
    input: stdin,
    terminal,
    historySize: HISTORY_LINES,
    completer: (line: string) => complete(shell, line),
    ...(isPrompted ? { output: options.stdout, prompt: promptText(shell) } : {}),
  });
  const close = (): void => lines.close();
  shell.signal.addEventListener("abort", close, { once: true });
  lines.on("SIGINT", options.interrupt);
  let isUnreadable = false;
  stdin.on("error", () => (isUnreadable = true)); // never removed: a second error may come when nothing reads any more
  try {
    await runLines(shell, lines, isPrompted);
  } catch (thrown) {
    if (!isUnreadable) throw thrown;
  } finally {
    shell.signal.removeEventListener("abort", close);
    close();
  }
}

async function runLines(shell: Shell, lines: Interface, isPrompted: boolean): Promise<void> {
  if (isPrompted) lines.prompt();
  for await (const line of lines) {
    if (!shell.isOver) await shell.runLine(Buffer.from(line, "utf8").toString("latin1"));
    if (shell.isOver) return;
    if (isPrompted) lines.prompt();
  }
}

const promptText = ({ environment }: Shell): string =>
  environment["IOCSH_PS1"] ?? environment["EPICS_IOCSH_PS1"] ?? "epics> ";

/** Only the command is completed: the words behind it are names of PVs and files. */
function complete(shell: Shell, line: string): [string[], string] {
  const names = /^\s*\w*$/.test(line) ? shell.commands().map((command) => command.name) : [];
  const start = line.trimStart();
  return [names.filter((name) => name.startsWith(start)), start];
}
