/**
 * Which other scans have files of a scan that may be deleted: a file that several scans share is nobody's alone.
 * Whatever cannot be known of a scan that is not proven counts as shared.
 */
import { ActionError, clauseOf } from "../../base/errors.ts";
import { inSlices } from "../../base/in-slices.ts";
import { NotFoundError, SourceChangedError } from "../ports/call.ts";
import type { ScanRecord } from "../ports/queue-ledger.ts";
import type { Manifest } from "../ports/scans.ts";
import { keptReason, pathText } from "./prune-choice.ts";
import type { Road } from "./road.ts";
import { filesAtSource } from "./source-files.ts";

/** What belongs to a scan: all in a folder, or these files, absolute. */
type Owned = { readonly folder: string } | { readonly files: ReadonlySet<string> };

export class SharedFiles {
  readonly #road: Road;
  readonly #known = new Map<string, { readonly scan: ScanRecord; readonly owned: Owned }>();

  /** For one run of Prune: what belongs to a scan is looked up once, until its record changes. */
  constructor(road: Road) {
    this.#road = road;
  }

  /**
   * Why a scan's files are wanted by another one, a clause; undefined: they are not.
   * @throws ActionError where that cannot be known
   */
  async reason({ file }: ScanRecord, manifest: Manifest, signal: AbortSignal): Promise<string | undefined> {
    const mine = await ownedOf(manifest);
    const { queue } = this.#road;
    const near = await inSlices(queue.scans.values(), ({ scan }) =>
      scan.file !== file && this.#mayMeet(scan, manifest) && this.#isOpen(scan) ? [scan] : [],
    );
    for (const scan of near.flat())
      if (doMeet(mine, await this.#ownedBy(scan, signal)))
        return `it shares files with ${pathText(scan)}, which is not proven wherever it goes`;
    return undefined;
  }

  /** Whether it is still to be sent, or could be: an older version is not, nor what nobody wants or Prune has taken. */
  #isOpen(scan: ScanRecord): boolean {
    const { queue, site } = this.#road;
    if (scan.state === "left" || scan.freed?.isWhole === true) return false;
    if (queue.ofFile(scan.file).at(-1)?.scan.id !== scan.id) return false;
    return (
      keptReason(
        queue,
        scan,
        site.destinations.map(({ name }) => name),
      ) !== undefined
    );
  }

  /** Files of a scan lie in its folder, or below. A copy's folder is not known before it has come. */
  #mayMeet({ file, folder }: ScanRecord, manifest: Manifest): boolean {
    const isCopy = this.#road.site.source.original !== undefined;
    const theirs = folder ?? (isCopy ? undefined : file.slice(0, file.lastIndexOf("/")));
    return theirs === undefined || isBelow(theirs, manifest.folder) || isBelow(manifest.folder, theirs);
  }

  async #ownedBy(scan: ScanRecord, signal: AbortSignal): Promise<Owned> {
    if (scan.isFolder === true && scan.folder !== undefined) return { folder: scan.folder };
    const known = this.#known.get(scan.id);
    if (known?.scan === scan) return known.owned;
    try {
      const manifest = await this.#filesOf(scan, signal);
      const owned = manifest === undefined ? NOTHING : await ownedOf(manifest);
      this.#known.set(scan.id, { scan, owned });
      return owned;
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof ActionError)) throw thrown;
      const why = clauseOf(thrown);
      throw new ActionError(
        `nobody can say whether it shares files with ${pathText(scan)}, which is not proven: ${why}`,
      );
    }
  }

  /** As it was found at rest, else as it is now; undefined where it is gone. */
  async #filesOf(scan: ScanRecord, signal: AbortSignal): Promise<Manifest | undefined> {
    try {
      if (scan.signature !== undefined) return await this.#road.manifestOf(scan);
    } catch (thrown) {
      if (!(thrown instanceof SourceChangedError)) throw thrown; // the ledger has lost its files
    }
    try {
      const found = await filesAtSource(this.#road.site.source, scan, signal);
      if (typeof found === "string") throw new ActionError(found);
      return found;
    } catch (thrown) {
      if (thrown instanceof NotFoundError) return undefined;
      throw thrown;
    }
  }
}

const NOTHING: Owned = { files: new Set() };

async function ownedOf({ folder, isFolder, files }: Manifest): Promise<Owned> {
  if (isFolder) return { folder };
  const paths = new Set<string>();
  await inSlices(files, ({ path }) => void paths.add(`${folder}/${path}`));
  return { files: paths };
}

function doMeet(one: Owned, other: Owned): boolean {
  if ("folder" in one) {
    const { folder } = one;
    if ("folder" in other) return isBelow(folder, other.folder) || isBelow(other.folder, folder);
    return [...other.files].some((file) => isBelow(folder, file));
  }
  if ("folder" in other) return doMeet(other, one);
  const [few, many] = one.files.size < other.files.size ? [one.files, other.files] : [other.files, one.files];
  return [...few].some((file) => many.has(file));
}

/** Whether a path is the folder, or in it. */
const isBelow = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`);
