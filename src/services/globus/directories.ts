/**
 * Directories on a Globus collection, through Transfer's mkdir, which makes one level at a time. "It exists already" is
 * no error; every other refusal is, in a sentence of its own (integration.md §5.2). Transfer tasks are not here.
 */
import { transfer } from "@globus/sdk";
import { ActionError } from "../../base/errors.ts";
import { AlreadyExistsError, type CallOptions, NotFoundError, UnavailableError } from "../../controller/ports/call.ts";
import type { DirectoryState, DirectoryTree } from "../../controller/ports/directories.ts";
import { checkCollection, directoriesBelow, type GlobusCollection } from "./collection.ts";
import { LoginNeededError, refusalOf } from "./errors.ts";
import { TRANSFER_SERVER } from "./scopes.ts";

/** Types of a path in Transfer's `stat` at which a directory below can be made. */
const DIRECTORY_TYPES: readonly unknown[] = ["dir", "link"];

/**
 * The tree below `top` on one collection.
 * @throws ActionError for a collection id that is no UUID, or a `top` that is not absolute
 */
export function createGlobusTree(settings: GlobusCollection): DirectoryTree {
  const { name, top } = settings;
  checkCollection(settings);
  return { name, top, makeDirectories: (parts, options) => makeDirectories(settings, parts, options) };
}

async function makeDirectories(
  settings: GlobusCollection,
  parts: readonly string[],
  options: CallOptions,
): Promise<DirectoryState> {
  const paths = directoriesBelow(settings, parts);
  let state: DirectoryState = "Exists";
  const problem = paths.length === 0 ? await topProblem(settings, options) : undefined;
  if (problem !== undefined) throw problem;
  for (const [level, path] of paths.entries()) {
    state = await makeOne(settings, path, level === 0, options);
  }
  return state;
}

async function makeOne(
  settings: GlobusCollection,
  path: string,
  isFirst: boolean,
  options: CallOptions,
): Promise<DirectoryState> {
  const { collectionId, name, call } = settings;
  try {
    await call(
      {
        what: `make ${path} on ${name}`,
        resourceServer: TRANSFER_SERVER,
        send: (headers, sdk) => transfer.fileOperations.mkdir(collectionId, { payload: { path }, headers }, sdk),
        repeatable: true,
      },
      options,
    );
    return "Created";
  } catch (thrown) {
    if (thrown instanceof AlreadyExistsError) {
      await requireDirectory(settings, path, options);
      return "Exists";
    }
    // Transfer has no code of its own for a parent that is missing.
    const problem = isFirst && isAboutThePath(thrown) ? await topProblem(settings, options) : undefined;
    throw problem instanceof NotFoundError ? problem : thrown;
  }
}

/** Whether the top directory's absence may be behind the refusal. */
function isAboutThePath(thrown: unknown): boolean {
  return /^(ClientError\.)?NotFound$|^ExternalError/.test(refusalOf(thrown)?.code ?? "");
}

/** "Exists" is also said of a file. What may not be looked at counts as what `mkdir` called it. */
async function requireDirectory(settings: GlobusCollection, path: string, options: CallOptions): Promise<void> {
  const type = await typeOf(settings, path, options).catch((thrown: unknown) => {
    if (thrown instanceof UnavailableError || thrown instanceof LoginNeededError || !(thrown instanceof ActionError))
      throw thrown;
    return "dir";
  });
  if (DIRECTORY_TYPES.includes(type)) return;
  throw new ActionError(`${path} exists on ${settings.name} but is not a directory: remove or rename it there.`);
}

/** Why the top directory cannot be looked at: a NotFoundError when it does not exist; undefined when it is there. */
async function topProblem(settings: GlobusCollection, options: CallOptions): Promise<unknown> {
  const { top, name } = settings;
  try {
    await typeOf(settings, top, options);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof NotFoundError)) return thrown;
    const advice = "make it there, or correct the top directory in the configuration";
    return new NotFoundError(`The top directory ${top} does not exist on ${name}: ${advice}.`, { cause: thrown });
  }
}

/** What is at a path: `dir`, `file`, `link` … @throws NotFoundError when nothing is */
async function typeOf(
  { collectionId, name, call }: GlobusCollection,
  path: string,
  options: CallOptions,
): Promise<unknown> {
  const found = await call(
    {
      what: `look at ${path} on ${name}`,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.fileOperations.stat(collectionId, { query: { path }, headers }, sdk),
      repeatable: true,
    },
    options,
  );
  return found["type"];
}
