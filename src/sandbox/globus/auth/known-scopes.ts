/**
 * Which scopes the simulated Globus Auth knows, and the service that a token for each of them is for. globus.md §3.2;
 * the names are those of the Python SDK's scope collections.
 */
import { createHash } from "node:crypto";

export const AUTH_SERVER = "auth.globus.org";
export const TRANSFER_SERVER = "transfer.api.globus.org";
export const FLOWS_SERVER = "flows.globus.org";
export const COMPUTE_SERVER = "funcx_service";
export const GROUPS_SERVER = "groups.api.globus.org";
export const TIMERS_SERVER = "524230d7-ea86-4a52-8312-86065a9e0417";
export const TRANSFER_SCOPE = `urn:globus:auth:scope:${TRANSFER_SERVER}:all`;
export const TIMER_SCOPE = `https://auth.globus.org/scopes/${TIMERS_SERVER}/timer`;

/** Services whose scopes hold their client's id instead of the resource server's name. */
const SERVER_BY_CLIENT: Readonly<Record<string, string>> = {
  "eec9b274-0c81-4334-bdc2-54e90e689b9a": FLOWS_SERVER,
  "facd7ccc-c5f4-42aa-916b-a0e270e2c2a9": COMPUTE_SERVER,
};

const urns = (server: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `urn:globus:auth:scope:${server}:${name}`);
const urls = (client: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `https://auth.globus.org/scopes/${client}/${name}`);

const STATIC = new Set([
  "openid",
  "profile",
  "email",
  "offline_access",
  ...urns(AUTH_SERVER, "manage_projects", "view_authentications", "view_clients", "view_clients_and_scopes"),
  ...urns(AUTH_SERVER, "view_consents", "view_identities", "view_identity_set"),
  ...urns(TRANSFER_SERVER, "all", "gcp_install", "monitor_ongoing"),
  ...urns(GROUPS_SERVER, "all", "view_my_groups_and_memberships"),
  ...urns("nexus.api.globus.org", "groups"),
  ...urns("search.api.globus.org", "all", "globus_connect_server", "ingest", "search"),
  ...urls("eec9b274-0c81-4334-bdc2-54e90e689b9a", "all", "manage_flows", "view_flows"),
  ...urls("eec9b274-0c81-4334-bdc2-54e90e689b9a", "run", "run_status", "run_manage"),
  ...urls("facd7ccc-c5f4-42aa-916b-a0e270e2c2a9", "all"),
  ...urls(TIMERS_SERVER, "timer"),
  ...urls("actions.globus.org", "hello_world", "transfer/transfer"),
]);

/** What decides whether a scope that belongs to one collection or one flow exists. */
export interface ScopeOwners {
  hasFlow(id: string): boolean;
  /** The id of a collection, or of the end point that collections are on. */
  hasCollections(id: string): boolean;
  /** Mapped collections have it, but those for high assurance. */
  hasDataAccess(collectionId: string): boolean;
}

export const flowScope = (flowId: string): string =>
  `https://auth.globus.org/scopes/${flowId}/flow_${flowId.replaceAll("-", "_")}_user`;
export const dataAccessScope = (collectionId: string): string =>
  `https://auth.globus.org/scopes/${collectionId}/data_access`;

export function isKnownScope(scope: string, owners: ScopeOwners): boolean {
  if (STATIC.has(scope)) return true;
  const [, owner = "", name = ""] = /^https:\/\/auth\.globus\.org\/scopes\/([^/]+)\/(\w+)$/.exec(scope) ?? [];
  if (name === "data_access") return owners.hasDataAccess(owner);
  if (name === "https") return owners.hasCollections(owner);
  if (name.startsWith("flow_")) return scope === flowScope(owner) && owners.hasFlow(owner);
  const managed = /^urn:globus:auth:scope:([^:]+):manage_collections$/.exec(scope)?.[1];
  return managed !== undefined && owners.hasCollections(managed);
}

export function resourceServerOf(scope: string): string {
  const urn = /^urn:globus:auth:scope:([^:]+):/.exec(scope)?.[1];
  const id = /\/scopes\/([^/]+)\//.exec(scope)?.[1];
  return urn ?? SERVER_BY_CLIENT[id ?? ""] ?? id ?? AUTH_SERVER;
}

/** Scopes and services have ids beside their names; ours follow from the name. */
export function idOfName(name: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)) return name;
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
