/**
 * Puts on the command line what prepares a site: trust-host, dm-record-routes and ledger, with their options. Runs no
 * command; what a command needs is imported when it is run.
 */

import path from "node:path";
import type { Command } from "commander";
import { homeFolder } from "../base/account.ts";
import type { Clock } from "../base/clock.ts";
import type { Environment } from "../base/environment.ts";
import { silentLog } from "../base/log.ts";
import { EXIT } from "./exit-status.ts";
import type { TrustTerminal } from "./trust-host.ts";

interface SiteCommandContext {
  readonly environment: Environment;
  /** Tells every local time in this zone; empty: in the host's zone. */
  readonly setZone: (zone: string) => void;
  readonly clock: Clock;
  /** Whether somebody sees what is written and can answer. */
  readonly isTerminal: boolean;
  /** Asks at the terminal. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** Writes a line. */
  readonly out: (line: string) => void;
  readonly signal: AbortSignal;
}

interface SiteProgram {
  readonly program: Command;
  /** Of the commands, in the help. */
  readonly heading: string;
  readonly context: SiteCommandContext;
  /** Called with the exit status. */
  readonly ended: (status: number) => void;
}

export function addSiteCommands(site: SiteProgram): void {
  for (const add of [addTrustHost, addDmRecordRoutes, addLedger]) add(site);
}

function addTrustHost({ program, heading, context, ended }: SiteProgram): void {
  const { environment, clock, signal } = context;
  program
    .command("trust-host <host>")
    .helpGroup(heading)
    .description("show the key of an SSH host (host or host:port) and add it to known_hosts")
    .option("--known-hosts <file>", "the file to add it to", path.join(homeFolder(environment), ".ssh", "known_hosts"))
    .option("--fingerprint <SHA256:...>", "trust the host without a question if it has this fingerprint")
    .option("--yes", "trust what is shown without a question; at a terminal only")
    .action(async (where: string, flags: { knownHosts: string; fingerprint?: string; yes?: true }) => {
      const { knownHosts: knownHostsFile, ...answers } = flags;
      const { trustHost } = await import("./trust-host.ts");
      const isTrusted = await trustHost({ where, knownHostsFile, ...answers }, dialogueOf(context), clock, signal);
      ended(isTrusted ? EXIT.done : EXIT.failed);
    });
}

function addDmRecordRoutes({ program, heading, context, ended }: SiteProgram): void {
  const { environment, clock, out: write, signal } = context;
  program
    .command("dm-record-routes")
    .helpGroup(heading)
    .description("learn the routes of Data Management from the site's dm package, without reaching any service")
    .option("--python <program>", "the Python that has the package", "python3")
    .option("--output <file>", "the file to write", "dm-routes.json")
    .option(
      "--setup-file <file>",
      "the site's dm.setup.sh: its `export NAME=value` lines are the package's environment",
    )
    .option("--force", "replace the file if there is one")
    .action(async (flags: { python: string; output: string; setupFile?: string; force?: true }) => {
      const { recordDmRoutes } = await import("./dm-record-routes.ts");
      ended(await recordDmRoutes(flags, { environment, clock, log: silentLog, write, signal }));
    });
}

function addLedger({ program, heading, context, ended }: SiteProgram): void {
  const { environment, setZone, clock } = context;
  program
    .command("ledger [what]")
    .helpGroup(heading)
    .description("check (the usual): is the ledger whole; recover: go on with what can be read of a damaged ledger")
    .option("--config <file>", "the configuration that names the ledger; else as for every command")
    .option("--yes", "recover without a question")
    .action(async (what: string | undefined, flags: { config?: string; yes?: true }) => {
      const { runLedger } = await import("./ledger-command.ts");
      ended(await runLedger({ what, ...flags }, { environment, setZone, clock, dialogue: dialogueOf(context) }));
    });
}

/** The terminal as the commands that ask take it. */
const dialogueOf = ({ isTerminal, out: write, ask }: SiteCommandContext): TrustTerminal => ({ isTerminal, write, ask });
