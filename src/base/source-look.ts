/**
 * The look at one source directory, the same on every host: is it there, does it stay below its top directory, and how
 * much is in it. It touches no file itself: the host's `files` do. integration.md §5.9.
 */

import { posix } from "node:path";
import { cleanJson } from "./clean-text.ts";
import type { Clock } from "./clock.ts";
import { directoryNameProblem } from "./directory-name.ts";
import { orAbort } from "./or-abort.ts";
import { countTree, type TreeEntry, type TreeLimits } from "./tree-count.ts";

export interface LookLimits extends TreeLimits {
  /** For the whole look, from the connection on. */
  readonly seconds: number;
}

/** For a look that an operator waits for. */
const QUICK_LOOK: LookLimits = { entries: 20_000, depth: 16, seconds: 10 };

/** What is in a source directory. */
export interface SourceReport {
  readonly state: "OK" | "EMPTY" | "MISSING" | "NO_TOPDIR" | "UNKNOWN";
  readonly files: number;
  readonly bytes: number;
  /** For UNKNOWN: why, in a sentence; for OK: that there is more than was counted. */
  readonly remark?: string;
}

/** A host's files, while they are looked at. Paths are absolute. */
export interface SourceFiles {
  /** Of what a link leads to; false where nothing is. */
  readonly isDirectory: (path: string) => Promise<boolean>;
  readonly realpath: (path: string) => Promise<string>;
  /** The entries of a directory, some at a time. */
  readonly list: (path: string) => AsyncIterable<readonly TreeEntry[]>;
  readonly close?: () => Promise<void>;
}

export interface SourceLook {
  /** The host, as operators know it. */
  readonly host: string;
  /** Absolute. */
  readonly top: string;
  /** The levels below it. */
  readonly parts: readonly string[];
  readonly limits?: LookLimits | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** The signal ends it, and all that is asked of the files later. */
  readonly open: (until: AbortSignal) => Promise<SourceFiles>;
  /** What a failure of the host's says, as a remark; undefined where the failure is none of the host's. */
  readonly remarkOn: (thrown: unknown, path: string) => string | undefined;
  /** Whether a failure to list a directory concerns that directory alone. */
  readonly isLocal: (thrown: unknown) => boolean;
}

/** @throws the signal's reason, and what `remarkOn` has no remark on */
export async function inspectSource(look: SourceLook): Promise<SourceReport> {
  const { host, top, parts, limits = QUICK_LOOK, clock, signal } = look;
  for (const part of parts) {
    const problem = directoryNameProblem(part);
    if (problem !== undefined) return unknown(`the directory name ${cleanJson(part)} ${problem}`);
  }
  const path = posix.join(top, ...parts);
  const late = new AbortController();
  const cancel = clock.after(limits.seconds, () => late.abort());
  try {
    return await lookInto(look, path, { ...limits, late: late.signal });
  } catch (thrown) {
    signal?.throwIfAborted();
    if (late.signal.aborted) return unknown(`${host} gave no answer about ${path} within ${limits.seconds} s`);
    const remark = look.remarkOn(thrown, path);
    if (remark === undefined) throw thrown;
    return unknown(remark);
  } finally {
    cancel();
  }
}

interface Bounds extends TreeLimits {
  /** Aborted when the time is over. */
  readonly late: AbortSignal;
}

async function lookInto(look: SourceLook, path: string, bounds: Bounds): Promise<SourceReport> {
  const { top, signal } = look;
  const until = AbortSignal.any(signal === undefined ? [bounds.late] : [bounds.late, signal]);
  const files = await look.open(until);
  try {
    const found = await orAbort(find(files, top, path), until);
    return "state" in found ? found : await count(files, found.real, look, bounds);
  } finally {
    await files.close?.();
  }
}

const nothing = (state: SourceReport["state"]): SourceReport => ({ state, files: 0, bytes: 0 });
const unknown = (remark: string): SourceReport => ({ ...nothing("UNKNOWN"), remark: remark.replace(/\.$/, "") });

/** Where the source really is, or why there is nothing to count. */
async function find(files: SourceFiles, top: string, path: string): Promise<SourceReport | { readonly real: string }> {
  if (!(await files.isDirectory(top))) return nothing("NO_TOPDIR");
  if (!(await files.isDirectory(path))) return nothing("MISSING");
  const [realTop, real] = [await files.realpath(top), await files.realpath(path)];
  if (real !== realTop && !real.startsWith(posix.join(realTop, "/")))
    return unknown(`${path} leads to ${real}, outside of ${top}, and is not looked into`);
  return { real };
}

async function count(files: SourceFiles, real: string, look: SourceLook, bounds: Bounds): Promise<SourceReport> {
  const { isLocal, signal } = look;
  const list = (below: string): AsyncIterable<readonly TreeEntry[]> => files.list(posix.join(real, below));
  const { complete, ...found } = await countTree({ list, isLocal, limits: bounds, late: bounds.late, signal });
  return {
    state: found.files === 0 && complete ? "EMPTY" : "OK",
    ...found,
    ...(!complete && { remark: "there is more than was counted" }),
  };
}
