/** Which experiment a scan is of: the tagged one, or what its path says. Pure. */
import type { ScanRecord, ScanTags } from "../ports/queue-ledger.ts";
import { NO_TAGS } from "./scan-path.ts";
import { scanOf } from "./triggers/scan-trees.ts";
import type { TreeTrigger } from "./triggers/tree-trigger.ts";

const KEYS = ["exp", "ym", "last", "gup"] as const satisfies readonly (keyof ScanTags)[];

interface TagSources {
  /** The experiment that is tagged now; undefined: nobody knows yet. */
  readonly tagged: ScanTags | undefined;
  /** The triggers that watch directories. */
  readonly trees: readonly TreeTrigger[];
  /** Where the scan goes, at each destination. */
  readonly templates: readonly string[];
}

/**
 * A scan of which a trigger has seen the end is of the tagged experiment. Of another one the path decides: by its parts
 * that a pattern names, else by the name of the tagged experiment in it.
 * @returns undefined while it takes the tagged experiment to say where it goes
 */
export function tagsOf(
  { file, mayBeOld }: Pick<ScanRecord, "file" | "mayBeOld">,
  { tagged, trees, templates }: TagSources,
): ScanTags | undefined {
  const named = mayBeOld === true ? namedTags(trees, file) : {};
  const own = { ...NO_TAGS, ...named };
  if (tagged !== undefined) return mayBeOld !== true || isOfTagged(file, named, tagged) ? tagged : own;
  return templates.every((template) => isFilledBy(template, named)) ? own : undefined;
}

/** What the patterns of triggers say of a path. */
export function namedTags(trees: readonly TreeTrigger[], file: string): Partial<ScanTags> {
  const { fields = {} } = scanOf(trees, file) ?? {};
  return Object.fromEntries(KEYS.flatMap((key) => (fields[key] === undefined ? [] : [[key, fields[key]]])));
}

function isOfTagged(file: string, named: Partial<ScanTags>, tagged: ScanTags): boolean {
  if (tagged.exp === "") return false;
  if (named.exp !== undefined) return named.exp === tagged.exp;
  if (KEYS.some((key) => named[key] !== undefined && named[key] !== tagged[key])) return false;
  const words = file.split("/").flatMap((part) => [part, ...part.split(/[-_]/)]);
  return words.includes(tagged.exp) || (tagged.last !== "" && words.includes(tagged.last));
}

/** Whether all levels of a template that an experiment has are known. */
const isFilledBy = (template: string, named: Partial<ScanTags>): boolean =>
  KEYS.every((key) => named[key] !== undefined || !template.includes(`{${key}}`));
