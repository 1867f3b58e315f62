/**
 * The data host where it is this machine: its files without SSH, and never changed. What is looked for is
 * base/source-look.ts.
 */
import type { Dirent } from "node:fs";
import { lstat, opendir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "../base/clock.ts";
import { checkTopDirectory } from "../base/directory-name.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import { inspectSource, type LookLimits, type SourceFiles } from "../base/source-look.ts";
import type { TreeEntry } from "../base/tree-count.ts";
import type { DataHost } from "../controller/ports/data-host.ts";

export interface LocalDataHostSettings {
  /** As operators know this machine. */
  readonly name: string;
  /** Absolute. */
  readonly top: string;
  readonly limits?: LookLimits;
}

/** Entries that are looked at together. */
const AT_ONCE = 100;

/** @throws ActionError when `top` is not absolute */
export function createLocalDataHost(settings: LocalDataHostSettings, clock: Clock): DataHost {
  const { name, top } = settings;
  checkTopDirectory("data directory", top, name);
  return {
    name,
    top,
    inspect: (parts, { signal }) =>
      inspectSource({
        host: name,
        top,
        parts,
        limits: settings.limits,
        clock,
        signal,
        open: async () => FILES,
        remarkOn: (thrown, at) =>
          codeOf(thrown) === undefined ? undefined : `${at} cannot be looked into: ${messageOf(thrown, at)}`,
        isLocal: (thrown) => codeOf(thrown) !== undefined,
      }),
  };
}

const FILES: SourceFiles = {
  isDirectory: async (at) => {
    try {
      return (await stat(at)).isDirectory();
    } catch (thrown) {
      if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return false;
      throw thrown;
    }
  },
  realpath: (at) => realpath(at),
  list: (at) => entries(at),
};

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
