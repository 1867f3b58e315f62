/**
 * The data host where it is this machine: what is in a source directory, without SSH. It counts within bounds, follows no link out of the top directory,
 * and changes nothing.
 */
import type { Dirent, Stats } from "node:fs";
import { lstat, opendir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "../base/clock.ts";
import { directoryNameProblem, isTopDirectory } from "../base/directory-name.ts";
import { ActionError, codeOf, messageOf } from "../base/errors.ts";
import { countTree, QUICK_LOOK, type TreeEntry, type TreeLimits } from "../base/tree-count.ts";
import type { CallOptions, DataHost, SourceReport } from "../controller/ports.ts";

export interface LocalDataHostSettings {
  /** As operators know this machine. */
  readonly name: string;
  /** Absolute. */
  readonly top: string;
  readonly limits?: TreeLimits;
}

/** Entries that are looked at together. */
const AT_ONCE = 100;

/** @throws ActionError when `top` is not absolute */
export function createLocalDataHost(settings: LocalDataHostSettings, clock: Clock): DataHost {
  const { name, top } = settings;
  if (!isTopDirectory(top)) {
    throw new ActionError(
      `The data directory ${JSON.stringify(top)} of ${name} must be an absolute path without "..".`,
    );
  }
  return {
    name,
    top,
    inspect: async (parts, options) => {
      try {
        return await inspect(settings, parts, clock, options);
      } catch (thrown) {
        options.signal?.throwIfAborted();
        if (codeOf(thrown) === undefined) throw thrown;
        return unknown(`${path.join(top, ...parts)} cannot be looked into: ${messageOf(thrown)}`);
      }
    },
  };
}

const unknown = (remark: string): SourceReport => ({ state: "UNKNOWN", files: 0, bytes: 0, remark });

async function inspect(
  { top, limits }: LocalDataHostSettings,
  parts: readonly string[],
  clock: Clock,
  { signal }: CallOptions,
): Promise<SourceReport> {
  for (const part of parts) {
    const problem = directoryNameProblem(part);
    if (problem !== undefined) return unknown(`the directory name ${JSON.stringify(part)} ${problem}`);
  }
  const source = path.join(top, ...parts);
  if ((await look(top))?.isDirectory() !== true) return { state: "NO_TOPDIR", files: 0, bytes: 0 };
  if ((await look(source))?.isDirectory() !== true) return { state: "MISSING", files: 0, bytes: 0 };
  const [realTop, real] = [await realpath(top), await realpath(source)];
  if (real !== realTop && !real.startsWith(path.join(realTop, "/")))
    return unknown(`${source} leads to ${real}, outside of ${top}, and is not looked into`);
  const count = await countTree({
    list: (below) => entries(path.join(real, below)),
    isLocal: (thrown) => codeOf(thrown) !== undefined,
    limits: limits ?? QUICK_LOOK,
    clock,
    signal,
  });
  return {
    state: count.files === 0 && count.complete ? "EMPTY" : "OK",
    files: count.files,
    bytes: count.bytes,
    ...(!count.complete && { remark: "there is more than was counted" }),
  };
}

/** Undefined where nothing is. */
async function look(at: string): Promise<Stats | undefined> {
  try {
    return await stat(at);
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return undefined;
    throw thrown;
  }
}

async function* entries(directory: string): AsyncGenerator<readonly TreeEntry[]> {
  let batch: Dirent[] = [];
  for await (const entry of await opendir(directory)) {
    if (batch.push(entry) < AT_ONCE) continue;
    yield await described(directory, batch);
    batch = [];
  }
  yield await described(directory, batch);
}

const described = (directory: string, batch: readonly Dirent[]): Promise<TreeEntry[]> =>
  Promise.all(
    batch.map(async (entry) => ({
      name: entry.name,
      kind: entry.isDirectory() ? "directory" : entry.isFile() ? "file" : "other",
      bytes: entry.isFile() ? await bytesOf(path.join(directory, entry.name)) : 0,
    })),
  );

/** A file that has gone meanwhile has none. */
const bytesOf = (file: string): Promise<number> =>
  lstat(file).then(
    ({ size }) => size,
    (thrown: unknown) => {
      if (codeOf(thrown) === "ENOENT") return 0;
      throw thrown;
    },
  );
