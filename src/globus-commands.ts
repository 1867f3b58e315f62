/**
 * The shell commands of data management: globusConfigure reads globus.conf and prepares the PVs, globusStart starts the controller with the IOC.
 */
import { chosenServer, type DataManagementProgram, type MutableEnvironment, startDataManagement } from "./assemble.ts";
import type { Clock } from "./base/clock.ts";
import type { Log } from "./base/log.ts";
import { parseMacros } from "./base/macros.ts";
import { ConfigError, findConfigFile, readConfig } from "./config.ts";
import { allPvs } from "./controller/pvs.ts";
import type { Database } from "./database/database.ts";
import type { CommandSession } from "./ioc/commands/session.ts";
import { LocalPvs } from "./ioc/local-pvs.ts";
import { ShellError } from "./iocsh/parse.ts";
import { type ShellCommand, shellCommand } from "./iocsh/shell-command.ts";
import type { ServerSettings, Settings } from "./settings.ts";

export interface GlobusCommandsOptions {
  readonly session: CommandSession;
  /** Called for settings that are wrong: the IOC must not run without what they are for. */
  readonly giveUp: (error: ConfigError) => void;
  readonly environment: MutableEnvironment;
  readonly user: string;
  readonly host: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

interface Configured {
  readonly settings: Settings;
  readonly pvs: LocalPvs;
}

export function globusCommands(options: GlobusCommandsOptions): readonly ShellCommand[] {
  const { ioc } = options.session;
  let configured: Configured | undefined;
  return [
    shellCommand({
      name: "globusConfigure",
      arguments: [
        { name: "globus.conf", kind: "text" },
        { name: "P=prefix,R=prefix", kind: "text" },
      ],
      help: "Reads the settings of data management and prepares its PVs. After dbLoadRecords, before iocInit.",
      run: (_context, file, macros) => {
        if (ioc.state !== "loading")
          throw new ShellError("globusConfigure must stand before iocInit: ServerName's states are made there.");
        try {
          configured = configure(options, file, macros ?? "");
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          options.giveUp(error);
        }
      },
    }),
    shellCommand({
      name: "globusStart",
      arguments: [],
      help: "Starts data management with the IOC. After globusConfigure, before iocInit.",
      run: () => {
        if (configured === undefined)
          throw new ShellError('globusStart has no settings: say globusConfigure("globus.conf", "P=...,R=...") first.');
        const { settings, pvs } = configured;
        let program: DataManagementProgram | undefined;
        ioc.addStage("beforeServer", {
          name: "data management",
          start: () => {
            pvs.put("ServerName", chosenServer(settings));
            program = startDataManagement({ ...options, settings, pvs });
          },
          stop: () => program?.stop(),
        });
      },
    }),
  ];
}

/** @throws ConfigError, ShellError */
function configure(
  { session, environment }: GlobusCommandsOptions,
  file: string | undefined,
  macros: string,
): Configured {
  const values = parseMacros(macros);
  const prefix = `${values.get("P") ?? ""}${values.get("R") ?? ""}`;
  if (prefix === "")
    throw new ShellError(
      'globusConfigure needs the prefix of its PVs, e.g. globusConfigure("globus.conf", "P=2bmb:,R=Globus:").',
    );
  const settings = readConfig(
    findConfigFile(file === "" ? undefined : file, environment, session.directory.path),
    environment,
  );
  const pvs = new LocalPvs(session.ioc.database, prefix);
  const missing = pvs.missing(allPvs().keys());
  if (missing.length > 0) {
    throw new ShellError(
      `There is no PV ${missing
        .slice(0, 3)
        .map((suffix) => prefix + suffix)
        .join(
          ", ",
        )}${missing.length > 3 ? ` and ${missing.length - 3} more` : ""}. Load db/globus.db and db/globus_commands.substitutions with this prefix first.`,
    );
  }
  nameServers(session.ioc.database, `${prefix}ServerName`, settings.servers);
  return { settings, pvs };
}

/** Prefixes of the fields for an mbbo's states, 0 to 15. */
const STATES = "ZR ON TW TH FR FV SX SV EI NI TE EL TV TT FT FF".split(" ");

/** Gives ServerName a state for each configured server, before any client can see it (decision 15). */
function nameServers(database: Database, name: string, servers: readonly ServerSettings[]): void {
  const record = database.record(name);
  if (record === undefined) throw new ShellError(`There is no record ${name}.`);
  servers.forEach((server, index) => {
    database.setFieldText(record, `${STATES[index]}ST`, server.name);
    database.setFieldText(record, `${STATES[index]}VL`, String(index));
  });
}
