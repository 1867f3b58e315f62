/**
 * The simulated beamline: TomoScan's IOC as a second process, Data Management, scheduling, Globus, and the detector and
 * the analysis host, each speaking its real protocol on loopback, with a globus.conf that points at them. It starts and
 * stops them; what each of them does is its own file's matter.
 */

import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { type Clock, systemClock } from "../base/clock.ts";
import type { Environment } from "../base/environment.ts";
import { AppError } from "../base/errors.ts";
import { createLog, type LogSink } from "../base/log.ts";
import { isolatedClient } from "../ca/ca-config.ts";
import { type CaClient, createCaClient } from "../ca/client/client.ts";
import { toByteString } from "../epics/byte-string.ts";
import { nodeNetwork } from "../net/node-network.ts";
import { SANDBOX_WORKFLOW } from "./dm/jobs.ts";
import { startDmTwin } from "./dm/service.ts";
import type { GlobusCollectionOptions } from "./globus/new-world.ts";
import { startGlobusService } from "./globus/service.ts";
import { localIso, PEOPLE, PROPOSAL, yearMonth } from "./people.ts";
import { startSchedulingTwin } from "./scheduling-service.ts";
import {
  ARCHIVE,
  COLLECTION_TOP,
  COMPUTE_ENDPOINT,
  DATA_TOP,
  IOC_PREFIX,
  type SiteServices,
  TOMOSCAN_PREFIX,
  writeSiteFiles,
} from "./site-files.ts";
import { deployFlow, writeFlowExample } from "./site-flow.ts";
import { type SinkMessage, startSmtpSink } from "./smtp-sink.ts";
import { generateKey, startSshHost } from "./ssh/host.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";
import type { ScanPlan } from "./tomoscan/scan.ts";
import { startTomoScanServer, type TomoScanTwin } from "./tomoscan/server.ts";

/** Of the two cameras' file plugins; the first is TomoScan's at the start. */
const FILE_PLUGINS = ["2bmbSP1:HDF1:", "2bmbSP2:HDF1:"] as const;
/** Seconds until TomoScan's IOC must answer. */
const TOMOSCAN_SECONDS = 20;

export interface BeamlineOptions {
  /** Command line that runs our own engine on TomoScan's database; TomoScan's macros and file are put behind it. */
  readonly iocCommand: readonly [string, ...string[]];
  /**
   * TomoScan's database in db/ of the package; its file plugin's, `sandbox_file_plugin.db`, is in the same folder, and
   * the templates of flows in flows/ beside that folder.
   */
  readonly tomoScanDatabase: string;
  /** TCP and UDP port of TomoScan's IOC on 127.0.0.1. */
  readonly tomoScanPort: number;
  readonly environment: Environment;
  readonly clock?: Clock;
  readonly sink?: LogSink;
  /** Told of each e-mail that the simulated mail server takes. */
  readonly onMail?: (message: SinkMessage) => void;
  /** How long TomoScan's scans take and how much they write, where it is not the usual. */
  readonly scan?: ScanPlan;
  /** First part of the prefix of the IOC's PVs, where it is not TomoScan's. */
  readonly ownPrefix?: string;
  /** Where the IOC serves its web page, 0: anywhere; absent: nowhere. */
  readonly webPort?: number;
  /** Told when all runs, and TomoScan's PVs are waited for to be tagged. */
  readonly onTagging?: () => void;
  /** Gives the start up. */
  readonly signal?: AbortSignal;
}

export interface Beamline extends SiteServices {
  /** The globus.conf of this sandbox. */
  readonly configFile: string;
  /** The folder of the destination that scans are copied to. */
  readonly archive: string;
  readonly tomoScanPort: number;
  readonly tomoScanPrefix: string;
  /** `YYYY-MM` of its tags: the month that it was started in. */
  readonly yearMonth: string;
  /**
   * Writes the user PVs as DMagic does: in its order, each after the PV before it. `text` replaces some of them, by
   * suffix.
   */
  tag(text?: Readonly<Record<string, string>>): Promise<void>;
  /** TomoScan's server, which runs a scan when StartScan is set. */
  readonly tomoScan: TomoScanTwin;
  /** Stops TomoScan's IOC as a crash does, and starts it again; its PVs are untagged then. */
  restartTomoScan(): Promise<void>;
  /** Ends every service and the second process, and removes all files. */
  close(): Promise<void>;
}

/** A part of the sandbox did not start. */
class SandboxError extends AppError {}

export async function startBeamline(options: BeamlineOptions): Promise<Beamline> {
  const clock = options.clock ?? systemClock;
  const folder = await makeTemporaryFolder();
  const running = new RunningParts(() => folder.remove());
  try {
    const services = await startServices(running, clock, folder.path);
    const tomoScan = new TomoScanProcess(options);
    running.atClose(() => tomoScan.stop("SIGTERM"));
    tomoScan.start();
    const client = openTomoScan(options, clock);
    running.atClose(() => client.close());
    const mail = await running.keep(startSmtpSink({ clock, onMessage: (message) => options.onMail?.(message) }));
    const prefix = IOC_PREFIX + TOMOSCAN_PREFIX;
    const server = startTomoScanServer({
      client,
      clock,
      prefix,
      filePlugins: FILE_PLUGINS,
      top: DATA_TOP,
      plan: options.scan,
      root: services.detector.root,
      analysisRoot: services.analysis.root,
    });
    running.atClose(() => server.close());
    const parts = { ...services, mail };
    const flow = await deployFlow(services.globus, path.join(path.dirname(options.tomoScanDatabase), "..", "flows"));
    await writeFlowExample(services.detector.root);
    const configFile = await writeSiteFiles(folder.path, { ...parts, flow }, options);
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
      flow,
      configFile,
      archive: path.join(folder.path, ARCHIVE),
      tomoScanPort: options.tomoScanPort,
      tomoScanPrefix: prefix,
      yearMonth: month,
      tag,
      tomoScan: server,
      restartTomoScan: async () => {
        await tomoScan.stop("SIGKILL");
        tomoScan.start();
      },
      close: () => running.close(),
    };
  } catch (error) {
    await running.close();
    options.signal?.throwIfAborted(); // what failed then failed because of it
    throw error;
  }
}

/** Services and hosts, which start side by side. */
async function startServices(
  running: RunningParts,
  clock: Clock,
  parent: string,
): Promise<Omit<SiteServices, "mail" | "flow">> {
  const clientKey = generateKey(); // one key for both hosts, as globus.conf has one identity-file
  const startHost = (name: string): ReturnType<typeof startSshHost> =>
    running.keep(startSshHost({ name, clock, folders: [DATA_TOP], clientKey, parent }));
  const analysisStarts = startHost("analysis");
  const detectorStarts = startHost("detector");
  const petrel = path.join(parent, "petrel");
  await mkdir(petrel);
  const collectionsOf = (root: string): GlobusCollectionOptions[] => [
    { name: "petrel", folder: petrel, folders: [COLLECTION_TOP] },
    // TomoScan's files are sent from it.
    { name: "detector", folder: root },
  ];
  const [dm, scheduling, globus, detector, analysis] = await Promise.all([
    // DAQs find their data on the analysis host.
    running.keep(analysisStarts.then(({ root }) => startDmTwin({ clock, dataRoot: root }))),
    running.keep(startSchedulingTwin({ clock })),
    running.keep(
      detectorStarts.then(({ root }) =>
        startGlobusService({ clock, collections: collectionsOf(root), endpoints: [{ name: COMPUTE_ENDPOINT }] }),
      ),
    ),
    detectorStarts,
    analysisStarts,
  ]);
  dm.addWorkflow(SANDBOX_WORKFLOW.name, SANDBOX_WORKFLOW.stages);
  return { dm, scheduling, globus, detector, analysis };
}

const openTomoScan = ({ tomoScanPort, sink }: BeamlineOptions, clock: Clock): CaClient =>
  createCaClient({
    network: nodeNetwork,
    clock,
    config: isolatedClient(tomoScanPort),
    user: "sandbox",
    host: "localhost",
    log: createLog("sandbox", sink),
  });

/** What has been started, to be closed in the opposite order. */
class RunningParts {
  readonly #closers: (() => Promise<void>)[];
  #isClosed = false;

  constructor(last: () => Promise<void>) {
    this.#closers = [last];
  }

  atClose(close: () => Promise<void>): void {
    this.#closers.unshift(close);
  }

  /** The part once it has started, and closed with the others; at once where another part failed meanwhile. */
  async keep<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const part = await starting;
    if (this.#isClosed) await part.close();
    else this.atClose(() => part.close());
    return part;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const close of this.#closers.splice(0)) await close();
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
    const macros = `P=${IOC_PREFIX},R=${TOMOSCAN_PREFIX},FILE_PLUGIN=${FILE_PLUGINS[0]}`;
    const pluginDatabase = path.join(path.dirname(tomoScanDatabase), "sandbox_file_plugin.db");
    const plugins = FILE_PLUGINS.flatMap((prefix) => ["-m", `P=${prefix}`, "-d", pluginDatabase]);
    const child = spawn(program, [...args, "-m", macros, "-d", tomoScanDatabase, ...plugins], {
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

/** The PVs in the order in which DMagic writes them (integration.md §1.9). */
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
