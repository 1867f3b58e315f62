/**
 * The rule of which names below a source's top are scans: `*.h5` is every file so named, `*_DIR/` every folder so
 * named, whatever is in it. Opens no file.
 */
import { cleanJson, isUnclean } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { globTest } from "../../base/glob.ts";

export type ScanNames = readonly string[];

/** @throws ActionError for a pattern that can be no name */
export function checkScanNames(names: ScanNames): void {
  for (const pattern of names) {
    const name = pattern.replace(/\/$/, "");
    if (name === "" || /^\.\.?$|[/\0]/.test(name) || isUnclean(name))
      throw new ActionError(`The pattern ${cleanJson(pattern)} of scans is no name: write it as *.h5 or *_DIR/.`);
  }
}

/** @returns what a name denotes */
export function scanTest(names: ScanNames): (name: string, kind: "file" | "folder") => boolean {
  const tests = { file: [] as ((name: string) => boolean)[], folder: [] as ((name: string) => boolean)[] };
  for (const pattern of names)
    tests[pattern.endsWith("/") ? "folder" : "file"].push(globTest(pattern.replace(/\/$/, "")));
  return (name, kind) => tests[kind].some((test) => test(name));
}
