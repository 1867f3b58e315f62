/**
 * One look at what belongs to a scan, the same on every host. It reads no content, and leaves nothing out silently:
 * what cannot be sent (a device, a link that leads out of the tree, a name that is no UTF-8) is named.
 */
import { posix } from "node:path";
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import { isMark } from "../../base/own-files.ts";
import { AccessDeniedError, NotFoundError, UnavailableError } from "../../controller/ports/call.ts";
import type { Manifest, ScanFile } from "../../controller/ports/scans.ts";
import { type Belongs, namesOf } from "./belongs.ts";
import { isPart } from "./destination-tree.ts";
import { type FileLook, type FolderEntry, type HostFiles, isWithin } from "./host-files.ts";

export interface LookOptions {
  /** The top directory as scans are named. */
  readonly top: string;
  /** The same directory as `files` names it. */
  readonly at: string;
  readonly belongs: Belongs;
  /** Lets the event loop turn; what it throws ends the look. */
  readonly between: () => Promise<void>;
  /** Of files and folders; more is no scan. */
  readonly mostEntries?: number;
}

const MOST_ENTRIES = 1_000_000;

/** @param scan absolute, below `top`. @throws as ScanSource.look does */
export async function lookAtScan(files: HostFiles, scan: string, options: LookOptions): Promise<Manifest> {
  const { top, at } = options;
  const parts = partsBelow(top, scan, files.place);
  return new ScanLook(files, options, await realTopOf(files, at)).scan(
    posix.join(top, ...parts),
    posix.join(at, ...parts),
  );
}

/** The levels of `scan` below `top`. @throws ActionError where it is not below */
function partsBelow(top: string, scan: string, place: string): readonly string[] {
  const parts = foldersBelow(top, scan, place);
  if (parts.length > 0) return parts;
  throw notBelow(top, scan, place);
}

/** The levels of a manifest's folder below `top`, which it may be itself. @throws ActionError where it is another */
export function foldersBelow(top: string, scan: string, place: string): readonly string[] {
  const levels = (path: string): readonly string[] => path.replace(/\/+$/, "").split("/").slice(1);
  const [above, all] = [levels(posix.normalize(top)), levels(scan)];
  const parts = all.filter((part) => part !== "");
  const isPlain = scan.startsWith("/") && !parts.some((part) => part === "." || part === ".." || part.includes("\0"));
  if (isPlain && above.every((part, index) => part === parts[index])) return parts.slice(above.length);
  throw notBelow(top, scan, place);
}

const notBelow = (top: string, scan: string, place: string): ActionError =>
  new ActionError(`The scan ${cleanJson(scan)} is not below ${top} of ${place}: correct the path or the source's top.`);

async function realTopOf(files: HostFiles, at: string): Promise<string> {
  try {
    return await files.realPath(at);
  } catch (thrown) {
    const failure = files.failureOf(thrown);
    if (failure === undefined) throw thrown;
    throw new UnavailableError(
      `The scans' top directory ${at} of ${files.place} cannot be used: ${failure.words}; is it mounted?`,
      {
        cause: thrown,
      },
    );
  }
}

/** A folder on the way: its real path, and those of the folders that links led from. */
interface Step {
  readonly path: string;
  /** As the manifest names it; "" for its first folder. */
  readonly below: string;
  readonly real: string;
  readonly from: readonly string[];
}

class ScanLook {
  readonly #files: HostFiles;
  readonly #options: LookOptions;
  readonly #realTop: string;
  readonly #found: ScanFile[] = [];
  #entries = 0;

  constructor(files: HostFiles, options: LookOptions, realTop: string) {
    this.#files = files;
    this.#options = options;
    this.#realTop = realTop;
  }

  /** @param named as the manifest has it; @param path as the host has it */
  async scan(named: string, path: string): Promise<Manifest> {
    const thing = await this.#told(path, async () => this.#files.lookThrough(path));
    if (thing === undefined) throw new NotFoundError(`${this.#name(path)} is not there.`);
    const real = await this.#realInside(path);
    const isFolder = thing.kind === "folder";
    if (isFolder) await this.#walk({ path, below: "", real, from: [] });
    else if (thing.kind === "file") await this.#neighbours(path, posix.dirname(real));
    else throw this.#unsendable(path);
    if (this.#found.length === 0) throw new NotFoundError(`${this.#name(path)} holds no file.`);
    const byPath = (a: ScanFile, b: ScanFile): number => (a.path < b.path ? -1 : 1);
    return { folder: isFolder ? named : posix.dirname(named), isFolder, files: this.#found.sort(byPath) };
  }

  async #neighbours(path: string, realFolder: string): Promise<void> {
    const folder = posix.dirname(path);
    for (const name of namesOf(this.#options.belongs, posix.basename(path))) {
      const at = posix.join(folder, name);
      const found = await this.#told(at, () => this.#files.look(at));
      if (found !== undefined)
        await this.#take({ name, ...found }, { path: folder, below: "", real: realFolder, from: [] });
    }
    if (this.#found.length === 0) throw new NotFoundError(`${this.#name(path)} is not there any more.`);
  }

  async #walk(first: Step): Promise<void> {
    const waiting = [first];
    while (waiting.length > 0) {
      const steps = waiting.splice(-this.#files.atOnce);
      await fewAtATime(steps, this.#files.atOnce, async (step) =>
        waiting.push(...(await this.#folder(step, step === first))),
      );
    }
  }

  /** @returns the folders in it. What has gone meanwhile does not belong to the scan any more. */
  async #folder(step: Step, isFirst: boolean): Promise<readonly Step[]> {
    const folders: Step[] = [];
    try {
      for await (const batch of this.#files.entries(step.path)) {
        await this.#options.between();
        for (const entry of batch) {
          if (isMark(entry.name)) continue;
          const folder = await this.#entry(entry, step);
          if (folder !== undefined) folders.push(folder);
        }
      }
    } catch (thrown) {
      if (isFirst || this.#files.failureOf(thrown)?.kind !== "gone") throw this.#sentence(step.path, thrown);
    }
    return folders;
  }

  /** As `#entry`, with all that is below. */
  async #take(entry: FolderEntry, step: Step): Promise<void> {
    const folder = await this.#entry(entry, step);
    if (folder !== undefined) await this.#walk(folder);
  }

  /** @returns the step to take where it is a folder */
  async #entry(entry: FolderEntry, step: Step): Promise<Step | undefined> {
    const { mostEntries = MOST_ENTRIES } = this.#options;
    if (++this.#entries > mostEntries)
      throw new ActionError(
        `${this.#name(step.path)} has more than ${mostEntries} entries: that is no scan, or a wrong folder.`,
      );
    const path = posix.join(step.path, entry.name);
    if (entry.name.includes("\ufffd") && (await this.#files.look(path)) === undefined)
      throw new ActionError(`${this.#name(path)} has a name that is no UTF-8, which cannot be sent: rename it.`);
    const below = step.below === "" ? entry.name : `${step.below}/${entry.name}`;
    const real = posix.join(step.real, entry.name);
    if (entry.kind === "link") return this.#link({ path, below, real, from: step.from }, step.real);
    return this.#add(entry, { path, below, real, from: step.from });
  }

  #add({ kind, bytes, modified }: FileLook, step: Step): Step | undefined {
    if (kind === "folder") return step;
    if (kind !== "file") throw this.#unsendable(step.path);
    // At a destination a later copy would remove it.
    if (isPart(posix.basename(step.below)))
      throw new ActionError(
        `${this.#name(step.path)} has the name of a file that a copy has not ended, and is not sent: rename it, or remove it.`,
      );
    this.#found.push({ path: step.below, bytes, modified });
    return undefined;
  }

  /** A link is followed inside of the top directory, unless that leads in a circle. */
  async #link(link: Step, here: string): Promise<Step | undefined> {
    const found = await this.#told(link.path, () => this.#files.lookThrough(link.path));
    if (found === undefined) throw new ActionError(`${this.#name(link.path)} is a link that leads nowhere: remove it.`);
    const real = await this.#realInside(link.path);
    const from = [...link.from, here];
    if (found.kind === "folder" && from.some((folder) => isWithin(real, folder)))
      throw new ActionError(`${this.#name(link.path)} is a link to ${cleanJson(real)}, a circle: remove it.`);
    return this.#add(found, { ...link, real, from });
  }

  async #realInside(path: string): Promise<string> {
    const real = await this.#told(path, () => this.#files.realPath(path));
    if (isWithin(this.#realTop, real)) return real;
    const { at } = this.#options;
    throw new ActionError(
      `${this.#name(path)} leads to ${cleanJson(real)}, outside of ${at}, and is not sent: remove the link, or correct the source's top.`,
    );
  }

  #unsendable(path: string): ActionError {
    return new ActionError(`${this.#name(path)} is neither a file nor a folder and cannot be sent: remove it.`);
  }

  async #told<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw this.#sentence(path, thrown);
    }
  }

  #sentence(path: string, thrown: unknown): unknown {
    const failure = this.#files.failureOf(thrown);
    if (failure === undefined) return thrown;
    const text = `${this.#name(path)} cannot be looked at: ${failure.words}.`;
    const cause = { cause: thrown };
    if (failure.kind === "gone") return new NotFoundError(text, cause);
    if (failure.kind === "denied") return new AccessDeniedError(text, cause);
    return failure.kind === "noPlace" ? new UnavailableError(text, cause) : new ActionError(text, cause);
  }

  #name(path: string): string {
    return `${cleanJson(path)} of ${this.#files.place}`;
  }
}
