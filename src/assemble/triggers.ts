/** The triggers as the settings have them: what tells that a scan has ended, and where its scans go. */
import { cleanJson } from "../base/clean-text.ts";
import { ActionError } from "../base/errors.ts";
import { KINDS, type TriggerSettings } from "../config/settings.ts";
import type { BeamlinePvs } from "../controller/ports/beamline-pvs.ts";
import type { AnyTomoScanKey } from "../controller/pvs/tomoscan.ts";
import type { Watch } from "../controller/run/watch.ts";
import { partsBelow } from "../controller/transfers/scan-path.ts";
import { tomoScanScans$ } from "../controller/transfers/tomoscan-scans.ts";
import { TRIGGER_PRESETS } from "../controller/transfers/triggers/presets.ts";
import { parseCondition, pvTrigger } from "../controller/transfers/triggers/pv-trigger.ts";
import { tomoScanTrigger } from "../controller/transfers/triggers/tomoscan-trigger.ts";
import { readTrigger } from "../controller/transfers/triggers/tree-trigger.ts";
import type { TriggerRow } from "../controller/transfers/triggers/trigger.ts";
import { WatchedTrees } from "../controller/transfers/triggers/watched-trees.ts";
import { createScanTrees } from "../services/tree/watch-tree.ts";
import type { PartOptions } from "./parts.ts";

export interface TriggerPartOptions {
  readonly beamline: BeamlinePvs;
  readonly nameOf: (key: AnyTomoScanKey) => string;
}

/** The directory of [source] and how this machine sees it. */
export interface SourceSight {
  /** As the source host names it. */
  readonly top: string;
  /** As this machine sees it; undefined: it does not. */
  readonly seen: string | undefined;
}

export interface OpenTriggers {
  readonly rows: readonly TriggerRow[];
  readonly watches: readonly Watch[];
}

type TriggerKind = Exclude<TriggerSettings["kind"], "">;

/** Follows nothing yet. */
export function openTriggers(options: PartOptions, about: TriggerPartOptions, sight: SourceSight): OpenTriggers {
  const { settings, problems, clock } = options;
  const trees = new WatchedTrees({
    trees: createScanTrees({ clock }),
    clock,
    nameOf: (path) => moved(path, sight.seen ?? sight.top, sight.top),
  });
  const rows = settings.triggers.flatMap((trigger) => {
    const made = problems.collect(`[trigger ${trigger.name}]`, () =>
      triggerRow({ options, about, sight, trees }, trigger),
    );
    return made ?? [];
  });
  return { rows, watches: [trees.shown] };
}

/** The path below another directory. @param path below `from` */
const moved = (path: string, from: string, to: string): string =>
  [to.replace(/\/+$/, ""), ...(partsBelow(from, path) ?? [])].join("/") || "/";

interface Makings {
  readonly options: PartOptions;
  readonly about: TriggerPartOptions;
  readonly sight: SourceSight;
  readonly trees: WatchedTrees;
}

/** @throws ActionError */
function triggerRow(makings: Makings, trigger: TriggerSettings): TriggerRow {
  const { name, destinations } = trigger;
  const known = makings.options.settings.destinations.map((one) => one.name);
  const unknown = destinations.find((one) => !known.includes(one));
  if (unknown !== undefined)
    throw new ActionError(
      `there is no destination ${cleanJson(unknown)}: name one of ${known.join(", ") || "them in a [destination …] section"}`,
    );
  return {
    name,
    ...(destinations.length > 0 && { destinations }),
    news$: MAKERS[kindOf(trigger)](makings, trigger),
  };
}

/** @throws ActionError */
function kindOf({ name, kind }: TriggerSettings): TriggerKind {
  const found = kind === "" ? KINDS.triggerKind.parse(name) : kind;
  if (found !== undefined && found !== "") return found;
  throw new ActionError(
    `kind is not set, and the name ${name} is none: set kind to ${KINDS.triggerKind.wanted.replace(", or empty", "")}`,
  );
}

type Maker = (makings: Makings, trigger: TriggerSettings) => TriggerRow["news$"];

/** @param wayOf how a scan says that it is complete, for tree-trigger.ts */
const treeMaker =
  (wayOf: (trigger: TriggerSettings) => string): Maker =>
  ({ sight, trees }, trigger) => {
    const preset = PRESETS[trigger.preset];
    const scans = trigger.scans || preset?.scans;
    if (scans === undefined || scans === "")
      throw new ActionError("scans is not set: say which folders or files are scans, or set preset");
    const { root, canary } = placesOf(trigger, sight);
    const exclude = trigger.exclude.length > 0 ? trigger.exclude : (preset?.exclude ?? []);
    const read = readTrigger({ name: trigger.name, root, scans, exclude, complete: wayOf(trigger) });
    return trees.add({ ...read, sweepSeconds: trigger["sweep-seconds"], ...(canary !== "" && { canary }) });
  };

/** The first trigger of each says what scans are. */
const PRESETS = {
  none: undefined,
  "pal-xfel": TRIGGER_PRESETS["pal-xfel"][0],
  aps: TRIGGER_PRESETS["aps-tomography"][0],
} as const;

/** @throws ActionError for a directory that is not watched from here */
function placesOf({ root, canary }: TriggerSettings, { top, seen }: SourceSight) {
  if (seen === undefined)
    throw new ActionError(
      `this host does not see the directory ${top} of [source], and nothing tells of its files: set mount in [source]`,
    );
  for (const [key, path] of Object.entries({ root, canary }))
    if (path !== "" && partsBelow(top, path) === undefined)
      throw new ActionError(`${key} = ${cleanJson(path)} does not lie below ${top}, top of [source]`);
  return { root: moved(root || top, top, seen), canary: canary === "" ? "" : moved(canary, top, seen) };
}

const MARKERS = [".done", ".complete"];

/** How each kind of trigger is made. @throws ActionError for settings that cannot be used */
const MAKERS: Readonly<Record<TriggerKind, Maker>> = {
  tomoscan: ({ options: { clock }, about: { beamline, nameOf } }) =>
    tomoScanTrigger((isOn$, { scheduler }) => tomoScanScans$({ beamline, nameOf, clock, scheduler, isOn$ })),
  pv: ({ about: { beamline } }, { pv, condition, "path-pv": pathPv }) => {
    if (pv === "") throw new ActionError("pv is not set");
    if (pathPv === "") throw new ActionError("path-pv is not set: nothing would say which scan has ended");
    const parsed = parseCondition(condition);
    if (parsed === undefined) throw new ActionError(`condition = ${cleanJson(condition)} is none`);
    return pvTrigger({ beamline, pv, condition: parsed, pathPv });
  },
  marker: treeMaker(({ markers }) => ["marker", ...(markers.length > 0 ? markers : MARKERS)].join(" ")),
  count: treeMaker(({ files, counted }) => `files ${files} of ${counted || "*"}`),
  quiet: treeMaker((trigger) => `quiet ${trigger["quiet-seconds"]}`),
  next: treeMaker(() => "next"),
};
