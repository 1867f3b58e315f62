/** Where links of a watched tree lead. */
import * as fs from "node:fs";
import { cleanJson } from "../../base/clean-text.ts";
import { systemFailure } from "../../base/system-failure.ts";
import type { Folder } from "./folder.ts";

/** Where a link leads, or a clause why it is not followed. */
export type LinkTarget = { readonly real: string; readonly isFolder: boolean } | { readonly problem: string };

/** @param realRoot nothing outside of it is looked into */
export function linkTarget(realRoot: string, folder: Folder, name: string): LinkTarget {
  try {
    const real = fs.realpathSync.native(`${folder.path}/${name}`);
    if (!isWithin(realRoot, real)) return { problem: `leads to ${cleanJson(real)}, outside of the watched directory` };
    if (!fs.statSync(real).isDirectory()) return { real, isFolder: false };
    for (let above: Folder | undefined = folder; above !== undefined; above = above.parent)
      if (isWithin(real, above.path)) return { problem: "leads in a circle" };
    return { real, isFolder: true };
  } catch (thrown) {
    const words = systemFailure(thrown)?.words;
    if (words === undefined) throw thrown;
    return { problem: `leads nowhere: ${words}` };
  }
}

const isWithin = (top: string, path: string): boolean =>
  path === top || path.startsWith(top.endsWith("/") ? top : `${top}/`);
