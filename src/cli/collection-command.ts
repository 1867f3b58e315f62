/** `globus-ioc collection search | show | ls`: finds the ids that globus.conf wants, with the login of the settings. */
import { oneLine } from "../base/clean-text.ts";
import {
  type CollectionReport,
  listFolder,
  MOST_FOUND,
  searchCollections,
  showCollection,
} from "../services/globus/collection-search.ts";
import type { Ending } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import type { SignInRequest, SignInRun } from "./sign-in-request.ts";

/** Collections that a search shows, and entries of a directory, unless more are asked for. */
const USUAL_FOUND = 25;
const USUAL_ENTRIES = 100;
/** As many as Globus lists in one answer. */
const MOST_ENTRIES = 100_000;

export async function searchForCollections(
  { words, limit = USUAL_FOUND }: SignInRequest & { readonly what: "collection search" },
  { session, screen, signal }: SignInRun,
): Promise<Ending> {
  const text = words.join(" ").trim();
  if (text === "") throw new UsageError("Say words of the collection's name, its owner or its organization.");
  const asked = limited(limit, MOST_FOUND);
  const { collections, isCut } = await searchCollections(session.call, text, asked, { signal });
  for (const one of collections) screen.show(one.name, [one.id, ...linesOf(one)].join("\n"));
  const many = collections.length === 1 ? "1 collection" : `${collections.length} collections`;
  return {
    state: "Done",
    message: `${many} found for ${JSON.stringify(text)}${isCut ? "; there are more: say more words, or a higher --limit" : ""}.`,
    exitStatus: EXIT.done,
    details: { collections },
  };
}

export async function tellCollection(
  { id }: SignInRequest & { readonly what: "collection show" },
  { session, screen, signal }: SignInRun,
): Promise<Ending> {
  const collection = await showCollection(session.call, id, { signal });
  screen.show(collection.name, [collection.id, ...linesOf(collection)].join("\n"));
  return {
    state: "Done",
    message: adviceOf(collection),
    exitStatus: EXIT.done,
    details: { collection },
  };
}

/** What it takes to use it. */
function adviceOf({ id, isEndpoint, isMapped, isGone, isHighAssurance }: CollectionReport): string {
  if (isGone) return "It works no more at Globus: search for the one that took its place.";
  if (isEndpoint) return "It is an endpoint, no collection: search for one of its collections.";
  if (isMapped)
    return `It wants a consent of its own: globus-ioc login asks for it once it is in globus.conf, or with --collection ${id}.`;
  if (isHighAssurance) return "It is a high-assurance collection: Globus may want people to log in again each session.";
  return "It takes transfers of whom its access rules let in.";
}

export async function listCollection(
  { place, limit = USUAL_ENTRIES }: SignInRequest & { readonly what: "collection ls" },
  { session, screen, signal }: SignInRun,
): Promise<Ending> {
  const [, id = "", path = ""] = /^([^:]*):?(.*)$/s.exec(place) ?? [];
  const asked = limited(limit, MOST_ENTRIES);
  const listed = await listFolder(session.call, { id, path, limit: asked }, { signal });
  const rows = listed.entries.map(({ name, type, size, modified }) =>
    oneLine(`${type === "dir" ? `${name}/` : name}  ${type === "dir" ? "" : `${size} bytes  `}${modified}`.trimEnd()),
  );
  if (rows.length > 0) screen.show(`${id}:${listed.path}`, rows.join("\n"));
  const many = rows.length === 1 ? "1 entry" : `${rows.length} entries`;
  return {
    state: "Done",
    message: `${many} in ${listed.path}${rows.length === asked ? "; there may be more: give a higher --limit" : ""}.`,
    exitStatus: EXIT.done,
    details: { collection: id, path: listed.path, entries: listed.entries },
  };
}

/** @throws UsageError */
function limited(limit: number, most: number): number {
  if (limit >= 1 && limit <= most) return limit;
  throw new UsageError(`--limit ${limit} is not from 1 to ${most}.`);
}

const linesOf = ({ kind, owner, organization, description, directory }: CollectionReport): readonly string[] =>
  [
    kind,
    owner === "" ? "" : `owned by ${owner}`,
    organization,
    directory === "" ? "" : `begins at ${directory}`,
    description,
  ].filter((one) => one !== "");
