/**
 * What a person's login has, and what it lacks: by the token file, and by the consents that Globus Auth keeps. Asks
 * nobody for a consent.
 */
import { messageOf } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { KINDS, type Settings } from "../config/settings.ts";
import { AccessDeniedError, NotFoundError } from "../controller/ports/call.ts";
import { showCollection } from "../services/globus/collection-search.ts";
import { LoginNeededError } from "../services/globus/errors.ts";
import type { GlobusIdentity } from "../services/globus/identities.ts";
import { readConsents } from "../services/globus/login/consents.ts";
import type { GlobusSession } from "../services/globus/login/session.ts";
import {
  lacking,
  type MappedCollection,
  type WantedFlow,
  type WantedLogin,
  wantedFlow,
  wantedService,
} from "../services/globus/login/wants.ts";
import { whoIs } from "../services/globus/login/who-is.ts";
import { FLOWS_SERVER, isFlow } from "../services/globus/scopes.ts";
import type { TokenRecord } from "../services/globus/token-store.ts";
import type { SignInRun } from "./sign-in-request.ts";

/** What one consent is asked for. */
export interface MissingConsent extends WantedLogin {
  /** What cannot be done without, in words. */
  readonly lacks: readonly string[];
}

export interface LoginLook {
  /** Whose login it is; undefined where nobody is logged in, or Globus takes the login no more. */
  readonly identity: GlobusIdentity | undefined;
  /** What can be done, in words. */
  readonly present: readonly string[];
  readonly missing: readonly MissingConsent[];
  /** Sentences about collections that could not be looked at. */
  readonly notes: readonly string[];
}

/** A collection that the settings or the command line name. */
export interface NamedByUs extends MappedCollection {
  /** The person says that it is a mapped collection. */
  readonly isSaid: boolean;
}

/** What a login is for: all that the settings need, and Flows, for no flow can be named before one is deployed. */
export const loginServers = async ({ needed }: GlobusSession): Promise<readonly string[]> => [
  ...new Set([...(await needed()), FLOWS_SERVER]),
];

/** Each once. @param said ids on the command line @param input what joins the input of each run of a flow */
export function namedCollections(settings: Settings, said: readonly string[], input: unknown): readonly NamedByUs[] {
  const { source, destinations, servers } = settings;
  const all = [
    ...said.map((id) => ({ id, name: `the collection ${id}`, isSaid: true })),
    { id: source.collection, name: "the source's collection", isSaid: false },
    ...destinations
      .filter(({ kind }) => kind === "globus" || kind === "flow")
      .map(({ name, collection: id }) => ({ id, name: `the destination ${name}`, isSaid: false })),
    ...servers
      .filter(({ kind }) => kind === "globus")
      .map(({ name, uuid: id }) => ({ id, name: `the server ${name}`, isSaid: false })),
    ...placesIn(input).map((id) => ({ id, name: `the collection ${id} of input-file`, isSaid: false })),
  ];
  const byId = new Map<string, NamedByUs>();
  for (const one of all) {
    const id = one.id.toLowerCase();
    if (id !== "" && !byId.has(id)) byId.set(id, { ...one, id });
  }
  return [...byId.values()];
}

/** The collections of all that looks like `{ "id": UUID, "path": … }`, at any depth. */
function placesIn(input: unknown): readonly string[] {
  if (Array.isArray(input)) return input.flatMap(placesIn);
  if (!isJsonObject(input)) return [];
  const { id, path } = input;
  const isPlace = typeof id === "string" && typeof path === "string" && KINDS.uuid.parse(id) !== undefined;
  return [...(isPlace ? [id] : []), ...Object.values(input).flatMap(placesIn)];
}

export interface LookedFor {
  readonly collections: readonly NamedByUs[];
  readonly servers: readonly string[];
  /** Those of them that are flows. */
  readonly flows: readonly WantedFlow[];
  /** All of it counts as missing. */
  readonly isForced: boolean;
}

/** @throws UnavailableError where Globus cannot be asked */
export async function lookAtLogin(what: LookedFor, run: SignInRun): Promise<LoginLook> {
  const { session, signal } = run;
  const identity = await orWithoutLogin(whoIs(session.call, { signal }));
  const hasConsent =
    identity === undefined ? undefined : await orWithoutLogin(readConsents(session.call, identity.id, { signal }));
  const { mapped, notes } = await mappedOf(what.collections, run);
  const wanted = [
    ...what.servers.filter((server) => !isFlow(server)).map((server) => wantedService(server, mapped)),
    ...what.flows.map((flow) => wantedFlow(flow, mapped)),
  ];
  const present: string[] = [];
  const missing: MissingConsent[] = [];
  for (const one of wanted) {
    const record = what.isForced ? undefined : await provenRecord(one.resourceServer, run);
    const lacks = lacking(one, record, hasConsent);
    if (lacks.length > 0) missing.push({ ...one, lacks });
    present.push(...one.purposes.map(({ words }) => words).filter((words) => !lacks.includes(words)));
  }
  return { identity, present, missing, notes };
}

/** The record, renewed: that it holds at Globus, too, nothing else proves. */
async function provenRecord(resourceServer: string, { session, signal }: SignInRun): Promise<TokenRecord | undefined> {
  const { auth, store } = session;
  const held = (await store?.read())?.get(resourceServer);
  if (held === undefined) return undefined;
  const token = await orWithoutLogin(auth.renewed(resourceServer, held.accessToken, { signal }));
  return token === undefined ? undefined : (await store?.read())?.get(resourceServer);
}

/** Undefined where the login, or one of its scopes, lacks what is asked with. */
async function orWithoutLogin<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof AccessDeniedError) return undefined;
    throw thrown;
  }
}

/** Those that are mapped collections; what they are, only who has logged in can see. */
async function mappedOf(
  collections: readonly NamedByUs[],
  { session, signal }: SignInRun,
): Promise<{ readonly mapped: readonly MappedCollection[]; readonly notes: readonly string[] }> {
  const mapped: MappedCollection[] = [];
  const notes: string[] = [];
  for (const one of collections) {
    try {
      const { isMapped, name } = await showCollection(session.call, one.id, { signal });
      if (isMapped) mapped.push({ id: one.id, name: `${one.name} (${name})` });
      else if (one.isSaid) notes.push(`${one.id} (${name}) is no mapped collection, and needs no consent of its own.`);
    } catch (thrown) {
      if (thrown instanceof LoginNeededError) {
        if (one.isSaid) mapped.push(one);
      } else if (thrown instanceof NotFoundError || thrown instanceof AccessDeniedError)
        notes.push(`${one.name} cannot be looked at, and no consent is asked for it. ${messageOf(thrown)}`);
      else throw thrown;
    }
  }
  return { mapped, notes };
}
