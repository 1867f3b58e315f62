/** Transfers of scans as the settings have them: the source, the destinations, the queue, and what is done by hand. */
import { ActionError } from "../base/errors.ts";
import type { DestinationSettings } from "../config/settings.ts";
import type { QueueLedger } from "../controller/ports/queue-ledger.ts";
import type { Processing } from "../controller/ports/workflows.ts";
import type { Actions } from "../controller/run/action.ts";
import type { Watch } from "../controller/run/watch.ts";
import type { Site } from "../controller/site.ts";
import { pruneArm, pruneCommand, reconcileCommand } from "../controller/transfers/keeping.ts";
import { createQueueDesk, runningDesk } from "../controller/transfers/queue-desk.ts";
import type { DestinationRow, SourceRow, TransferRules, TransferSite } from "../controller/transfers/rules.ts";
import { type FindTransfers, transferCancel, transferRun } from "../controller/transfers/transfer-run.ts";
import type { Transfers } from "../controller/transfers/transfers.ts";
import { watchTransfers } from "../controller/transfers/transfers-watch.ts";
import { createDropFolder } from "../services/ledger/drop-folder.ts";
import { ledgerFolder } from "../services/ledger/files.ts";
import { createQueueDoor } from "../services/ledger/queue-door.ts";
import { createQueueLedger } from "../services/ledger/queue-ledger.ts";
import { createFolderCopier, createSshCopier } from "../services/scans/copiers.ts";
import type { WhichScans } from "../services/scans/scan-names.ts";
import { type CopySource, createMountedSource, createSshSource } from "../services/scans/sources.ts";
import { openCheck } from "./check.ts";
import { diskScans } from "./disk-scans.ts";
import { type FlowPart, flowSite, openFlows } from "./flows.ts";
import type { GlobusPart } from "./globus.ts";
import { isOwnHost, sshPlace, sshSettings, unknownPlace } from "./hosts.ts";
import type { NotifyPart } from "./notify.ts";
import type { PartOptions } from "./parts.ts";
import { openSteps } from "./steps.ts";
import { collectionRealm, hostRealm, placeProblem, type ScanPlace, THIS_HOST } from "./transfer-places.ts";
import { openTriggers, type SourceSight, type TriggerPartOptions } from "./triggers.ts";
import { ledgerTrouble, watchedPort } from "./watched-ports.ts";

export interface TransferPart {
  readonly actions: Pick<Actions, "TransferRun" | "TransferCancel" | "TransferCheck" | "Reconcile" | "Prune"> &
    FlowPart["actions"];
  readonly arms: Site["arms"];
  readonly watches: readonly Watch[];
  /** The transfers that run. */
  readonly find: FindTransfers;
  /** As of a site. */
  readonly finish: () => Promise<void>;
}

export type TransferPartOptions = QueueOptions & TriggerPartOptions;

export interface QueueOptions {
  /** This machine's name. */
  readonly host: string;
  /** The prefix of the IOC's PVs; absent for the command line. */
  readonly prefix?: string;
  readonly globus: Pick<GlobusPart, "tasks" | "identity" | "flows" | "compute">;
  readonly notify: NotifyPart;
  /** Data Management's, for workflows behind scans. */
  readonly processing?: Processing;
  /** One folder is sent, whose neighbours are nobody's source. */
  readonly isOneCopy?: boolean;
}

const TRANSFERS_NEED_IOC = "Transfers are an IOC's: start it, and give --ioc";
const RUNS_NEED_IOC =
  "Runs of FlowRun are an IOC's: start it, and give --ioc; `globus-ioc flow run`, `globus-ioc flow monitor` and their like need none";

/** Opens nothing and reaches nobody yet. @throws ActionError for settings that cannot be used */
export function openTransfers(options: PartOptions, about: TransferPartOptions): TransferPart {
  let transfers: Transfers | undefined;
  const found =
    (needsIoc: string): FindTransfers =>
    () => {
      if (transfers === undefined) return needsIoc;
      return transfers.running ?? transfers.trouble ?? "The ledger is being read: try again in a moment";
    };
  const find = found(TRANSFERS_NEED_IOC);
  const ofFlows = flowSite(options, about.globus);
  const flows = openFlows(options, ofFlows, found(RUNS_NEED_IOC));
  const steps = openSteps(options, { ...about, find });
  const site = { ...transferSite(options, about, find, ofFlows), ...steps.site };
  const triggers = openTriggers(options, about, sightOf(options, about.host));
  const { clock, log } = options;
  const watch = watchTransfers({
    site: { ...site, trees: triggers.trees },
    clock,
    log,
    random: Math.random,
    onRunning: (running) => {
      transfers = running;
    },
    triggers: triggers.rows,
  });
  const check = openCheck(options, site, about);
  const mayPrune = options.settings.source["allow-prune"];
  return {
    actions: {
      TransferRun: transferRun(find),
      TransferCancel: transferCancel(find),
      TransferCheck: check.action,
      Reconcile: reconcileCommand(find),
      Prune: pruneCommand(find, mayPrune),
      ...flows.actions,
    },
    arms: { PruneArm: pruneArm(mayPrune), ...flows.arms },
    watches: [
      watch,
      ...steps.watches,
      ...flows.watches,
      ...triggers.watches,
      check.watch(options.settings.transfers["check-hours"]),
    ],
    find,
    finish: async () => transfers?.finish(),
  };
}

/** The queue's ledger, with the door at which `globus-ioc queue` asks. */
function openLedger(options: PartOptions, { host, prefix }: QueueOptions, find: FindTransfers): QueueLedger {
  const { settings, environment, clock, log, closers } = options;
  const path = ledgerFolder(settings.ledger.path, environment);
  const owner = { pid: process.pid, host, ...(prefix !== undefined && { prefix }) };
  const desk = createQueueDesk(() => {
    const found = find();
    return typeof found === "string" ? found : runningDesk(found);
  });
  const ledger = createQueueLedger({
    path,
    owner,
    door: createQueueDoor({ ledger: path, owner, desk, clock, log }),
    ...ledgerTrouble(options, "the transfer queue's ledger"),
  });
  closers.push(() => ledger.close());
  return ledger;
}

/** Opens nothing and reaches nobody yet. @throws ActionError for settings that cannot be used */
export function transferSite(
  options: PartOptions,
  about: QueueOptions,
  find: FindTransfers,
  flows = flowSite(options, about.globus),
): TransferSite {
  const { host, globus, notify } = about;
  const ledger = openLedger(options, about, find);
  const { destinations } = options.settings;
  const { tasks } = globus;
  const { tells: _, ...told } = notify;
  const drops = createDropFolder(ledgerFolder(options.settings.ledger.path, options.environment), options.clock);
  const common = {
    ledger,
    drops,
    rules: rulesOf(options, notify),
    ...told,
    ...(tasks !== undefined && { tasks }),
    ...(flows !== undefined && { flows }),
  };
  if (destinations.length === 0) return { ...common, source: { source: nowhereSource }, destinations: [] };
  const source = sourceOf(options, host, diskScans(options.settings, sightOf(options, host).top));
  if (about.isOneCopy !== true) refusePlaces(options, host);
  return {
    ...common,
    source: source.row,
    destinations: destinations.flatMap((one) => {
      const made = options.problems.collect(`[destination ${one.name}]`, () =>
        destinationOf(options, one, source.copied),
      );
      return made ?? [];
    }),
  };
}

/** @throws ActionError where destinations are one place, or lie in the source */
function refusePlaces({ settings }: PartOptions, ownName: string): void {
  const { destinations, source, local, ssh } = settings;
  const sides: readonly SourceSide[] = source.host === "analysis" ? ["analysis", "detector"] : ["detector"];
  const sources = sides.map((side): ScanPlace => {
    const { top, mount } = side === source.host ? source : { top: "", mount: "" };
    const host = local[side];
    const port = ssh[`${side}-port`];
    const isHere = mount !== "" || host === "" || isOwnHost(host, port, ownName);
    return { realm: isHere ? THIS_HOST : hostRealm(host, port), path: mount || top || local[`${side}-top-dir`] };
  });
  const { collection, "collection-path": path } = source;
  if (collection !== "") sources.push({ realm: collectionRealm(collection), path });
  const problem = placeProblem(
    destinations,
    sources.filter((one) => one.path !== ""),
    (host, port) => isOwnHost(host, port, ownName),
  );
  if (problem !== undefined) throw new ActionError(problem);
}

function rulesOf({ settings }: PartOptions, { tells }: NotifyPart): TransferRules {
  const { source, transfers } = settings;
  return {
    settleSeconds: source["settle-seconds"],
    giveUpSeconds: source["give-up-seconds"],
    aborted: source.aborted,
    attempts: transfers.attempts,
    batchScans: transfers["batch-scans"],
    batchBytes: transfers["batch-bytes"],
    batchSeconds: transfers["batch-seconds"],
    tasks: transfers.tasks,
    deadlineHours: transfers["deadline-hours"],
    stuckSeconds: transfers["stuck-seconds"],
    pollSeconds: transfers["watch-seconds"],
    mayPrune: source["allow-prune"],
    tells,
  };
}

type SourceSide = "detector" | "analysis";

/** How this machine sees the scans. */
function sightOf({ settings: { source, local, ssh } }: PartOptions, ownName: string): SourceSight {
  const side: SourceSide = source.host;
  const host = local[side];
  const top = source.top || local[`${side}-top-dir`];
  const isHere = host === "" || isOwnHost(host, ssh[`${side}-port`], ownName);
  return { top, seen: source.mount || (isHere ? top : undefined) };
}

function sourceOf(
  options: PartOptions,
  ownName: string,
  which: WhichScans,
): { readonly row: SourceRow; readonly copied: CopySource } {
  const { source } = options.settings;
  const { top, mount, belongs } = source;
  const copied = scansOn(options, source.host, ownName, { top, mount, belongs, which });
  const original =
    source.host === "analysis"
      ? scansOn(options, "detector", ownName, { top: "", mount: "", belongs, which })
      : undefined;
  const { collection: id, "collection-path": path } = source;
  return {
    copied,
    row: {
      source: copied,
      disk: copied,
      ...(original !== undefined && { original }),
      ...(id !== "" && { collection: { id, path } }),
    },
  };
}

/** The scans on a host of [local]. @throws ActionError */
function scansOn(
  options: PartOptions,
  side: SourceSide,
  ownName: string,
  at: {
    readonly top: string;
    readonly mount: string;
    readonly belongs: readonly string[];
    readonly which: WhichScans;
  },
): CopySource {
  const { local, ssh } = options.settings;
  const { clock } = options;
  const [host, user] = [local[side], local[`${side}-user-name`]];
  const top = at.top || local[`${side}-top-dir`];
  if (top === "") throw new ActionError(`set top in the [source] section, or ${side}-top-dir in the [local] section`);
  const { belongs, which } = at;
  if (at.mount !== "")
    return createMountedSource({ name: host || "this host", top, mount: at.mount, belongs, which }, clock);
  if (host === "" || isOwnHost(host, ssh[`${side}-port`], ownName))
    return createMountedSource({ name: host || "this host", top, belongs, which }, clock);
  const place =
    unknownPlace({ [side]: host, [`${side}-user-name`]: user }) ??
    sshSettings(options, { host, user, port: ssh[`${side}-port`] });
  if (typeof place === "string") throw new ActionError(place);
  return watchedPort(options, sshPlace(place), createSshSource({ ...place, top, belongs, which }, clock), ["look"]);
}

/** @throws ActionError */
function destinationOf(options: PartOptions, one: DestinationSettings, source: CopySource): DestinationRow {
  const { clock } = options;
  const { name, kind, top, path: template, manifest: writesManifest } = one;
  if (kind === "globus" || kind === "flow") {
    const { source: from, "globus-auth": login } = options.settings;
    const { collection, flow } = one;
    if (collection === "") throw new ActionError("collection is not set: give the UUID of the Globus collection");
    if (from.collection === "") throw new ActionError("Globus does not see the source: set collection in [source]");
    if (login["client-id"] === "") throw new ActionError("Globus is off: set client-id in [globus-auth]");
    const place = { name, template, collection, top: top || "/" };
    if (kind === "globus") return { kind, ...place };
    if (flow === "")
      throw new ActionError("flow is not set: give the flow's UUID, or the name of `globus-ioc flow deploy`");
    return { kind, ...place, flow };
  }
  if (top === "") throw new ActionError("top is not set: name the directory there under which scans go");
  if (kind === "folder") {
    const copier = createFolderCopier({ top, source }, clock);
    return { name, kind: "copy", template, copier, writesManifest };
  }
  if (one.host === "") throw new ActionError("host is not set");
  if (one.user === "") throw new ActionError("user is not set");
  const place = sshSettings(options, { host: one.host, user: one.user, port: one.port });
  if (typeof place === "string") throw new ActionError(place);
  const copier = createSshCopier({ ...place, top, source }, clock);
  const watched = watchedPort(options, sshPlace(place), copier, ["copy", "list", "write"]);
  return { name, kind: "copy", template, copier: watched, writesManifest };
}

const nowhere = (): Promise<never> =>
  Promise.reject(new ActionError("there is no [destination …] section in globus.conf"));
/** Stands in where nothing is sent. */
const nowhereSource: SourceRow["source"] = {
  name: "",
  top: "/",
  directory: { look: nowhere, tryWriting: nowhere, put: nowhere, find: nowhere, remove: nowhere },
  look: nowhere,
};
