/**
 * The rule of what below a source's top is a scan: by its name, as `*.h5` is every file so named and `*_DIR/` every
 * folder so named, and by its path, as triggers that watch directories have it. Opens no file.
 */
import { cleanJson, isUnclean } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { globTest } from "../../base/glob.ts";
import { parseExclusions, parseMarkers, parsePathPattern } from "../../base/path-pattern.ts";

export type ScanNames = readonly string[];

/** The scans of a directory as a trigger has them, whose syntax is that of base/path-pattern.ts. */
export interface ScanTree {
  /** Below the source's top. */
  readonly below: readonly string[];
  readonly pattern: string;
  readonly exclude: readonly string[];
  readonly markers: readonly string[];
}

/** Which entries are scans; plain data. */
export interface WhichScans {
  readonly names: ScanNames;
  readonly trees: readonly ScanTree[];
}

/** @throws ActionError for a pattern that can be no name */
export function checkScanNames(names: ScanNames): void {
  for (const pattern of names) {
    const name = pattern.replace(/\/$/, "");
    if (name === "" || /^\.\.?$|[/\0]/.test(name) || isUnclean(name))
      throw new ActionError(`The pattern ${cleanJson(pattern)} of scans is no name: write it as *.h5 or *_DIR/.`);
  }
}

/** way: there may be scans in it. */
export type ScanWord = "scan" | "way" | "none";

/** @param isLinked whether a link leads there, which names do not follow */
export type ScanRule = (parts: readonly string[], kind: "file" | "folder", isLinked: boolean) => ScanWord;

/** What an entry is by its parts below the top. @throws ActionError */
export function scanRule({ names, trees }: WhichScans): ScanRule {
  const rules = [...trees.map(treeRule), ...(names.length === 0 ? [] : [nameRule(names)])];
  return (parts, kind, isLinked) => {
    const words = rules.map((rule) => rule(parts, kind, isLinked));
    return words.find((word) => word === "scan") ?? words.find((word) => word === "way") ?? "none";
  };
}

function nameRule(names: ScanNames): ScanRule {
  const tests = { file: [] as ((name: string) => boolean)[], folder: [] as ((name: string) => boolean)[] };
  for (const pattern of names)
    tests[pattern.endsWith("/") ? "folder" : "file"].push(globTest(pattern.replace(/\/$/, "")));
  return (parts, kind, isLinked) => {
    if (isLinked) return "none";
    return tests[kind].some((test) => test(parts.at(-1) ?? "")) ? "scan" : kind === "folder" ? "way" : "none";
  };
}

function treeRule({ below, pattern, exclude, markers }: ScanTree): ScanRule {
  const { levels, isOfFiles } = parsePathPattern(pattern);
  const isExcluded = parseExclusions(exclude);
  const { isMarker } = parseMarkers(markers);
  return (parts, kind) => {
    if (!below.slice(0, parts.length).every((part, at) => part === parts[at])) return "none";
    const path = parts.slice(below.length);
    if (path.length > levels.length || !path.every((part, at) => levels[at]?.matches(part))) return "none";
    const isFolder = (at: number): boolean => kind === "folder" || at < path.length - 1;
    if (path.some((part, at) => isExcluded(part, isFolder(at), () => path.slice(0, at)))) return "none";
    if (path.length < levels.length) return kind === "folder" ? "way" : "none";
    return kind === (isOfFiles ? "file" : "folder") && !isMarker(path.at(-1) ?? "") ? "scan" : "none";
  };
}
