/**
 * Sessions of the simulated Globus Auth: which of a person's identities have proven themselves to an application, and
 * when. What an application may demand are identities, domains, or policies made of domains. Facts:
 * docs.globus.org/api/auth/sessions; the fields are those that globus-cli's `session show` reads.
 */
import { randomUUID } from "node:crypto";
import type { AuthMemory, Session, TwinIdentity } from "./auth-state.ts";

/** The session of a person with an application, begun when there is none. */
export function sessionOf(auth: AuthMemory, clientId: string, identityId: string): Session {
  const key = `${clientId} ${identityId}`;
  const session = auth.sessionByOwner.get(key) ?? { id: randomUUID(), authenticatedById: new Map<string, number>() };
  auth.sessionByOwner.set(key, session);
  return session;
}

/** The person's identities that are linked to each other; the one at the front is the primary one. */
export const identitySetOf = (auth: AuthMemory, identity: TwinIdentity): readonly TwinIdentity[] => [
  identity,
  ...(auth.linkedById.get(identity.id) ?? []),
];

const listOf = (query: URLSearchParams, name: string): readonly string[] =>
  (query.get(name) ?? "").split(",").filter((one) => one !== "");
const domainOf = ({ username }: TwinIdentity): string => username.slice(username.lastIndexOf("@") + 1);

/**
 * The identities that the person logs in with for such a request, none where the session has what it wants already.
 * @returns a sentence where none of the person's identities will do
 */
export function wantedLogins(
  auth: AuthMemory,
  person: TwinIdentity,
  session: Session,
  query: URLSearchParams,
): readonly TwinIdentity[] | string {
  const own = identitySetOf(auth, person);
  if (/^true$/i.test(query.get("session_required_mfa") ?? ""))
    return `No identity of ${person.username} has a second factor.`;
  const wanted = listOf(query, "session_required_identities");
  const strange = wanted.find((one) => !own.some(({ id, username }) => id === one || username === one));
  if (strange !== undefined) return `The identity ${strange} is not linked to ${person.username}.`;
  const logins = own.filter(({ id, username }) => wanted.includes(id) || wanted.includes(username));
  const domains = listOf(query, "session_required_single_domain");
  const policies = listOf(query, "session_required_policies");
  for (const accepted of [...(domains.length > 0 ? [domains] : []), ...policies.map((id) => policyDomains(auth, id))]) {
    if (accepted === undefined) return "A required policy does not exist.";
    const fitting = own.find((one) => accepted.length === 0 || accepted.includes(domainOf(one)));
    if (fitting === undefined) return `No identity of ${person.username} is of ${accepted.join(", ")}.`;
    logins.push(fitting);
  }
  if (logins.length > 0) return logins;
  return query.get("prompt") === "login" || session.authenticatedById.size === 0 ? [person] : [];
}

const policyDomains = (auth: AuthMemory, id: string): readonly string[] | undefined => auth.policyById.get(id)?.domains;

/** Whether a token's session meets a policy: a service that demands it refuses the token otherwise. */
export function meetsPolicy(auth: AuthMemory, session: Session, policyId: string): boolean {
  const policy = auth.policyById.get(policyId);
  if (policy === undefined) return false;
  const { domains, timeoutSeconds } = policy;
  return auth.identities.some((identity) => {
    const at = session.authenticatedById.get(identity.id);
    const isFresh = at !== undefined && auth.clock.now() - at <= timeoutSeconds * 1000;
    return isFresh && (domains.length === 0 || domains.includes(domainOf(identity)));
  });
}

/** The session as a resource server is told it. */
export function sessionDocument(auth: AuthMemory, { id, authenticatedById }: Session): object {
  const authentications = [...authenticatedById].map(([identityId, at]) => [
    identityId,
    {
      acr: null,
      amr: null,
      auth_time: Math.floor(at / 1000),
      custom_claims: {},
      idp: auth.identities.find((one) => one.id === identityId)?.provider.id ?? null,
    },
  ]);
  return { session_id: id, authentications: Object.fromEntries(authentications) as object };
}
