/**
 * Whether scans are at their destinations now: each destination folder is listed once for the scans in it, and compared
 * with what was sent, by the same proof as behind a transfer. It sends nothing.
 */
import { cleanJson } from "../../base/clean-text.ts";
import { OffError } from "../ports/call.ts";
import type { FoundFile } from "../ports/destinations.ts";
import type { ScanTags } from "../ports/queue-ledger.ts";
import type { Manifest, MarkedScan, ScanFile } from "../ports/scans.ts";
import type { TransferTasks } from "../ports/transfer-tasks.ts";
import { destinationPath } from "./globus-paths.ts";
import { Listings } from "./listings.ts";
import { proofProblem, proofText } from "./proof.ts";
import type { DestinationRow } from "./rules.ts";
import { baseName, manifestName, NO_TAGS, placeOf } from "./scan-path.ts";
import { verdictOn } from "./verdict.ts";

/** A scan that is looked for. */
export interface SoughtScan {
  readonly file: string;
  /** Those that are known; undefined: none is. */
  readonly tags: Partial<ScanTags> | undefined;
  readonly manifest: Manifest;
  /** Of its files there, as the proof behind its transfer found them. */
  readonly times?: string | undefined;
  /** What only the source has. */
  readonly marked?: MarkedScan;
}

/** there: proven. Otherwise `why` is a clause behind the destination's name. */
export type Standing = { readonly is: "there" } | { readonly is: "missing" | "unknown"; readonly why: string };

export interface LooksOptions {
  /** Of the source. */
  readonly top: string;
  readonly tasks?: TransferTasks | undefined;
  /** Whether folders are remembered from call to call; otherwise each call lists anew. */
  readonly remembers: boolean;
}

const THERE: Standing = { is: "there" };
const TAGGED_LEVELS = /\{(exp|ym|last|gup)\}/g;

interface Placed extends SoughtScan {
  readonly index: number;
  readonly parts: readonly string[];
}

export class DestinationLooks {
  readonly #options: LooksOptions;
  readonly #listings = new Map<string, Listings>();
  /** Destinations that did not answer, with why: they are not asked again. */
  readonly #down = new Map<string, string>();

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /**
   * @returns a standing for each scan, in their order
   * @throws the signal's reason; a bug of ours
   */
  async of(row: DestinationRow, scans: readonly SoughtScan[], signal: AbortSignal): Promise<readonly Standing[]> {
    const standings: Standing[] = scans.map(() => unknown("it was not looked at"));
    const groups = new Map<string, Placed[]>();
    for (const [index, scan] of scans.entries()) {
      const parts = this.#partsOf(row, scan);
      if (!Array.isArray(parts)) {
        standings[index] = parts as Standing;
        continue;
      }
      const key = scan.manifest.isFolder ? `${index}` : JSON.stringify(parts);
      const group = groups.get(key) ?? [];
      groups.set(key, group);
      group.push({ ...scan, index, parts });
    }
    for (const group of groups.values()) {
      const found = await this.#list(row, group, signal);
      for (const scan of group)
        standings[scan.index] = "is" in found ? found : await standingOf(row, scan, found.files);
    }
    return standings;
  }

  #partsOf(row: DestinationRow, { file, tags = {}, manifest }: SoughtScan): readonly string[] | Standing {
    const { template } = row;
    const unknownLevel = [...template.matchAll(TAGGED_LEVELS)].find(
      ([, key]) => tags[key as keyof ScanTags] === undefined,
    );
    if (unknownLevel !== undefined)
      return unknown(`its path ${template} names the experiment, and nobody knows ${unknownLevel[0]} of this scan`);
    try {
      const placed = { file, tags: { ...NO_TAGS, ...tags }, manifest };
      return placeOf(template, this.#options.top, placed, row.kind === "copy" ? row.as : undefined);
    } catch (thrown) {
      return unknown(verdictOn(thrown, NEVER).sentence);
    }
  }

  async #list(
    row: DestinationRow,
    group: readonly Placed[],
    signal: AbortSignal,
  ): Promise<Standing | { readonly files: readonly FoundFile[] }> {
    const down = this.#down.get(row.name);
    if (down !== undefined) return unknown(down);
    try {
      return { files: await this.#listed(row, group, signal) };
    } catch (thrown) {
      const { about, sentence, isBug } = verdictOn(thrown, signal);
      if (isBug) throw thrown;
      if (about === "destination") this.#down.set(row.name, sentence);
      return unknown(sentence);
    }
  }

  async #listed(row: DestinationRow, group: readonly Placed[], signal: AbortSignal): Promise<readonly FoundFile[]> {
    const [first] = group;
    if (first === undefined) return [];
    const { manifest, parts } = first;
    if (row.kind === "copy") {
      const files = manifest.isFolder ? manifest.files : filesOf(group);
      return await row.copier.list({ manifest: { ...manifest, files }, parts }, { signal });
    }
    const { tasks, remembers } = this.#options;
    if (tasks === undefined) throw new OffError("Globus is off: set client-id in [globus-auth] of globus.conf.");
    const listings = this.#listings.get(row.name) ?? new Listings(tasks, row.collection);
    if (remembers) this.#listings.set(row.name, listings);
    const isDeep = manifest.isFolder || group.some((one) => one.manifest.files.some(({ path }) => path.includes("/")));
    return await listings.of(destinationPath(row, parts), isDeep, signal);
  }
}

const unknown = (why: string): Standing => ({ is: "unknown", why: why.replace(/\.$/, "") });
const NEVER = new AbortController().signal;

/** The files of scans that lie in one folder, each name once, and what must not be there. */
function filesOf(group: readonly Placed[]): readonly ScanFile[] {
  const files = new Map<string, ScanFile>();
  for (const { manifest, marked } of group) {
    for (const file of manifest.files) files.set(file.path, file);
    for (const path of marked?.marks ?? []) files.set(path, { path, bytes: 0, modified: 0 });
  }
  return [...files.values()];
}

async function standingOf(
  row: DestinationRow,
  { manifest, marked, times }: SoughtScan,
  files: readonly FoundFile[],
): Promise<Standing> {
  const shown = marked === undefined ? undefined : ofSource(marked, files);
  if (shown !== undefined) return unknown(`it shows the source itself: ${shown}`);
  const isOurs = row.kind === "copy" && row.writesManifest && manifest.isFolder;
  const ours = isOurs ? manifestName("", manifest) : undefined; // in a shared folder it lies beside the scan
  const problem = await proofProblem(
    manifest,
    files.filter(({ path }) => path !== ours),
    { times },
  );
  return problem === undefined ? THERE : { is: "missing", why: proofText(problem) };
}

/** What of the source's own a destination shows, a clause. */
function ofSource({ marks, identities }: MarkedScan, files: readonly FoundFile[]): string | undefined {
  const [names, ours] = [new Set(marks.map(baseName)), new Set(identities)];
  for (const { path, identity } of files) {
    if (names.has(baseName(path))) return "a file that was just made there is there, too";
    if (identity !== undefined && ours.has(identity)) return `${cleanJson(path)} is the same file`;
  }
  return undefined;
}

/** A standing for a sentence: `petrel: 1 file is not as sent: a.h5 is missing`. */
export const standingText = (destination: string, standing: Standing): string =>
  standing.is === "there" ? `proven at ${destination}` : `${destination}: ${standing.why}`;
