/**
 * A trigger on a directory tree as settings have it, [trigger NAME] of globus.conf or options of `globus-ioc watch`,
 * with what a preset says where they are silent. Pure.
 */
import { ActionError } from "../../../base/errors.ts";
import { PRESETS } from "./presets.ts";
import { readTrigger, type TreeTrigger } from "./tree-trigger.ts";

export interface TreeTriggerSettings {
  readonly name: string;
  readonly preset: keyof typeof PRESETS | "none";
  readonly scans: string;
  readonly exclude: readonly string[];
  readonly markers: readonly string[];
  readonly counted: string;
  /** Empty: not set. */
  readonly files: number | "";
  /** Empty: not set. */
  readonly "quiet-seconds": number | "";
}

/** How names of markers end, where nobody says another. */
export const MARKERS = [".done", ".complete"];
const QUIET_SECONDS = 60;

/** How each kind says that a scan is complete, as readTrigger reads it. */
const WAYS = {
  marker: ({ markers }) => ["marker", ...(markers.length > 0 ? markers : MARKERS)].join(" "),
  count: ({ files, counted }) => {
    if (files === "") throw new ActionError("files is not set: say how many files a scan has when it is complete");
    return `files ${files} of ${counted || "*"}`;
  },
  quiet: (settings) => `quiet ${settings["quiet-seconds"] || presetOf(settings)?.quietSeconds || QUIET_SECONDS}`,
  next: () => "next",
} as const satisfies Readonly<Record<string, (settings: TreeTriggerSettings) => string>>;

export type TreeKind = keyof typeof WAYS;
export const TREE_KINDS = Object.keys(WAYS) as readonly TreeKind[];

export interface TreePlace {
  readonly kind: TreeKind;
  /** Absolute. */
  readonly root: string;
  /** Where settings and preset are silent. */
  readonly usual?: Partial<Pick<TreeTriggerSettings, "scans" | "exclude">>;
}

const presetOf = ({ preset }: TreeTriggerSettings) => (preset === "none" ? undefined : PRESETS[preset]);

/** @throws ActionError for settings that cannot be used */
export function treeTrigger(settings: TreeTriggerSettings, { kind, root, usual = {} }: TreePlace): TreeTrigger {
  const preset = presetOf(settings);
  const scans = settings.scans || preset?.scans || usual.scans;
  if (scans === undefined || scans === "")
    throw new ActionError("scans is not set: say which folders or files are scans, or set preset");
  const exclude = settings.exclude.length > 0 ? settings.exclude : (preset?.exclude ?? usual.exclude ?? []);
  return readTrigger({ name: settings.name, root, scans, exclude, complete: WAYS[kind](settings) });
}
