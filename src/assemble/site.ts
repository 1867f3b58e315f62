/**
 * Settings → the real ports → the actions on them, for the IOC and for the command line alike. Chooses implementations
 * and decides nothing else. For a port that is not configured a stand-in says in one sentence which setting is missing,
 * so that everything else works.
 */

import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { fileState } from "../base/file-state.ts";
import type { Log } from "../base/log.ts";
import type { Troubles } from "../base/troubles.ts";
import type { Lookup } from "../ca/host-names.ts";
import { openCaClient } from "../ca/open-client.ts";
import type { Settings } from "../config/settings.ts";
import { withoutDaqs } from "../controller/daq/daq-watch.ts";
import { watchUncertain } from "../controller/email/uncertain-watch.ts";
import { HealthBook } from "../controller/health/health-book.ts";
import type { BeamlinePvs } from "../controller/ports/beamline-pvs.ts";
import { type AnyTomoScanKey, tomoScanSuffix } from "../controller/pvs/tomoscan.ts";
import type { Server } from "../controller/run/action.ts";
import { type DirectoryTarget, makeDirectories } from "../controller/setup/make-directories.ts";
import type { Site } from "../controller/site.ts";
import type { PeopleOptions } from "../controller/users/people.ts";
import { nodeNetwork } from "../net/node-network.ts";
import type { Network } from "../net/transport.ts";
import { openDaq } from "./daq.ts";
import { openDm } from "./dm.ts";
import { openMail } from "./email.ts";
import { experimentSite } from "./experiment.ts";
import { openGlobus } from "./globus.ts";
import { healthWatch } from "./health.ts";
import { directoryTargets } from "./hosts.ts";
import { lazyBeamline, nowhere } from "./lazy-beamline.ts";
import { openNotify } from "./notify.ts";
import { type MutableEnvironment, type PartOptions, Problems } from "./parts.ts";
import { refuseWithoutNeeds } from "./refusals.ts";
import { openSchedule } from "./schedule.ts";
import { createServer, daqOf, type ServerParts } from "./servers.ts";
import { openTransfers, type TransferPart } from "./transfers.ts";
import { visitSite } from "./visit.ts";
import { openWorkflows, type WorkflowPart } from "./workflows.ts";

export interface SiteOptions {
  readonly settings: Settings;
  readonly environment: MutableEnvironment;
  /** User and host, as other IOCs see this client. */
  readonly user: string;
  readonly host: string;
  /** The prefix of the IOC's PVs; absent for the command line. */
  readonly prefix?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Looks up host names, to find TomoScan; default: the system's look-up. */
  readonly find?: Lookup;
  readonly network?: Network;
  /** Takes what goes wrong in the background, for the IOC. */
  readonly troubles?: Troubles;
}

const CHECKS_STAY =
  "NODE_TLS_REJECT_UNAUTHORIZED=0 is in the environment and turns off no check of certificates here: take it out, and name an authority of your own in the ca-file keys of globus.conf.";

/**
 * Opens a site. Nothing goes on by itself before the watches begin, and nothing stays open after a throw: either would
 * keep the process from ending.
 * @throws ConfigError with everything in the settings that only proves wrong here: files that are not there, addresses
 * that cannot be used
 */
export function openSite(options: SiteOptions): Site {
  if (options.environment["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") options.log.warn(CHECKS_STAY);
  const closers: PartOptions["closers"] = [];
  const close = async (): Promise<void> => {
    await Promise.all(closers.map(async (one) => one()));
  };
  try {
    return { ...chooseSite(options, closers), close };
  } catch (thrown) {
    close().catch((failure: unknown) => options.log.warn(`not everything was closed: ${messageOf(failure)}`));
    throw thrown;
  }
}

function chooseSite(options: SiteOptions, closers: PartOptions["closers"]): Omit<Site, "close"> {
  const { settings } = options;
  const problems = new Problems();
  const health = new HealthBook(options.clock);
  const parts: PartOptions = { ...options, problems, closers, health };
  const dm = openDm(parts);
  const globus = openGlobus(parts);
  const schedule = openSchedule(parts);
  const people: PeopleOptions = { schedule, esafs: dm.esafs, contacts: contactsOf(settings) };
  const mail = openMail(parts, options);
  const directories = problems.collect("[local], [ssh]", () => directoryTargets(parts)) ?? [];
  const daq = problems.collect("[local], [daq]", () => openDaq(parts, dm.dm, options.host));
  const beamline = health.connections.seen(openBeamline(options, parts));
  const tomoScan = { beamline, nameOf: tomoScanNames(settings), clock: options.clock };
  const serverParts: ServerParts = { settings, dm, globus, people, tomoScan, daq, mail };
  const servers = settings.servers.map((server) =>
    problems.collect(`[server ${server.name}]`, () => createServer(server, serverParts)),
  );
  const notify = openNotify(parts, { mailer: mail.mailer, host: options.host, prefix: options.prefix });
  const { processing } = dm;
  const about = { host: options.host, globus, notify, beamline, nameOf: tomoScan.nameOf, processing };
  const transfers = problems.collect("[source]", () =>
    openTransfers(parts, { ...about, ...(options.prefix !== undefined && { prefix: options.prefix }) }),
  );
  problems.throwIfAny();
  const opened = transfers as TransferPart;
  const workflows = openWorkflows(parts, { ...about, dm, find: opened.find, prefix: options.prefix });
  return siteOf(servers as [Server, ...Server[]], directories, serverParts, { transfers: opened, workflows, health });
}

/** What a site is made of beside what its servers are. */
interface MoreParts {
  readonly transfers: TransferPart;
  readonly workflows: WorkflowPart;
  readonly health: HealthBook;
}

/** The site that the commands see, made of the parts. */
function siteOf(
  servers: Site["servers"],
  directories: readonly DirectoryTarget[],
  parts: ServerParts,
  { transfers, workflows, health }: MoreParts,
): Omit<Site, "close"> {
  const { settings, dm, globus, people, tomoScan, mail } = parts;
  const experiments = experimentSite(parts);
  const noTomoScan = settings.epics["ioc-prefix"] === "" ? { tomoScanProblem: NO_TOMOSCAN } : {};
  return {
    servers,
    actions: refuseWithoutNeeds(
      {
        Dirs: makeDirectories(directories, tomoScan),
        ...experiments.actions,
        ...transfers.actions,
        ...workflows.actions,
      },
      settings,
      undefined,
    ),
    arms: { ...experiments.arms, ...transfers.arms, EmailArm: (get) => mail.shown.armProblem(get) },
    watches: [
      ...experiments.watches,
      ...transfers.watches,
      ...workflows.watches,
      ...globus.watches,
      watchUncertain(mail.ledger),
      healthWatch(health, { ...parts, ...noTomoScan }),
      ...(daqOf(parts)?.watches ?? [withoutDaqs]),
    ],
    finish: transfers.finish,
    directories,
    auth: { dm: dm.identity, globus: globus.identity, filesState: () => fileState([...dm.files, ...globus.files]) },
    health,
    visit: visitSite(parts, transfers),
    dataManagement: dm.dm,
    schedule: people.schedule,
    beamline: tomoScan.beamline,
    tomoScanName: tomoScan.nameOf,
    ...noTomoScan,
  };
}

const NO_TOMOSCAN = "Nobody knows where TomoScan is: set ioc-prefix in the [epics] section of globus.conf.";

/**
 * TomoScan's PVs. Without TomoScan's prefix no client is ever made: names without the prefix may be another program's.
 */
function openBeamline(options: SiteOptions, { closers }: PartOptions): BeamlinePvs {
  const { settings, environment, clock, log, user, host, find, network = nodeNetwork } = options;
  if (settings.epics["ioc-prefix"] === "") return nowhere(NO_TOMOSCAN);
  const warn = (sentence: string): void => log.warn(sentence);
  const { pvs, close } = lazyBeamline(
    () => openCaClient({ environment, warn, find, network, clock, user, host, log }),
    options,
  );
  closers.push(close);
  return pvs;
}

/** Full names of TomoScan's PVs; globus.conf may give some of them other suffixes, or, with a colon, whole names. */
function tomoScanNames({ epics }: Settings): (key: AnyTomoScanKey) => string {
  const configured: Partial<Record<AnyTomoScanKey, string>> = {
    yearMonth: epics["experiment-year-month"],
    lastName: epics["user-last-name"],
    proposalNumber: epics["proposal-number"],
    proposalTitle: epics["proposal-title"],
    email: epics["user-email"],
  };
  return (key) => {
    const name = configured[key] ?? tomoScanSuffix(key);
    return name.includes(":") ? name : `${epics["ioc-prefix"]}${epics["tomoscan-prefix"]}${name}`;
  };
}

const contactsOf = ({ globus }: Settings): PeopleOptions["contacts"] =>
  (["primary", "secondary"] as const).map((rank) => ({
    badge: globus[`${rank}-beamline-contact-badge`],
    email: globus[`${rank}-beamline-contact-email`],
  }));
