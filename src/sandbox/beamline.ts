/**
 * The simulated beamline: TomoScan's IOC as a second process, Data Management, scheduling, Globus, and the detector and the analysis host, each speaking its
 * real protocol on loopback, with a globus.conf that points at them. It starts and stops them; what each of them does is its own file's matter.
 * Longer than most files because TomoScan's process, its first tag and the files of settings are made only here, of the parts that this file has started.
 */

import { spawn } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Clock, systemClock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { createLog, type LogSink } from "../base/log.ts";
import { isolatedClient } from "../ca/ca-config.ts";
import { type CaClient, createCaClient } from "../ca/client/client.ts";
import { toByteString } from "../epics/byte-string.ts";
import { nodeNetwork } from "../net/node-network.ts";
import { SANDBOX_DM_ROUTES } from "./dm/routes.ts";
import { type DmTwin, startDmTwin } from "./dm/service.ts";
import { type GlobusService, startGlobusService } from "./globus/service.ts";
import { localIso, PEOPLE, PROPOSAL, STATION, yearMonth, ZONE } from "./people.ts";
import { type SchedulingTwin, startSchedulingTwin } from "./scheduling-service.ts";
import { type SinkMessage, type SmtpSink, startSmtpSink } from "./smtp-sink.ts";
import { generateKey, type SshHost, startSshHost } from "./ssh/host.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";
import { startTomoScanServer } from "./tomoscan-server.ts";

/** TomoScan's prefix in the sandbox, in the two parts that globus.conf has. */
export const IOC_PREFIX = "2bmb:";
const TOMOSCAN_PREFIX = "TomoScan:";
/** Seconds until TomoScan's IOC must answer. */
const TOMOSCAN_SECONDS = 20;
/** Top directories: on both hosts, and on the collection. */
const DATA_TOP = "/data";
const COLLECTION_TOP = "/2-BM";
/** Everything is quicker here than at a beamline. */
const DAQ_POLL_SECONDS = 1;
const DAQ_STALL_SECONDS = 20;

export interface BeamlineOptions {
  /** Command line that runs our own engine on TomoScan's database; TomoScan's macros and file are put behind it. */
  readonly iocCommand: readonly [string, ...string[]];
  /** TomoScan's database. */
  readonly tomoScanDatabase: string;
  /** TCP and UDP port of TomoScan's IOC on 127.0.0.1. */
  readonly tomoScanPort: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly sink?: LogSink;
  /** Told of each e-mail that the simulated mail server takes. */
  readonly onMail?: (message: SinkMessage) => void;
  /** First part of the prefix of the IOC's PVs, where it is not TomoScan's. */
  readonly ownPrefix?: string;
  /** Told when all runs, and TomoScan's PVs are waited for to be tagged. */
  readonly onTagging?: () => void;
  /** Gives the start up. */
  readonly signal?: AbortSignal;
}

export interface Beamline {
  /** The globus.conf of this sandbox. */
  readonly configFile: string;
  readonly tomoScanPort: number;
  readonly tomoScanPrefix: string;
  readonly dm: DmTwin;
  readonly scheduling: SchedulingTwin;
  readonly globus: GlobusService;
  readonly detector: SshHost;
  readonly analysis: SshHost;
  readonly mail: SmtpSink;
  /** `YYYY-MM` of its tags: the month that it was started in. */
  readonly yearMonth: string;
  /** Writes the user PVs as DMagic does: one after the other, in its order. `text` replaces some of them, by suffix. */
  tag(text?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops TomoScan's IOC as a crash does, and starts it again; its PVs are untagged then. */
  restartTomoScan(): Promise<void>;
  /** Ends every service and the second process, and removes all files. */
  close(): Promise<void>;
}

/** A part of the sandbox did not start. */
export class SandboxError extends AppError {}

export async function startBeamline(options: BeamlineOptions): Promise<Beamline> {
  const clock = options.clock ?? systemClock;
  const folder = await makeTemporaryFolder();
  const closers: (() => Promise<void>)[] = [() => folder.remove()];
  let isClosed = false;
  const keep = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    if (isClosed)
      await part.close(); // another part failed while this one started
    else closers.unshift(() => part.close());
    return part;
  };
  const close = async (): Promise<void> => {
    isClosed = true;
    for (const one of closers.splice(0)) await one();
  };
  try {
    const clientKey = generateKey(); // one key for both hosts, as globus.conf has one identity-file
    const analysisStarts = keep(
      startSshHost({ name: "analysis", clock, folders: [DATA_TOP], clientKey, parent: folder.path }),
    );
    const [dm, scheduling, globus, detector, analysis] = await Promise.all([
      // DAQs find their data on the analysis host.
      keep(analysisStarts.then(({ root }) => startDmTwin({ clock, dataRoot: root }))),
      keep(startSchedulingTwin({ clock })),
      keep(startGlobusService({ clock, collections: [{ name: "petrel", folders: [COLLECTION_TOP] }] })),
      keep(startSshHost({ name: "detector", clock, folders: [DATA_TOP], clientKey, parent: folder.path })),
      analysisStarts,
    ]);
    const tomoScan = new TomoScanProcess(options);
    closers.unshift(() => tomoScan.stop("SIGTERM"));
    tomoScan.start();
    const log = createLog("sandbox", options.sink);
    const client = createCaClient({
      network: nodeNetwork,
      clock,
      config: isolatedClient(options.tomoScanPort),
      user: "sandbox",
      host: "localhost",
      log,
    });
    closers.unshift(() => client.close());
    const mail = await keep(startSmtpSink({ clock, onMessage: (message) => options.onMail?.(message) }));
    const prefix = IOC_PREFIX + TOMOSCAN_PREFIX;
    closers.unshift(startTomoScanServer({ client, prefix, root: detector.root }));
    const parts = { dm, scheduling, globus, detector, analysis, mail };
    const configFile = await writeFiles(folder.path, parts, options.ownPrefix);
    const month = yearMonth(new Date(clock.now()));
    const tag = (text: Readonly<Record<string, string>> = {}): Promise<void> =>
      tagTomoScan(
        client,
        new Map([...tagTexts(new Date(clock.now()), month), ...Object.entries(text)]),
        tomoScan.ended,
      );
    options.signal?.addEventListener("abort", () => void tomoScan.stop("SIGTERM"), { once: true });
    options.signal?.throwIfAborted();
    const tagged = tag();
    options.onTagging?.();
    await tagged;
    return {
      ...parts,
      configFile,
      tomoScanPort: options.tomoScanPort,
      tomoScanPrefix: prefix,
      yearMonth: month,
      tag,
      restartTomoScan: async () => {
        await tomoScan.stop("SIGKILL");
        tomoScan.start();
      },
      close,
    };
  } catch (error) {
    await close();
    options.signal?.throwIfAborted(); // what failed then failed because of it
    throw error;
  }
}

/** TomoScan's IOC: a second process, which ends with this one because its standard input does. */
class TomoScanProcess {
  readonly #options: BeamlineOptions;
  #child: ReturnType<typeof spawn> | undefined;
  #ended = new AbortController();
  constructor(options: BeamlineOptions) {
    this.#options = options;
  }
  start(): void {
    const { iocCommand, tomoScanDatabase, tomoScanPort, environment } = this.#options;
    const [program, ...args] = iocCommand;
    const macros = `P=${IOC_PREFIX},R=${TOMOSCAN_PREFIX}`;
    const child = spawn(program, [...args, "-m", macros, "-d", tomoScanDatabase], {
      env: { ...environment, ...loopbackEnvironment(tomoScanPort) },
      stdio: ["pipe", "ignore", "inherit"],
    });
    child.stdin?.on("error", () => {}); // it has ended already
    const ended = new AbortController();
    child.once("exit", (code, signal) =>
      ended.abort(new SandboxError(`the simulated TomoScan's IOC ended (${signal ?? `status ${code}`})`)),
    );
    this.#ended = ended;
    this.#child = child;
  }
  /** Aborted when the process that runs now has ended. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }
  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    await ended;
  }
}

/** Environment of an IOC that lives on one port of 127.0.0.1 and sends no beacons elsewhere. */
export function loopbackEnvironment(port: number): Record<string, string> {
  return {
    EPICS_CAS_INTF_ADDR_LIST: "127.0.0.1",
    EPICS_CAS_SERVER_PORT: String(port),
    EPICS_CAS_AUTO_BEACON_ADDR_LIST: "NO",
    EPICS_CAS_BEACON_ADDR_LIST: "",
  };
}

/** The PVs in the order in which DMagic writes them (integration, section 1.9). */
function tagTexts(now: Date, month: string): readonly (readonly [suffix: string, text: string])[] {
  const { pi } = PEOPLE;
  return [
    ["UserName", pi.firstName],
    ["UserLastName", pi.lastName],
    ["UserInstitution", pi.institution ?? ""],
    ["UserEmail", pi.email ?? ""],
    ["UserBadge", pi.badge],
    ["UserInfoUpdate", localIso(now)],
    ["ProposalNumber", PROPOSAL.gupId],
    ["ProposalTitle", PROPOSAL.title],
    ["ExperimentYearMonth", month],
    ["ESAFNumber", PROPOSAL.esafId],
  ];
}

async function tagTomoScan(client: CaClient, texts: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
  for (const [suffix, text] of texts) {
    const pv = client.pv(`${IOC_PREFIX}${TOMOSCAN_PREFIX}${suffix}`);
    try {
      await pv.connected({ timeoutSeconds: TOMOSCAN_SECONDS, signal });
      await pv.putCallback(toByteString(text), {
        timeoutSeconds: TOMOSCAN_SECONDS,
        signal,
      });
    } catch (error) {
      throw new SandboxError(`the simulated TomoScan does not take ${pv.name}`, { cause: error });
    } finally {
      pv.close();
    }
  }
}

type Parts = Pick<Beamline, "dm" | "scheduling" | "globus" | "detector" | "analysis" | "mail">;

/** The sandbox's e-mail; a site's own is like iocBoot/iocGlobus/message.html. */
const MESSAGE_TEMPLATE = `<p>Dear users of %%ExperimentName%%,</p>
<p>the data of <b>%%ProposalTitle%%</b> are here:<br>
%%DATA_LINK%%</p>
<p>Slides:<br>
%%SLIDES_LINK%%</p>
`;

/** Writes globus.conf and what it names. @returns the path of globus.conf */
async function writeFiles(directory: string, parts: Parts, ownPrefix = ""): Promise<string> {
  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(directory, name);
    await writeFile(file, text, { mode: 0o600 });
    await chmod(file, 0o600);
    return file;
  };
  const { dm, scheduling, globus, detector, analysis, mail } = parts;
  const knownHosts = await write("known_hosts", `${detector.knownHostsLine}\n${analysis.knownHostsLine}\n`);
  const sections: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
    general: { "time-zone": ZONE, "log-directory": path.join(directory, "logs") },
    scheduling: {
      beamline: STATION.beamline,
      url: scheduling.url,
      credentials: await write("scheduling_credentials", `${scheduling.login.username}|${scheduling.login.password}\n`),
    },
    globus: {
      "experiment-type": STATION.experimentType,
      "primary-beamline-contact-badge": PEOPLE.contacts[0]?.badge ?? "0",
      "primary-beamline-contact-email": PEOPLE.contacts[0]?.email ?? "",
      "secondary-beamline-contact-badge": PEOPLE.contacts[1]?.badge ?? "0",
      "secondary-beamline-contact-email": PEOPLE.contacts[1]?.email ?? "",
      "globus-message-file": await write("message.html", MESSAGE_TEMPLATE),
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
    ledger: { path: path.join(directory, "ledger") },
    dm: {
      station: STATION.name,
      // The simulated services have routes of their own: a real dm package on this host would not know them.
      backend: "http",
      "ds-url": dm.urls.ds,
      "daq-url": dm.urls.daq,
      "aps-db-url": dm.urls.apsDb,
      "login-file": await write("dm_login", `${dm.login.username}|${dm.login.password}\n`),
      "routes-file": await write("dm-routes.json", JSON.stringify(SANDBOX_DM_ROUTES, undefined, 2)),
    },
    "globus-auth": {
      "client-id": globus.serviceAccount.clientId,
      "client-secret-file": await write("globus_secret", `${globus.serviceAccount.secret}\n`),
      "auth-url": globus.url,
      "transfer-url": globus.url,
      "flows-url": globus.url,
      "token-store": path.join(directory, "tokens.json"),
    },
    ssh: {
      "detector-port": detector.port,
      "analysis-port": analysis.port,
      "data-port": analysis.port,
      "identity-file": detector.identityFile,
      "known-hosts-file": knownHosts,
    },
    "server voyager": { kind: "dm", uuid: globus.collection("petrel").id },
    "server petrel": {
      kind: "globus",
      uuid: globus.collection("petrel").id,
      top: COLLECTION_TOP,
      "data-link-path": `${COLLECTION_TOP}/{ym}/{exp}/`,
    },
  };
  const text = Object.entries(sections).map(
    ([section, keys]) =>
      `[${section}]\n${Object.entries(keys)
        .map(([key, value]) => `${key} = ${String(value).replaceAll("%", "%%")}\n`)
        .join("")}`,
  );
  return write("globus.conf", text.join("\n"));
}
