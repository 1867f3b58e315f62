/**
 * Patterns of paths below a directory, whole parts against whole parts: `{exp:ue_*|ms_*}/rawData/{scan:*_DIR}` says
 * which folders are scans, `{exp}/{file:*.h5}` which files are. In a part `*` and `?` stand for what they stand for in
 * shells, `|` parts alternatives, and capitals do not matter. Opens no file.
 */
import { cleanJson, isUnclean } from "./clean-text.ts";
import { ActionError } from "./errors.ts";
import { globTest } from "./glob.ts";

export interface PathPattern {
  readonly text: string;
  /** From the top down; the last names the scan. */
  readonly levels: readonly PatternLevel[];
  /** Whether scans are files; folders otherwise. */
  readonly isOfFiles: boolean;
}

export interface PatternLevel {
  readonly matches: (name: string) => boolean;
  /** What a part of the path is called: `exp` of `{exp:ue_*}`. */
  readonly field?: string;
}

/** What a path says: the parts up to the scan, and those that have a name. */
export interface PatternMatch {
  readonly parts: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
}

const EXAMPLE = "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}";
const FIELD = /^\{([a-z]+)(?::([^{}]+))?\}$/;

/** Every name that holds one of the alternatives. */
function namesTest(alternatives: string): (name: string) => boolean {
  const tests = alternatives.toLowerCase().split("|").map(globTest);
  return (name) => {
    const small = name.toLowerCase();
    return tests.some((test) => test(small));
  };
}

/** @throws ActionError with the sentence that says what is wrong, and how a pattern looks */
export function parsePathPattern(text: string): PathPattern {
  const refuse = (why: string): never => {
    throw new ActionError(`The path pattern ${cleanJson(text)} ${why}: write it as ${EXAMPLE}.`);
  };
  if (text.trim() === "") return refuse("is empty");
  if (text.startsWith("/")) return refuse("begins with a /, but is looked for below the watched directory");
  const parts = text.replace(/\/$/, "").split("/");
  const levels = parts.map((part): PatternLevel => {
    const problem = partProblem(part);
    if (problem !== undefined) return refuse(problem);
    if (!/[{}]/.test(part)) return { matches: namesTest(part) };
    const [, field, names = "*"] = FIELD.exec(part) ?? refuse(`has the part ${cleanJson(part)}, no {name:pattern}`);
    return { matches: namesTest(names), field: field as string };
  });
  const fields = levels.flatMap(({ field }) => field ?? []);
  const twice = fields.find((field, index) => fields.indexOf(field) !== index);
  if (twice !== undefined) return refuse(`has {${twice}} twice`);
  const last = levels.at(-1)?.field;
  if (last !== "scan" && last !== "file") return refuse("does not end in {scan} or {file}, which says what a scan is");
  if (fields.includes("scan") && fields.includes("file")) return refuse("has both {scan} and {file}");
  return { text, levels, isOfFiles: last === "file" };
}

function partProblem(part: string): string | undefined {
  if (part === "") return "has an empty part";
  if (part === "." || part === "..") return `has the part ${part}, which leads elsewhere`;
  if (part.includes("**")) return `has the part ${cleanJson(part)}; one * is one part, and there is none for several`;
  if (isUnclean(part)) return "holds a control character";
  return part.replace(/^\{[a-z]+:?|\}$/g, "").startsWith("|") || /\|\||\|\}?$/.test(part)
    ? `has an empty alternative in ${cleanJson(part)}`
    : undefined;
}

/**
 * The scan that a path lies in, or is: climbs from whatever is inside of it.
 * @param parts below the top directory
 * @returns undefined where the path lies in no scan; so it is with the top directory, and all above a scan
 */
export function scanAbove({ levels, isOfFiles }: PathPattern, parts: readonly string[]): PatternMatch | undefined {
  if (parts.length < levels.length || (isOfFiles && parts.length > levels.length)) return undefined;
  const fields: Record<string, string> = {};
  for (const [index, { matches, field }] of levels.entries()) {
    const part = parts[index] as string;
    if (!matches(part)) return undefined;
    if (field !== undefined) fields[field] = part;
  }
  return { parts: parts.slice(0, levels.length), fields };
}

/** Whether an entry is left out. @param above the parts of the folder that it is in, below the top directory */
export type Exclusion = (name: string, isFolder: boolean, above: () => readonly string[]) => boolean;

/**
 * Exclusions: `scratch/` is every folder of that name, `*.tmp` everything so named; with a / before the end it is a
 * path from the watched directory on, as `calib*\/old`.
 * @throws ActionError
 */
export function parseExclusions(texts: readonly string[]): Exclusion {
  const rules = texts.map((text) => {
    const parts = text.replace(/\/$/, "").split("/");
    const problem = /[{}]/.test(text) ? "has a brace" : parts.map(partProblem).find((one) => one !== undefined);
    if (problem !== undefined || /^[*/]+$/.test(text))
      throw new ActionError(
        `The exclusion ${cleanJson(text)} ${problem ?? "leaves everything out"}: write it as scratch/ or *.tmp.`,
      );
    const tests = parts.map(namesTest);
    return { tests, onlyFolders: text.endsWith("/") };
  });
  return (name, isFolder, above) =>
    rules.some(({ tests, onlyFolders }) => {
      if ((onlyFolders && !isFolder) || tests.at(-1)?.(name) !== true) return false;
      if (tests.length === 1) return true;
      const parts = above();
      return tests.length - 1 === parts.length && parts.every((part, at) => tests[at]?.(part));
    });
}

export interface MarkerNames {
  readonly isMarker: (name: string) => boolean;
  /** What is left of a marker's name without the marker: `a.h5.done` → `a.h5`. */
  readonly markedBy: (name: string) => readonly string[];
}

/**
 * Marker patterns: `.done` is every name that ends so; one with `*` or `?` is the whole name.
 * @throws ActionError
 */
export function parseMarkers(texts: readonly string[]): MarkerNames {
  for (const text of texts) {
    const why =
      text.trim() === ""
        ? "is empty, and every file would be a marker"
        : /^[*?]+$/.test(text)
          ? "makes every file a marker"
          : /[/{}|]/.test(text) || isUnclean(text)
            ? "is no piece of a file name"
            : undefined;
    if (why !== undefined) throw new ActionError(`The marker pattern ${cleanJson(text)} ${why}: write it as .done.`);
  }
  const endings = texts.filter((text) => !/[*?]/.test(text)).map((text) => text.toLowerCase());
  const globs = texts.filter((text) => /[*?]/.test(text)).map(namesTest);
  const isMarker = (name: string): boolean => {
    const small = name.toLowerCase();
    return endings.some((ending) => small.endsWith(ending)) || globs.some((test) => test(name));
  };
  const markedBy = (name: string): readonly string[] =>
    endings.filter((ending) => name.toLowerCase().endsWith(ending)).map((ending) => name.slice(0, -ending.length));
  return { isMarker, markedBy };
}

/**
 * Files of a scan that are counted: `*.h5` everywhere in it, `detector1/*.h5` by whole parts from the scan on; `*` all.
 * @throws ActionError
 */
export function parseCounted(text: string): (parts: readonly string[]) => boolean {
  const parts = text.split("/");
  const problem = /[{}]/.test(text) ? "has a brace" : parts.map(partProblem).find((one) => one !== undefined);
  if (problem !== undefined)
    throw new ActionError(
      `The pattern ${cleanJson(text)} of counted files ${problem}: write it as *.h5 or detector1/*.h5.`,
    );
  const tests = parts.map(namesTest);
  if (tests.length === 1) return (path) => tests[0]?.(path.at(-1) ?? "") === true;
  return (path) => path.length === tests.length && tests.every((test, index) => test(path[index] ?? ""));
}
