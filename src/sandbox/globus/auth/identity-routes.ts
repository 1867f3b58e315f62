/**
 * What the simulated Globus Auth tells of identities, and of what they have consented to. globus.md §3.1; the shapes
 * are those of Globus' published sample answers.
 */
import type { TwinAnswer } from "../../http-twin.ts";
import { type Asked, bearerOf } from "../world.ts";
import { type AccessToken, type AuthMemory, provisionIdentity, type TwinIdentity } from "./auth-state.ts";
import type { Consent } from "./consents.ts";
import { AUTH_SERVER, idOfName, resourceServerOf } from "./known-scopes.ts";
import { apiRefusal, forbidden, unauthorized } from "./refusals.ts";
import { identitySetOf } from "./sessions.ts";

const VIEW_CONSENTS = "urn:globus:auth:scope:auth.globus.org:view_consents";

function requireBearer(asked: Asked): AccessToken {
  const token = bearerOf(asked, AUTH_SERVER);
  if (token === undefined) throw unauthorized();
  return token;
}

export function listIdentities(asked: Asked): TwinAnswer {
  requireBearer(asked);
  const { auth } = asked.world;
  const { query } = asked.request;
  const list = (name: string): string[] => (query.get(name) ?? "").split(",").filter((one) => one !== "");
  const byId = list("ids").flatMap((id) => auth.identities.find((one) => one.id === id) ?? []);
  const provision = query.get("provision") === "true";
  const byName = list("usernames").flatMap((username) => {
    const known = auth.identities.find((one) => one.username.toLowerCase() === username.toLowerCase());
    return known ?? (provision ? provisionIdentity(auth, username) : []);
  });
  return { status: 200, body: { identities: [...byId, ...byName].map(identityDocument) } };
}

export function giveIdentity(asked: Asked): TwinAnswer {
  requireBearer(asked);
  const id = asked.part("identity");
  const identity = asked.world.auth.identities.find((one) => one.id === id);
  if (identity === undefined) throw apiRefusal(404, "NOT_FOUND", "Not Found", `No identity with id ${id}`);
  return { status: 200, body: { identity: identityDocument(identity) } };
}

/** The fields that a list of identities has. */
export function identityDocument(identity: TwinIdentity): Readonly<Record<string, unknown>> {
  const { id, username, name, email, organization, status, provider } = identity;
  return { email, id, identity_provider: provider.id, name, organization, status, username };
}

/** Those below the application that asks, or, for who may see them, below all applications. */
export function listConsents(asked: Asked): TwinAnswer {
  const token = requireBearer(asked);
  const { auth } = asked.world;
  const identityId = asked.part("identity");
  const wantsAll = ["true", "True"].includes(asked.request.query.get("all") ?? "");
  if (!identitySetOf(auth, token.identity).some(({ id }) => id === identityId)) throw forbidden();
  if (wantsAll && !token.scope.split(" ").includes(VIEW_CONSENTS)) throw forbidden();
  const consents = auth.consents.all
    .filter((one) => one.identityId === identityId && (wantsAll || one.applicationId === token.clientId))
    .map((one) => consentDocument(auth, one));
  return { status: 200, body: { consents } };
}

function consentDocument(auth: AuthMemory, consent: Consent): object {
  const { id, scope, parent, identityId, applicationId, isOptional, allowsRefresh, path } = consent;
  return {
    created: microseconds(consent.created),
    id,
    status: "approved",
    updated: microseconds(consent.updated),
    allows_refresh: allowsRefresh,
    dependency_path: path,
    scope_name: scope,
    atomically_revocable: isOptional,
    effective_identity: identityId,
    // An application consents for itself without a page.
    auto_approved: auth.clientById.has(identityId),
    last_used: microseconds(consent.used),
    scope: idOfName(scope),
    // Below the application, the services call one another.
    client: parent === undefined ? applicationId : idOfName(resourceServerOf(parent.scope)),
  };
}

const microseconds = (time: number): string => new Date(time).toISOString().replace(/Z$/, "000+00:00");
