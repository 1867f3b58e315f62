/**
 * What the path of a scan on this machine says: where a collection shows it, and whose experiment it is. Paths are
 * compared part by part, so that `/xfel/ffs2` is not below `/xfel/ffs`. integration.md §4.1. Pure.
 */
import { partsBelow, plainPath } from "./scan-path.ts";

/** A directory of this machine, and the same in a collection. */
export interface PathMap {
  readonly local: string;
  readonly collection: string;
}

/** PAL-XFEL's: the home of the collection is `/xfel/ffs`. */
export const PAL_XFEL_MAP: PathMap = { local: "/xfel/ffs", collection: "/~" };

/** @returns undefined for a text that is not LOCAL=COLLECTION, two absolute paths without `..` */
export function parsePathMap(text: string): PathMap | undefined {
  const [, local = "", collection = ""] = /^(\/[^=]*)=(\/.*)$/.exec(text) ?? [];
  if (local === "" || [local, collection].some((path) => path.split("/").includes(".."))) return undefined;
  return { local: plainPath(local), collection };
}

/** The path in the collection, by the map whose directory is the longest; undefined: none holds the path. */
export function mappedPath(path: string, maps: readonly PathMap[]): string | undefined {
  const [best] = maps
    .flatMap(({ local, collection }) => {
      const below = partsBelow(local, path);
      return below === undefined ? [] : [{ collection, below }];
    })
    .toSorted((one, other) => one.below.length - other.below.length);
  if (best === undefined) return undefined;
  return [best.collection.replace(/\/+$/, ""), ...best.below].join("/") || "/";
}

const EXPERIMENT = /^(ue|ms)_\d{6}_[a-z0-9]+$/i;

/** The first part of a path that is the name of an experiment of PAL-XFEL. */
export const experimentIn = (path: string): string | undefined => path.split("/").find((part) => EXPERIMENT.test(part));
