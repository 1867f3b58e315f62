/** What is done at a destination beside copying: what is there is listed, and a small text is written. */
import { posix } from "node:path";
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import type { FoundFile, Parcel } from "../../controller/ports/destinations.ts";
import { DestinationTree, leftOver, partOf } from "./destination-tree.ts";
import type { FileLook, HostFiles } from "./host-files.ts";

export interface Destination {
  readonly files: HostFiles;
  readonly top: string;
  /** How sentences begin; default: as for a destination. */
  readonly role?: string;
  /** Lets the event loop turn; what it throws ends the work. */
  readonly between: () => Promise<void>;
}

/** @throws as Copier.list does */
export async function listParcel({ files, top, between }: Destination, parcel: Parcel): Promise<readonly FoundFile[]> {
  const { manifest, parts } = parcel;
  const tree = new DestinationTree(files, top);
  if (!(await tree.has(parts))) return [];
  const root = tree.path(...parts);
  const listed: FoundFile[] = [];
  if (!manifest.isFolder) {
    await fewAtATime(manifest.files, files.atOnce, async ({ path }) => {
      const at = posix.join(root, path);
      const found = await tree.told("look at", at, () => files.look(at));
      if (found?.kind === "file") listed.push(foundFile(path, found));
    });
    return listed.sort(byPath);
  }
  const sent = manifest.files.map(({ path }) => path);
  const waiting = [""];
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    const folder = posix.join(root, below);
    await between();
    await tree.told("list", folder, async () => {
      for await (const batch of files.entries(folder))
        for (const entry of batch) {
          const path = below === "" ? entry.name : `${below}/${entry.name}`;
          if (entry.kind === "folder") waiting.push(path);
          else if (entry.kind === "file") listed.push(foundFile(path, entry));
        }
    });
  }
  const left = new Set(
    leftOver(
      listed.map(({ path }) => path),
      sent,
      true,
    ),
  ); // paths serve as names do
  return listed.filter(({ path }) => !left.has(path)).sort(byPath);
}

const foundFile = (path: string, { bytes, modified, identity }: FileLook): FoundFile => ({
  path,
  bytes,
  modified,
  ...(identity !== undefined && { identity }),
});
const byPath = (a: FoundFile, b: FoundFile): number => (a.path < b.path ? -1 : 1);

export interface TextFile {
  readonly parts: readonly string[];
  readonly name: string;
  readonly text: string;
  /** Its time, milliseconds since 1970 UTC. */
  readonly modified: number;
  readonly mark: string;
}

/** @throws as Copier.copy does for a file of a parcel */
export async function writeText({ files, top, role }: Destination, file: TextFile): Promise<void> {
  const { parts, name, text, modified, mark } = file;
  const tree = new DestinationTree(files, top, role);
  const folder = await tree.make(parts);
  const [to, part] = [posix.join(folder, name), posix.join(folder, partOf(name, mark))];
  const bytes = Buffer.from(text);
  await tree.told("write", to, async () => {
    const left = leftOver(await files.names(folder), [name], false, mark);
    await fewAtATime(left, files.atOnce, (one) => files.remove(posix.join(folder, one)));
    try {
      await files.writeSmall(part, bytes, { modified, mode: 0o644 });
      await files.settle([part]);
      if (!(await files.holds(part, bytes)))
        throw new ActionError(
          `What was written to ${cleanJson(to)} at ${files.place} was read back with other content.`,
        );
      await files.rename(part, to);
    } catch (thrown) {
      await files.remove(part).catch(() => undefined);
      throw thrown;
    }
    await files.settleFolders([folder]);
  });
}
