/**
 * Copies of many files between folders that this host sees, by two processes: one alone would wait for the system most
 * of the time. It copies nothing itself.
 */

import { ActionError } from "../../base/errors.ts";
import type { CopiedFile, CopyProgress } from "../../controller/ports/destinations.ts";
import type { ScanFile } from "../../controller/ports/scans.ts";
import { isPart } from "./destination-tree.ts";
import type { ScanWork, Worker } from "./work.ts";

/** Fewer are copied before a second process has begun. */
const LEAST_FILES = 1000;

/** As `worker`, with copies of many files shared. */
export function inHalves(worker: Worker): Worker {
  return async (work, options) => {
    if (work.do !== "copy" || !isShared(work)) return await worker(work, options);
    const { files } = work.parcel.manifest;
    const middle = Math.ceil(files.length / 2);
    const other = new AbortController();
    const signal = options.signal === undefined ? other.signal : AbortSignal.any([options.signal, other.signal]);
    const progress: CopyProgress[] = [];
    const halves = [files.slice(0, middle), files.slice(middle)].map(async (half, index) => {
      const onProgress = (its: CopyProgress): void => {
        progress[index] = its;
        options.onProgress?.(
          progress.reduce((sum, one) => ({ bytes: sum.bytes + one.bytes, files: sum.files + one.files })),
        );
      };
      try {
        return (await worker(withFiles(work, half), { signal, onProgress })) as readonly CopiedFile[];
      } catch (thrown) {
        other.abort(new ActionError("the other half of the copy has failed"));
        throw thrown;
      }
    });
    return (await bothHalves(halves, other.signal)).flat();
  };
}

/** @throws of two failures that which made the other half end */
async function bothHalves<T>(halves: readonly Promise<T>[], ended: AbortSignal): Promise<T[]> {
  const outcomes = await Promise.allSettled(halves);
  const failures = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  const cause = failures.find((one) => one !== ended.reason);
  if (failures.length > 0) throw cause ?? failures[0];
  return await Promise.all(halves);
}

type CopyWork = Extract<ScanWork, { do: "copy" }>;

function isShared({ source, destination, parcel }: CopyWork): boolean {
  const { files } = parcel.manifest;
  // A file of the scan that has the name of a remainder is known as the scan's by the process that has the whole list.
  return (
    source.ssh === undefined &&
    destination.ssh === undefined &&
    files.length >= LEAST_FILES &&
    !files.some(({ path }) => isPart(path))
  );
}

const withFiles = (work: CopyWork, files: readonly ScanFile[]): CopyWork => ({
  ...work,
  parcel: { ...work.parcel, manifest: { ...work.parcel.manifest, files } },
});
