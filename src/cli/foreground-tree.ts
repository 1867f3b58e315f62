/**
 * Which scans `globus-ioc watch` means and when they are complete: a trigger as the IOC has it, from a [trigger NAME]
 * section of globus.conf, from options, or from both, judged together. Opens nothing.
 */
import path from "node:path";
import { cleanJson, visible } from "../base/clean-text.ts";
import { ActionError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import { OPTIONS_TRIGGER, type SettingOption } from "../config/config.ts";
import { triggerKindOf } from "../config/named-sections.ts";
import type { TriggerSettings } from "../config/settings.ts";
import { partsBelow } from "../controller/transfers/scan-path.ts";
import { NOISE } from "../controller/transfers/triggers/presets.ts";
import type { TreeTrigger } from "../controller/transfers/triggers/tree-trigger.ts";
import { TREE_KINDS, type TreeKind, treeTrigger } from "../controller/transfers/triggers/trigger-settings.ts";
import { UsageError } from "./exit-status.ts";

/** Keys of a [trigger NAME] section that are options, too. */
export const TREE_KEYS = [
  "preset",
  "kind",
  "scans",
  "files",
  "counted",
  "quiet-seconds",
  "sweep-seconds",
  "canary",
] as const;

type OptionOf<Key extends string> = Key extends `${infer First}-${infer Rest}` ? `${First}${Capitalize<Rest>}` : Key;

export type TreeFlags = { readonly [Key in (typeof TREE_KEYS)[number] as OptionOf<Key>]?: string } & {
  /** Name of a section. */
  readonly trigger?: string;
  /** Of markers. */
  readonly patterns?: readonly string[];
  readonly exclude?: readonly string[];
};

export interface WatchedTree {
  readonly trigger: TreeTrigger;
  readonly sweepSeconds: number;
  /** Absolute. */
  readonly canary?: string;
}

const sectionOf = ({ trigger = OPTIONS_TRIGGER }: TreeFlags): string => `trigger ${trigger}`;

/** The options as settings of their trigger. @throws UsageError */
export function treeOptions(flags: TreeFlags): readonly SettingOption[] {
  const { patterns, trigger, canary = "" } = flags;
  if (patterns?.length === 0 || patterns?.some((one) => one.trim() === "" || /\s/.test(one)) === true)
    throw new UsageError(
      "--patterns has an empty one, and every new file would start a transfer: give the ends of markers' names, as .done .complete.",
    );
  const usual = trigger === undefined ? { kind: "marker" } : {};
  const given: Readonly<Record<string, unknown>> = {
    ...usual,
    ...flags,
    ...(canary !== "" && { canary: path.resolve(canary) }),
  };
  const options = TREE_KEYS.flatMap((key): SettingOption[] => {
    const text = given[key.replace(/-./g, (part) => part.slice(1).toUpperCase())];
    return typeof text === "string" ? [{ section: sectionOf(flags), key, text, option: `--${key}` }] : [];
  });
  if (patterns === undefined) return options;
  return [...options, { section: sectionOf(flags), key: "markers", text: patterns.join(" "), option: "--patterns" }];
}

/**
 * @param root absolute
 * @param scans the pattern where nothing says one
 * @throws UsageError
 */
export function treeOf(
  flags: TreeFlags,
  triggers: readonly TriggerSettings[],
  root: string,
  scans: string,
): WatchedTree {
  const settings = sectionNamed(flags, triggers);
  const { exclude = settings.exclude, trigger: name = "watch" } = flags;
  const { canary } = settings;
  if (canary !== "" && partsBelow(root, canary) === undefined)
    throw new UsageError(
      `canary = ${cleanJson(canary)} does not lie below --watchdir ${visible(root)}: name a folder there.`,
    );
  try {
    const trigger = treeTrigger(
      { ...settings, name, exclude },
      { kind: treeKindOf(settings), root, ...(flags.trigger === undefined && { usual: { scans, exclude: NOISE } }) },
    );
    return { trigger, sweepSeconds: settings["sweep-seconds"], ...(canary !== "" && { canary }) };
  } catch (thrown) {
    if (!(thrown instanceof ActionError)) throw thrown;
    const { message } = thrown;
    throw new UsageError(flags.trigger === undefined ? message : `[trigger ${name}]: ${message.replace(/\.$/, "")}.`);
  }
}

function sectionNamed({ trigger }: TreeFlags, triggers: readonly TriggerSettings[]): TriggerSettings {
  const found = triggers.find(({ name }) => name === (trigger ?? OPTIONS_TRIGGER));
  if (found !== undefined) return found;
  const names = triggers.map(({ name }) => name);
  const which = names.length === 0 ? "it has none" : `it has ${names.join(", ")}${didYouMean(trigger ?? "", names)}`;
  throw new UsageError(
    `--trigger ${visible(trigger ?? "")} is no [trigger …] section of globus.conf: ${which}. Give --config, or --kind, --scans and so on instead.`,
  );
}

/** @throws ActionError */
function treeKindOf(settings: TriggerSettings): TreeKind {
  const kind = triggerKindOf(settings);
  const found = TREE_KINDS.find((one) => one === kind);
  if (found !== undefined) return found;
  throw new ActionError(`its kind ${kind} needs EPICS, which watch does without: set ${TREE_KINDS.join(", ")}`);
}
