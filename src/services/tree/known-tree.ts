/**
 * What is known of the scans of one layout in a tree: takes what was seen of folders and their names, and keeps which
 * scans there are, which of them have to be looked at, and what cannot be seen. Asks the file system for nothing but
 * where links lead.
 */
import type { Stats } from "node:fs";
import { cleanJson } from "../../base/clean-text.ts";
import { isOwnFile } from "../../base/own-files.ts";
import {
  type Exclusion,
  type MarkerNames,
  type PathPattern,
  parseExclusions,
  parseMarkers,
  parsePathPattern,
} from "../../base/path-pattern.ts";
import type { Mark, ScanLayout, TreeNews } from "../../controller/ports/scan-tree.ts";
import { Folder, sumOf, TreeScan } from "./folder.ts";
import { linkTarget } from "./links.ts";
import { Notifications } from "./notifications.ts";
import type { FolderNames, Unreadable } from "./tree-files.ts";

export interface KnownTreeOptions {
  readonly root: string;
  readonly layout: ScanLayout;
  /** Of the layout, for the news. */
  readonly index: number;
  readonly mostNotified: number | undefined;
  /** Whether files of this program are looked for: they are none of a scan otherwise. */
  readonly seesOwn: boolean;
  readonly tell: (news: TreeNews) => void;
  readonly hint: (folder: Folder, event: string, name: string) => void;
}

/** What is in a folder now. */
interface Taken {
  /** Whether the names are others than before. */
  readonly isChanged: boolean;
  /** With those that links lead to. */
  readonly files: readonly string[];
}

export class KnownTree {
  readonly layout: ScanLayout;
  readonly pattern: PathPattern;
  readonly markers: MarkerNames;
  /** Of the layout: neither scans nor on the way to one. In a scan they are looked at, for they are sent with it. */
  readonly isExcluded: Exclusion;
  /** Folders that cannot be seen, and why: sentences. */
  readonly problems = new Map<Folder, string>();
  readonly scans = new Set<TreeScan>();
  /** New ones, and those whose markers have changed. */
  readonly urgent = new Set<TreeScan>();
  readonly notifications: Notifications;
  top: Folder;
  /** How many. */
  folders = 1;
  readonly #options: KnownTreeOptions;
  /** Markers in no scan, as they were told. */
  readonly #strays = new Map<string, number>();

  /** @throws ActionError for a pattern that is none */
  constructor(options: KnownTreeOptions) {
    this.#options = options;
    this.layout = options.layout;
    this.pattern = parsePathPattern(options.layout.pattern);
    this.markers = parseMarkers(options.layout.markers);
    this.isExcluded = parseExclusions(options.layout.exclude);
    this.notifications = new Notifications(options.hint, options.mostNotified);
    this.top = new Folder("", undefined, options.root, undefined);
  }

  /** @param realRoot where the root really is; another one is another tree */
  beginAt(realRoot: string): void {
    if (realRoot === this.top.path) return;
    this.#lose(this.top);
    this.top = new Folder("", undefined, realRoot, undefined);
  }

  /** What cannot be seen, sentences. */
  get unseen(): readonly string[] {
    return [...this.problems.values(), ...[...this.scans].flatMap(({ problem }) => problem ?? [])];
  }

  tell(news: TreeNews): void {
    this.#options.tell(news);
  }

  get index(): number {
    return this.#options.index;
  }

  /** Absolute, as people name it. */
  named(folder: Folder, ...names: readonly string[]): string {
    return [this.#options.root.replace(/\/+$/, ""), ...folder.parts, ...names].join("/");
  }

  /** Something has changed in it: it is looked at, but not all the time. */
  touch(scan: TreeScan | undefined): void {
    if (scan === undefined) return;
    if (scan.isLooking) scan.isStale = true;
    scan.dueAt = Math.min(scan.dueAt, scan.restedAt);
  }

  /** One of its markers has changed: it is looked at at once. */
  #hurry(scan: TreeScan): void {
    if (scan.isLooking) scan.isStale = true;
    this.urgent.add(scan);
  }

  /** Takes what a folder is now. @returns whether its names are to be read */
  seen(folder: Folder, found: Stats | undefined | Unreadable, now: number): boolean {
    if (folder.isGone) return false;
    if (found === undefined || ("size" in found && !found.isDirectory())) {
      if (folder.parent === undefined) this.#fails(folder, "is no folder, or is not there: is it mounted?");
      else {
        folder.parent.doubt(now); // a file system that was away comes back with the times that it had
        this.#lose(folder);
      }
      return false;
    }
    if (!("size" in found)) {
      this.#fails(folder, `cannot be looked at: ${found.why}; what is in it is not seen: ${remedyOf(folder, found)}.`);
      return false;
    }
    return folder.note(found, now) || this.problems.has(folder);
  }

  /** Takes the names in a folder now. @param now before they were read. @returns undefined: they are unknown */
  take(folder: Folder, found: FolderNames | undefined | Unreadable, now: number): Taken | undefined {
    if (folder.isGone || found === undefined) return undefined; // its parent tells
    if ("why" in found) {
      this.#fails(folder, `cannot be read: ${found.why}; what is in it is not seen: ${remedyOf(folder, found)}.`);
      return undefined;
    }
    const isFirst = !folder.wasRead;
    folder.read(now);
    const remarks: string[] = [];
    const { folders, files } = this.#throughLinks(folder, found, remarks);
    if (found.odd !== undefined) remarks.push(oddText(found.odd));
    if (remarks.length > 0) this.#fails(folder, remarks.join(" It "));
    else this.problems.delete(folder);
    this.#takeFolders(folder, folders);
    this.#takeMarks(folder, files);
    if (this.pattern.isOfFiles && folder.depth === this.pattern.levels.length - 1) this.#takeFiles(folder, files);
    let sum = files.length;
    for (const name of files) sum = (sum + sumOf(name)) >>> 0;
    for (const name of folders.keys()) sum = (sum + sumOf(name, 1)) >>> 0;
    const isChanged = sum !== folder.namesSum;
    folder.namesSum = sum;
    if (isChanged && !isFirst) this.notifications.add(folder);
    return { isChanged, files };
  }

  /** The folders by name, with their paths, and the files. */
  #throughLinks(folder: Folder, found: FolderNames, remarks: string[]) {
    const folders = new Map(found.folders.map((name) => [name, `${folder.path}/${name}`]));
    const links = found.links.filter((name) => this.#isWorthFollowing(folder, name));
    const files = found.files.filter((name) => !this.#isOwn(name));
    for (const name of links) {
      const target = linkTarget(this.top.path, folder, name);
      if ("problem" in target)
        remarks.push(
          `holds the link ${cleanJson(name)}, which ${target.problem}; it is not followed: remove it${folder.scan === undefined ? OR_EXCLUDE : ""}.`,
        );
      else if (folder.scan === undefined && this.#isSeenAt(target.real)) continue;
      else if (target.isFolder) folders.set(name, target.real);
      else files.push(name);
    }
    return { folders, files };
  }

  #isOwn = (name: string): boolean => !this.#options.seesOwn && isOwnFile(name);

  /** Whether anything of a layout is looked for behind a link of that name. */
  #isWorthFollowing(folder: Folder, name: string): boolean {
    if (folder.scan !== undefined || this.markers.isMarker(name)) return true;
    return (
      this.pattern.levels[folder.depth]?.matches(name) === true && !this.isExcluded(name, true, () => folder.parts)
    );
  }

  /** Whether scans are looked for there without the link, so that it would bring them twice. */
  #isSeenAt(real: string): boolean {
    const { levels } = this.pattern;
    const parts = real.slice(this.top.path.length).split("/").filter(Boolean);
    return (
      parts.length <= levels.length &&
      parts.every((part, depth) => levels[depth]?.matches(part) === true) &&
      !parts.some((part, depth) => this.isExcluded(part, true, () => parts.slice(0, depth)))
    );
  }

  #takeFolders(folder: Folder, found: ReadonlyMap<string, string>): void {
    for (const child of folder.children?.values() ?? []) if (found.get(child.name) !== child.path) this.#lose(child);
    for (const [name, path] of found) {
      if (folder.children?.has(name) === true) continue;
      const scan = folder.scan ?? (this.pattern.isOfFiles ? undefined : this.#scanAt(folder, name));
      if (scan === undefined && !this.#isOnTheWay(folder, name)) continue;
      if (folder.scan === undefined && this.isExcluded(name, true, () => folder.parts)) continue;
      const child = new Folder(name, folder, path, scan);
      this.folders++;
      folder.children ??= new Map();
      folder.children.set(name, child);
      if (folder.scan === undefined && scan !== undefined) {
        scan.folder = child;
        this.#begin(scan);
      }
      this.notifications.add(child);
    }
  }

  #isOnTheWay = ({ depth }: Folder, name: string): boolean =>
    depth < this.pattern.levels.length - 1 && this.pattern.levels[depth]?.matches(name) === true;

  #takeFiles(folder: Folder, names: readonly string[]): void {
    const found = new Set(names);
    for (const scan of folder.scans?.values() ?? []) if (!found.has(scan.name)) this.#loseScan(scan);
    for (const name of names) {
      if (folder.scans?.has(name) === true || this.markers.isMarker(name)) continue;
      const scan = this.#scanAt(folder, name);
      if (scan === undefined || this.isExcluded(name, false, () => folder.parts)) continue;
      folder.scans ??= new Map();
      folder.scans.set(name, scan);
      this.#begin(scan);
    }
  }

  #scanAt(holder: Folder, name: string): TreeScan | undefined {
    const { levels } = this.pattern;
    if (holder.depth !== levels.length - 1 || levels.at(-1)?.matches(name) !== true) return undefined;
    const fields: Record<string, string> = {};
    const parts = [...holder.parts, name];
    for (const [index, { field }] of levels.entries()) if (field !== undefined) fields[field] = parts[index] as string;
    return new TreeScan(holder, name, fields);
  }

  #begin(scan: TreeScan): void {
    this.scans.add(scan);
    this.urgent.add(scan);
    // A marker beside it may have been seen before it
    const { marks } = scan.holder;
    for (const name of marks?.keys() ?? []) marks?.set(name, Number.NaN);
  }

  #takeMarks(folder: Folder, files: readonly string[]): void {
    const found = new Set(files.filter((name) => this.markers.isMarker(name)));
    for (const name of folder.marks?.keys() ?? [])
      if (!found.has(name)) {
        folder.marks?.delete(name);
        this.#besides(folder, name)?.beside?.delete(name);
      }
    for (const name of found) {
      if (folder.marks?.has(name) === true) continue;
      folder.marks ??= new Map();
      folder.marks.set(name, Number.NaN);
    }
  }

  /** Takes when a marker was modified. */
  mark(folder: Folder, name: string, modified: number): void {
    if (folder.isGone || folder.marks?.get(name) === modified) return;
    folder.marks?.set(name, modified);
    const scan = folder.scan ?? this.#besides(folder, name);
    if (scan !== undefined) {
      if (folder.scan === undefined) {
        scan.beside ??= new Map();
        scan.beside.set(name, modified);
      }
      this.#hurry(scan);
      return;
    }
    const path = this.named(folder, name);
    if (this.#strays.get(path) === modified) return;
    this.#strays.set(path, modified);
    this.tell({ kind: "stray", layout: this.index, mark: { path, modified } });
  }

  /** The scan beside which a marker lies: `a.h5.done` or `a.done` beside `a.h5`, `scan1.done` beside `scan1`. */
  #besides(holder: Folder, name: string): TreeScan | undefined {
    for (const base of this.markers.markedBy(name)) {
      const scan = holder.children?.get(base)?.scan ?? holder.scans?.get(base);
      if (scan !== undefined) return scan;
      for (const other of holder.scans?.values() ?? [])
        if (other.name.startsWith(`${base}.`) && !other.name.slice(base.length + 1).includes(".")) return other;
    }
    return undefined;
  }

  marksBeside(scan: TreeScan): Mark[] {
    return [...(scan.beside ?? [])].map(([name, modified]) => ({ path: this.named(scan.holder, name), modified }));
  }

  #fails(folder: Folder, what: string): void {
    this.problems.set(folder, `${cleanJson(this.named(folder))} ${what}`);
  }

  #lose(folder: Folder): void {
    folder.isGone = true;
    if (folder.parent !== undefined) this.folders--;
    folder.parent?.children?.delete(folder.name);
    this.problems.delete(folder);
    this.notifications.remove(folder);
    for (const child of folder.children?.values() ?? []) this.#lose(child);
    for (const scan of folder.scans?.values() ?? []) this.#loseScan(scan);
    if (folder.scan?.folder === folder) this.#loseScan(folder.scan);
  }

  #loseScan(scan: TreeScan): void {
    scan.isGone = true;
    scan.holder.scans?.delete(scan.name);
    this.scans.delete(scan);
    this.urgent.delete(scan);
    if (scan.told !== "") this.tell({ kind: "gone", layout: this.index, path: this.named(scan.holder, scan.name) });
  }
}

/** What may be done about a folder or a link, too, but in a scan. */
const OR_EXCLUDE = ", or leave it out with exclude";

export function remedyOf(folder: Folder, { isDenied }: Unreadable): string {
  if (!isDenied) return "see to its disk";
  const isInScan = folder.scan !== undefined && folder.scan.folder !== folder;
  return `let the user of this program read it${isInScan ? "" : OR_EXCLUDE}`;
}

/** @param odd what is no UTF-8 in a folder */
function oddText({ example, count }: { readonly example: string; readonly count: number }): string {
  const name = cleanJson(example);
  return count === 1
    ? `holds a name that is no UTF-8, ${name}; it is not seen: rename it.`
    : `holds ${count} names that are no UTF-8, as ${name}; they are not seen: rename them.`;
}
