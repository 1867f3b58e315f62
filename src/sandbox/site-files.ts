/**
 * The files of the simulated beamline's IOC: globus.conf, and what it names. They point at services that run already.
 */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { SANDBOX_WORKFLOW } from "./dm/jobs.ts";
import { SANDBOX_DM_ROUTES } from "./dm/routes.ts";
import type { DmTwin } from "./dm/service.ts";
import type { GlobusService } from "./globus/service.ts";
import { PEOPLE, STATION, ZONE } from "./people.ts";
import type { SchedulingTwin } from "./scheduling-service.ts";
import { type SiteFlow, writeFlowFiles } from "./site-flow.ts";
import type { SmtpSink } from "./smtp-sink.ts";
import type { SshHost } from "./ssh/host.ts";

/** TomoScan's prefix in the sandbox, in the two parts that globus.conf has. */
export const IOC_PREFIX = "2bmb:";
export const TOMOSCAN_PREFIX = "TomoScan:";
/** Top directories: on both hosts, and on the collection. */
export const DATA_TOP = "/data";
/** The end point of Globus Compute. */
export const COMPUTE_ENDPOINT = "cluster";
const COMPUTE_WATCH_SECONDS = 1;
export const COLLECTION_TOP = "/2-BM";
/** Free bytes that are enough: it is a demonstration, on whatever disk. */
const ROOM_BYTES = "10000000";
/** Folder of the destination that scans are copied to. */
export const ARCHIVE = "archive";
/** Everything is quicker here than at a beamline. */
const DAQ_POLL_SECONDS = 1;
const DAQ_STALL_SECONDS = 20;
const SETTLE_SECONDS = 1;
const FLOW_WATCH_SECONDS = 1;

/** The services that the settings point at. */
export interface SiteServices {
  readonly dm: DmTwin;
  readonly scheduling: SchedulingTwin;
  readonly globus: GlobusService;
  readonly detector: SshHost;
  readonly analysis: SshHost;
  readonly mail: SmtpSink;
  readonly flow: SiteFlow;
}

/** The sandbox's e-mail; a site's own is like iocBoot/iocGlobus/message.html. */
const MESSAGE_TEMPLATE = `<p>Dear users of %%ExperimentName%%,</p>
<p>the data of <b>%%ProposalTitle%%</b> are here:<br>
%%DATA_LINK%%</p>
<p>Slides:<br>
%%SLIDES_LINK%%</p>
`;

export interface SiteFileOptions {
  /** First part of the prefix of the IOC's PVs, where it is not TomoScan's. */
  readonly ownPrefix?: string | undefined;
  /** Where the IOC serves its web page, 0: anywhere; undefined: nowhere. */
  readonly webPort?: number | undefined;
}

/** Writes globus.conf and what it names. @returns the path of globus.conf */
export async function writeSiteFiles(
  directory: string,
  services: SiteServices,
  { ownPrefix = "", webPort }: SiteFileOptions = {},
): Promise<string> {
  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(directory, name);
    await writeFile(file, text, { mode: 0o600 });
    await chmod(file, 0o600);
    return file;
  };
  const { dm, scheduling, globus, detector, analysis } = services;
  await mkdir(path.join(directory, ARCHIVE));
  const files: SiteFiles = {
    directory,
    knownHosts: await write("known_hosts", `${detector.knownHostsLine}\n${analysis.knownHostsLine}\n`),
    credentials: await write("scheduling_credentials", `${scheduling.login.username}|${scheduling.login.password}\n`),
    message: await write("message.html", MESSAGE_TEMPLATE),
    dmLogin: await write("dm_login", `${dm.login.username}|${dm.login.password}\n`),
    dmRoutes: await write("dm-routes.json", JSON.stringify(SANDBOX_DM_ROUTES, undefined, 2)),
    globusSecret: await write("globus_secret", `${globus.serviceAccount.secret}\n`),
    ...(await writeFlowFiles(directory, services.flow, globus)),
  };
  return write("globus.conf", iniText(settingsOf(services, files, { ownPrefix, webPort })));
}

/** Paths. */
type SiteFiles = Readonly<
  Record<
    | "directory"
    | "knownHosts"
    | "credentials"
    | "message"
    | "dmLogin"
    | "dmRoutes"
    | "globusSecret"
    | "flows"
    | "flowInput",
    string
  >
>;
type Sections = Readonly<Record<string, Readonly<Record<string, string | number>>>>;

function settingsOf(services: SiteServices, files: SiteFiles, { ownPrefix = "", webPort }: SiteFileOptions): Sections {
  const { dm, scheduling, globus, detector, analysis, mail } = services;
  return {
    general: { "time-zone": ZONE, "log-directory": path.join(files.directory, "logs") },
    scheduling: {
      beamline: STATION.beamline,
      url: scheduling.url,
      credentials: files.credentials,
    },
    globus: {
      "experiment-type": STATION.experimentType,
      "primary-beamline-contact-badge": PEOPLE.contacts[0]?.badge ?? "0",
      "primary-beamline-contact-email": PEOPLE.contacts[0]?.email ?? "",
      "secondary-beamline-contact-badge": PEOPLE.contacts[1]?.badge ?? "0",
      "secondary-beamline-contact-email": PEOPLE.contacts[1]?.email ?? "",
      "globus-message-file": files.message,
      "globus-server-name": "voyager",
    },
    local: {
      detector: detector.host,
      "detector-user-name": detector.user,
      "detector-top-dir": DATA_TOP,
      analysis: analysis.host,
      "analysis-user-name": analysis.user,
      "analysis-top-dir": DATA_TOP,
      "data-host": analysis.host,
      "data-user-name": analysis.user,
      "data-top-dir": DATA_TOP,
    },
    daq: { "poll-seconds": DAQ_POLL_SECONDS, "stall-seconds": DAQ_STALL_SECONDS },
    epics: { "ioc-prefix": IOC_PREFIX, "tomoscan-prefix": TOMOSCAN_PREFIX, "globus-ioc-prefix": ownPrefix },
    email: { "smtp-host": mail.host, "smtp-port": mail.port },
    ledger: { path: path.join(files.directory, "ledger") },
    dm: {
      station: STATION.name,
      // The simulated services have routes of their own: a real dm package on this host would not know them.
      backend: "http",
      "ds-url": dm.urls.ds,
      "daq-url": dm.urls.daq,
      "proc-url": dm.urls.proc,
      "aps-db-url": dm.urls.apsDb,
      workflow: SANDBOX_WORKFLOW.name,
      "watch-seconds": 1,
      "login-file": files.dmLogin,
      "routes-file": files.dmRoutes,
    },
    "globus-auth": {
      "client-id": globus.serviceAccount.clientId,
      "client-secret-file": files.globusSecret,
      "auth-url": globus.url,
      "transfer-url": globus.url,
      "flows-url": globus.url,
      "compute-url": globus.url,
      "token-store": path.join(files.directory, "tokens.json"),
    },
    ssh: {
      "detector-port": detector.port,
      "analysis-port": analysis.port,
      "data-port": analysis.port,
      "identity-file": detector.identityFile,
      "known-hosts-file": files.knownHosts,
    },
    web: webPort === undefined ? { enable: "False" } : { port: webPort },
    "trigger tomoscan": { enable: "True" },
    source: {
      host: "detector",
      mount: path.join(detector.root, DATA_TOP),
      collection: globus.collection("detector").id,
      "collection-path": DATA_TOP,
      "settle-seconds": SETTLE_SECONDS,
    },
    transfers: { "batch-seconds": SETTLE_SECONDS, "check-free-bytes": ROOM_BYTES, "check-own-free-bytes": ROOM_BYTES },
    flows: {
      flow: services.flow.name,
      directory: files.flows,
      "input-file": files.flowInput,
      "watch-seconds": FLOW_WATCH_SECONDS,
    },
    compute: {
      endpoint: globus.compute.endpoint(COMPUTE_ENDPOINT).id,
      functions: path.join(files.directory, "functions.json"),
      "watch-seconds": COMPUTE_WATCH_SECONDS,
    },
    "destination archive": { kind: "folder", top: path.join(files.directory, ARCHIVE), manifest: "True" },
    "destination petrel": { kind: "globus", collection: globus.collection("petrel").id, top: COLLECTION_TOP },
    "server voyager": { kind: "dm", uuid: globus.collection("petrel").id },
    "server petrel": {
      kind: "globus",
      uuid: globus.collection("petrel").id,
      top: COLLECTION_TOP,
      "data-link-path": `${COLLECTION_TOP}/{ym}/{exp}/`,
    },
  };
}

const iniText = (sections: Sections): string =>
  Object.entries(sections)
    .map(([section, keys]) => [
      `[${section}]\n`,
      ...Object.entries(keys).map(([key, value]) => `${key} = ${String(value).replaceAll("%", "%%")}\n`),
    ])
    .map((lines) => lines.join(""))
    .join("\n");
