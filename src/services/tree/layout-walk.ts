/**
 * Finds the scans of one layout in a tree, sees their markers and looks at their files. A sweep asks each folder for
 * its time and reads it again where that may have changed; the files of a scan are looked at when a marker or a name in
 * it has changed, and until it has rested. What it finds is told; what is complete is decided elsewhere.
 */
import { nextTurn, sleep, systemClock } from "../../base/clock.ts";
import type { ScanLayout, TreeNews } from "../../controller/ports/scan-tree.ts";
import { type Folder, sumOf, type TreeScan } from "./folder.ts";
import { KnownTree } from "./known-tree.ts";
import { TreeScanLooks } from "./scan-look.ts";
import type { TreeFiles } from "./tree-files.ts";

export interface WalkOptions {
  readonly root: string;
  readonly layout: ScanLayout;
  /** Of the layout, for the news. */
  readonly index: number;
  readonly files: TreeFiles;
  readonly readAgainSweeps: number;
  readonly periodSeconds: number;
  readonly mostNotified: number | undefined;
  readonly seesOwn: boolean;
  readonly tell: (news: TreeNews) => void;
}

/** Folders that are asked for at once. */
const BATCH = 256;
/** After notifications a pause in proportion to the work they made, so that a flood of them does not take it all. */
const PAUSE_SHARE = 10;
const MOST_PAUSE_SECONDS = 1;

export class LayoutWalk {
  readonly tree: KnownTree;
  readonly root: string;
  readonly #files: TreeFiles;
  readonly #readAgainSweeps: number;
  readonly #looks: TreeScanLooks;
  readonly #hinted = new Map<Folder, Set<string>>();
  #sweeps = 0;
  #isHinting = false;

  /** @throws ActionError for a pattern that is none */
  constructor({ files, periodSeconds, readAgainSweeps, ...options }: WalkOptions) {
    this.root = options.root;
    this.#files = files;
    this.#readAgainSweeps = readAgainSweeps;
    this.tree = new KnownTree({ ...options, hint: (folder, event, name) => this.#hint(folder, event, name) });
    this.#looks = new TreeScanLooks(this.tree, files, periodSeconds * readAgainSweeps);
  }

  /** @param realRoot where the root really is */
  async sweep(realRoot: string): Promise<void> {
    this.#sweeps++;
    this.tree.beginAt(realRoot);
    for (let level = [this.tree.top]; level.length > 0; ) {
      const next: Folder[] = [];
      for (let at = 0; at < level.length; at += BATCH) {
        next.push(...(await this.#visit(level.slice(at, at + BATCH), this.#isTurn)));
        await this.lookAtUrgent();
      }
      level = next;
    }
    this.tree.notifications.begin(foldersFrom(this.tree.top));
  }

  /** Looks at those scans whose time has come. */
  async lookAtDue(): Promise<void> {
    const now = systemClock.monotonic();
    await this.#look([...this.tree.scans].filter(({ dueAt }) => dueAt <= now));
    await this.lookAtUrgent();
  }

  /** Looks at new scans, and at those whose markers have changed. */
  async lookAtUrgent(): Promise<void> {
    while (await this.#look([...this.tree.urgent]));
  }

  /** @returns whether there was one to look at */
  async #look(scans: readonly TreeScan[]): Promise<boolean> {
    const free = scans.filter(({ isLooking }) => !isLooking);
    for (const scan of free) this.tree.urgent.delete(scan);
    await this.#looks.lookAtAll(free);
    return free.length > 0;
  }

  /** Monotonic seconds until which no scan has to be looked at. */
  get nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.tree.scans) if (dueAt < next) next = dueAt;
    return next;
  }

  /** A folder's notification: looks there at once, beside the sweep. */
  #hint(folder: Folder, event: string, name: string): void {
    if (event === "change" && !this.tree.markers.isMarker(name)) return;
    const names = this.#hinted.get(folder) ?? new Set();
    this.#hinted.set(folder, names.add(name));
    if (this.#isHinting) return;
    this.#isHinting = true;
    void this.#followHints();
  }

  async #followHints(): Promise<void> {
    while (this.#hinted.size > 0) {
      await nextTurn();
      const begun = systemClock.monotonic();
      const hinted = [...this.#hinted].filter(([folder]) => !folder.isGone);
      this.#hinted.clear();
      for (let level = await this.#worthVisiting(hinted); level.length > 0; )
        level = (await this.#visit(level, () => true)).filter(({ wasRead }) => !wasRead);
      await this.lookAtUrgent();
      const cost = systemClock.monotonic() - begun;
      await sleep(systemClock, Math.min(MOST_PAUSE_SECONDS, PAUSE_SHARE * cost));
    }
    this.#isHinting = false;
  }

  /** Folders whose markers or folders may have changed. Of scans with other files, that is remembered. */
  async #worthVisiting(hinted: readonly (readonly [Folder, ReadonlySet<string>])[]): Promise<Folder[]> {
    const worth = new Set<Folder>();
    const asked: { readonly folder: Folder; readonly name: string }[] = [];
    for (const [folder, names] of hinted)
      for (const name of names)
        if (folder.scan === undefined || name === "" || this.tree.markers.isMarker(name)) worth.add(folder);
        else asked.push({ folder, name });
    const open = asked.filter(({ folder }) => !worth.has(folder));
    await this.#files.look(
      open.map(({ folder, name }) => `${folder.path}/${name}`),
      (index, found) => {
        const { folder, name } = open[index] as (typeof open)[number];
        const isFolder = found !== undefined && "size" in found && found.isDirectory();
        if (isFolder !== (folder.children?.has(name) ?? false)) worth.add(folder);
        else this.tree.touch(folder.scan);
      },
    );
    return [...worth];
  }

  /** Each folder is read again every so many sweeps, and not all in one; those of a scan when it is looked at. */
  #isTurn = ({ name, scan }: Folder): boolean =>
    scan === undefined && (this.#sweeps + sumOf(name)) % this.#readAgainSweeps === 0;

  /** @param again whether a folder is read whatever its time says. @returns the folders in them, but for new scans */
  async #visit(folders: readonly Folder[], again: (folder: Folder) => boolean): Promise<Folder[]> {
    const now = systemClock.monotonic();
    const toRead: Folder[] = [];
    await this.#files.look(
      folders.map(({ path }) => path),
      (index, found) => {
        const folder = folders[index] as Folder;
        if (this.tree.seen(folder, found, now) || again(folder)) toRead.push(folder);
      },
    );
    await this.#files.names(toRead, (index, found) => {
      const folder = toRead[index] as Folder;
      if (this.tree.take(folder, found, now)?.isChanged === true) this.tree.touch(folder.scan);
    });
    await this.#lookAtMarks(folders);
    return folders.flatMap((folder) => [...(folder.children?.values() ?? [])].filter((child) => !isNewScan(child)));
  }

  async #lookAtMarks(folders: readonly Folder[]): Promise<void> {
    const marks = folders.flatMap((folder) => [...(folder.marks?.keys() ?? [])].map((name) => ({ folder, name })));
    await this.#files.look(
      marks.map(({ folder, name }) => `${folder.path}/${name}`),
      (index, found) => {
        const { folder, name } = marks[index] as (typeof marks)[number];
        if (found !== undefined && "size" in found) this.tree.mark(folder, name, found.mtimeMs);
      },
      true,
    );
  }
}

/** A scan that was not looked at yet: that will read it. */
const isNewScan = (folder: Folder): boolean => !folder.wasRead && folder.scan?.folder === folder;

function* foldersFrom(folder: Folder): Generator<Folder> {
  yield folder;
  for (const child of folder.children?.values() ?? []) yield* foldersFrom(child);
}
