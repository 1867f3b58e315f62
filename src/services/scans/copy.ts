/**
 * A parcel from a source to a destination, whatever hosts they are on. Each file is written to a `.part`, brought to
 * the disk, read back and compared with what was read, and renamed: killed at any moment and begun anew it goes on, and
 * a file that has its name is whole. Small files take these steps by the thousand, since the disk takes as long for
 * one.
 */
import { hash } from "node:crypto";
import { posix } from "node:path";
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import { SourceChangedError, UnavailableError } from "../../controller/ports/call.ts";
import type { CopiedFile, CopyProgress, Parcel } from "../../controller/ports/destinations.ts";
import type { ScanFile } from "../../controller/ports/scans.ts";
import { carry, sameContent } from "./carry.ts";
import { DestinationTree, leftOver, partOf } from "./destination-tree.ts";
import type { FileLook, HostFiles, OpenFile } from "./host-files.ts";

export interface CopyJob {
  readonly source: HostFiles;
  /** The manifest's folder as the source names it. */
  readonly from: string;
  readonly destination: HostFiles;
  readonly top: string;
  readonly parcel: Parcel;
  /** Eight hexadecimal digits, of this copy alone. */
  readonly mark: string;
  readonly told: (progress: CopyProgress) => void;
  /** Lets the event loop turn; what it throws ends the copy. */
  readonly between: () => Promise<void>;
}

/** Larger files are not held in memory. */
const MOST_SMALL_BYTES = 1024 * 1024;
const BATCH_BYTES = 64 * 1024 * 1024;
const BATCH_FILES = 5000;
/** Small files between two turns of the event loop. */
const TURN_FILES = 32;
/** File systems keep times no coarser than this, and content tells the rest. */
const NEAR_MILLISECONDS = 2000;

/** @throws as Copier.copy does */
export const copyParcel = (job: CopyJob): Promise<readonly CopiedFile[]> => new Copy(job).run();

interface FilePlace {
  readonly file: ScanFile;
  readonly from: string;
  readonly to: string;
  readonly part: string;
}

/** A small file in memory. */
interface Held extends FilePlace {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly mode: number;
}

class Copy {
  readonly #job: CopyJob;
  readonly #tree: DestinationTree;
  readonly #atOnce: number;
  readonly #copied = new Map<string, CopiedFile>();
  /** Written and not renamed yet. */
  readonly #parts = new Set<string>();
  /** All that was there before, in folders of the parcel. */
  readonly #before = new Set<string>();
  /** Of the parcel, at the destination. */
  #root = "";
  #bytes = 0;
  #turns = 0;

  constructor(job: CopyJob) {
    this.#job = job;
    this.#tree = new DestinationTree(job.destination, job.top);
    this.#atOnce = Math.max(job.source.atOnce, job.destination.atOnce);
  }

  async run(): Promise<readonly CopiedFile[]> {
    const { files } = this.#job.parcel.manifest;
    await this.#prepare();
    try {
      let batch: ScanFile[] = [];
      let bytes = 0;
      const end = async (): Promise<void> => {
        await this.#copySmall(batch);
        [batch, bytes] = [[], 0];
      };
      for (const file of files) {
        if (file.bytes > MOST_SMALL_BYTES) {
          await this.#copyLarge(this.#placeOf(file));
          continue;
        }
        if (bytes + file.bytes > BATCH_BYTES || batch.length === BATCH_FILES) await end();
        batch.push(file);
        bytes += file.bytes;
      }
      await end();
    } catch (thrown) {
      await this.#removeParts();
      throw thrown;
    }
    return files.map(({ path }) => this.#copied.get(path) as CopiedFile);
  }

  /** Makes the folders, and removes what an earlier copy has left in them. */
  async #prepare(): Promise<void> {
    const { destination, parcel, mark } = this.#job;
    const { manifest, parts } = parcel;
    const namesByFolder = new Map<string, string[]>([["", []]]);
    for (const { path } of manifest.files) {
      const [folder, name] = [path.includes("/") ? posix.dirname(path) : "", posix.basename(path)];
      if (path.split("/").some((part) => part === "" || part === "." || part === ".."))
        throw new ActionError(`The file ${cleanJson(path)} of a scan has no plain path and is not copied.`);
      const names = namesByFolder.get(folder);
      if (names === undefined) namesByFolder.set(folder, [name]);
      else names.push(name);
    }
    const root = await this.#tree.make(parts);
    this.#root = root;
    await this.#refuseSame(root);
    for (const [folder, wanted] of namesByFolder) {
      const path = folder === "" ? root : await this.#tree.make([...parts, ...folder.split("/")]);
      await this.#tree.told("remove old .part files from", path, async () => {
        const names = await destination.names(path);
        for (const name of names) this.#before.add(`${path}/${name}`);
        const left = leftOver(names, wanted, manifest.isFolder, mark);
        await fewAtATime(left, this.#atOnce, (name) => destination.remove(posix.join(path, name)));
      });
    }
  }

  /** A copy into its own source would never end, or replace what it reads. */
  async #refuseSame(root: string): Promise<void> {
    const { source, from, destination, parcel } = this.#job;
    const mine = (await this.#fromSource(from, () => source.lookThrough(from)))?.identity;
    if (mine === undefined) return;
    const real = await this.#tree.told("resolve", root, () => destination.realPath(root));
    for (let path = real; ; path = posix.dirname(path)) {
      const its = await this.#tree.told("look at", path, () => destination.look(path));
      if (its?.identity === undefined) return;
      if (its.identity === mine)
        throw new ActionError(
          `${cleanJson(root)} of the destination ${destination.place} is ${path === real ? "the scan's own folder" : "inside of the scan's folder"}: give the destination another top.`,
        );
      if (!parcel.manifest.isFolder || path === "/") return;
    }
  }

  #placeOf(file: ScanFile): FilePlace {
    const { from, mark } = this.#job;
    const to = `${this.#root}/${file.path}`;
    const folder = to.slice(0, to.lastIndexOf("/") + 1);
    const part = folder + partOf(to.slice(folder.length), mark);
    return { file, from: `${from}/${file.path}`, to, part };
  }

  async #copySmall(files: readonly ScanFile[]): Promise<void> {
    const { destination, between } = this.#job;
    await between();
    const memory = Buffer.allocUnsafeSlow(files.reduce((sum, { bytes }) => sum + bytes, 0));
    let used = 0;
    const batch = files.map((file) => ({ file, into: memory.subarray(used, (used += file.bytes)) }));
    const written: Held[] = [];
    await fewAtATime(batch, this.#atOnce, async ({ file, into }) => {
      await this.#turn();
      const held = await this.#read(this.#placeOf(file), into);
      if (await this.#isThere(held)) return this.#done(file, held.sha256, file.bytes);
      this.#parts.add(held.part);
      const { part, bytes, mode } = held;
      await this.#write(held, () => destination.writeSmall(part, bytes, { modified: file.modified, mode }));
      written.push(held);
    });
    await this.#tree.told("bring the files to the disk below", this.#root, () =>
      destination.settle(written.map(({ part }) => part)),
    );
    await fewAtATime(written, this.#atOnce, async (held) => {
      await this.#turn();
      await this.#finish(held);
    });
    const folders = new Set(written.map(({ to }) => posix.dirname(to)));
    await this.#tree.told("bring the folders to the disk below", this.#root, () =>
      destination.settleFolders([...folders]),
    );
    await between();
  }

  async #read(place: FilePlace, into: Buffer): Promise<Held> {
    const { file, from } = place;
    const { bytes: length, found } = await this.#fromSource(from, () => this.#job.source.readSmall(from, into));
    this.#verify(place, found); // as it was before reading, too: then no one has written meanwhile
    if (length !== file.bytes) throw this.#changed(from, `${length} bytes were read of ${file.bytes}`);
    const bytes = into.subarray(0, length);
    return { ...place, bytes, sha256: hash("sha256", bytes, "hex"), mode: modeOf(found) };
  }

  /** Whether the file is at its place already, and whole. */
  async #isThere({ file, to, bytes, mode }: Held): Promise<boolean> {
    const { destination } = this.#job;
    const there = await this.#existing(to);
    if (there === undefined || !mayBe(there, file)) return false;
    return await this.#tree.told("read", to, async () => {
      if (!(await destination.holds(to, bytes))) return false;
      if (there.modified !== file.modified) await destination.give(to, { modified: file.modified, mode });
      return true;
    });
  }

  async #existing(to: string): Promise<FileLook | undefined> {
    if (!this.#before.has(to)) return undefined;
    const { destination } = this.#job;
    const there = await this.#tree.told("look at", to, () => destination.look(to));
    if (there?.kind === "folder")
      throw new ActionError(`${cleanJson(to)} at ${destination.place} is in the way, since it is a folder: move it.`);
    return there;
  }

  async #finish(held: Held): Promise<void> {
    const { file, bytes, sha256, part } = held;
    if (!(await this.#write(held, () => this.#job.destination.holds(part, bytes)))) throw this.#differs(held);
    await this.#rename(held);
    this.#done(file, sha256, file.bytes);
  }

  async #copyLarge(place: FilePlace): Promise<void> {
    const { source, destination, between } = this.#job;
    const { file, from, to, part } = place;
    await between();
    const there = await this.#existing(to);
    const input = await this.#fromSource(from, () => source.open(from, "read"));
    try {
      const found = await this.#fromSource(from, () => input.look());
      this.#verify(place, found);
      const attributes = { modified: file.modified, mode: modeOf(found) };
      const kept = there !== undefined && mayBe(there, file) ? await this.#sumOfSame(place, input) : undefined;
      if (kept !== undefined) {
        if (there?.modified !== file.modified) await this.#write(place, () => destination.give(to, attributes));
        return this.#done(file, kept, file.bytes);
      }
      this.#parts.add(part);
      const output = await this.#write(place, () => destination.open(part, "create"));
      try {
        const sha256 = await this.#carry(place, this.#readable(input, from), output);
        this.#verify(place, await this.#fromSource(from, () => input.look()));
        await this.#write(place, () => output.give(attributes));
        await output.close();
        await this.#rename(place);
        await this.#write(place, () => destination.settleFolders([posix.dirname(to)]));
        this.#done(file, sha256, 0);
      } finally {
        await output.close().catch(() => undefined);
      }
    } finally {
      await input.close().catch(() => undefined);
    }
  }

  async #sumOfSame({ file, from, to }: FilePlace, input: OpenFile): Promise<string | undefined> {
    return await this.#tree.told("read", to, async () => {
      const there = await this.#job.destination.open(to, "read");
      try {
        return await sameContent(this.#readable(input, from), there, file.bytes);
      } finally {
        await there.close();
      }
    });
  }

  async #carry(place: FilePlace, source: OpenFile, target: OpenFile): Promise<string> {
    const { file, from } = place;
    const proven = (bytes: number): void => {
      this.#bytes += bytes;
      this.#tell();
    };
    const { between } = this.#job;
    const end = await this.#write(place, () => carry({ source, target, bytes: file.bytes, proven, between }));
    if (end === "sourceIsShort") throw this.#changed(from, `it ends before ${file.bytes} bytes`);
    if (end === "readBackDiffers") throw this.#differs(place);
    return end.sha256;
  }

  /** The source with its failures told as its own, while it is used together with the destination. */
  #readable(input: OpenFile, from: string): OpenFile {
    return { ...input, read: (into, at) => this.#fromSource(from, () => input.read(into, at)) };
  }

  async #rename(place: FilePlace): Promise<void> {
    await this.#write(place, () => this.#job.destination.rename(place.part, place.to));
    this.#parts.delete(place.part);
  }

  #write<T>({ to }: FilePlace, work: () => Promise<T>): Promise<T> {
    return this.#tree.told("write", to, work);
  }

  #done(file: ScanFile, sha256: string, bytes: number): void {
    this.#copied.set(file.path, { ...file, sha256 });
    this.#bytes += bytes;
    this.#tell();
  }

  #tell(): void {
    this.#job.told({ bytes: this.#bytes, files: this.#copied.size });
  }

  /** Between small files: now and then the event loop turns. */
  async #turn(): Promise<void> {
    if (++this.#turns % TURN_FILES === 0) await this.#job.between();
  }

  async #removeParts(): Promise<void> {
    const { destination } = this.#job;
    await fewAtATime([...this.#parts], this.#atOnce, (part) => destination.remove(part).catch(() => undefined));
  }

  #verify({ file, from }: FilePlace, found: FileLook): void {
    if (found.kind === "file" && found.bytes === file.bytes && found.modified === file.modified) return;
    const time = (milliseconds: number): string => new Date(milliseconds).toISOString();
    throw this.#changed(
      from,
      `it has ${found.bytes} bytes of ${time(found.modified)} instead of ${file.bytes} bytes of ${time(file.modified)}`,
    );
  }

  #changed(from: string, how: string, cause?: unknown): SourceChangedError {
    const text = `${cleanJson(from)} of ${this.#job.source.place} has changed while it was copied: ${how}.`;
    return new SourceChangedError(text, { cause });
  }

  #differs({ to }: FilePlace): ActionError {
    const { place } = this.#job.destination;
    return new ActionError(
      `What was written to ${cleanJson(to)} at ${place} was read back with other content: have its disk and memory checked.`,
    );
  }

  async #fromSource<T>(from: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      const { source } = this.#job;
      const failure = source.failureOf(thrown);
      if (failure === undefined) throw thrown;
      if (failure.kind === "gone") throw this.#changed(from, failure.words, thrown);
      const text = `${cleanJson(from)} of ${source.place} cannot be read: ${failure.words}.`;
      if (failure.kind === "noPlace" && !(await this.#hasSource())) throw new UnavailableError(text, { cause: thrown });
      throw new ActionError(text, { cause: thrown }); // no fault of the destination's: other scans can be read
    }
  }

  /** Whether the scan's folder can be looked at: then the source is there, but for one file. */
  async #hasSource(): Promise<boolean> {
    const { source, from } = this.#job;
    return (await source.look(from).catch(() => undefined)) !== undefined;
  }
}

/** As the source's, and readable for its owner, who must read it back. */
const modeOf = ({ mode }: FileLook): number => mode | 0o400;

/** Whether what is there can be the file: its content decides. */
const mayBe = (there: FileLook, file: ScanFile): boolean =>
  there.kind === "file" && there.bytes === file.bytes && Math.abs(there.modified - file.modified) < NEAR_MILLISECONDS;
