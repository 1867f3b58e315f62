/**
 * What a login must have for each resource server, as trees of scopes, and which of it is missing: asked for is only
 * that. A mapped collection lets nobody in without a consent of its own below Transfer's, and below each flow's. It
 * sends nothing. globus.md §3.2.
 */
import {
  dataAccessScope,
  isUsable,
  optionalScope,
  type ScopeTree,
  scopeTree,
  serverName,
  TRANSFER_SCOPE,
  TRANSFER_SERVER,
  usualScopes,
} from "../scopes.ts";
import type { TokenRecord } from "../token-store.ts";
import type { HasConsent } from "./consents.ts";

/** A mapped collection. */
export interface MappedCollection {
  readonly id: string;
  /** As people know it. */
  readonly name: string;
}

/** What a login must have for one resource server. */
export interface WantedLogin {
  readonly resourceServer: string;
  readonly trees: readonly ScopeTree[];
  /** What it lets the program do, for people: `use Globus Transfer`. */
  readonly purposes: readonly Purpose[];
}

interface Purpose {
  readonly words: string;
  /** Without which it cannot be done, from the top. */
  readonly tree: ScopeTree;
}

/** What a service is asked for; of Transfer with the consents of the mapped collections. */
export function wantedService(resourceServer: string, mapped: readonly MappedCollection[]): WantedLogin {
  const collections = resourceServer === TRANSFER_SERVER ? mapped : [];
  const [first = "", ...others] = usualScopes(resourceServer);
  const trees = [scopeTree(first, collections.map(dataAccess)), ...others.map((one) => scopeTree(one))];
  return {
    resourceServer,
    trees,
    purposes: [
      { words: `use ${serverName(resourceServer)}`, tree: scopeTree(first) },
      ...collections.map((one) => ({ words: `read and write ${one.name}`, tree: scopeTree(first, [dataAccess(one)]) })),
    ],
  };
}

export interface WantedFlow {
  readonly id: string;
  /** As a person named it. */
  readonly name: string;
  /** The scope that starts it, where the flow has told it. */
  readonly scope?: string;
  /** Whether it acts at Transfer in the person's name. */
  readonly usesTransfer: boolean;
}

/** What a flow is asked for: it may act at Transfer, and at the mapped collections, for whoever starts it. */
export function wantedFlow(flow: WantedFlow, mapped: readonly MappedCollection[]): WantedLogin {
  const { id, name } = flow;
  const scope = flow.scope ?? usualScopes(id)[0] ?? "";
  const transfer = (collections: readonly MappedCollection[]): ScopeTree =>
    scopeTree(scope, [optionalScope(TRANSFER_SCOPE, collections.map(dataAccess))]);
  return {
    resourceServer: id,
    trees: [flow.usesTransfer ? transfer(mapped) : scopeTree(scope)],
    purposes: [
      { words: `run the flow ${name}`, tree: scopeTree(scope) },
      ...(flow.usesTransfer ? [{ words: `let the flow ${name} transfer data`, tree: transfer([]) }] : []),
      ...(flow.usesTransfer ? mapped : []).map((one) => ({
        words: `let the flow ${name} read and write ${one.name}`,
        tree: transfer([one]),
      })),
    ],
  };
}

const dataAccess = ({ id }: MappedCollection): ScopeTree => optionalScope(dataAccessScope(id));

/**
 * What a login cannot do yet, in words; empty: nothing is missing.
 * @param record what it has for the resource server
 * @param hasConsent undefined: Globus does not tell, and the record alone counts
 */
export function lacking(
  { resourceServer, purposes }: WantedLogin,
  record: TokenRecord | undefined,
  hasConsent: HasConsent | undefined,
): readonly string[] {
  const [first] = purposes;
  if (first === undefined) return [];
  if (record === undefined || !isUsable(resourceServer, record.scope)) return purposes.map(({ words }) => words);
  if (hasConsent === undefined) return [];
  const isUsual = record.scope.split(" ").includes(first.tree.scope);
  return purposes
    .filter(({ tree }) => (isUsual || tree.below.length > 0) && !hasConsent(tree))
    .map(({ words }) => words);
}
