/**
 * What has arrived: the files that a task says it has moved, and what is on a collection, file by file. It judges
 * nothing. globus.md §3.3.
 */
import { transfer } from "@globus/sdk";
import type { SDKOptions } from "@globus/sdk/services/types";
import { z } from "zod";
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { fewAtATime } from "../../base/few-at-a-time.ts";
import { type CallOptions, NotFoundError, UnavailableError } from "../../controller/ports/call.ts";
import type { FoundFile } from "../../controller/ports/destinations.ts";
import type { ArrivedFile } from "../../controller/ports/transfer-tasks.ts";
import { readAnswer } from "./answer.ts";
import type { GlobusCall } from "./call.ts";
import type { NamedCollection } from "./collection.ts";
import { TRANSFER_SERVER } from "./scopes.ts";

/** Folders that are listed at once: Transfer takes some 20 requests a second from all programs of a login. */
const FOLDERS_AT_ONCE = 4;
/** Entries in one answer; Transfer would give 100,000, which is more than an answer of ours may hold. */
const MOST_ENTRIES = 10_000;

const arrivedSchema = z.object({
  DATA: z.array(z.object({ destination_path: z.string().nullish() })),
  next_marker: z.union([z.number(), z.string()]).nullish(),
});

/**
 * The files that a successful task has moved: not directories, not files that were there already. Those whose paths
 * Transfer does not tell this login are left out.
 */
export async function arrivedFiles(
  call: GlobusCall,
  taskId: string,
  options: CallOptions,
): Promise<readonly ArrivedFile[]> {
  const what = `list the files that the task ${taskId} has moved`;
  const files: ArrivedFile[] = [];
  const seen = new Set<string>();
  let query: { marker?: string } = {};
  for (;;) {
    const answer = await call(
      {
        what,
        resourceServer: TRANSFER_SERVER,
        // The SDK's types want of a marker what only answers have.
        send: (headers, sdk) => transfer.task.getSuccessfulTransfers(taskId, { query: query as never, headers }, sdk),
        repeatable: true,
      },
      options,
    );
    const { DATA: page, next_marker: next } = readAnswer(arrivedSchema, what, answer);
    for (const { destination_path: destination } of page)
      if (typeof destination === "string") files.push({ destination });
    if (next === undefined || next === null) return files;
    const marker = String(next);
    if (seen.has(marker)) throw new UnavailableError(`Globus gives the same page again when asked to ${what}.`);
    seen.add(marker);
    query = { marker };
  }
}

const statSchema = z.object({ type: z.string() });

/** @throws NotFoundError where nothing is; ActionError for what is neither */
export async function typeAt(
  call: GlobusCall,
  { id, name }: NamedCollection,
  path: string,
  options: CallOptions,
): Promise<"file" | "folder"> {
  const what = `look at ${cleanJson(path)} on ${name}`;
  const answer = await call(
    {
      what,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.fileOperations.stat(id, { query: { path }, headers }, sdk),
      repeatable: true,
    },
    options,
  );
  const { type } = readAnswer(statSchema, what, answer);
  if (type === "file") return "file";
  if (type === "dir") return "folder";
  throw new ActionError(`${cleanJson(path)} on ${name} is neither a file nor a folder, but ${cleanJson(type)}.`);
}

/** One file. @throws NotFoundError; ActionError for what is none */
export async function findFile(
  call: GlobusCall,
  collection: NamedCollection,
  path: string,
  options: CallOptions,
): Promise<Omit<FoundFile, "path">> {
  const what = `look at ${cleanJson(path)} on ${collection.name}`;
  const send = (headers: Record<string, string>, sdk: SDKOptions): Promise<Response> =>
    transfer.fileOperations.stat(collection.id, { query: { path }, headers }, sdk);
  const answer = await call({ what, resourceServer: TRANSFER_SERVER, send, repeatable: true }, options);
  const entry = readAnswer(entrySchema, what, answer);
  if (entry.type !== "file") throw new ActionError(`${cleanJson(path)} on ${collection.name} is no file: move it.`);
  const { bytes, modified } = foundFile(entry, path, "", collection);
  return { bytes, modified };
}

/** Lists the first entry of a folder. */
export async function glanceAt(
  call: GlobusCall,
  { id, name }: NamedCollection,
  path: string,
  options: CallOptions,
): Promise<void> {
  const what = `list ${cleanJson(path)} on ${name}`;
  const send = (headers: Record<string, string>, sdk: SDKOptions): Promise<Response> =>
    transfer.fileOperations.ls(id, { query: { path, limit: 1 }, headers }, sdk);
  readAnswer(
    listingSchema,
    what,
    await call({ what, resourceServer: TRANSFER_SERVER, send, repeatable: true }, options),
  );
}

const entrySchema = z.object({
  name: z.string(),
  type: z.string().nullish(),
  size: z.number().nullish(),
  last_modified: z.string().nullish(),
  /** Set where it is a symbolic link; `type` is then that of its target. */
  link_target: z.string().nullish(),
});
const listingSchema = z.object({ DATA: z.array(entrySchema) });
type Entry = z.output<typeof entrySchema>;

/**
 * The files of a folder, or of all below it, in no order. Links to folders are not followed: a transfer does not
 * follow them either.
 * @throws NotFoundError where the folder is not there
 */
export async function listFiles(
  call: GlobusCall,
  collection: NamedCollection,
  folder: string,
  isDeep: boolean,
  options: CallOptions,
): Promise<readonly FoundFile[]> {
  const top = `${folder.replace(/\/+$/, "")}/`;
  const files: FoundFile[] = [];
  let level = [""];
  while (level.length > 0) {
    const folders: string[] = [];
    await fewAtATime(level, FOLDERS_AT_ONCE, async (below) => {
      const entries = await entriesOf(call, collection, top + below, options).catch((thrown: unknown) => {
        // A folder below that went away meanwhile has no files.
        if (thrown instanceof NotFoundError && below !== "") return [];
        throw thrown;
      });
      for (const entry of entries) {
        const path = below + entry.name;
        if (entry.type === "file") files.push(foundFile(entry, path, top, collection));
        const isFolder = entry.type === "dir" && (entry.link_target ?? "") === "";
        if (isDeep && isFolder) folders.push(`${path}/`);
      }
    });
    level = folders;
  }
  return files;
}

async function entriesOf(
  call: GlobusCall,
  { id, name }: NamedCollection,
  path: string,
  options: CallOptions,
): Promise<readonly Entry[]> {
  const what = `list ${cleanJson(path)} on ${name}`;
  const entries: Entry[] = [];
  for (;;) {
    const query = { path, limit: MOST_ENTRIES, offset: entries.length };
    const answer = await call(
      {
        what,
        resourceServer: TRANSFER_SERVER,
        send: (headers, sdk) => transfer.fileOperations.ls(id, { query, headers }, sdk),
        repeatable: true,
      },
      options,
    );
    const page = readAnswer(listingSchema, what, answer).DATA;
    entries.push(...page);
    if (page.length < MOST_ENTRIES) return entries.filter(({ name: entry }) => isName(entry));
  }
}

/** A listing holds names; with anything else in it one would be led elsewhere, or in circles. */
const isName = (name: string): boolean => !["", ".", ".."].includes(name) && !name.includes("/");

function foundFile(entry: Entry, path: string, top: string, { name }: NamedCollection): FoundFile {
  const { size, last_modified: modified } = entry;
  if (typeof size !== "number") {
    throw new ActionError(`${name} does not tell the size of ${cleanJson(top + path)}: it cannot be proven there.`);
  }
  return { path, bytes: size, modified: timeOf(modified ?? "") };
}

/** `2026-03-01 12:00:00+00:00`, in UTC where no zone is named; undefined for no time. */
function timeOf(text: string): number | undefined {
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  const time = Date.parse(`${text.replace(" ", "T")}${hasZone ? "" : "Z"}`);
  return Number.isNaN(time) ? undefined : time;
}
