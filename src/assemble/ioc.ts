/**
 * Composition for the IOC: a site's actions → a controller on this IOC's PVs. The parts of the site are chosen in the
 * other files of assemble/.
 */
import path from "node:path";
import type { Settings } from "../config/settings.ts";
import type { Pvs, PvValue } from "../controller/ports/pvs.ts";
import type { CommandName } from "../controller/pvs/commands.ts";
import { EMAIL_AUDIENCES } from "../controller/pvs/email.ts";
import type { PvName } from "../controller/pvs/index.ts";
import { enablePv } from "../controller/pvs/triggers.ts";
import { startController } from "../controller/wiring.ts";
import { ledgerFolder } from "../services/ledger/files.ts";
import { createUnderWayFile } from "../services/under-way-file.ts";
import { openSite, type SiteOptions } from "./site.ts";

export interface DataManagementOptions extends SiteOptions {
  /** This IOC's own PVs. */
  readonly pvs: Pvs;
  readonly version: string;
  /** Told of each run of a command that ends, or is turned away, and how. */
  readonly commandEnded?: (name: CommandName, state: string) => void;
}

/** Started data management; `stop` cancels the running commands, and waits a little for their end. */
export interface DataManagementProgram {
  stop(): Promise<void>;
}

/**
 * Data management that can be started. Its ports are open already: `close` closes every connection, also where nothing
 * was started.
 */
export interface StartableDataManagement {
  start(): DataManagementProgram;
  close(): Promise<void>;
}

/**
 * Chooses the ports that the settings ask for; reaches nobody yet.
 * @throws ConfigError with everything in the settings that only proves wrong here
 */
export function assembleDataManagement(options: DataManagementOptions): StartableDataManagement {
  const site = openSite(options);
  const start = (): DataManagementProgram => {
    const { pvs, version, clock, log, host, troubles } = options;
    const heard = troubles === undefined ? {} : { troubles };
    const named = options.prefix === undefined ? {} : { prefix: options.prefix };
    const told = options.commandEnded === undefined ? {} : { commandEnded: options.commandEnded };
    const underWay = createUnderWayFile(underWayFile(options));
    return {
      stop: startController({
        ...site,
        ...heard,
        ...named,
        ...told,
        pvs,
        version,
        hostname: host,
        clock,
        log,
        underWay,
      }),
    };
  };
  return { start, close: () => site.close() };
}

/** Each IOC has one file, beside the ledger. */
const underWayFile = ({ prefix = "", ...options }: DataManagementOptions): string =>
  path.join(
    ledgerFolder(options.settings.ledger.path, options.environment),
    `under-way-${encodeURIComponent(prefix)}.json`,
  );

/** What input PVs hold at the start, by the settings. */
export function initialPvs(settings: Settings): Readonly<Partial<Record<PvName, PvValue>>> {
  const { globus, scheduling, email, manual, query, servers } = settings;
  const chosen = servers.findIndex((server) => server.name === globus["globus-server-name"]);
  return {
    ServerName: Math.max(0, chosen),
    Set: scheduling.set,
    EmailTo: EMAIL_AUDIENCES.indexOf(email.schedule ? "Schedule" : "Experiment"),
    EditUserBadge: globus["edit-user-badge"] === "0" ? "" : globus["edit-user-badge"],
    ManualName: manual.name,
    ManualFirstName: manual["first-name"],
    ManualTitle: manual.title,
    ManualGup: Number(manual.gup),
    ManualDate: manual.date,
    ManualStart: manual.start,
    ManualEnd: manual.end,
    ManualBadges: manual.badges,
    ManualEmail: manual.email,
    ManualInstitution: manual.institution,
    ...Object.fromEntries(settings.triggers.map(({ enable }, index) => [enablePv(index), enable ? 1 : 0])),
    EsafStart: query["start-date"],
    EsafEnd: query["end-date"],
  };
}
