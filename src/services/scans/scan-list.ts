/**
 * The scans below a source's top, as its host lists them. Links are followed where the path alone says what is a scan;
 * no content is read.
 */
import { posix } from "node:path";
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import { isOwnFile } from "../../base/own-files.ts";
import { UnavailableError } from "../../controller/ports/call.ts";
import type { FileLook, HostFiles } from "./host-files.ts";
import { scanRule, type WhichScans } from "./scan-names.ts";

export interface ScanListOptions {
  /** The top directory as scans are named. */
  readonly top: string;
  /** The same directory as `files` names it. */
  readonly at: string;
  readonly which: WhichScans;
  readonly between: () => Promise<void>;
  readonly mostScans?: number;
  readonly mostEntries?: number;
}

/** A folder that is to be listed. */
interface Step {
  readonly below: string;
  /** Whether a link leads there. */
  readonly isLinked: boolean;
}

/** A scan, or why a folder could not be listed. */
export type ListedScan = { readonly scan: string } | { readonly problem: string };

const MOST_SCANS = 10_000;
const MOST_ENTRIES = 2_000_000;
/** Problems that are told one by one. */
const MOST_PROBLEMS = 20;

/** @throws as ScanDisk.scans does */
export async function listScans(files: HostFiles, options: ScanListOptions): Promise<readonly ListedScan[]> {
  const { top, at, which, between, mostScans = MOST_SCANS, mostEntries = MOST_ENTRIES } = options;
  const ruleOf = scanRule(which);
  const where = which.trees.length > 0 ? "scans, in the [trigger …] sections" : "scans, in [source]";
  const found: string[] = [];
  const problems: string[] = [];
  let entries = 0;
  const take = (below: string): void => {
    if (found.push(posix.join(top, below)) > mostScans)
      throw new ActionError(
        `${top} of ${files.place} holds more than ${mostScans} scans: name a smaller top, or fewer by ${where} of globus.conf.`,
      );
  };
  /** What a link leads to; undefined where nobody can say. */
  const behind = async (path: string): Promise<FileLook["kind"] | undefined> => {
    try {
      return (await files.lookThrough(path))?.kind;
    } catch (thrown) {
      const failure = files.failureOf(thrown);
      if (failure === undefined || failure.kind === "noPlace") throw thrown;
      return undefined;
    }
  };
  const folder = async ({ below, isLinked }: Step): Promise<readonly Step[]> => {
    const folders: Step[] = [];
    await between();
    try {
      for await (const batch of files.entries(posix.join(at, below)))
        for (const { name, kind } of batch) {
          if (++entries > mostEntries)
            throw new ActionError(`${top} of ${files.place} has more than ${mostEntries} entries: name a smaller top.`);
          const path = below === "" ? name : `${below}/${name}`;
          if (isOwnFile(name)) continue;
          const isLink = kind === "link";
          const seen = isLink && which.trees.length > 0 ? await behind(posix.join(at, path)) : kind;
          if (seen !== "file" && seen !== "folder") continue;
          const linked = isLinked || isLink;
          const word = ruleOf(path.split("/"), seen, linked);
          if (word === "scan") take(path);
          else if (word === "way") folders.push({ below: path, isLinked: linked });
        }
    } catch (thrown) {
      const failure = files.failureOf(thrown);
      if (failure === undefined) throw thrown;
      const sentence = `${cleanJson(posix.join(at, below))} of ${files.place} cannot be listed: ${failure.words}.`;
      if (below === "" || failure.kind === "noPlace") throw new UnavailableError(sentence, { cause: thrown });
      if (failure.kind !== "gone") problems.push(sentence);
    }
    return folders;
  };
  const waiting: Step[] = [{ below: "", isLinked: false }];
  while (waiting.length > 0) {
    const some = waiting.splice(-files.atOnce);
    waiting.push(...(await fewAtATime(some, files.atOnce, folder)).flat());
  }
  if (problems.length > MOST_PROBLEMS) {
    const more = problems.splice(MOST_PROBLEMS).length;
    problems.push(`${more} more folders cannot be listed.`);
  }
  return [...found.sort().map((scan) => ({ scan })), ...problems.map((problem) => ({ problem }))];
}
