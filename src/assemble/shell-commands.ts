/**
 * The shell commands of data management: globusConfigure reads globus.conf and prepares the PVs, globusStart starts the
 * controller with the IOC.
 */

import type { Clock } from "../base/clock.ts";
import { facilityZone } from "../base/facility-time.ts";
import { Listeners } from "../base/listeners.ts";
import { createLog, type Log, teeLog } from "../base/log.ts";
import { parseMacros } from "../base/macros.ts";
import { ConfigError, findConfigFile, loadConfig } from "../config/config.ts";
import { fileSentences, missingSentence, missingSettings } from "../config/needs.ts";
import { prefixProblems } from "../config/prefixes.ts";
import type { Settings } from "../config/settings.ts";
import type { CommandName } from "../controller/pvs/commands.ts";
import { allPvs } from "../controller/pvs/index.ts";
import { refuseCommands } from "../controller/wiring.ts";
import type { Database } from "../database/database.ts";
import { resultBound } from "../ioc/access/result-fields.ts";
import type { CommandSession } from "../ioc/commands/session.ts";
import { GuestPvs } from "../ioc/guest-pvs.ts";
import type { Stage } from "../ioc/ioc.ts";
import { LocalPvs } from "../ioc/local-pvs.ts";
import { logPuts } from "../ioc/put-log.ts";
import { ShellError } from "../iocsh/parse.ts";
import { type ShellCommand, shellCommand } from "../iocsh/shell-command.ts";
import { type LogFile, openLogFile } from "../services/log-file.ts";
import { checkSaved, fillInitially, nameServers, nameTriggers, recordOf } from "./first-values.ts";
import { assembleDataManagement, type DataManagementProgram, initialPvs } from "./ioc.ts";
import type { MutableEnvironment } from "./parts.ts";
import { type GlobusReport, globusReport } from "./report.ts";
import type { Starter } from "./web.ts";

export interface GlobusCommandsOptions {
  readonly session: CommandSession;
  /** Called for settings that are wrong: the IOC must not run without data management. */
  readonly giveUp: (error: ConfigError) => void;
  readonly environment: MutableEnvironment;
  /** Tells every local time in this zone ([general] time-zone); empty: in the host's zone. */
  readonly setZone: (zone: string) => void;
  readonly user: string;
  readonly host: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly starter: Starter;
}

/** What globusConfigure has found, for globusStart. */
interface Configured {
  /** For globusShow. */
  readonly shown: Omit<GlobusReport, "isStarted" | "zone">;
  readonly pvs: LocalPvs;
  /**
   * Fills PVs from the settings, makes every PV defined and begins the log of puts, also without globusStart.
   * @returns ends the log of puts
   */
  readonly prepare: () => () => void;
  readonly start: () => DataManagementProgram;
  /** Serves the web page. @returns ends it */
  readonly serve: () => Promise<() => Promise<void>>;
}

export function globusCommands(options: GlobusCommandsOptions): readonly ShellCommand[] {
  const log = options.session.ioc.heard("globus", options.log);
  const steps = new ShellSteps({ ...options, log });
  return [
    shellCommand({
      name: "globusConfigure",
      arguments: [
        { name: "globus.conf", kind: "text" },
        { name: "P=prefix,R=prefix", kind: "text" },
      ],
      help: "Reads the settings of data management and prepares its PVs. After dbLoadRecords, before iocInit.",
      run: (_context, file, macros) => steps.configure(file, macros ?? ""),
    }),
    shellCommand({
      name: "globusStart",
      arguments: [],
      help: "Lets iocInit start data management. After globusConfigure, before iocInit.",
      run: () => steps.start(),
    }),
    shellCommand({
      name: "globusShow",
      arguments: [{ name: "level", kind: "integer" }],
      help: "Tells which globus.conf counts, the prefixes and servers, and what is missing; 1: also what the file sets; 2: also the defaults.",
      run: ({ print }, level) => {
        for (const line of steps.report(level ?? 0)) print(line);
      },
    }),
  ];
}

/** What the commands have done so far: each needs that the command before it has run. */
class ShellSteps {
  readonly #options: GlobusCommandsOptions;
  #configured: Configured | undefined;
  #isWanted = false;

  constructor(options: GlobusCommandsOptions) {
    this.#options = options;
  }

  /** @throws ShellError; wrong settings go to `giveUp` */
  configure(file: string | undefined, macros: string): void {
    const { giveUp, session } = this.#options;
    if (session.ioc.state !== "loading")
      throw new ShellError("globusConfigure must stand before iocInit: ServerName's states are made there.");
    if (this.#configured !== undefined) throw new ShellError("globusConfigure runs once only.");
    try {
      const ready = configure(this.#options, file, macros);
      this.#configured = ready;
      session.ioc.addStage(
        "beforeServer",
        stageOf(() => this.#begin(ready)),
      );
      session.ioc.addStage("running", webStage(ready.serve));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      giveUp(error);
    }
  }

  /** @throws ShellError */
  start(): void {
    if (this.#configured === undefined)
      throw new ShellError('globusStart has no settings: say globusConfigure("globus.conf", "P=...,R=...") first.');
    if (this.#options.session.ioc.state !== "loading") throw new ShellError("globusStart must stand before iocInit.");
    this.#isWanted = true;
  }

  /** @throws ShellError */
  report(level: number): readonly string[] {
    if (this.#configured === undefined)
      throw new ShellError(
        'globusShow has nothing to show: globusConfigure("globus.conf", "P=...,R=...") has not run.',
      );
    const zone = facilityZone(new Date(this.#options.clock.now()));
    return globusReport({ ...this.#configured.shown, isStarted: this.#isWanted, zone }, level);
  }

  #begin({ prepare, pvs, start }: Configured): DataManagementProgram {
    const stopLogging = prepare();
    const program = this.#isWanted ? start() : refusing(this.#options, pvs);
    return {
      stop: () => {
        stopLogging();
        return program.stop();
      },
    };
  }
}

/** What iocInit starts and the end of the IOC stops. */
function stageOf(start: () => DataManagementProgram): Stage {
  let program: DataManagementProgram | undefined;
  return {
    name: "data management",
    start: () => {
      program = start();
    },
    stop: () => program?.stop(),
  };
}

function webStage(serve: Configured["serve"]): Stage {
  let stop: (() => Promise<void>) | undefined;
  return {
    name: "the web page",
    start: async () => {
      stop = await serve();
    },
    stop: () => stop?.(),
  };
}

/** Stands in when st.cmd does not say globusStart: commands are refused, so that no client waits in vain. */
function refusing({ clock, log }: GlobusCommandsOptions, pvs: LocalPvs): DataManagementProgram {
  const stop = refuseCommands(
    pvs,
    clock,
    log,
    "Data management was not started: st.cmd must say globusStart before iocInit.",
  );
  return { stop: () => Promise.resolve(stop()) };
}

/** @throws ConfigError, ShellError */
function configure(options: GlobusCommandsOptions, file: string | undefined, macros: string): Configured {
  const { session } = options;
  const { ioc } = session;
  const { path, config, prefix } = settingsOf(options, file, macros);
  const { settings } = config;
  const pvs = pvsOf(ioc.database, prefix);
  options.setZone(settings.general["time-zone"]);
  const log = openLog(options, settings);
  for (const sentence of config.idle) log.info(sentence);
  for (const sentence of [...missingSettings(settings).map(missingSentence), ...fileSentences(settings)])
    log.warn(`${path}: ${sentence}`);
  const { troubles } = ioc;
  const commandEnds = new Listeners<[command: CommandName, state: string]>();
  const commandEnded = (name: CommandName, state: string): void => commandEnds.notify(name, state);
  const management = inFile(path, () =>
    assembleDataManagement({ ...options, settings, prefix, pvs, log, troubles, commandEnded }),
  );
  ioc.addRunning("data management's connections", () => management.close());
  nameServers(ioc.database, `${prefix}ServerName`, settings.servers);
  const configured = initialPvs(settings);
  const texts = fillInitially(ioc.database, prefix, configured);
  return {
    pvs,
    shown: { file: session.directory.resolve(path), config, prefix },
    prepare: () => {
      for (const [suffix, value] of texts) pvs.put(suffix, value);
      nameTriggers(pvs, settings.triggers);
      checkSaved(pvs, configured, settings.servers, options.log);
      pvs.define(allPvs().keys());
      for (const [suffix, { kind }] of allPvs()) {
        if (kind === "result") ioc.access.bound(recordOf(ioc.database, prefix + suffix), resultBound);
      }
      const names = new Set([...allPvs().keys()].map((suffix) => prefix + suffix));
      const isLogged = (record: { readonly name: string }): boolean => names.has(record.name);
      return logPuts({ database: ioc.database, isLogged, log, clock: options.clock });
    },
    start: () => management.start(),
    serve: async () => {
      if (!settings.web.enable) return () => Promise.resolve();
      const { startWeb } = await import("./web.ts"); // clients of Channel Access need not wait for it
      const { database, access } = ioc;
      const guest = new GuestPvs({ database, access, prefix, clock: options.clock, log });
      const iocFigures = () => ioc.server?.counters;
      return startWeb({ ...options, settings, prefix, pvs: guest, log, commandEnds, iocFigures });
    },
  };
}

/** The settings, and the prefix on which the line of st.cmd and the settings agree. @throws ConfigError, ShellError */
function settingsOf({ session, environment }: GlobusCommandsOptions, file: string | undefined, macros: string) {
  const values = parseMacros(macros);
  const given = { P: values.get("P") ?? "", R: values.get("R") ?? "" };
  const prefix = given.P + given.R;
  if (prefix === "")
    throw new ShellError(
      'globusConfigure needs the prefix of its PVs, e.g. globusConfigure("globus.conf", "P=2bmb:,R=Globus:").',
    );
  const path = findConfigFile(file === "" ? undefined : file, environment, session.directory.path, "globusConfigure");
  const config = loadConfig(path, environment, [], "globusConfigure");
  const wrong = prefixProblems(config, given, path);
  if (wrong.length > 0) throw new ConfigError(wrong);
  return { path, config, prefix };
}

/** Our PVs. @throws ShellError when a record of theirs is not loaded */
function pvsOf(database: Database, prefix: string): LocalPvs {
  const pvs = new LocalPvs(database, prefix);
  const missing = pvs.missing(allPvs().keys()).map((suffix) => prefix + suffix);
  if (missing.length === 0) return pvs;
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : "";
  throw new ShellError(
    `There is no PV ${missing.slice(0, 3).join(", ")}${more}. Load what st.cmd of iocBoot/iocGlobus loads from db/ with this prefix first.`,
  );
}

/** A log to standard error, and to the log file where there is one; the file also gets what fails in the background. */
function openLog(options: GlobusCommandsOptions, settings: Settings): Log {
  const logFile = logFileOf(options, settings);
  if (logFile === undefined) return options.log;
  const fileLog = createLog("globus", logFile.sink);
  options.session.ioc.troubles.listen(({ sentence, isOver }) =>
    isOver ? fileLog.info(sentence) : fileLog.error(sentence),
  );
  return teeLog(options.log, fileLog);
}

/** The IOC's log file, as [general] has it; undefined where it has none. */
function logFileOf({ clock, log, session }: GlobusCommandsOptions, { general }: Settings): LogFile | undefined {
  const { "log-directory": folder, "log-files": kept } = general;
  const trouble = session.ioc.troubles.of("the log file");
  if (folder === "") return undefined;
  const file = openLogFile({ folder, program: "globus_ioc", kept, clock, trouble, warn: log.warn });
  session.ioc.addRunning("the log file", () => file.close());
  return file;
}

/** Names the file in each problem of a ConfigError that `work` throws. */
function inFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.problems.map((problem) => `${path}: ${problem}`));
  }
}
