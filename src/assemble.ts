/**
 * Composition: settings → the real ports → a controller on this IOC's PVs. It chooses implementations and decides nothing else. What is not configured
 * gets a stand-in that says in one sentence which setting is missing, so that everything else works without it. Over 300 lines because every such choice
 * stands here and nowhere else.
 */
import { readFileSync } from "node:fs";
import type { Clock } from "./base/clock.ts";
import { ActionError, AppError, messageOf } from "./base/errors.ts";
import type { Log } from "./base/log.ts";
import { type CaClient, createCaClient } from "./ca/client/client.ts";
import { clientConfig } from "./ca/net/ca-config.ts";
import { nodeNetwork } from "./ca/net/node-network.ts";
import { ConfigError } from "./config.ts";
import type { Action, Server } from "./controller/action.ts";
import { initOnDm } from "./controller/actions/init-dm.ts";
import { initOnGlobus } from "./controller/actions/init-globus.ts";
import type { DirectoryTarget } from "./controller/actions/make-directories.ts";
import { dataLink, fillTemplate } from "./controller/experiment.ts";
import type { DataManagement, DirectoryTree, Identity, Pvs, Scheduling } from "./controller/ports.ts";
import { TOMOSCAN_PVS, type TomoScanKey } from "./controller/pvs.ts";
import { startController } from "./controller/wiring.ts";
import { createCaPvs } from "./services/ca-pvs.ts";
import { createDmHttp } from "./services/dm-http.ts";
import { DM_ROUTES, routesFromFile } from "./services/dm-routes.ts";
import { createPersonLogin, createServiceAccount, type GlobusAuth, globusOff } from "./services/globus-auth.ts";
import { createGlobusCall, type GlobusCall } from "./services/globus-call.ts";
import { createTokenStore } from "./services/globus-token-store.ts";
import { createGlobusTree } from "./services/globus-transfer.ts";
import { createGlobusTransport, globusServiceUrls } from "./services/globus-transport.ts";
import { createSchedulingHttp } from "./services/scheduling-http.ts";
import { createSshTree } from "./services/ssh-hosts.ts";
import type { ServerSettings, Settings } from "./settings.ts";

/** The process environment, as main hands it on; the Globus SDK reads its service addresses from the real one, so this must be it. */
export type MutableEnvironment = Record<string, string | undefined>;

export interface DataManagementOptions {
  readonly settings: Settings;
  /** This IOC's own PVs. */
  readonly pvs: Pvs;
  readonly environment: MutableEnvironment;
  /** User and host as other IOCs see them. */
  readonly user: string;
  readonly host: string;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Started data management; stopping it cancels what runs and closes every connection. */
export interface DataManagementProgram {
  stop(): Promise<void>;
}

/**
 * Chooses the ports that the settings ask for; reaches nobody yet.
 * @returns starts the controller on them
 * @throws ConfigError with everything that only shows to be wrong here: files that are not there, addresses that cannot be used
 */
export function assembleDataManagement(options: DataManagementOptions): () => DataManagementProgram {
  const { settings, clock, log } = options;
  const problems = new Problems();
  const closers: Closers = [];
  const services = openServices(options, closers, problems);
  const servers = settings.servers.map((server) =>
    problems.collect(`[server ${server.name}]`, () => createServer(server, settings, services, clock)),
  );
  const directories = problems.collect("[local], [ssh]", () => directoryTargets(settings, options.environment, clock));
  problems.throwIfAny();
  return () => {
    const client = openClient(options);
    closers.push(() => client.close());
    const stop = startController({
      pvs: options.pvs,
      beamline: createCaPvs(client),
      tomoScanName: tomoScanNames(settings),
      servers: servers as [Server, ...Server[]],
      directories: directories ?? [],
      auth: { dm: services.dmIdentity, globus: services.globusIdentity },
      version: options.version,
      clock,
      log,
    });
    return {
      stop: async () => {
        stop();
        await Promise.all(closers.map((close) => close()));
      },
    };
  };
}

type Closers = (() => Promise<void>)[];

/** Collects what is wrong while the ports are made, so that all of it is told at once. */
class Problems {
  readonly #sentences: string[] = [];
  /** What `make` makes; undefined, and one problem more, when it throws an AppError. @param where the section of globus.conf */
  collect<T>(where: string, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#sentences.push(`${where}: ${messageOf(error)}`);
      return undefined;
    }
  }
  /** @throws ConfigError */
  throwIfAny(): void {
    if (this.#sentences.length > 0) throw new ConfigError(this.#sentences);
  }
}

/** The index of the server that globus.conf chooses, for ServerName's initial value. */
export const chosenServer = (settings: Settings): number =>
  Math.max(
    0,
    settings.servers.findIndex((server) => server.name === settings.globus["globus-server-name"]),
  );

/** Full names of TomoScan's PVs; globus.conf may give some of them other suffixes. */
function tomoScanNames({ epics }: Settings): (key: TomoScanKey) => string {
  const configured: Partial<Record<TomoScanKey, string>> = {
    yearMonth: epics["experiment-year-month"],
    lastName: epics["user-last-name"],
    proposalNumber: epics["proposal-number"],
    proposalTitle: epics["proposal-title"],
    email: epics["user-email"],
  };
  return (key) => `${epics["ioc-prefix"]}${epics["tomoscan-prefix"]}${configured[key] ?? TOMOSCAN_PVS[key].suffix}`;
}

function openClient({ environment, clock, log, user, host }: DataManagementOptions): CaClient {
  const { config, warnings } = clientConfig(environment);
  for (const warning of warnings) log.warn(warning);
  return createCaClient({ network: nodeNetwork, clock, config, user, host, log });
}

interface Services {
  readonly dm: DataManagement;
  readonly dmIdentity: Identity;
  readonly scheduling: Scheduling;
  readonly globusIdentity: Identity;
  readonly globusCall: GlobusCall;
}

function openServices(options: DataManagementOptions, closers: Closers, problems: Problems): Services {
  const { settings, clock, log } = options;
  const dm = problems.collect("[dm]", () => openDm(settings, clock, log));
  const scheduling = problems.collect("[scheduling]", () =>
    createSchedulingHttp({
      url: settings.scheduling.url,
      beamline: settings.scheduling.beamline,
      login: { file: settings.scheduling.credentials },
      clock,
      log,
    }),
  );
  const globus = problems.collect("[globus-auth]", () => openGlobus(options, closers));
  for (const service of [dm, scheduling]) if (service !== undefined) closers.push(() => service.close());
  return {
    dm: dm ?? dmOff,
    dmIdentity: dm === undefined ? globusOff : { state: async (call) => (await dm.checkLogin(call), { state: "OK" }) },
    scheduling: scheduling ?? { beamtimes: () => Promise.reject(new ActionError("the scheduling service is off")) },
    globusIdentity: globus?.auth ?? globusOff,
    globusCall:
      globus?.call ??
      (() =>
        Promise.reject(new ActionError("Globus is off: set client-id in the [globus-auth] section of globus.conf"))),
  };
}

function openDm({ dm: settings }: Settings, clock: Clock, log: Log): ReturnType<typeof createDmHttp> | undefined {
  if (settings.station === "" || settings["ds-url"] === "") return undefined;
  if (settings["ca-file"] !== "") readText(settings["ca-file"], "ca-file");
  const file = settings["routes-file"];
  return createDmHttp({
    urls: { ds: settings["ds-url"] },
    station: settings.station,
    login: { file: settings["login-file"] },
    routes: file === "" ? DM_ROUTES : routesFromFile(readText(file, "routes-file"), file),
    tls: { caFile: settings["ca-file"] || undefined, fingerprint: settings.fingerprint || undefined },
    clock,
    log,
    timeoutSeconds: settings.timeout,
  });
}

const dmSentence = "Data Management is off: set station and ds-url in the [dm] section of globus.conf";
const off = (): Promise<never> => Promise.reject(new ActionError(dmSentence));
/** Stands in where no Data Management service is configured. */
const dmOff: DataManagement = {
  experimentByName: off,
  addExperiment: off,
  userByUsername: off,
  addUserToExperiment: off,
  checkLogin: off,
};

function openGlobus(
  { settings, environment, clock, log }: DataManagementOptions,
  closers: Closers,
): { readonly auth: GlobusAuth; readonly call: GlobusCall } | undefined {
  const section = settings["globus-auth"];
  const urls = { auth: section["auth-url"], transfer: section["transfer-url"], flows: section["flows-url"] };
  Object.assign(environment, globusServiceUrls(urls));
  if (section["client-id"] === "") return undefined;
  const transport = createGlobusTransport({ clock, timeoutSeconds: section.timeout });
  const clientId = section["client-id"];
  const auth =
    section["client-secret-file"] === ""
      ? createPersonLogin({ clientId, store: createTokenStore(section["token-store"]) }, transport)
      : createServiceAccount({ clientId, secretFile: section["client-secret-file"] }, transport);
  const rest = auth.keepAlive(log);
  closers.push(() => {
    rest();
    return transport.close();
  });
  return { auth, call: createGlobusCall(auth, transport) };
}

function createServer(server: ServerSettings, settings: Settings, services: Services, clock: Clock): Server {
  return {
    name: server.name,
    init: initAction(server, settings, services, clock),
    dataLink: (experiment) =>
      server.uuid === "" ? "" : dataLink(server.uuid, fillTemplate(server["data-link-path"], experiment)),
  };
}

function initAction(server: ServerSettings, settings: Settings, services: Services, clock: Clock): Action {
  const { globus, scheduling } = settings;
  if (server.kind === "globus") {
    const tree =
      server.uuid === ""
        ? treeWithout(
            `the Globus collection ${server.name} has no uuid in [server ${server.name}] of globus.conf`,
            server,
          )
        : createGlobusTree({
            collectionId: server.uuid,
            name: server.name,
            top: server.top,
            call: services.globusCall,
          });
    return initOnGlobus({ tree, template: server["directory-template"] });
  }
  return initOnDm({
    dm: services.dm,
    scheduling: services.scheduling,
    experimentType: globus["experiment-type"],
    contactBadges: [globus["primary-beamline-contact-badge"], globus["secondary-beamline-contact-badge"]],
    scheduleTime: () => new Date(clock.now() + scheduling.set * 86_400_000),
    serverName: server.name,
    beamline: scheduling.beamline,
  });
}

/** Stands in for a tree that cannot be reached as configured. */
const treeWithout = (
  sentence: string,
  { name, top }: { readonly name: string; readonly top: string },
): DirectoryTree => ({
  name,
  top,
  makeDirectories: () => Promise.reject(new ActionError(sentence)),
});

/** The two hosts of Dirs. */
const SIDES = [
  { side: "detector", statePv: "DirsDetector", pathPv: "DetectorDir" },
  { side: "analysis", statePv: "DirsAnalysis", pathPv: "AnalysisDir" },
] as const;

function directoryTargets({ local, ssh }: Settings, environment: MutableEnvironment, clock: Clock): DirectoryTarget[] {
  const agent = environment["SSH_AUTH_SOCK"];
  return SIDES.map(({ side, statePv, pathPv }) => {
    const host = local[side];
    const top = local[`${side}-top-dir`];
    const identityFile = ssh["identity-file"];
    const tree =
      identityFile === "" && (agent === undefined || agent === "")
        ? treeWithout(
            `there is no SSH key for ${host}: set identity-file in the [ssh] section of globus.conf, or start an SSH agent`,
            { name: host, top },
          )
        : createSshTree(
            {
              host,
              port: ssh[`${side}-port`],
              user: local[`${side}-user-name`],
              login: identityFile === "" ? { agentSocket: agent as string } : { identityFile },
              knownHostsFile: ssh["known-hosts-file"],
              connectTimeoutSeconds: ssh.timeout,
              stepTimeoutSeconds: ssh.timeout,
              top,
              mode: ssh["directory-mode"],
            },
            clock,
          );
    return { tree, template: ssh["directory-template"], statePv, pathPv };
  });
}

/** @throws ConfigError naming the key */
function readText(file: string, key: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError([`${key} = ${file} cannot be read: ${messageOf(error)}`]);
  }
}
