/**
 * Request files (.req): which PVs a set keeps. Text in, names out; where a file lies is the reader's matter, whether a
 * PV exists is asked elsewhere. channel-access.md §7.3; autosave: save_restore.c readReqFile.
 */
import { expandMacros, macroSentence, parseMacros } from "../../base/macros.ts";
import { splitPvName } from "../../database/pv-name.ts";

/** A request file as it was found. */
export interface RequestText {
  /** For messages, and to recognize an include of itself. */
  readonly file: string;
  /** A byte string. */
  readonly text: string;
}

/** Finds a request file by the name that stands in a command or behind `file`; undefined: there is none. */
export type RequestReader = (name: string) => RequestText | undefined;

export interface Request {
  /** PV names as written, macros expanded, each once. */
  readonly pvs: readonly string[];
  /** A sentence with file and line for each line that cannot be used; the other lines count all the same. */
  readonly problems: readonly string[];
}

/** `file "other.req", P=$(P), R=$(R)`; quotes and commas may be left out. */
const INCLUDE = /^file\s+"?\s*([^\s",]+)"?[\s,]*(.*)$/;

/** Reads a request and what it includes. Never throws. An included file has the macros of its `file` line only. */
export function readRequest(request: RequestText, macros: ReadonlyMap<string, string>, read: RequestReader): Request {
  const pvs = new Set<string>();
  const problems: string[] = [];
  const open: string[] = [];
  const readText = ({ file, text }: RequestText, values: ReadonlyMap<string, string>): void => {
    open.push(file);
    text.split(/\r?\n/).forEach((line, index) => {
      const problem = readLine(line.trim(), values);
      if (problem !== undefined) problems.push(`${file}:${index + 1}: ${problem}`);
    });
    open.pop();
  };
  const readLine = (line: string, values: ReadonlyMap<string, string>): string | undefined => {
    if (line === "" || line.startsWith("#")) return undefined;
    const expansion = expandMacros(line, (name) => values.get(name));
    const [problem] = expansion.problems;
    if (problem !== undefined) return `${macroSentence(problem)}.`;
    const [, name, given = ""] = INCLUDE.exec(expansion.text) ?? [];
    return name === undefined ? addPv(expansion.text) : include(name, given);
  };
  const addPv = (line: string): string | undefined => {
    const [pv = "", rest = ""] = line.split(/\s+/);
    if (rest !== "" && !rest.startsWith("#")) return `"${rest}" behind ${pv} is not understood: write one PV a line.`;
    if (splitPvName(pv) === undefined) return `"${pv}" is not a PV name.`;
    pvs.add(pv);
    return undefined;
  };
  const include = (name: string, given: string): string | undefined => {
    const found = read(name);
    if (found === undefined) return `the file ${name} is not found.`;
    if (open.includes(found.file)) return `${found.file} includes itself.`;
    readText(found, parseMacros(listOf(given)));
    return undefined;
  };
  readText(request, macros);
  return { pvs: [...pvs], problems };
}

/** `P=x: R=y:  # why` → `P=x:,R=y:` */
const listOf = (macros: string): string =>
  macros
    .replace(/#.*$/, "")
    .replaceAll('"', "")
    .trim()
    .replace(/[\s,]+/g, ",");
