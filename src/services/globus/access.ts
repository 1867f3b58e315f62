/**
 * Who may use a directory of a Globus guest collection: its access rules, through Transfer, with the names of Globus
 * Auth. Rules only add up, and are for one directory with all below it. Rules that come from a role on the collection
 * are not told: they are for all of it. globus.md §3.3.
 */
import { transfer } from "@globus/sdk";
import { z } from "zod";
import type { AccessGrant, AccessRules } from "../../controller/ports/access-rules.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  type CallOptions,
  UnavailableError,
} from "../../controller/ports/call.ts";
import type { DirectoryState } from "../../controller/ports/directories.ts";
import type { GlobusRequest } from "./call.ts";
import { checkCollection, directoriesBelow, type GlobusCollection } from "./collection.ts";
import { LoginNeededError, refusalOf } from "./errors.ts";
import { identitiesById, identityNamed } from "./identities.ts";
import { TRANSFER_SERVER } from "./scopes.ts";
import type { GlobusDocument } from "./transport.ts";

export interface GlobusAccessSettings extends GlobusCollection {
  /** Globus may make an identity for a user name that it does not know. */
  readonly provision: boolean;
}

/** Rules that a guest collection can have. */
const MOST_RULES = 1000;

/** What principals that are no persons are called. */
const CROWDS: Readonly<Record<string, (principal: string) => string>> = {
  group: (principal) => `group ${principal}`,
  all_authenticated_users: () => "everybody with a Globus login",
  anonymous: () => "everybody",
};

const listSchema = z.object({
  DATA: z.array(
    z.object({
      /** Null for a rule that comes from a role. */
      id: z.string().nullable(),
      principal_type: z.string(),
      principal: z.string(),
      path: z.string(),
      permissions: z.string(),
    }),
  ),
});
type ListedRule = z.output<typeof listSchema>["DATA"][number];

/** @throws ActionError for a collection id that is no UUID, or a `top` that is not absolute */
export function createGlobusAccess(settings: GlobusAccessSettings): AccessRules {
  checkCollection(settings);
  const directory = (parts: readonly string[]): string =>
    directoriesBelow(settings, parts).at(-1) ?? `${settings.top.replace(/\/+$/, "")}/`;
  return {
    name: settings.name,
    list: async (parts, options) => list(settings, directory(parts), options),
    grant: async (parts, username, options) => grant(settings, directory(parts), username, options),
    revoke: async (id, options) => {
      const { collectionId, name } = settings;
      await ask(settings, options, {
        what: `take away the access rule ${id} of ${name}`,
        send: (headers, sdk) => transfer.access.remove({ endpoint_xid: collectionId, id }, { headers }, sdk),
      });
    },
  };
}

async function list(
  settings: GlobusAccessSettings,
  path: string,
  options: CallOptions,
): Promise<readonly AccessGrant[]> {
  const rules = (await allRules(settings, options)).filter((rule) => rule.id !== null && samePath(rule.path, path));
  const persons = rules.filter((rule) => rule.principal_type === "identity");
  const identityById = await identitiesById(
    settings.call,
    persons.map(({ principal }) => principal),
    options,
  );
  return rules.map((rule) => {
    const identity = identityById.get(rule.principal);
    const { name, email } = identity ?? {};
    return {
      id: rule.id as string,
      identity: rule.principal,
      username: identity?.username ?? CROWDS[rule.principal_type]?.(rule.principal) ?? rule.principal,
      ...(typeof name === "string" && name !== "" && { name }),
      ...(typeof email === "string" && email !== "" && { email }),
      path: rule.path,
      permissions: rule.permissions,
    };
  });
}

async function grant(
  settings: GlobusAccessSettings,
  path: string,
  username: string,
  options: CallOptions,
): Promise<DirectoryState> {
  const { collectionId, name, call, provision } = settings;
  const { id: principal } = await identityNamed(call, username, provision, options);
  const payload = { DATA_TYPE: "access", principal_type: "identity", principal, path, permissions: "r" } as const;
  try {
    await ask(settings, options, {
      what: `let ${username} read ${path} on ${name}`,
      send: (headers, sdk) => transfer.access.create(collectionId, { payload, headers }, sdk),
    });
    return "Created";
  } catch (thrown) {
    if (!(thrown instanceof AlreadyExistsError)) throw thrown;
    // Said of any rule for this person and path: only a rule that lets the person read is good.
    const isOurs = (rule: ListedRule): boolean => rule.principal === principal && samePath(rule.path, path);
    const reads = (await allRules(settings, options)).some((rule) => isOurs(rule) && rule.permissions.startsWith("r"));
    if (reads) return "Exists";
    throw thrown;
  }
}

/** Every rule of the collection: Transfer gives them in one answer. */
async function allRules(settings: GlobusAccessSettings, options: CallOptions): Promise<readonly ListedRule[]> {
  const parsed = listSchema.safeParse(await ask(settings, options, listRequest(settings)));
  if (parsed.success) return parsed.data.DATA;
  throw new UnavailableError(`Globus gave an answer without access rules when asked for those of ${settings.name}.`);
}

const listRequest = ({ collectionId, name }: GlobusAccessSettings): GlobusRequest => ({
  what: `list the access rules of ${name}`,
  resourceServer: TRANSFER_SERVER,
  send: (headers, sdk) => transfer.access.getAll(collectionId, { headers }, sdk),
  repeatable: true,
});

/**
 * One request about access rules; sent twice, each of them does no harm.
 * @throws AccessDeniedError with the reason that the collection itself gives
 */
async function ask(
  settings: GlobusAccessSettings,
  options: CallOptions,
  request: Pick<GlobusRequest, "what" | "send">,
): Promise<GlobusDocument> {
  try {
    return await settings.call({ ...request, resourceServer: TRANSFER_SERVER, repeatable: true }, options);
  } catch (thrown) {
    const isPlain = [AlreadyExistsError, LoginNeededError, UnavailableError].some((one) => thrown instanceof one);
    if (isPlain || refusalOf(thrown) === undefined) throw thrown;
    const reason = await obstacle(settings, options);
    if (reason === undefined) throw thrown;
    throw new AccessDeniedError(`Globus did not ${request.what}: ${reason}.`, { cause: refusalOf(thrown) });
  }
}

/**
 * What about the collection forbids rules at all. Its own description tells, whatever the code of the refusal was;
 * undefined when it says nothing, or cannot be read: the refusal then stands as it is.
 */
async function obstacle(settings: GlobusAccessSettings, options: CallOptions): Promise<string | undefined> {
  const { collectionId, name, call } = settings;
  const description = await call(
    {
      what: `describe ${name}`,
      resourceServer: TRANSFER_SERVER,
      send: (headers, sdk) => transfer.endpoint.get(collectionId, { headers }, sdk),
      repeatable: true,
    },
    options,
  ).catch(() => undefined);
  if (description === undefined) return undefined;
  const { acl_available: hasRules, acl_editable: mayEdit, entity_type: type } = description;
  if (hasRules === false || type === "GCSv5_mapped_collection") {
    return `${name} is not a guest collection, and only those have access rules; set uuid in [server ${name}] of globus.conf to one, or share = False`;
  }
  if (mayEdit === false) return `the login's identity needs the access_manager role on ${name}; its owner can give it`;
  const rules = await call(listRequest(settings), options).catch(() => undefined);
  const count = Array.isArray(rules?.["DATA"]) ? rules["DATA"].length : 0;
  return count < MOST_RULES
    ? undefined
    : `${name} has ${count} access rules, and Globus allows ${MOST_RULES}; take old ones away`;
}

/** With or without a slash at the end they are one directory. */
const samePath = (one: string, other: string): boolean => one.replace(/\/+$/, "") === other.replace(/\/+$/, "");
