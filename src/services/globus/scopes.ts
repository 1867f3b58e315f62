/**
 * THE table of Globus services that tokens are asked for: each has a resource server, under which its tokens are kept,
 * and the scopes that are asked of Auth. A flow is a resource server of its own, by its id. Consents for what one
 * service does at another are written below its scope, `parent[*child[*grandchild]]`; `*`: may be withdrawn by itself.
 * It sends nothing. globus.md §3.2.
 */

import { AppError } from "../../base/errors.ts";
import { UUID } from "../../base/uuid.ts";

export const TRANSFER_SERVER = "transfer.api.globus.org";
export const AUTH_SERVER = "auth.globus.org";
export const FLOWS_SERVER = "flows.globus.org";
export const COMPUTE_SERVER = "funcx_service";
const TIMERS_SERVER = "524230d7-ea86-4a52-8312-86065a9e0417";

export const TRANSFER_SCOPE = "urn:globus:auth:scope:transfer.api.globus.org:all";

interface Service {
  /** As people know it. */
  readonly name: string;
  readonly scopes: readonly string[];
  /** Scopes that together do the same; other programs ask for them. */
  readonly instead?: readonly string[];
}

const flowsScope = (name: string): string =>
  `https://auth.globus.org/scopes/eec9b274-0c81-4334-bdc2-54e90e689b9a/${name}`;

const SERVICES: Readonly<Record<string, Service>> = {
  [TRANSFER_SERVER]: { name: "Globus Transfer", scopes: [TRANSFER_SCOPE] },
  [AUTH_SERVER]: {
    name: "Globus Auth",
    scopes: ["openid", "urn:globus:auth:scope:auth.globus.org:view_identities"],
  },
  [FLOWS_SERVER]: {
    name: "Globus Flows",
    scopes: [flowsScope("all")],
    instead: ["manage_flows", "view_flows", "run_status", "run_manage"].map(flowsScope),
  },
  [COMPUTE_SERVER]: {
    name: "Globus Compute",
    scopes: ["https://auth.globus.org/scopes/facd7ccc-c5f4-42aa-916b-a0e270e2c2a9/all"],
  },
  [TIMERS_SERVER]: { name: "Globus Timers", scopes: [`https://auth.globus.org/scopes/${TIMERS_SERVER}/timer`] },
};

/** Names come from files and answers, and may be any text. */
const serviceOf = (resourceServer: string): Service | undefined =>
  Object.hasOwn(SERVICES, resourceServer) ? SERVICES[resourceServer] : undefined;

/** Whether the resource server is a flow, by its id. */
export const isFlow = (resourceServer: string): boolean =>
  serviceOf(resourceServer) === undefined && UUID.test(resourceServer);

/** Whether it is a service of the table, or a flow. */
export const isKnownServer = (resourceServer: string): boolean => resourceServer in SERVICES || isFlow(resourceServer);

/** What people call it. */
export const serverName = (resourceServer: string): string =>
  serviceOf(resourceServer)?.name ?? (isFlow(resourceServer) ? `the flow ${resourceServer}` : resourceServer);

/** What starts and resumes a flow. */
export const flowScope = (flowId: string): string =>
  `https://auth.globus.org/scopes/${flowId}/flow_${flowId.replaceAll("-", "_")}_user`;

/** What reads and writes a mapped collection in a person's name; other collections know no such scope. */
export const dataAccessScope = (collectionId: string): string =>
  `https://auth.globus.org/scopes/${collectionId}/data_access`;

/** What is asked for where nobody asks for more. */
export function usualScopes(resourceServer: string): readonly string[] {
  const scopes =
    serviceOf(resourceServer)?.scopes ?? (isFlow(resourceServer) ? [flowScope(resourceServer)] : undefined);
  if (scopes === undefined) throw new AppError(`no scope is known for the resource server ${resourceServer}`);
  return scopes;
}

/** Whether the scopes that were granted, separated by blanks, do what is asked for where nobody asks for more. */
export function isUsable(resourceServer: string, granted: string): boolean {
  const scopes = new Set(granted.split(" "));
  const instead = serviceOf(resourceServer)?.instead;
  return [usualScopes(resourceServer), ...(instead === undefined ? [] : [instead])].some((set) =>
    set.every((one) => scopes.has(one)),
  );
}

/** A scope with the consents below it. */
export interface ScopeTree {
  readonly scope: string;
  readonly isOptional: boolean;
  readonly below: readonly ScopeTree[];
}

/** A scope that stands at the top. */
export const scopeTree = (scope: string, below: readonly ScopeTree[] = []): ScopeTree => ({
  scope,
  isOptional: false,
  below,
});

/** A consent below another, which may be withdrawn by itself. */
export const optionalScope = (scope: string, below: readonly ScopeTree[] = []): ScopeTree => ({
  scope,
  isOptional: true,
  below,
});

/** As Auth reads it. */
export function printScope({ scope, isOptional, below }: ScopeTree): string {
  const inner = below.length === 0 ? "" : `[${below.map(printScope).join(" ")}]`;
  return `${isOptional ? "*" : ""}${scope}${inner}`;
}

/**
 * The trees in a text of Globus', separated by blanks.
 * @returns undefined for a text that is none
 */
export function parseScopes(text: string): readonly ScopeTree[] | undefined {
  const words = text.match(/[[\]]|[^\s[\]]+/g) ?? [];
  let at = 0;
  const list = (): ScopeTree[] | undefined => {
    const trees: ScopeTree[] = [];
    for (let word = words[at]; word !== undefined && word !== "]"; word = words[at]) {
      const scope = word.replace(/^\*/, "");
      if (scope === "" || scope === "[") return undefined;
      at += 1;
      if (words[at] !== "[") {
        trees.push({ scope, isOptional: word !== scope, below: [] });
        continue;
      }
      at += 1;
      const below = list();
      if (below === undefined || below.length === 0 || words[at] !== "]") return undefined;
      at += 1;
      trees.push({ scope, isOptional: word !== scope, below });
    }
    return trees;
  };
  const trees = list();
  return at === words.length ? trees : undefined;
}

/** The mapped collections that scopes, as Globus writes them, let in, at any depth. */
export function collectionsIn(texts: readonly string[]): readonly string[] {
  const inTree = ({ scope, below }: ScopeTree): readonly string[] => [
    ...(/\/scopes\/([0-9a-f-]{36})\/data_access$/i.exec(scope)?.slice(1) ?? []),
    ...below.flatMap(inTree),
  ];
  return [...new Set(texts.flatMap((text) => parseScopes(text) ?? []).flatMap(inTree))];
}
