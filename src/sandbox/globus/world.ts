/**
 * What the simulated Globus services share: their collections, identities, tokens and tasks, how they misbehave, and
 * the form of routes and refusals. Each service's own answers are in the *-routes.ts files.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { TwinAnswer, TwinRequest } from "../http-twin.ts";
import { type AccessToken, type AuthMemory, accessTokenOf, type TwinIdentity } from "./auth/auth-state.ts";
import type { Consent } from "./auth/consents.ts";
import type { Collection } from "./collection.ts";
import type { ComputeRoom } from "./compute/room.ts";
import type { FlowsWorld } from "./flows/flows-world.ts";
import type { Group } from "./group.ts";
import type { TaskEngine } from "./task-engine.ts";
import type { TimerRoom } from "./timers/timer-room.ts";

/** How the services misbehave beyond HTTP; all off at the start. What HTTP itself can do wrong is HttpFaults. */
export interface GlobusFaults {
  /** Operations on a path that begins with this text are denied. */
  deniedBelow: string | undefined;
  /** The collections' own servers fail at each operation. */
  endpointError: boolean;
  /** Operations want the `data_access` consent of the collection in the token. */
  consentRequired: boolean;
  /** Transfer refuses every token, new tokens too. */
  refusesTokens: boolean;
  /** Auth gives a new refresh token with each renewal, and the old token ends. */
  rotatesRefreshTokens: boolean;
  /** The bearer may not see or change access rules. */
  lacksAccessManager: boolean;
  /** The collections are mapped collections, which have no access rules. */
  isMapped: boolean;
  /** The person at the browser consents to nothing. */
  personDeclines: boolean;
}

export interface GlobusWorld {
  readonly clock: Clock;
  readonly faults: GlobusFaults;
  /** Until a task may start. */
  readonly queuedSeconds: number;
  /** Of the collections' end point. */
  readonly managerUrl: string;
  readonly serviceAccount: { readonly clientId: string; readonly secret: string };
  /** The native application that persons log in with; it has no secret. */
  readonly nativeClientId: string;
  /** Who sits at the browser. */
  readonly person: TwinIdentity;
  readonly collectionById: Map<string, Collection>;
  readonly auth: AuthMemory;
  readonly tasks: TaskEngine;
  readonly flows: FlowsWorld;
  readonly compute: ComputeRoom;
  readonly timers: TimerRoom;
  readonly groups: readonly Group[];
}

/** One request with the parts of its path that the route left open. */
export interface Asked {
  readonly world: GlobusWorld;
  readonly request: TwinRequest;
  readonly part: (name: string) => string;
}

/** Method and path, in which `:name` stands for one part. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly answer: (asked: Asked) => TwinAnswer;
}

/** A refusal on the way to an answer. */
export class RefusedAnswer extends Error {
  readonly answer: TwinAnswer;
  constructor(answer: TwinAnswer) {
    super(`status ${answer.status}`);
    this.answer = answer;
  }
}

/** The names of a route's open parts with their values; undefined when the path is another. */
export function matchRoute(route: Route, request: TwinRequest): ReadonlyMap<string, string> | undefined {
  const wanted = route.path.split("/").slice(1);
  const { segments } = request;
  if (route.method !== request.method || wanted.length !== segments.length) return undefined;
  const parts = new Map<string, string>();
  for (const [index, part] of wanted.entries()) {
    const given = segments[index] ?? "";
    if (part.startsWith(":")) parts.set(part.slice(1), given);
    else if (part !== given) return undefined;
  }
  return parts;
}

/** The bearer of the request's token, if it is valid for this resource server. */
export function bearerOf({ world, request }: Asked, resourceServer: string): AccessToken | undefined {
  const text = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  const token = text === undefined ? undefined : accessTokenOf(world.auth, text);
  return token?.resourceServer === resourceServer ? token : undefined;
}

/**
 * Whether the person let the bearer's application act along this path of scopes, the first of them one of the token's
 * own. False for a consent that was withdrawn, and for one that was given later than the token, even if it stands.
 */
export function hasConsent(token: AccessToken, path: readonly string[]): boolean {
  const [root, ...below] = path;
  let consent: Consent | undefined = token.roots.find(({ scope }) => scope === root);
  for (const scope of below) consent = consent?.childByScope.get(scope);
  return consent !== undefined && !consent.isRevoked && token.consents.has(consent.id);
}

/** Mapped collections have no access rules. */
export const isMapped = ({ faults }: Pick<GlobusWorld, "faults">, collection: Collection): boolean =>
  collection.isMapped || faults.isMapped;

/** Whether a `data_access` scope for the collection exists. */
export const hasDataAccess = ({ faults }: Pick<GlobusWorld, "faults">, collection: Collection): boolean =>
  (collection.isMapped || faults.isMapped || faults.consentRequired) && !collection.isHighAssurance;

/** A text such as Globus uses for request ids. */
export const requestId = (): string => randomBytes(6).toString("base64url");
