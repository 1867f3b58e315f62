/**
 * What `globus-ioc watch`, `transfer` and `transfer-scan` do, from their options, the environment and, where there is
 * one, globus.conf: the settings of a queue of their own, and what goes into it. Says what is wrong; opens nothing.
 */
import { statSync } from "node:fs";
import path from "node:path";
import { isUnclean, visible } from "../base/clean-text.ts";
import { directoryNameProblem } from "../base/directory-name.ts";
import type { Environment } from "../base/environment.ts";
import { Digest } from "../base/ids.ts";
import { DESTINATION_SETTINGS, type DestinationSettings, KINDS, type Settings } from "../config/settings.ts";
import type { AskedTransfer } from "../controller/transfers/asked-transfers.ts";
import {
  experimentIn,
  mappedPath,
  PAL_XFEL_MAP,
  type PathMap,
  parsePathMap,
} from "../controller/transfers/path-map.ts";
import { baseName, plainPath } from "../controller/transfers/scan-path.ts";
import { ledgerFolder } from "../services/ledger/files.ts";
import { type ClientFlags, clientSettings, givenOptions } from "./client-settings.ts";
import { UsageError } from "./exit-status.ts";
import { type TreeFlags, treeOf, treeOptions, type WatchedTree } from "./foreground-tree.ts";

/** The options that all of them have. */
export interface ForegroundFlags extends ClientFlags {
  readonly ledger?: string;
  readonly dryRun?: true;
  readonly json?: true;
  readonly sourceCollection?: string;
  readonly destCollection?: string;
  readonly pathMap?: readonly string[];
  readonly experiment?: string;
  readonly destLayout?: string;
  readonly settleSeconds?: string;
  readonly flowId?: string;
}

export interface TransferFlags extends ForegroundFlags {
  readonly sourcePath: string;
  readonly destPath: string;
  readonly label?: string;
}

export interface TransferScanFlags extends ForegroundFlags {
  readonly scanDir: string;
  readonly destBase: string;
}

export interface WatchFlags extends ForegroundFlags, TreeFlags {
  readonly watchdir: string;
  /** Absent in a dry run alone. */
  readonly destBasePath?: string;
  readonly once?: true;
}

export type ForegroundRequest =
  | ({ readonly what: "watch" } & WatchFlags)
  | ({ readonly what: "transfer" } & TransferFlags)
  | ({ readonly what: "transfer-scan" } & TransferScanFlags);

/** What goes into the queue. */
export type ForegroundWork =
  /** A file or folder of this machine. */
  | { readonly kind: "scan"; readonly file: string }
  /** One transfer between collections. */
  | {
      readonly kind: "asked";
      readonly transfer: AskedTransfer;
      /** The flow that brings it there; absent: Globus Transfer does by itself. */
      readonly flow?: string;
    }
  /** The scans of a tree, as they are complete. */
  | ({
      readonly kind: "watch";
      /** Until what one sweep has found is sent. */
      readonly isOnce: boolean;
    } & WatchedTree);

export interface ForegroundPlan {
  readonly work: ForegroundWork;
  /** With one destination, or none where `work` is asked of Globus. */
  readonly settings: Settings;
  /** What a folder is called at the destination; absent: as here. */
  readonly as?: string;
  /** Of scans whose path names none; "": nobody knows. */
  readonly experiment: string;
  readonly isGlobus: boolean;
  /** A folder is sent by itself, whatever lies beside it. */
  readonly isOneCopy: boolean;
  /** Sentences for whoever has asked. */
  readonly notes: readonly string[];
}

/** PAL-XFEL's: experiment, then rawData, then the scan's own name. */
const LAYOUT = "{exp}/rawData";

/** @throws UsageError, ConfigError */
export function foregroundPlan(request: ForegroundRequest, environment: Environment): ForegroundPlan {
  const settings = settingsOf(request, environment);
  const ends = collectionsOf(request, settings);
  const flow = flowOf(request, ends);
  const way = { ...(ends !== undefined && { ends }), ...(flow !== undefined && { flow }) };
  const common = {
    experiment: experimentOf(request),
    isGlobus: ends !== undefined,
    isOneCopy: request.what !== "watch",
  };
  if (request.what === "transfer" && ends !== undefined) {
    const transfer = askedTransfer(request, ends);
    const own = { ...settings, destinations: [], triggers: [] };
    const asked = { ...transfer, ...(flow !== undefined && { flow }) };
    const ledger = ledgerOf(request, environment, baseName(transfer.sourcePath), asked);
    const work = { kind: "asked", transfer, ...(flow !== undefined && { flow }) } as const;
    return { ...common, notes: [], work, settings: { ...own, ledger: { path: ledger } } };
  }
  const { top, work, as, base, layout, name } = wayOf(request, settings);
  const source = sourceAt(top, request, settings, ends);
  const destinations =
    base === undefined ? [] : [destinationAt({ base, layout, ...(name !== undefined && { name }) }, way)];
  const ledger = ledgerOf(request, environment, baseName(top), [top, source.collection, destinations[0]?.name]);
  return {
    ...common,
    notes: source.notes,
    work,
    ...(as !== undefined && { as }),
    settings: {
      ...settings,
      local: { ...settings.local, detector: "" },
      source: { ...settings.source, ...source.settings },
      destinations,
      triggers: [],
      ledger: { path: ledger },
    },
  };
}

/** A flow moves data between collections alone. @throws UsageError */
function flowOf({ flowId }: ForegroundFlags, ends: Collections | undefined): string | undefined {
  if (flowId === undefined) return undefined;
  const flow = flowId === "" ? undefined : KINDS.flow.parse(flowId);
  if (flow === undefined) throw new UsageError(`--flow-id ${visible(flowId)} is not ${KINDS.flow.wanted}.`);
  if (ends !== undefined) return flow;
  throw new UsageError(
    "--flow-id is given, and --dest-collection is not: a flow moves data between collections, so give both, or leave --flow-id out.",
  );
}

/** It becomes the name of a folder at the destination. @throws UsageError */
function experimentOf({ experiment = "" }: ForegroundFlags): string {
  const problem = experiment === "" ? undefined : directoryNameProblem(experiment);
  if (problem === undefined) return experiment;
  throw new UsageError(`--experiment ${visible(experiment)} is no name of a folder: it ${problem}.`);
}

function settingsOf(request: ForegroundRequest, environment: Environment): Settings {
  const settle = { section: "source", key: "settle-seconds", text: request.settleSeconds, option: "--settle-seconds" };
  const trees = request.what === "watch" ? treeOptions(request) : [];
  return clientSettings(request, environment, [...givenOptions([settle]), ...trees]);
}

interface Collections {
  readonly source: string;
  readonly destination: string;
}

/** Both collections; undefined: folders of this machine. @throws UsageError */
function collectionsOf(request: ForegroundRequest, { source, ...settings }: Settings): Collections | undefined {
  const { sourceCollection = source.collection, destCollection } = request;
  if (destCollection === undefined) {
    if (request.sourceCollection === undefined) return undefined;
    throw new UsageError(
      "--source-collection is given, and --dest-collection is not: give both, or neither for a folder that this machine sees.",
    );
  }
  if (sourceCollection === "")
    throw new UsageError(
      "--dest-collection is given, and no source: give --source-collection, or set collection in the [source] section of globus.conf.",
    );
  if (request.dryRun !== true && settings["globus-auth"]["client-id"] === "")
    throw new UsageError(
      "There is no Globus login: set client-id in the [globus-auth] section of globus.conf, or give --client-id, or GLOBUS_CLIENT_ID in the environment.",
    );
  return {
    source: collectionId("--source-collection", sourceCollection),
    destination: collectionId("--dest-collection", destCollection),
  };
}

/** @throws UsageError */
export function collectionId(option: string, text: string): string {
  const uuid = text === "" ? undefined : KINDS.uuid.parse(text);
  if (uuid === undefined)
    throw new UsageError(`${option} ${visible(text)} is no UUID of a collection: app.globus.org shows it.`);
  return uuid.toLowerCase();
}

function askedTransfer(
  { sourcePath, destPath, label }: TransferFlags,
  { source, destination }: Collections,
): AskedTransfer {
  const from = collectionPath("--source-path", sourcePath);
  return {
    sourceCollection: source,
    sourcePath: from,
    destinationCollection: destination,
    destinationPath: collectionPath("--dest-path", destPath),
    label: label ?? baseName(from),
  };
}

/** One spelling of a path: no slash at its end. @throws UsageError */
export function collectionPath(option: string, text: string): string {
  const whole = text.startsWith("~") ? `/${text}` : text;
  if (!whole.startsWith("/") || isUnclean(whole) || whole.split("/").includes(".."))
    throw new UsageError(
      `${option} ${visible(text)} is no path of a collection: write one from / or ~ on, without "..".`,
    );
  return plainPath(whole);
}

function localPath(option: string, text: string): string {
  if (text === "" || isUnclean(text)) throw new UsageError(`${option} ${visible(text)} is no path of this machine.`);
  return path.resolve(text);
}

/** Where scans lie, and where they go. */
interface ScanWay {
  /** Absolute; the source's top. */
  readonly top: string;
  readonly work: ForegroundWork;
  readonly as?: string;
  /** Absent where nobody has said. */
  readonly base?: string;
  /** Levels below base. */
  readonly layout: string;
  /** Where it goes, for people and for the ledger; absent: below base. */
  readonly name?: string;
}

function wayOf(request: ForegroundRequest, settings: Settings): ScanWay {
  if (request.what === "transfer") return copyOf(request);
  return request.what === "transfer-scan" ? scanIn(request) : treeAt(request, settings);
}

/** The scans of a tree; without a pattern each folder in it, or in the rawData of an experiment, is one. */
function treeAt(request: WatchFlags, { triggers }: Settings): ScanWay {
  const { destBasePath, destLayout = LAYOUT, destCollection, once, dryRun } = request;
  const root = localPath("--watchdir", request.watchdir);
  const isExperiment = experimentIn(baseName(root)) !== undefined;
  const tree = treeOf(request, triggers, root, isExperiment ? "rawData/{scan}" : "{scan}");
  if (destBasePath === undefined && dryRun !== true)
    throw new UsageError("--dest-base-path is missing: give the folder at the destination, or --dry-run.");
  return {
    top: root,
    work: { kind: "watch", isOnce: once === true, ...tree },
    layout: layoutOf(destLayout),
    ...(destBasePath !== undefined && {
      base: baseOf("--dest-base-path", destBasePath, destCollection !== undefined),
    }),
  };
}

/** A folder becomes the folder `--dest-path`; a file goes into the folder that it lies in there, under its own name. */
function copyOf({ sourcePath, destPath }: TransferFlags): ScanWay {
  const [file, to] = [localPath("--source-path", sourcePath), localPath("--dest-path", destPath)];
  const name = baseName(file);
  if (name === "") throw new UsageError("--source-path / is the whole machine: name a folder or file in it.");
  const common = { top: path.dirname(file), work: { kind: "scan", file }, layout: "" } as const;
  const isFile = hasFile(file);
  if (isFile && destPath.endsWith("/")) return { ...common, base: to };
  if (isFile && baseName(to) !== name)
    throw new UsageError(
      `--source-path ${visible(file)} is a file, which keeps its name: let --dest-path end in /${name}, or in a slash.`,
    );
  if (baseName(to) === "") throw new UsageError("--dest-path / is the whole machine: name a folder in it.");
  return { ...common, base: path.dirname(to), name: to, ...(!isFile && baseName(to) !== name && { as: baseName(to) }) };
}

/** What cannot be looked at is told when it is to be sent (foreground-place.ts). */
function hasFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function scanIn({ scanDir, destBase, destLayout = LAYOUT, destCollection }: TransferScanFlags): ScanWay {
  const file = localPath("--scan-dir", scanDir); // a slash at its end says nothing
  if (baseName(file) === "") throw new UsageError("--scan-dir / is the whole machine: name the folder of a scan.");
  return {
    top: path.dirname(file),
    work: { kind: "scan", file },
    base: baseOf("--dest-base", destBase, destCollection !== undefined),
    layout: layoutOf(destLayout),
  };
}

const baseOf = (option: string, text: string, isCollection: boolean): string =>
  isCollection ? collectionPath(option, text) : localPath(option, text);

function layoutOf(text: string): string {
  if (text === "" || KINDS.scanTemplate.parse(text) !== undefined) return text;
  throw new UsageError(`--dest-layout ${visible(text)} is not ${KINDS.scanTemplate.wanted}.`);
}

/** The source, as this machine and its collection show it. */
function sourceAt(
  top: string,
  { pathMap = [] }: ForegroundFlags,
  { source }: Settings,
  ends: Collections | undefined,
): { readonly settings: Partial<Settings["source"]>; readonly collection: string; readonly notes: readonly string[] } {
  const given = pathMap.map((text) => {
    const map = parsePathMap(text);
    if (map === undefined)
      throw new UsageError(
        `--path-map ${visible(text)} is no map: write it as ${PAL_XFEL_MAP.local}=${PAL_XFEL_MAP.collection}.`,
      );
    return map;
  });
  const own: Partial<Settings["source"]> = { host: "detector", top, mount: "", belongs: [], aborted: "send" };
  if (ends === undefined) return { settings: { ...own, collection: "" }, collection: "", notes: [] };
  const isConfigured = source.collection.toLowerCase() === ends.source && source.top !== "";
  const configured: PathMap = { local: source.mount || source.top, collection: source["collection-path"] };
  const maps = [...given, ...(isConfigured ? [configured] : []), PAL_XFEL_MAP];
  const mapped = mappedPath(top, maps);
  const unmapped = `${top} lies below no --path-map, and is looked for under the same path in the collection.`;
  return {
    settings: { ...own, collection: ends.source, "collection-path": mapped ?? top },
    collection: ends.source,
    notes: mapped === undefined ? [unmapped] : [],
  };
}

/** Its name is its place, with a slash at the end where things go below it: the ledger takes it for no other. */
function destinationAt(
  {
    base,
    layout,
    name = `${plainPath(`${base}/${layout}`).replace(/\/$/, "")}/`,
  }: Pick<ScanWay, "layout" | "name"> & {
    readonly base: string;
  },
  { ends, flow }: { readonly ends?: Collections; readonly flow?: string },
): DestinationSettings {
  const defaults = Object.fromEntries(
    Object.entries(DESTINATION_SETTINGS).map(([key, { kind, fallback }]) => [key, kind.parse(fallback)]),
  ) as unknown as Omit<DestinationSettings, "name">;
  const own = { ...defaults, top: base, path: layout };
  if (ends === undefined) return { ...own, kind: "folder", name };
  const there = { ...own, collection: ends.destination, name: `${ends.destination.slice(0, 8)}:${name}` };
  if (flow === undefined) return { ...there, kind: "globus" };
  return { ...there, kind: "flow", flow, name: `${flow}:${there.name}` };
}

/** @param name for people @param way what no other ledger is for */
function ledgerOf({ ledger }: ForegroundFlags, environment: Environment, name: string, way: unknown): string {
  if (ledger !== undefined) return localPath("--ledger", ledger);
  const digest = new Digest();
  digest.add(JSON.stringify(way));
  const short = name.replace(/[^-_A-Za-z0-9]/g, "_").slice(0, 20) || "way";
  return path.join(ledgerFolder("", environment), "ways", `${short}-${digest.text.slice(0, 8)}`);
}
