/** Which collections there are at Globus: searched by words, shown by id, and what lies in a directory of one. */
import { transfer } from "@globus/sdk";
import { z } from "zod";
import { oneLine } from "../../base/clean-text.ts";
import type { CallOptions } from "../../controller/ports/call.ts";
import { readAnswer } from "./answer.ts";
import type { GlobusCall } from "./call.ts";
import { checkCollectionId } from "./collection.ts";
import { TRANSFER_SERVER } from "./scopes.ts";

const text = z
  .string()
  .nullish()
  .catch(undefined)
  .transform((said) => oneLine(said ?? "").trim());

const flag = z
  .boolean()
  .nullish()
  .catch(undefined)
  .transform((said) => said === true);

/** Null, absent, and of another form are alike: the collection then says nothing that we understand. */
const collectionSchema = z
  .looseObject({
    id: z.string(),
    display_name: text,
    canonical_name: text,
    entity_type: text,
    owner_string: text,
    organization: text,
    description: text,
    default_directory: text,
    high_assurance: flag,
    non_functional: flag,
  })
  .transform(
    ({ id, display_name, canonical_name, entity_type: type, owner_string: owner, ...rest }): CollectionReport => ({
      id,
      name: display_name || canonical_name || id,
      kind: KINDS[type] ?? type,
      isMapped: type === "GCSv5_mapped_collection" && !rest.high_assurance,
      isEndpoint: type === "GCSv5_endpoint",
      owner,
      organization: rest.organization,
      description: rest.description,
      directory: rest.default_directory,
      isHighAssurance: rest.high_assurance,
      isGone: rest.non_functional,
    }),
  );

/** As people speak of them. */
const KINDS: Readonly<Record<string, string>> = {
  GCSv5_mapped_collection: "mapped collection",
  GCSv5_guest_collection: "guest collection",
  GCSv5_endpoint: "endpoint, no collection",
  GCP_mapped_collection: "mapped collection of a personal computer",
  GCP_guest_collection: "guest collection of a personal computer",
};

export interface CollectionReport {
  readonly id: string;
  readonly name: string;
  /** In words, or Globus' own word where it is not known. */
  readonly kind: string;
  /** It wants a consent of its own of whoever reads and writes there. */
  readonly isMapped: boolean;
  /** It is what collections lie on. */
  readonly isEndpoint: boolean;
  readonly owner: string;
  readonly organization: string;
  readonly description: string;
  /** Where its users come to first. */
  readonly directory: string;
  readonly isHighAssurance: boolean;
  /** It works no more. */
  readonly isGone: boolean;
}

/** @throws NotFoundError, ActionError for an id that is no UUID */
export async function showCollection(call: GlobusCall, id: string, options: CallOptions): Promise<CollectionReport> {
  checkCollectionId({ id, name: "that is asked for" });
  const what = `describe the collection ${id}`;
  const answer = await call(
    {
      what,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.endpoint.get(id, { headers }, sdk),
      repeatable: true,
    },
    options,
  );
  return readAnswer(collectionSchema, what, answer);
}

const searchSchema = z.object({ DATA: z.array(collectionSchema), has_next_page: flag });

/** At most 100 in one answer of Globus. */
export const MOST_FOUND = 100;

export interface FoundCollections {
  readonly collections: readonly CollectionReport[];
  /** There are more. */
  readonly isCut: boolean;
}

/** @param limit at most MOST_FOUND */
export async function searchCollections(
  call: GlobusCall,
  words: string,
  limit: number,
  options: CallOptions,
): Promise<FoundCollections> {
  const what = `search for ${JSON.stringify(words)}`;
  const query = { filter_fulltext: words, filter_scope: "all", limit } as const;
  const answer = await call(
    {
      what,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.endpointSearch({ query, headers }, sdk),
      repeatable: true,
    },
    options,
  );
  const { DATA: all, has_next_page: isCut } = readAnswer(searchSchema, what, answer);
  return { collections: all.filter(({ isEndpoint }) => !isEndpoint), isCut };
}

const listSchema = z.object({
  path: text,
  total: z.number().nullish(),
  DATA: z.array(
    z
      .object({ name: z.string(), type: z.string(), size: z.number().nullish(), last_modified: text })
      .transform(({ name, type, size, last_modified: modified }) => ({ name, type, size: size ?? 0, modified })),
  ),
});

export interface ListedFolder {
  /** As Globus has it, with a slash at its end. */
  readonly path: string;
  readonly entries: readonly {
    readonly name: string;
    readonly type: string;
    readonly size: number;
    readonly modified: string;
  }[];
}

/** @param path "": where its users come to first. @throws NotFoundError, LoginNeededError where a consent is missing */
export async function listFolder(
  call: GlobusCall,
  { id, path, limit }: { readonly id: string; readonly path: string; readonly limit: number },
  options: CallOptions,
): Promise<ListedFolder> {
  checkCollectionId({ id, name: "that is asked for" });
  const what = `list ${path === "" ? "the first directory" : JSON.stringify(path)} of ${id}`;
  const query = { limit, ...(path !== "" && { path }) };
  const answer = await call(
    {
      what,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.fileOperations.ls(id, { query, headers }, sdk),
      repeatable: true,
    },
    options,
  );
  const { path: listed, DATA: entries } = readAnswer(listSchema, what, answer);
  return { path: listed || path, entries };
}
