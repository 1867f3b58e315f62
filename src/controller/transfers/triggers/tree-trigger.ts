/**
 * A trigger that watches a directory tree: which scans it means, and how a scan there says that it is complete. Parses
 * what a person writes; watches nothing. Pure.
 */
import { cleanJson } from "../../../base/clean-text.ts";
import { ActionError } from "../../../base/errors.ts";
import {
  type PathPattern,
  parseCounted,
  parseExclusions,
  parseMarkers,
  parsePathPattern,
} from "../../../base/path-pattern.ts";

/** How a scan says that it is complete. */
export type ScanCompletion =
  /** One of these files appears in it, is moved there, or is touched. */
  | { readonly kind: "marker"; readonly markers: readonly string[] }
  /** So many files are there. */
  | { readonly kind: "files"; readonly files: number; readonly counted: string }
  /** Nothing in it has changed for so long. */
  | { readonly kind: "quiet"; readonly seconds: number }
  /** One with the same name but a higher number has appeared beside it. */
  | { readonly kind: "next" };

export interface TreeTrigger {
  readonly name: string;
  /** Absolute. */
  readonly root: string;
  readonly pattern: PathPattern;
  readonly exclude: readonly string[];
  readonly complete: ScanCompletion;
}

/** A trigger as settings have it. */
export interface TriggerTexts {
  readonly name: string;
  readonly root: string;
  /** As `{exp:ue_*|ms_*}/rawData/{scan:*_DIR}`: base/path-pattern.ts. */
  readonly scans: string;
  readonly exclude: readonly string[];
  /** `marker .done .complete`, `files 60 of detector1/*.h5`, `quiet 30` or `next`. */
  readonly complete: string;
}

/** Longest quiet period: a day. */
const MOST_QUIET_SECONDS = 86_400;
const WAYS = "marker .done .complete, files 60 of *.h5, quiet 30 (seconds), or next";

/** @throws ActionError whose sentence says what is wrong and what to write; whoever asks names the trigger */
export function readTrigger({ name, root, scans, exclude, complete }: TriggerTexts): TreeTrigger {
  if (!root.startsWith("/") || root.split("/").includes(".."))
    throw new ActionError(`The directory ${cleanJson(root)} must be an absolute path without "..".`);
  parseExclusions(exclude);
  return {
    name,
    root: root.replace(/(?<=.)\/+$/, ""),
    pattern: parsePathPattern(scans),
    exclude,
    complete: readCompletion(complete),
  };
}

/** @throws ActionError */
function readCompletion(text: string): ScanCompletion {
  const [word = "", ...rest] = text.trim().split(/\s+/);
  const refuse = (why: string): never => {
    throw new ActionError(`The completion ${cleanJson(text)} ${why}: write one of ${WAYS}.`);
  };
  switch (word) {
    case "marker":
      if (rest.length === 0) return refuse("names no marker, and every new file would start a transfer");
      parseMarkers(rest);
      return { kind: "marker", markers: rest };
    case "files":
      return readFiles(rest, refuse);
    case "quiet": {
      const seconds = Number(rest[0]);
      if (rest.length !== 1 || !(seconds >= 1 && seconds <= MOST_QUIET_SECONDS))
        return refuse(`needs a number of seconds from 1 to ${MOST_QUIET_SECONDS}`);
      return { kind: "quiet", seconds };
    }
    case "next":
      return rest.length === 0 ? { kind: "next" } : refuse(`has more than "next"`);
    default:
      return refuse("is none");
  }
}

function readFiles(words: readonly string[], refuse: (why: string) => never): ScanCompletion {
  const [number = "", of, counted = "*", ...more] = words;
  const isWhole = /^[1-9]\d{0,8}$/.test(number);
  if (!isWhole) return refuse("needs a number of files");
  if ((of !== undefined && of !== "of") || more.length > 0 || words.length === 2)
    return refuse("must say which files are counted behind of");
  parseCounted(counted);
  return { kind: "files", files: Number(number), counted };
}
