/**
 * What the simulated Globus services share: their collections, identities, tokens and tasks, how they misbehave, and
 * the form of routes and refusals. Each service's own answers are in the *-routes.ts files.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { TwinAnswer, TwinRequest } from "../http-twin.ts";
import type { Collection } from "./collection.ts";
import type { TaskEngine } from "./task-engine.ts";

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
}

export interface TwinIdentity {
  readonly id: string;
  readonly username: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly organization: string | null;
  status: "unused" | "used";
}

/** What a bearer of an access token may do. */
export interface AccessToken {
  readonly identity: TwinIdentity;
  readonly resourceServer: string;
  readonly scope: string;
  /** Milliseconds since 1970 UTC. */
  expires: number;
}

/** A login that can be renewed. */
export interface TwinLogin {
  readonly clientId: string;
  readonly identity: TwinIdentity;
  readonly scope: string;
}

/** A login under way: the code that the browser carries back. */
export interface PendingLogin extends TwinLogin {
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly isOffline: boolean;
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
  readonly identities: TwinIdentity[];
  readonly collectionById: Map<string, Collection>;
  readonly tokenByText: Map<string, AccessToken>;
  readonly loginByRefreshToken: Map<string, TwinLogin>;
  readonly pendingByCode: Map<string, PendingLogin>;
  readonly tasks: TaskEngine;
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
  const token = text === undefined ? undefined : world.tokenByText.get(text);
  const isValid = token !== undefined && token.expires > world.clock.now() && token.resourceServer === resourceServer;
  return isValid ? token : undefined;
}

/** A text such as Globus uses for request ids. */
export const requestId = (): string => randomBytes(6).toString("base64url");
