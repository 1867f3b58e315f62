/**
 * Whether what `transfer` and `transfer-scan` are to send is there, and does not lie where it goes: told before
 * anything is queued. Reads names only.
 */
import { type Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { cleanJson } from "../base/clean-text.ts";
import { codeOf, messageOf } from "../base/errors.ts";
import type { ScanTags } from "../controller/ports/queue-ledger.ts";
import { placeOf } from "../controller/transfers/scan-path.ts";
import { UsageError } from "./exit-status.ts";
import type { ForegroundPlan, ForegroundRequest } from "./foreground-plan.ts";

/** The options that name it, as people have typed them. */
const OPTIONS = {
  transfer: ["--source-path", "--dest-path"],
  "transfer-scan": ["--scan-dir", "--dest-base"],
} as const;

/** @throws UsageError */
export async function checkPlaces(
  { what }: Pick<ForegroundRequest, "what">,
  { work, settings, as }: Pick<ForegroundPlan, "work" | "settings" | "as">,
  tagsOf: (file: string) => ScanTags,
): Promise<void> {
  if (what === "watch" || work.kind !== "scan") return;
  const [from, to] = OPTIONS[what];
  const { file } = work;
  const found = await lookAt(from, file);
  if (!found.isFile() && !found.isDirectory())
    throw new UsageError(`${from} ${cleanJson(file)} is neither a file nor a folder and cannot be sent.`);
  const isFolder = found.isDirectory();
  if (!isFolder && what === "transfer-scan")
    throw new UsageError(
      `${from} ${cleanJson(file)} is a file: name the folder of a scan, or send the file with globus-ioc transfer.`,
    );
  const manifest = { folder: isFolder ? file : path.dirname(file), isFolder };
  for (const { kind, top, path: template } of settings.destinations) {
    if (kind !== "folder") continue;
    const parts = placeOf(template, settings.source.top, { file, tags: tagsOf(file), manifest }, as);
    const place = path.join(top, ...parts, ...(isFolder ? [] : [path.basename(file)]));
    const problem = overlap(await realPathOf(file), await realPathOf(place), isFolder);
    if (problem !== undefined)
      throw new UsageError(
        `${to} leads to ${cleanJson(place)}, which ${problem} (${cleanJson(file)}): name another folder.`,
      );
  }
}

async function lookAt(option: string, file: string): Promise<Stats> {
  try {
    return await stat(file);
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") throw new UsageError(`${option} ${cleanJson(file)} is not there.`);
    throw new UsageError(`${option} ${cleanJson(file)} cannot be looked at: ${messageOf(thrown, file)}.`);
  }
}

/** Both without links. @returns the middle of a sentence; undefined: neither lies in the other */
function overlap(from: string, to: string, isFolder: boolean): string | undefined {
  if (from === to) return "is what is to be sent itself";
  if (!isFolder) return undefined; // only its own name is written
  if (to.startsWith(`${from}/`)) return "lies inside of what is to be sent";
  return from.startsWith(to === "/" ? to : `${to}/`) ? "holds what is to be sent" : undefined;
}

/** Without links, as far as it is there. */
async function realPathOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    const above = path.dirname(file);
    return above === file ? file : path.join(await realPathOf(above), path.basename(file));
  }
}
