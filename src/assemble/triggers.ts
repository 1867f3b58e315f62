/** The triggers as the settings have them: what tells that a scan has ended, and where its scans go. */
import { cleanJson } from "../base/clean-text.ts";
import { ActionError } from "../base/errors.ts";
import { triggerKindOf } from "../config/named-sections.ts";
import type { TriggerSettings } from "../config/settings.ts";
import type { BeamlinePvs } from "../controller/ports/beamline-pvs.ts";
import type { AnyTomoScanKey } from "../controller/pvs/tomoscan.ts";
import type { Watch } from "../controller/run/watch.ts";
import type { SentTree } from "../controller/transfers/rules.ts";
import { partsBelow } from "../controller/transfers/scan-path.ts";
import { tomoScanScans$ } from "../controller/transfers/tomoscan-scans.ts";
import { parseCondition, pvTrigger } from "../controller/transfers/triggers/pv-trigger.ts";
import { tomoScanTrigger } from "../controller/transfers/triggers/tomoscan-trigger.ts";
import type { TriggerRow } from "../controller/transfers/triggers/trigger.ts";
import { type TreeKind, treeTrigger } from "../controller/transfers/triggers/trigger-settings.ts";
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
  /** Those that watch directories, by the names of the source host. */
  readonly trees: readonly SentTree[];
}

/** Follows nothing yet. */
export function openTriggers(options: PartOptions, about: TriggerPartOptions, sight: SourceSight): OpenTriggers {
  const { settings, problems, clock } = options;
  const watched = new WatchedTrees({
    trees: createScanTrees({ clock }),
    clock,
    nameOf: (path) => moved(path, sight.seen ?? sight.top, sight.top),
  });
  const trees: SentTree[] = [];
  const rows = settings.triggers.flatMap((trigger) => {
    const made = problems.collect(`[trigger ${trigger.name}]`, () =>
      triggerRow({ options, about, sight, watched, trees }, trigger),
    );
    return made ?? [];
  });
  return { rows, watches: [watched.shown], trees };
}

/** The path below another directory. @param path below `from` */
const moved = (path: string, from: string, to: string): string =>
  [to.replace(/\/+$/, ""), ...(partsBelow(from, path) ?? [])].join("/") || "/";

interface Makings {
  readonly options: PartOptions;
  readonly about: TriggerPartOptions;
  readonly sight: SourceSight;
  readonly watched: WatchedTrees;
  readonly trees: SentTree[];
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
  const kind = triggerKindOf(trigger);
  if (kind !== "tomoscan" && makings.options.settings.source.host === "analysis")
    throw new ActionError(
      `kind = ${kind} needs host = detector in [source]: with host = analysis scans are sent from TomoScan's copies, and only kind = tomoscan knows where those are`,
    );
  return {
    name,
    ...(destinations.length > 0 && { destinations }),
    news$: MAKERS[kind](makings, trigger),
  };
}

type Maker = (makings: Makings, trigger: TriggerSettings) => TriggerRow["news$"];

const treeMaker =
  (kind: TreeKind): Maker =>
  ({ sight, watched, trees }, trigger) => {
    const { root, canary } = placesOf(trigger, sight);
    const read = treeTrigger(trigger, { kind, root });
    const { destinations } = trigger;
    const named = treeTrigger(trigger, { kind, root: trigger.root || sight.top });
    trees.push({ ...named, ...(destinations.length > 0 && { destinations }) });
    return watched.add({ ...read, sweepSeconds: trigger["sweep-seconds"], ...(canary !== "" && { canary }) });
  };

/** @throws ActionError for a directory that is not watched from here */
function placesOf({ root, canary }: TriggerSettings, { top, seen }: SourceSight) {
  if (seen === undefined)
    throw new ActionError(
      `this host does not see the directory ${top} of [source], and nothing tells of its files: set mount in [source]`,
    );
  for (const [key, path] of Object.entries({ root, canary }))
    if (path !== "" && partsBelow(top, path) === undefined)
      throw new ActionError(`${key} = ${cleanJson(path)} does not lie below ${top}, top of [source]`);
  if (canary !== "" && partsBelow(root || top, canary) === undefined)
    throw new ActionError(
      `canary = ${cleanJson(canary)} does not lie below ${root || top}, which is watched: name a folder there`,
    );
  return { root: moved(root || top, top, seen), canary: canary === "" ? "" : moved(canary, top, seen) };
}

/** How each kind of trigger is made. @throws ActionError for settings that cannot be used */
const MAKERS: Readonly<Record<ReturnType<typeof triggerKindOf>, Maker>> = {
  tomoscan: ({ options: { clock }, about: { beamline, nameOf } }) =>
    tomoScanTrigger((isOn$, { scheduler }) => tomoScanScans$({ beamline, nameOf, clock, scheduler, isOn$ })),
  pv: ({ about: { beamline } }, { pv, condition, "path-pv": pathPv }) => {
    if (pv === "") throw new ActionError("pv is not set");
    if (pathPv === "") throw new ActionError("path-pv is not set: nothing would say which scan has ended");
    const parsed = parseCondition(condition);
    if (parsed === undefined) throw new ActionError(`condition = ${cleanJson(condition)} is none`);
    return pvTrigger({ beamline, pv, condition: parsed, pathPv });
  },
  marker: treeMaker("marker"),
  count: treeMaker("count"),
  quiet: treeMaker("quiet"),
  next: treeMaker("next"),
};
