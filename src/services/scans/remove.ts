/**
 * Deletes a scan's files at its source: exactly those of its manifest, each looked at right before, and no folder with
 * anything in it. Whether they may be deleted is decided elsewhere (controller/transfers/prune.ts).
 */
import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { PRUNE_FILE } from "../../base/own-files.ts";
import { AccessDeniedError, SourceChangedError, UnavailableError } from "../../controller/ports/call.ts";
import type { Manifest, Removed, ScanFile } from "../../controller/ports/scans.ts";
import type { FileLook, HostFiles } from "./host-files.ts";
import { foldersBelow } from "./look.ts";

export interface RemovePlace {
  readonly files: HostFiles;
  /** The top directory as scans are named. */
  readonly top: string;
  /** The same directory as `files` names it. */
  readonly at: string;
  /** Lets the event loop turn; what it throws ends the work. */
  readonly between: () => Promise<void>;
}

export interface RemoveHow {
  readonly isPlan: boolean;
  readonly mayLack: boolean;
}

/** One of what a `MarkedScan` has: there may be many. */
export type ScanSign = { readonly mark: string } | { readonly identity: string };

const isPruneMark = (name: string): boolean =>
  name.startsWith(PRUNE_FILE) && /^[0-9a-f]{16}$/.test(name.slice(PRUNE_FILE.length));

/** @throws as ScanDisk.mark does */
export async function markScan(place: RemovePlace, manifest: Manifest, mayLack: boolean): Promise<readonly ScanSign[]> {
  const name = `${PRUNE_FILE}${randomBytes(8).toString("hex")}`;
  const removal = new Removal(place, manifest.folder);
  const folders = foldersIn(manifest);
  await removal.requireFolders(folders, mayLack);
  const signs: ScanSign[] = [];
  try {
    for (const folder of folders) {
      await place.between();
      if (mayLack && (await removal.look(folder)) === undefined) continue;
      const mark = posix.join(folder, name);
      await removal.told("write", mark, (path) =>
        place.files.writeSmall(path, Buffer.alloc(0), { modified: 0, mode: 0o600 }),
      );
      signs.push({ mark });
    }
    for (const [index, { path }] of manifest.files.entries()) {
      if (index % 256 === 0) await place.between();
      const identity = (await removal.look(path))?.identity;
      if (identity !== undefined) signs.push({ identity });
    }
  } catch (thrown) {
    for (const sign of signs)
      if ("mark" in sign) await removal.told("remove", sign.mark, (path) => place.files.remove(path));
    throw thrown;
  }
  return signs;
}

/** @throws as ScanDisk.unmark does */
export async function unmarkScan(place: RemovePlace, manifest: Manifest): Promise<void> {
  const removal = new Removal(place, manifest.folder);
  const folders = foldersIn(manifest);
  await removal.requireFolders(folders, true);
  for (const folder of folders) {
    await place.between();
    if ((await removal.look(folder))?.kind !== "folder") continue;
    const names = await removal.told("list", folder, (path) => place.files.names(path));
    for (const name of names.filter(isPruneMark)) {
      const mark = posix.join(folder, name);
      const look = await removal.look(mark);
      if (look?.kind === "file" && look.bytes === 0)
        await removal.told("remove", mark, (path) => place.files.remove(path));
    }
  }
}

/** @throws as ScanDisk.remove does */
export async function removeScan(place: RemovePlace, manifest: Manifest, how: RemoveHow): Promise<Removed> {
  const removal = new Removal(place, manifest.folder);
  const found = await removal.check(manifest, how.mayLack);
  const sum = { files: found.length, bytes: found.reduce((bytes, { file }) => bytes + file.bytes, 0) };
  if (how.isPlan) return sum;
  return await removal.remove(manifest, found);
}

interface CheckedFile {
  readonly file: ScanFile;
  readonly look: FileLook;
}

class Removal {
  readonly #place: RemovePlace;
  /** The scan's folder as the host names it. */
  readonly #folder: string;
  readonly #above: readonly string[];

  constructor(place: RemovePlace, folder: string) {
    const { top, at, files } = place;
    this.#place = place;
    this.#above = foldersBelow(top, folder, files.place);
    this.#folder = posix.join(at, ...this.#above);
  }

  /** Every file as the manifest has it, none through a link, and nothing else in a folder that is the scan. */
  async check({ files, isFolder }: Manifest, mayLack: boolean): Promise<readonly CheckedFile[]> {
    const { between } = this.#place;
    await this.requireFolders(foldersIn({ files }), mayLack);
    const found: CheckedFile[] = [];
    for (const [index, file] of files.entries()) {
      if (index % 256 === 0) await between();
      const look = await this.look(file.path);
      if (look === undefined && mayLack) continue;
      requireSame(file, look, this.#name(file.path));
      found.push({ file, look: look as FileLook });
    }
    if (isFolder) await this.#requireNothingElse(new Set(files.map(({ path }) => path)));
    return found;
  }

  /** Ends at the first that is not as it was a moment ago, or cannot be deleted. */
  async remove({ isFolder }: Manifest, checked: readonly CheckedFile[]): Promise<Removed> {
    let [files, bytes] = [0, 0];
    let isAsked = false;
    try {
      for (const { file, look: before } of checked) {
        const now = await this.look(file.path);
        requireSame(file, now, this.#name(file.path));
        if (now?.identity !== before.identity)
          throw new SourceChangedError(`${this.#name(file.path)} is another file than a moment ago.`);
        isAsked = true;
        await this.told("delete", file.path, (path) => this.#place.files.remove(path));
        isAsked = false;
        files++;
        bytes += file.bytes;
        if (files % 256 === 0) await this.#place.between();
      }
      await this.#removeFolders(checked, isFolder);
    } catch (thrown) {
      const mayBeGone = isAsked && thrown instanceof UnavailableError; // it was asked for, and nobody answered
      if (files === 0 && !mayBeGone) throw thrown;
      return { files, bytes, problem: `The rest of the scan is left: ${messageOf(thrown)}` };
    }
    return { files, bytes };
  }

  /** Real folders, from the top down: a link on the way leads to what is not the scan's. */
  async requireFolders(below: readonly string[], mayLack = false): Promise<void> {
    const { at, files } = this.#place;
    const above = this.#above.map((_, level) => posix.join(at, ...this.#above.slice(0, level + 1)));
    const paths = [...above, ...below.filter((one) => one !== "").map((one) => posix.join(this.#folder, one))];
    for (const path of paths) {
      const look = await this.#told("look at", path, () => files.look(path));
      if (look?.kind === "folder" || (look === undefined && mayLack)) continue;
      const what = look === undefined ? "is not there any more" : look.kind === "link" ? "is a link" : "is no folder";
      throw new SourceChangedError(`${cleanJson(path)} of ${files.place} ${what}: nothing is deleted there.`);
    }
  }

  look(path: string): Promise<FileLook | undefined> {
    return this.told("look at", path, (at) => this.#place.files.look(at));
  }

  /** @param path below the scan's folder */
  told<T>(what: string, path: string, work: (path: string) => Promise<T>): Promise<T> {
    const at = posix.join(this.#folder, path);
    return this.#told(what, at, () => work(at));
  }

  async #requireNothingElse(wanted: ReadonlySet<string>): Promise<void> {
    for await (const { path, kind } of this.#below("")) {
      if (kind === "folder" || wanted.has(path)) continue;
      throw new SourceChangedError(
        `${this.#name(path)} was not there when the scan was sent: nothing of the scan is deleted.`,
      );
    }
  }

  /** What is below a folder, folders behind what they hold. A folder that is not there holds nothing. */
  async *#below(below: string): AsyncGenerator<{ readonly path: string; readonly kind: FileLook["kind"] }> {
    await this.#place.between();
    const folders: string[] = [];
    const at = posix.join(this.#folder, below);
    if ((await this.look(below))?.kind !== "folder") return;
    const entries: { path: string; kind: FileLook["kind"] }[] = [];
    await this.#told("list", at, async () => {
      for await (const batch of this.#place.files.entries(at))
        for (const { name, kind } of batch) entries.push({ path: below === "" ? name : `${below}/${name}`, kind });
    });
    for (const { path, kind } of entries) if (kind === "folder") folders.push(path);
    for (const path of folders) yield* this.#below(path);
    yield* entries;
  }

  /** The deepest first; one that is not empty stays, and all above it. */
  async #removeFolders(checked: readonly CheckedFile[], isFolder: boolean): Promise<void> {
    const own: string[] = [];
    if (isFolder) {
      for await (const { path, kind } of this.#below("")) if (kind === "folder") own.push(path);
      own.push("");
    } else {
      const all = new Set(checked.flatMap(({ file }) => foldersOf(file.path)));
      own.push(...[...all].sort((one, other) => other.length - one.length));
    }
    for (const path of own) await this.told("remove", path, (at) => this.#place.files.removeEmpty(at));
  }

  async #told<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
    const { files } = this.#place;
    try {
      return await work();
    } catch (thrown) {
      const failure = files.failureOf(thrown);
      if (failure === undefined) throw thrown;
      const text = `The source ${files.place} could not ${what} ${cleanJson(path)}: ${failure.words}.`;
      const cause = { cause: thrown };
      if (failure.kind === "denied") throw new AccessDeniedError(text, cause);
      throw failure.kind === "noPlace" ? new UnavailableError(text, cause) : new ActionError(text, cause);
    }
  }

  #name(path: string): string {
    return `${cleanJson(posix.join(this.#folder, path))} of ${this.#place.files.place}`;
  }
}

/** @throws SourceChangedError */
function requireSame({ bytes, modified }: ScanFile, look: FileLook | undefined, name: string): void {
  const other =
    look === undefined
      ? "is not there any more"
      : look.kind === "link"
        ? "is a link"
        : look.kind !== "file"
          ? "is no file"
          : look.bytes !== bytes
            ? `has ${look.bytes} bytes and had ${bytes} when it was sent`
            : look.modified !== modified
              ? "was written after it was sent"
              : undefined;
  if (other !== undefined) throw new SourceChangedError(`${name} ${other}: nothing is deleted.`);
}

/** The manifest's folder, "", and those in it that lead to its files, from the top down. */
function foldersIn({ files }: Pick<Manifest, "files">): readonly string[] {
  const folders = new Set<string>([""]);
  for (const { path } of files) for (const one of foldersOf(path)) folders.add(one);
  return [...folders];
}

/** `a/b/c` → `a`, `a/b` */
const foldersOf = (path: string): string[] =>
  path
    .split("/")
    .slice(0, -1)
    .map((_, level, parts) => parts.slice(0, level + 1).join("/"));
