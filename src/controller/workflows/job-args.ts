/**
 * The arguments of a job: what a person has written, with the blanks filled in from the scan and the experiment. Pure.
 * Data Management puts them into shell commands: what is filled in by itself holds nothing that a shell reads.
 */
import { cleanJson } from "../../base/clean-text.ts";
import { isJsonObject } from "../../base/json-object.ts";
import { RejectedError } from "../run/outcome.ts";

export type JobArgs = Readonly<Record<string, unknown>>;

/** What is known of the scan and the experiment; a member that is absent nobody knows. */
export interface JobFacts {
  /** The scan's file, as the workflow's commands see it. */
  readonly file?: string;
  /** The scan's name. */
  readonly scan?: string;
  /** The experiment's name, month, PI and proposal. */
  readonly exp?: string;
  readonly ym?: string;
  readonly last?: string;
  readonly gup?: string;
  /** The experiment's data directory at Data Management. */
  readonly dataDir?: string;
}
const WORDS = ["file", "scan", "exp", "ym", "last", "gup", "dataDir"] as const satisfies readonly (keyof JobFacts)[];
const WORD = new RegExp(`\\{(${WORDS.join("|")})\\}`, "g");
/** Arguments that are filled in where they are empty; those of `always` also where they are absent. */
const BLANKS = [
  { key: "filePath", fact: "file", always: true },
  { key: "experimentName", fact: "exp", always: true },
  { key: "dataDir", fact: "dataDir", always: false },
] as const;
/** No blank, quote, dollar, semicolon or the like. */
const PLAIN = /^[-\p{L}\p{N}_./+=,@:%]*$/u;

/** The object that a text holds; an empty text holds an empty one. @returns undefined for anything else */
export function argsOf(text: string): JobArgs | undefined {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // told by its caller
  }
  return undefined;
}

/** Whether the experiment's data directory is asked for, which Data Management must be asked for. */
export const wantsDataDir = (args: JobArgs): boolean =>
  args["dataDir"] === "" || Object.values(args).some((value) => typeof value === "string" && /\{dataDir\}/.test(value));

/** @param named what the arguments stand in, for sentences @throws RejectedError */
export function filledArgs(args: JobArgs, facts: JobFacts, named: string): JobArgs {
  const filled: Record<string, unknown> = Object.fromEntries(
    Object.entries(args).map(([key, value]) => [key, typeof value === "string" ? worded(value, facts, named) : value]),
  );
  for (const { key, fact, always } of BLANKS) {
    const isBlank = filled[key] === "" || (always && filled[key] === undefined);
    const value = facts[fact];
    if (!isBlank) continue;
    if (value === undefined) delete filled[key];
    else filled[key] = plain(value, key);
  }
  return filled;
}

function worded(text: string, facts: JobFacts, named: string): string {
  return text.replace(WORD, (whole, word: keyof JobFacts) => {
    const value = facts[word];
    if (value === undefined) throw new RejectedError(`${named} has ${whole}, which nobody knows now: ${HELP[word]}`);
    return plain(value, whole);
  });
}

const TAG_HELP = "tag an experiment, or write the value itself";
const HELP: Readonly<Record<keyof JobFacts, string>> = {
  file: "no scan is known, so set WorkflowFile",
  scan: "no scan is known, so set WorkflowFile",
  exp: TAG_HELP,
  ym: TAG_HELP,
  last: TAG_HELP,
  gup: TAG_HELP,
  dataDir: "Data Management tells none for the experiment, so write the value itself",
};

/** @throws RejectedError */
export function plain(value: string, name: string): string {
  if (PLAIN.test(value)) return value;
  const [odd = ""] = value.replace(/[-\p{L}\p{N}_./+=,@:%]/gu, "");
  throw new RejectedError(
    `${name} would be ${cleanJson(value)}, and Data Management puts it into a shell command, where ${cleanJson(odd)} does harm: rename the file, or give ${name} in WorkflowArgs`,
  );
}
