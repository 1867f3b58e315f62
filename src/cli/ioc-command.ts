/**
 * `globus-ioc ioc`: runs an IOC as softIoc does. Works off the options in their order, then the script; runs iocInit
 * for files of -d where the script has not; then runs the shell, or with -S waits for the signal. channel-access.md
 * §7.1. Signals and exit statuses are program.ts's matter.
 */

import type { Readable, Writable } from "node:stream";
import { type Clock, systemClock, untilAborted } from "../base/clock.ts";
import { AppError, messageOf } from "../base/errors.ts";
import { createLog, type Log } from "../base/log.ts";
import type { CaServerConfig } from "../ca/ca-config.ts";
import type { ExternalLinks } from "../database/link-ends.ts";
import { toByteString } from "../epics/byte-string.ts";
import { registerIocCommands } from "../ioc/commands/all.ts";
import { FileLoader } from "../ioc/commands/load.ts";
import type { CommandSession } from "../ioc/commands/session.ts";
import { Ioc } from "../ioc/ioc.ts";
import { runPrompt } from "../ioc/prompt.ts";
import { bytesOf, WorkingDirectory } from "../ioc/working-directory.ts";
import { Shell } from "../iocsh/shell.ts";
import type { ShellCommand, ShellEnvironment } from "../iocsh/shell-command.ts";
import { nodeNetwork } from "../net/node-network.ts";
import type { Network } from "../net/transport.ts";
import { EXIT } from "./exit-status.ts";

const IOC_USAGE = "globus-ioc ioc [-m MACROS] [-a FILE.acf] [-d FILE.db]... [-S] [st.cmd]";

const { done: OK, failed: FAILED, usage: USAGE } = EXIT;

export interface RunIocOptions {
  /** The words behind `globus-ioc ioc`. */
  readonly args: readonly string[];
  /** Read, and changed by epicsEnvSet and iocInit. */
  readonly environment: ShellEnvironment;
  /** Commands beside the shell's own. */
  readonly extraCommands?: ((session: CommandSession) => readonly ShellCommand[]) | undefined;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Ends the IOC in order. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly network?: Network;
  readonly log?: Log;
  /** The server's configuration, instead of that of the environment. */
  readonly server?: CaServerConfig;
  readonly externalLinks?: ExternalLinks;
  /** Without -S, too, the end of an input that is not a terminal does not end the IOC. */
  readonly outlivesInput?: boolean;
  /** Called once clients can connect. */
  readonly ready?: ((ioc: Ioc) => void) | undefined;
  /** Where relative paths begin; default: the process's folder. */
  readonly directory?: string;
}

interface IocArguments {
  readonly databases: readonly { readonly file: string; readonly macros: string }[];
  /** The access security file. */
  readonly security: { readonly file: string; readonly macros: string } | undefined;
  readonly stay: boolean;
  readonly script: string | undefined;
}

/** The command line is wrong, or names a file that is not there. */
class IocUsageError extends AppError {}

/**
 * Runs an IOC until its shell or its signal ends it.
 * @returns 0; 1 when something could not be loaded, run or started; 2 for wrong arguments
 */
export async function runIoc(options: RunIocOptions): Promise<number> {
  const printError = (text: string): void => void options.stderr.write(bytesOf(text));
  let given: IocArguments;
  try {
    given = parseArguments(options.args);
  } catch (error) {
    if (!(error instanceof IocUsageError)) throw error;
    printError(`${error.message}\n`);
    return USAGE;
  }
  const { ioc, shell, session } = assemble(options, printError);
  try {
    return await run(options, given, { shell, session });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    printError(`ERROR: ${messageOf(error)}\n`);
    return FAILED;
  } finally {
    await ioc.stop();
  }
}

/** @throws IocUsageError */
function parseArguments(args: readonly string[]): IocArguments {
  const databases: { file: string; macros: string }[] = [];
  let macros = "";
  let security: IocArguments["security"];
  let stay = false;
  let script: string | undefined;
  const rest = args.map(toByteString);
  const valueOf = (option: string): string => {
    const value = rest.shift();
    if (value === undefined) throw new IocUsageError(`${option} needs a value. ${IOC_USAGE}`);
    return value;
  };
  for (let one = rest.shift(); one !== undefined; one = rest.shift()) {
    if (one === "-m") macros = valueOf(one);
    else if (one === "-d") databases.push({ file: valueOf(one), macros });
    else if (one === "-a") security = { file: valueOf(one), macros };
    else if (one === "-S") stay = true;
    else if (one.startsWith("-") || script !== undefined) {
      throw new IocUsageError(`The argument "${one}" is not understood. ${IOC_USAGE}`);
    } else script = one;
  }
  return { databases, security, stay, script };
}

interface Parts {
  readonly shell: Shell;
  readonly session: CommandSession;
}

function assemble(options: RunIocOptions, printError: (text: string) => void): Parts & { readonly ioc: Ioc } {
  const { environment, stdout, server, externalLinks, clock = systemClock, network = nodeNetwork } = options;
  const { log = createLog("ioc", (line) => printError(`${line}\n`)) } = options;
  const print = (text: string): void => void stdout.write(bytesOf(text));
  const ioc = new Ioc({
    clock,
    log,
    network,
    environment,
    print: (line) => print(`${line}\n`),
    ...(server === undefined ? {} : { server }),
    ...(externalLinks === undefined ? {} : { externalLinks }),
  });
  const directory = new WorkingDirectory(options.directory ?? process.cwd());
  const shell = new Shell(environment, {
    print,
    printError,
    readScript: (file) => directory.read(file),
    openOutput: (file, append) => directory.openOutput(file, append),
    clock,
    signal: options.signal,
  });
  const session = { ioc, directory };
  registerIocCommands(shell, session);
  shell.register(options.extraCommands?.(session) ?? []);
  ioc.addStage("running", { name: "the report that the IOC is ready", start: () => options.ready?.(ioc) });
  return { ioc, shell, session };
}

/** @throws AppError when something cannot be loaded or started */
async function run(options: RunIocOptions, given: IocArguments, { shell, session }: Parts): Promise<number> {
  const { ioc, directory } = session;
  if (given.security !== undefined) {
    ioc.access.setFile(directory.resolve(given.security.file));
    if (given.security.macros !== "") ioc.access.setSubstitutions(given.security.macros);
  }
  const loader = new FileLoader(session);
  for (const { file, macros } of given.databases) {
    loader.loadFile(file, macros, (text) => void options.stderr.write(bytesOf(`${text}\n`)));
  }
  if (given.script !== undefined) {
    shell.environment["IOCSH_STARTUP_SCRIPT"] = given.script;
    if (!(await shell.runScript(given.script))) return FAILED;
    // iocInit failed, and said why: no PV is served
    if (ioc.state === "stopped" && !options.signal.aborted) return FAILED;
  }
  if (given.databases.length > 0 && ioc.state === "loading" && !options.signal.aborted) await ioc.init();
  if (given.stay || (await inputEndsAlone(options, shell))) await untilAborted(ioc.clock, options.signal);
  return OK;
}

/** Runs the lines of the input until there are no more. @returns whether the IOC goes on without the input */
async function inputEndsAlone({ stdin, stdout, outlivesInput }: RunIocOptions, shell: Shell): Promise<boolean> {
  await runPrompt({ shell, stdin, stdout, interrupt: () => process.kill(process.pid, "SIGINT") });
  if (outlivesInput !== true || stdin.isTTY === true || shell.isOver) return false;
  stdout.write(`Standard input has ended, and the IOC runs on: kill ${process.pid} ends it.\n`);
  return true;
}
