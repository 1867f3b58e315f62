/**
 * `globus-ioc ledger`: tells whether the ledger is whole; with `recover`, goes on with what can be read of a damaged
 * ledger, when a person says so.
 */

import path from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Environment } from "../base/environment.ts";
import { lookForConfigFile, readConfig } from "../config/config.ts";
import { LEDGER_DATABASES, type LedgerDatabase, ledgerFolder } from "../services/ledger/files.ts";
import { type LedgerLook, lookAtLedger, recoverLedger } from "../services/ledger/recovery.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { isConfirmed, type TrustTerminal } from "./trust-host.ts";

export interface LedgerRequest {
  /** `check` or `recover`; undefined: check. */
  readonly what: string | undefined;
  /** `--config`. */
  readonly config?: string;
  /** `--ledger`. */
  readonly ledger?: string;
  readonly yes?: boolean;
}

export interface LedgerContext {
  readonly environment: Environment;
  /** Tells every local time in this zone ([general] time-zone); empty: in the host's zone. */
  readonly setZone: (zone: string) => void;
  readonly clock: Clock;
  readonly dialogue: TrustTerminal;
}

/** @returns the exit status: done when the ledger is whole afterwards @throws ActionError, ConfigError, UsageError */
export async function runLedger(
  { what = "check", ...request }: LedgerRequest,
  context: LedgerContext,
): Promise<number> {
  if (what !== "check" && what !== "recover")
    throw new UsageError(`globus-ioc ledger does not know ${JSON.stringify(what)}: say check or recover.`);
  const { dialogue } = context;
  const folder = folderOf(request, context);
  const looks = await Promise.all(
    LEDGER_DATABASES.map(async (database) => ({ database, look: await lookAtLedger(folder, database) })),
  );
  const found = looks.filter(({ look }) => look.exists);
  if (found.length === 0) {
    dialogue.write(
      `There is no ledger in ${folder} yet: no e-mail and no scan was sent with it. Another globus.conf, or another user, has another ledger.`,
    );
    return EXIT.done;
  }
  let isWhole = true;
  for (const one of found) isWhole = (await checkDatabase(folder, one, { ...request, what }, context)) && isWhole;
  return isWhole ? EXIT.done : EXIT.failed;
}

interface Looked {
  readonly database: LedgerDatabase;
  readonly look: LedgerLook;
}

/** @returns whether the database is whole afterwards */
async function checkDatabase(
  folder: string,
  { database, look: { records, problems } }: Looked,
  request: LedgerRequest,
  { clock, dialogue }: LedgerContext,
): Promise<boolean> {
  const known = `${records} ${records === 1 ? database.records.one : database.records.many}`;
  if (problems.length === 0) {
    dialogue.write(`The ledger ${folder} is whole: ${known} known in it.`);
    return true;
  }
  dialogue.write(`The ledger ${folder} is damaged: ${problems.join("; ")}.`);
  dialogue.write(`${known} still known in it; ${database.lost}.`);
  if (request.what === "check") {
    dialogue.write(`${database.stopped}: globus-ioc ledger recover goes on with what can be read.`);
    return false;
  }
  if (!(await isMeant(request, dialogue))) {
    dialogue.write("Nothing was changed.");
    return false;
  }
  const done = await recoverLedger(folder, database, clock);
  if (done.kept !== undefined) dialogue.write(`The damaged files are kept in ${done.kept}.`);
  dialogue.write(`The ledger has ${done.records} records now. ${database.afterwards}`);
  return true;
}

/** The ledger's folder; also sets the facility's zone. @param ledger of `--ledger` @throws ConfigError */
export function folderOf(
  { config, ledger: given }: Pick<LedgerRequest, "config" | "ledger">,
  { environment, setZone }: Pick<LedgerContext, "environment" | "setZone">,
): string {
  const file = lookForConfigFile(config, environment);
  const named = given === undefined ? "" : path.resolve(given);
  if (file === undefined) return ledgerFolder(named, environment);
  const { general, ledger } = readConfig(file, environment);
  setZone(general["time-zone"]);
  return ledgerFolder(named || ledger.path, environment);
}

/** Whether a person wants the recovery. @throws UsageError where nobody can be asked */
async function isMeant({ yes = false }: Omit<LedgerRequest, "what">, dialogue: TrustTerminal): Promise<boolean> {
  if (yes) return true;
  if (!dialogue.isTerminal)
    throw new UsageError("Nobody can be asked without a terminal: say globus-ioc ledger recover --yes to go on.");
  return isConfirmed(dialogue, "Go on with what can be read (yes/no)? ");
}
