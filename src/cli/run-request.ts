/**
 * What one run of a data-management command is handed, by program.ts and by the command line, and what the run gives.
 * Types alone.
 */

import type { Readable } from "node:stream";
import type { SchedulerLike } from "rxjs";
import type { Clock } from "../base/clock.ts";
import type { Environment } from "../base/environment.ts";
import type { Log } from "../base/log.ts";
import type { CaClient } from "../ca/client/client.ts";
import type { Config } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import type { PvOutput, PvValue } from "../controller/ports/pvs.ts";
import type { PvName } from "../controller/pvs/index.ts";
import type { Outcome } from "../controller/run/outcome.ts";
import type { Site } from "../controller/site.ts";
import type { DataCommand } from "./data-command.ts";
import type { GivenOptions } from "./data-options.ts";
import type { Operator } from "./dialogues.ts";
import type { Screen } from "./screen.ts";

/** The process around the commands, handed in by program.ts. */
export interface DataContext {
  readonly environment: Environment;
  /** Tells every local time in this zone ([general] time-zone); empty: in the host's zone. */
  readonly setZone: (zone: string) => void;
  readonly clock: Clock;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly isTerminal: boolean;
  /** Write text as it is. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Asks at the terminal. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** The command line, for the log file. */
  readonly commandLine: string;
  /** @throws ConfigError */
  readonly openSite: (settings: Settings, log: Log) => Site;
  /** What input PVs hold at the start, by the settings. */
  readonly initialPvs: (settings: Settings) => Readonly<Partial<Record<PvName, PvValue>>>;
  readonly openClient: () => Promise<CaClient>;
  /**
   * The prefix of the IOC that holds the ledger, where the failure says that an IOC does: the command then goes through
   * that IOC (decision 0019).
   */
  readonly holderOf: (thrown: unknown) => string | undefined;
  /** For tests in virtual time. */
  readonly scheduler?: SchedulerLike;
}

/** What running a command gives: its outcome, results and details. */
export interface CommandRun {
  readonly outcome: Outcome;
  readonly results: ReadonlyMap<PvName, PvOutput>;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What the places where commands run are handed. */
export interface RunRequest {
  readonly row: DataCommand;
  readonly given: GivenOptions;
  readonly config: Config;
  readonly context: DataContext;
  readonly screen: Screen;
  readonly log: Log;
  readonly person: Operator;
}
