#!/usr/bin/env node
/**
 * Process entry: arguments, signals, exit statuses. 0 done, 1 failed, 2 usage or configuration. What the commands do is in cli/ and assemble.ts.
 */
import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { systemClock } from "./base/clock.ts";
import { AppError, messageOf } from "./base/errors.ts";
import { createLog, silentLog } from "./base/log.ts";
import { createCaClient } from "./ca/client/client.ts";
import { clientConfig } from "./ca/net/ca-config.ts";
import { nodeNetwork } from "./ca/net/node-network.ts";
import { recordDmRoutes } from "./cli/dm-record-routes.ts";
import { runIoc } from "./cli/ioc-command.ts";
import { getPvs, infoPvs, monitorPvs, type PvCommandContext, putPv } from "./cli/pv-commands.ts";
import { runSandbox } from "./cli/sandbox-command.ts";
import { trustHost } from "./cli/trust-host.ts";
import { ConfigError } from "./config.ts";
import { globusCommands } from "./globus-commands.ts";

const USAGE = 2;
const FAILED = 1;
/** The package's folder: this file is dist/main.js. */
const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const { version: VERSION } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { version: string };

const environment: Record<string, string | undefined> = process.env;
environment["GLOBUS_IOC"] ??= ROOT; // for st.cmd, wherever it is copied to
const stop = new AbortController();
let status = 0;

const out = (line: string): void => void process.stdout.write(`${line}\n`);
const err = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
const user = os.userInfo().username;
const host = os.hostname();

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError(`"${text}" is not a number of 0 or more.`);
  return value;
};

/** Runs a command of the Channel Access client, and closes the client afterwards. */
async function withClient(work: (context: PvCommandContext) => Promise<number>): Promise<void> {
  const { config, warnings } = clientConfig(environment);
  for (const warning of warnings) err(warning);
  const client = createCaClient({ network: nodeNetwork, clock: systemClock, config, user, host, log: silentLog });
  try {
    status = await work({ client, out, err, signal: stop.signal });
  } finally {
    await client.close();
  }
}

/** Runs an IOC with iocsh's own commands and those of data management. @throws ConfigError for a globus.conf that is wrong */
async function ioc(
  args: readonly string[],
  iocEnvironment: Record<string, string | undefined>,
  ready?: () => void,
): Promise<number> {
  let wrong: ConfigError | undefined;
  const giveUp = (error: ConfigError): void => {
    wrong = error;
    stop.abort(error);
  };
  const log = createLog("globus");
  const end = await runIoc({
    args,
    environment: iocEnvironment,
    extraCommands: (session) =>
      globusCommands({
        session,
        giveUp,
        environment: iocEnvironment,
        user,
        host,
        version: VERSION,
        clock: systemClock,
        log,
      }),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stop.signal,
    ...(ready === undefined ? {} : { ready }),
  });
  if (wrong !== undefined) throw wrong;
  return end;
}

const program = new Command("globus-ioc")
  .description("An EPICS soft IOC that runs a beamline's data management, and a Channel Access client.")
  .version(VERSION)
  .enablePositionalOptions()
  .exitOverride()
  .configureOutput({ writeErr: (text) => err(text.trimEnd()) })
  .showHelpAfterError("Run globus-ioc --help for the commands.");

program
  .command("ioc [args...]")
  .description("run an IOC as softIoc does: [-m MACROS] [-d FILE.db]... [-S] [st.cmd]")
  .allowUnknownOption()
  .helpOption(false)
  .passThroughOptions()
  .action(async (args: string[]) => {
    status = await ioc(args, environment);
  });

program
  .command("sandbox")
  .description("run the simulated beamline with the IOC on it, on loopback")
  .action(async () => {
    status = await runSandbox({
      root: ROOT,
      program: [process.execPath, fileURLToPath(import.meta.url)],
      environment,
      write: out,
      signal: stop.signal,
      runIoc: (script, iocEnvironment, ready) => ioc([script], iocEnvironment, ready),
    });
  });

interface ReadFlags {
  readonly w?: number;
  readonly t?: true;
  readonly n?: true;
  readonly S?: true;
  readonly d?: string;
  readonly "#"?: number;
}
const readOptions = (flags: ReadFlags) => ({
  waitSeconds: flags.w,
  terse: flags.t,
  type: flags.d,
  count: flags["#"],
  numbers: flags.n,
  charsAsText: flags.S,
});

program
  .command("get <pv...>")
  .description("read PVs, as caget does")
  .option("-w <seconds>", "wait for connection and answer", number)
  .option("-t", "the value alone")
  .option("-a", "with time stamp and alarm")
  .option("-n", "states of enums as numbers")
  .option("-S", "CHAR arrays as text")
  .option("-d <type>", "DBR type, by name or number")
  .option("-# <count>", "at most so many elements", number)
  .action((pvs: string[], flags: ReadFlags & { a?: true }) =>
    withClient((context) => getPvs(pvs, { ...readOptions(flags), wide: flags.a }, context)),
  );

program
  .command("put <pv> <value...>")
  .description("write a PV, as caput does")
  .option("-c, --wait", "wait until it was processed")
  .option("-w <seconds>", "how long to wait", number)
  .option("-t", "the new value alone")
  .option("-a", "an array: its length, then its elements")
  .option("-n", "states of enums as numbers")
  .option("-S", "CHAR arrays as text")
  .action((pv: string, values: string[], flags: ReadFlags & { wait?: true; a?: true }) =>
    withClient((context) => putPv(pv, values, { ...readOptions(flags), wait: flags.wait, array: flags.a }, context)),
  );

program
  .command("monitor <pv...>")
  .description("print every change of PVs until Ctrl-C, as camonitor does")
  .option("-w <seconds>", "wait for connection", number)
  .option("-t", "without time stamp and alarm")
  .option("-n", "states of enums as numbers")
  .option("-S", "CHAR arrays as text")
  .option("-d <type>", "DBR type, by name or number")
  .option("-# <count>", "at most so many elements", number)
  .option("-m <mask>", "what to be told of: letters of v(alue) a(larm) l(og) p(roperty)")
  .action((pvs: string[], flags: ReadFlags & { m?: string }) =>
    withClient((context) => monitorPvs(pvs, { ...readOptions(flags), mask: flags.m }, context)),
  );

program
  .command("info <pv...>")
  .description("show what the servers say of PVs, as cainfo does")
  .option("-w <seconds>", "wait for connection", number)
  .action((pvs: string[], flags: ReadFlags) =>
    withClient((context) => infoPvs(pvs, { waitSeconds: flags.w }, context)),
  );

program
  .command("trust-host <host>")
  .description("show the key of an SSH host (host or host:port) and add it to known_hosts")
  .option("--known-hosts <file>", "the file to add it to", path.join(os.homedir(), ".ssh", "known_hosts"))
  .option("--fingerprint <SHA256:...>", "trust the host without a question if it has this fingerprint")
  .option("--yes", "trust what is shown without a question; at a terminal only")
  .action(async (where: string, flags: { knownHosts: string; fingerprint?: string; yes?: true }) => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    const dialogue = {
      isTerminal: process.stdin.isTTY,
      write: out,
      ask: (question: string) => terminal.question(question),
    };
    const request = {
      where,
      knownHostsFile: flags.knownHosts,
      ...(flags.fingerprint === undefined ? {} : { fingerprint: flags.fingerprint }),
      ...(flags.yes === undefined ? {} : { yes: true }),
    };
    try {
      status = (await trustHost(request, dialogue, systemClock, stop.signal)) ? 0 : FAILED;
    } finally {
      terminal.close();
    }
  });

program
  .command("dm-record-routes")
  .description("learn the routes of Data Management from the site's dm package, without reaching any service")
  .option("--python <program>", "the Python that has the package", "python3")
  .option("--output <file>", "the file to write", "dm-routes.json")
  .option("--setup-file <file>", "the site's dm.setup.sh: its `export NAME=value` lines are the package's environment")
  .option("--force", "replace the file if there is one")
  .action(async (flags: { python: string; output: string; setupFile?: string; force?: true }) => {
    status = await recordDmRoutes(flags, {
      environment,
      clock: systemClock,
      log: silentLog,
      write: out,
      signal: stop.signal,
    });
  });

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(128 + os.constants.signals[signal]); // the second time it is meant
    stop.abort(new AppError(`ended by ${signal}`));
  });
}

try {
  await program.parseAsync();
} catch (thrown) {
  if (thrown instanceof CommanderError) status = thrown.exitCode === 0 ? 0 : USAGE;
  else {
    err(
      thrown instanceof AppError
        ? messageOf(thrown)
        : thrown instanceof Error
          ? (thrown.stack ?? thrown.message)
          : String(thrown),
    );
    status = thrown instanceof ConfigError ? USAGE : FAILED;
  }
}
process.exitCode = status;
