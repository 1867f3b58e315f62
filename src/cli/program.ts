/**
 * The program: arguments, signals, exit statuses (cli/exit-status.ts). Loading this module runs the program; main.ts
 * does, when all is in place. What the commands do is in cli/ and assemble/. What a command needs is imported when the
 * command is run: `globus-ioc get` need not wait for the services.
 */
import { setMaxListeners } from "node:events";
import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Writable } from "node:stream";
import { isatty } from "node:tty";
import { Command, CommanderError } from "commander";
import { accountName } from "../base/account.ts";
import { systemClock } from "../base/clock.ts";
import { AppError, asSentences, CancelledError, messageOf, stackOf } from "../base/errors.ts";
import { isKept } from "../base/kept-output.ts";
import { createLog, silentLog } from "../base/log.ts";
import { PACKAGE_FOLDER } from "../base/package-folder.ts";
import { systemFailure } from "../base/system-failure.ts";
import { openCaClient } from "../ca/open-client.ts";
import { ConfigError } from "../config/config.ts";
import { canDriveTerminal } from "../ioc/prompt.ts";
import { nodeNetwork } from "../net/node-network.ts";
import { createServiceManager } from "../services/service-manager.ts";
import { boundedOutput } from "./bounded-output.ts";
import { addDataCommands, type RunData } from "./data-program.ts";
import { EXIT, EXIT_HINT, UsageError } from "./exit-status.ts";
import { addForegroundCommands } from "./foreground-program.ts";
import type { RunIocOptions } from "./ioc-command.ts";
import type { PvCommandContext } from "./pv-commands.ts";
import { addPvCommands } from "./pv-program.ts";
import { addQueueCommands, addTriggerCommand } from "./queue-program.ts";
import { addServiceCommands } from "./service-program.ts";
import { addSiteCommands } from "./site-program.ts";
import { stampedStream } from "./stamped-stream.ts";
import { askAtTerminal } from "./terminal.ts";

const IOC_HELP = `
  -m MACROS     macros of the -d and -a behind it, as A=1,B=2
  -a FILE.acf   access security: who may write what; without it everybody
  -d FILE.db    loads a database; iocInit follows the last one
  -S            no shell: runs until it is signalled; without -S the IOC ends with its standard input
  st.cmd        a start-up script
Exit status: 0 ended in order; 1 something could not be loaded or started; 2 the command line or globus.conf is wrong.`;
const IOC_HEADING = "The IOC:";
const FOREGROUND_HEADING = "Transfers without an IOC:";
/**
 * Seconds that the program, when it has ended, waits for a reader of its last output, if a signal has ended it or its
 * outputs are bounded.
 */
const UNREAD_SECONDS = 2;
const { version: VERSION } = JSON.parse(readFileSync(path.join(PACKAGE_FOLDER, "package.json"), "utf8")) as {
  version: string;
};

const environment: Record<string, string | undefined> = process.env;
// For st.cmd, wherever st.cmd is copied to: the package, who runs the IOC, and the addresses of this host
environment["GLOBUS_IOC"] ??= PACKAGE_FOLDER;
environment["GLOBUS_IOC_USER"] ??= accountName(environment);
environment["GLOBUS_IOC_HOSTS"] ??= ownAddresses().join(",");
function ownAddresses(): readonly string[] {
  const addresses = Object.values(os.networkInterfaces()).flatMap((interfaces = []) => interfaces);
  return addresses.filter(({ family }) => family === "IPv4").map(({ address }) => address);
}
/** Node's local times follow TZ, also when it changes. */
const setZone = (zone: string): void => {
  if (zone !== "") process.env["TZ"] = zone;
};
const stop = new AbortController();
// Each PV and each request of a command listens to the signal: Node would take more than ten listeners for a leak
setMaxListeners(0, stop.signal);
let status: number = EXIT.done;
let isOver = false;

/** Takes the answers of commands, and what an IOC's shell prints. */
let output: Writable = process.stdout;
const out = (line: string): void => void output.write(`${line}\n`);
/** Takes the sentences about what is wrong; those of an IOC begin with the time. */
let errors: Writable = process.stderr;
/** Whether output that nobody reads may be left out. */
let isBounded = false;
/**
 * For a program that may run for years: a reader that has stopped neither fills its memory nor keeps it from ending.
 */
function boundOutputs(): void {
  isBounded = true;
  if (!process.stdout.isTTY) output = boundedOutput(process.stdout);
  if (!process.stderr.isTTY) errors = boundedOutput(process.stderr);
}
const err = (sentence: string): void => void errors.write(`${sentence}\n`);
/** Only this process speaks to systemd, and none that it starts. */
const manager = createServiceManager({
  socket: environment["NOTIFY_SOCKET"],
  watchdog: environment["WATCHDOG_USEC"],
  path: environment["PATH"],
  clock: systemClock,
  warn: err,
});
delete environment["NOTIFY_SOCKET"];
stop.signal.addEventListener("abort", () => manager.stopping(), { once: true });
const user = accountName(environment);
const host = os.hostname();

const ask = (question: string): Promise<string | undefined> =>
  askAtTerminal(question, {
    input: process.stdin,
    output: process.stdout,
    signal: stop.signal,
    interrupt: () => process.kill(process.pid, "SIGINT"),
  });

/** What every command works with. */
const surroundings = {
  environment,
  setZone,
  clock: systemClock,
  host,
  signal: stop.signal,
  isTerminal: process.stdout.isTTY,
  out: (text: string): void => void output.write(text),
  err: (text: string): void => void errors.write(text),
  commandLine: ["globus-ioc", ...process.argv.slice(2)].join(" "),
};
/** Where a person answers. */
const dialogue = { isTerminal: process.stdin.isTTY && process.stdout.isTTY, write: out, ask };

const openClient = () =>
  openCaClient({ environment, warn: err, network: nodeNetwork, clock: systemClock, user, host, log: silentLog });

/** Runs a command of the Channel Access client, and closes the client afterwards. */
async function withClient(
  work: (context: PvCommandContext) => Promise<number>,
  { isEndless = false }: { readonly isEndless?: boolean } = {},
): Promise<void> {
  if (isEndless) boundOutputs();
  const client = await openClient();
  process.stdout.once("error", () => stop.abort(new CancelledError("Nobody reads the output any more.")));
  try {
    status = await work({ client, out, err, signal: stop.signal });
  } finally {
    await client.close();
  }
}

/** Runs a command of data management in this process, or through an IOC. */
const runData: RunData = async (row, read, isJson) => {
  const { runDataCommand } = await import("./run-command.ts");
  const { openSite } = await import("../assemble/site.ts");
  const { initialPvs } = await import("../assemble/ioc.ts");
  const { LedgerLockedError } = await import("../services/ledger/place.ts");
  status = await runDataCommand(row, read, isJson, {
    ...surroundings,
    stdin: process.stdin,
    ask,
    openSite: (settings, log) => openSite({ settings, environment, user, host, clock: systemClock, log }),
    initialPvs,
    openClient,
    holderOf: (thrown) => (thrown instanceof LedgerLockedError ? thrown.owner?.prefix : undefined),
  });
};

/**
 * Runs an IOC with iocsh's own commands and those of data management.
 * @throws ConfigError for a globus.conf that is wrong
 */
async function ioc(
  args: readonly string[],
  iocEnvironment: Record<string, string | undefined>,
  manner: Pick<RunIocOptions, "ready" | "outlivesInput">,
  isSandbox = false,
): Promise<number> {
  let wrong: ConfigError | undefined;
  const giveUp = (error: ConfigError): void => {
    wrong = error;
    stop.abort(error);
  };
  const log = createLog("globus", (line, level) =>
    (level === "error" || level === "warn" ? errors : output).write(`${line}\n`),
  );
  const { runIoc } = await import("./ioc-command.ts");
  const { globusCommands } = await import("../assemble/shell-commands.ts");
  const end = await runIoc({
    args,
    environment: iocEnvironment,
    extraCommands: (session) =>
      globusCommands({
        session,
        giveUp,
        environment: iocEnvironment,
        setZone,
        user,
        host,
        version: VERSION,
        clock: systemClock,
        log,
        starter: { tell: out, isKept: !isSandbox && isKept(iocEnvironment, process.stdout.fd) },
      }),
    stdin: process.stdin,
    stdout: output,
    stderr: errors,
    signal: stop.signal,
    ...manner,
  });
  if (wrong !== undefined) throw wrong;
  return end;
}

const program = new Command("globus-ioc")
  .description(
    "An EPICS soft IOC that runs a beamline's data management; the same on the command line; and a Channel Access client.",
  )
  .version(VERSION)
  .addHelpText("after", `\n${EXIT_HINT}`)
  .enablePositionalOptions()
  .exitOverride()
  .configureOutput({ writeErr: (text) => err(text.trimEnd()) })
  .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}`.replace(" [options]", "") })
  .showHelpAfterError("Run globus-ioc --help for the commands.");

addDataCommands(program, runData);

program
  .command("ioc [args...]")
  .helpGroup(IOC_HEADING)
  .usage("[-m MACROS] [-a FILE.acf] [-d FILE.db]... [-S] [st.cmd]")
  .description("run an IOC as softIoc does")
  .addHelpText("after", IOC_HELP)
  .allowUnknownOption()
  .passThroughOptions()
  .action(async (args: string[]) => {
    const isPerson = process.stderr.isTTY && canDriveTerminal(environment); // a person has a clock
    boundOutputs();
    if (!isPerson) errors = stampedStream(errors, systemClock);
    status = await ioc(args, environment, { ready: () => manager.ready("The IOC runs.") });
  });

program
  .command("sandbox")
  .helpGroup(IOC_HEADING)
  .description("run the simulated beamline with the IOC on it, on loopback")
  .action(async () => {
    const { runSandbox } = await import("./sandbox-command.ts");
    boundOutputs();
    status = await runSandbox({
      root: PACKAGE_FOLDER,
      program: [process.execPath, path.join(PACKAGE_FOLDER, "dist", "main.js")],
      environment,
      write: out,
      isTerminal: process.stdin.isTTY,
      signal: stop.signal,
      runIoc: (script, iocEnvironment, ready) => ioc([script], iocEnvironment, { ready, outlivesInput: true }, true),
    });
  });

addSiteCommands({
  program,
  heading: IOC_HEADING,
  context: {
    environment,
    setZone,
    clock: systemClock,
    isTerminal: process.stdin.isTTY && process.stdout.isTTY,
    ask,
    out,
    signal: stop.signal,
  },
  ended: (end) => {
    status = end;
  },
});

addQueueCommands(program, IOC_HEADING, async (request) => {
  const { runQueue } = await import("./queue-command.ts");
  status = await runQueue(request, { ...surroundings, dialogue });
});

addTriggerCommand(program, IOC_HEADING, async (request) => {
  const { runTrigger } = await import("./trigger-command.ts");
  status = await runTrigger(request, surroundings);
});

addServiceCommands({
  program,
  context: { ...surroundings, dialogue },
  root: PACKAGE_FOLDER,
  runData,
  boundOutputs,
  ended: (end) => {
    status = end;
  },
});

addForegroundCommands(program, FOREGROUND_HEADING, async (request) => {
  const { runForeground } = await import("./foreground-command.ts");
  const { openForeground } = await import("../assemble/foreground.ts");
  boundOutputs();
  status = await runForeground(request, {
    ...surroundings,
    open: (options) => openForeground({ ...options, environment, host, clock: systemClock }),
    works: (what) => manager.ready(what),
    stuck: (what) => manager.stuck(what),
  });
});

addPvCommands(program, withClient);

/**
 * The words of the command line; of a command that does not exist only the name, so that `--help` behind it does not
 * hide what is wrong.
 */
function asked(words: readonly string[]): readonly string[] {
  const [first = ""] = words;
  const isKnown = program.commands.some((one) => one.name() === first || one.aliases().includes(first));
  return first === "" || first.startsWith("-") || first === "help" || isKnown ? words : [first];
}

// The reader of the output is gone, as with `| head`, or the output's disk is full: the work goes on.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

/**
 * Without a terminal a hang-up is ignored, as nohup wants: it puts /dev/null in the terminal's place and has SIGHUP
 * ignored, but Node at its start takes SIGHUP back.
 */
const isAtTerminal = isatty(0);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (signal === "SIGHUP" && !isAtTerminal) return;
    // A second signal is meant; and when the work is over, only something that was left open still keeps the program.
    if (stop.signal.aborted || isOver) process.exit(128 + os.constants.signals[signal]);
    stop.abort(new CancelledError(`Ended by ${signal}.`));
  });
}

try {
  await program.parseAsync([...process.argv.slice(0, 2), ...asked(process.argv.slice(2))]);
} catch (thrown) {
  if (thrown instanceof CommanderError) status = thrown.exitCode === 0 ? EXIT.done : EXIT.usage;
  else {
    err(
      thrown instanceof AppError
        ? asSentences(messageOf(thrown))
        : systemFailure(thrown) !== undefined
          ? `globus-ioc has ended: ${messageOf(thrown)}.`
          : stackOf(thrown),
    );
    status = thrown instanceof ConfigError || thrown instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}
process.exitCode = status;
isOver = true;
manager.stopping();
// Output that nobody reads would keep the program from ending.
if (stop.signal.aborted || isBounded) {
  const cancel = systemClock.after(UNREAD_SECONDS, () => process.exit());
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((read) => stream.write("", read))));
  cancel();
}
