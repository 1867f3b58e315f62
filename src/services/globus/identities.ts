/**
 * Who is who at Globus: identities by user name and by id, from Globus Auth. There is no search by e-mail address: a
 * user name often looks like one, and need not be the person's address. An unknown name gives an empty list, no error
 * (globus.md §3.1).
 */

import { auth } from "@globus/sdk";
import { z } from "zod";
import { cleanJson } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { type CallOptions, NotFoundError, UnavailableError } from "../../controller/ports/call.ts";
import type { GlobusCall } from "./call.ts";
import { AUTH_SERVER } from "./scopes.ts";

export interface GlobusIdentity {
  readonly id: string;
  readonly username: string;
  readonly name?: string | null | undefined;
  readonly email?: string | null | undefined;
}

/** Ids in one request: they stand in its address. */
const MOST_IDS = 50;

const identitiesSchema = z.object({
  identities: z.array(
    z.object({
      id: z.string(),
      username: z.string(),
      status: z.string().optional(),
      name: z.string().nullish(),
      email: z.string().nullish(),
    }),
  ),
});

/**
 * @param provision whether Globus may make an identity for an unknown name; its owner takes it over at the first login
 * @throws NotFoundError when Globus knows nobody by that name
 */
export async function identityNamed(
  call: GlobusCall,
  username: string,
  provision: boolean,
  options: CallOptions,
): Promise<GlobusIdentity> {
  if (!/^[^\s@,\x00-\x1f\x7f]+@[^\s@,\x00-\x1f\x7f]+$/.test(username)) {
    throw new ActionError(`${cleanJson(username)} is not a Globus user name, which looks like name@domain.`);
  }
  const query = { usernames: username, ...(provision && { provision: "true" }) };
  const found = (await ask(call, `look up ${username}`, query, options)).filter(
    (one) => one.status !== "closed" && one.username.toLowerCase() === username.toLowerCase(),
  );
  const [identity] = found;
  if (identity !== undefined) return identity;
  throw new NotFoundError(
    `Globus knows nobody as ${username}: give the person's Globus user name, or set provision = True in the server's section of globus.conf.`,
  );
}

/** Those that Globus can tell of, by id. */
export async function identitiesById(
  call: GlobusCall,
  ids: readonly string[],
  options: CallOptions,
): Promise<ReadonlyMap<string, GlobusIdentity>> {
  const wanted = [...new Set(ids)];
  const known = new Map<string, GlobusIdentity>();
  for (let first = 0; first < wanted.length; first += MOST_IDS) {
    const some = wanted.slice(first, first + MOST_IDS);
    for (const one of await ask(call, "look up identities", { ids: some.join(",") }, options)) known.set(one.id, one);
  }
  return known;
}

async function ask(
  call: GlobusCall,
  what: string,
  query: Readonly<Record<string, string>>,
  options: CallOptions,
): Promise<z.output<typeof identitiesSchema>["identities"]> {
  const document = await call(
    {
      what,
      resourceServer: AUTH_SERVER,
      send: (headers, sdk) => auth.identities.getAll({ query, headers }, sdk),
      repeatable: true,
    },
    options,
  );
  const parsed = identitiesSchema.safeParse(document);
  if (parsed.success) return parsed.data.identities;
  throw new UnavailableError(`Globus Auth gave an answer that holds no identities when asked to ${what}.`);
}
