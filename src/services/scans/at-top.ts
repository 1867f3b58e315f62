/**
 * What the check before beam time does in a top directory of scans: looks, lists, writes an empty file, asks for the
 * room, finds and removes one file. It makes no folder, and what it writes for itself it removes.
 */
import { posix } from "node:path";
import type { TopFound } from "../../controller/ports/scan-top.ts";
import { type TextFile, writeText } from "./at-destination.ts";
import { DestinationTree, leftOver } from "./destination-tree.ts";
import type { FileLook, HostFiles } from "./host-files.ts";

/** As sentences begin. */
export type TopRole = "The source" | "The destination";

export type TopWork =
  | { readonly do: "look" }
  | { readonly do: "tryWriting"; readonly name: string }
  | { readonly do: "put"; readonly file: TextFile }
  | { readonly do: "find"; readonly name: string }
  | { readonly do: "remove"; readonly name: string };

export interface Top {
  readonly files: HostFiles;
  readonly top: string;
  readonly role: TopRole;
  readonly between: () => Promise<void>;
}

/** @returns what the call of the port gives */
export async function workAtTop(at: Top, work: TopWork): Promise<unknown> {
  const { files, top, role } = at;
  const tree = new DestinationTree(files, top, role);
  switch (work.do) {
    case "look":
      return { ...(await look(tree)), written: undefined };
    case "tryWriting": {
      const found = await look(tree);
      return { ...found, written: await timeOfNew(tree, work.name) };
    }
    case "put":
      return await writeText(at, work.file);
    case "find": {
      const found = await lookAt(tree, work.name);
      return found?.kind === "file" ? { bytes: found.bytes, modified: found.modified } : null;
    }
    case "remove":
      await remove(tree, work.name);
  }
}

async function look(tree: DestinationTree): Promise<Pick<TopFound, "room">> {
  const { files } = tree;
  await tree.has([]);
  return await tree.told("list", tree.path(), async () => {
    for await (const _ of files.entries(tree.path())) break;
    return { room: await files.room(tree.path()) };
  });
}

async function timeOfNew(tree: DestinationTree, name: string): Promise<number> {
  const { files } = tree;
  const path = tree.path(name);
  return await tree.told("write", path, async () => {
    await files.remove(path);
    const file = await files.open(path, "create");
    try {
      await file.write(Buffer.from("\n"), 0);
      return (await file.look()).modified;
    } finally {
      await file.close().catch(() => undefined); // what went wrong first is what is told
      await files.remove(path);
    }
  });
}

const lookAt = (tree: DestinationTree, name: string): Promise<FileLook | undefined> =>
  tree.told("look at", tree.path(name), () => tree.files.look(tree.path(name)));

async function remove(tree: DestinationTree, name: string): Promise<void> {
  const { files } = tree;
  await tree.told("remove", tree.path(name), async () => {
    await files.remove(tree.path(name));
    for (const left of leftOver(await files.names(tree.path()), [name], false))
      await files.remove(posix.join(tree.path(), left));
  });
}
