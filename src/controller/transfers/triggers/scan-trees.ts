/** What the path of a scan says, by the triggers that watch directories. Pure. */
import { cleanJson } from "../../../base/clean-text.ts";
import { parseExclusions, parseMarkers, scanAbove } from "../../../base/path-pattern.ts";
import type { SentTree } from "../rules.ts";
import { baseName, partsBelow } from "../scan-path.ts";
import type { TreeTrigger } from "./tree-trigger.ts";

/** A scan that a person names: by itself, or by anything in it. */
export interface NamedScan {
  /** Absolute. */
  readonly scan: string;
  /** The parts of the path that the pattern names. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * @param path absolute, a scan or anything in it, with or without a slash at its end
 * @returns the innermost scan, of two patterns for it the one that names an experiment; undefined where no trigger's
 * scans are there: the root itself and what lies above a scan are none
 */
export function scanOf(trees: readonly TreeTrigger[], path: string): NamedScan | undefined {
  const rank = ({ scan, fields }: NamedScan): number => 2 * scan.length + Number(fields["exp"] !== undefined);
  return trees
    .flatMap((tree) => scanIn(tree, path) ?? [])
    .reduce<NamedScan | undefined>(
      (best, one) => (best === undefined || rank(one) > rank(best) ? one : best),
      undefined,
    );
}

function scanIn(tree: TreeTrigger, path: string): NamedScan | undefined {
  const below = partsBelow(tree.root, path);
  const found = below === undefined ? undefined : scanAbove(tree.pattern, below);
  if (found === undefined || isExcluded(tree, found.parts)) return undefined;
  return { scan: [tree.root === "/" ? "" : tree.root, ...found.parts].join("/"), fields: found.fields };
}

/** Where a scan goes by all triggers that have its path for a scan's; undefined: everywhere, or there is none. */
export function destinationsBy(trees: readonly SentTree[], file: string): readonly string[] | undefined {
  const of = trees.filter((tree) => scanIn(tree, file)?.scan === file);
  if (of.length === 0 || of.some(({ destinations }) => destinations === undefined)) return undefined;
  return [...new Set(of.flatMap(({ destinations = [] }) => destinations))];
}

/** @param parts below the root */
function isExcluded({ exclude, pattern }: TreeTrigger, parts: readonly string[]): boolean {
  const isLeftOut = parseExclusions(exclude);
  const isFolder = (index: number): boolean => index < parts.length - 1 || !pattern.isOfFiles;
  return parts.some((name, index) => isLeftOut(name, isFolder(index), () => parts.slice(0, index)));
}

/** Why a path cannot be a scan, a clause: it is a marker, or holds scans. */
export function noScanReason(trees: readonly TreeTrigger[], path: string): string | undefined {
  const inner = scanOf(trees, path);
  if (inner !== undefined && partsBelow(inner.scan, path)?.length !== 0) return undefined;
  const marked = trees.find((tree) => partsBelow(tree.root, path) !== undefined && isMarker(tree, path));
  if (marked !== undefined) return `${cleanJson(path)} is a marker (trigger ${marked.name}), and no scan`;
  const holder = inner === undefined ? trees.find((tree) => isAbove(tree, path)) : undefined;
  if (holder === undefined) return undefined;
  const { pattern, root, name } = holder;
  return `${cleanJson(path)} is no scan, but a folder of scans, which are ${pattern.text} below ${root} (trigger ${name})`;
}

const isMarker = ({ complete }: TreeTrigger, path: string): boolean =>
  complete.kind === "marker" && parseMarkers(complete.markers).isMarker(baseName(path));

function isAbove({ root, pattern: { levels } }: TreeTrigger, path: string): boolean {
  const parts = partsBelow(root, path);
  if (parts === undefined) return partsBelow(path, root) !== undefined;
  return parts.length < levels.length && parts.every((part, index) => levels[index]?.matches(part));
}
