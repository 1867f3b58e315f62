/**
 * Globus, simulated: Auth and Transfer on one port of 127.0.0.1, with one service account, one person, and collections
 * whose files are in memory. It can misbehave on request, and logs what it was asked. It gives away nothing: every
 * token it makes ends with it. Flows are not here yet.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { type HttpTwin, startHttpTwin, type TwinAnswer, type TwinRequest } from "../http-twin.ts";
import { EVERYONE } from "../people.ts";
import { ACCESS_ROUTES } from "./access-routes.ts";
import { AUTH_ROUTES } from "./auth-routes.ts";
import { FileTree } from "./files.ts";
import { TASK_ROUTES } from "./task-routes.ts";
import type { Pace } from "./tasks.ts";
import { TRANSFER_ROUTES } from "./transfer-routes.ts";
import {
  type CollectionRule,
  type GlobusFaults,
  type GlobusWorld,
  matchRoute,
  RefusedAnswer,
  type TwinIdentity,
} from "./world.ts";

export interface GlobusCollectionOptions {
  readonly name: string;
  /** Directories that exist at the start. */
  readonly folders?: readonly string[];
  /** Files at the start, by path: their sizes in bytes. */
  readonly files?: Readonly<Record<string, number>>;
}

export interface GlobusServiceOptions {
  readonly clock: Clock;
  readonly collections: readonly GlobusCollectionOptions[];
  /** How long a transfer takes; 1 s in the queue and 5 s of work unless said otherwise. */
  readonly pace?: Pace;
}

/** One request as the tests and the demonstration's log see it; no secrets in it. */
export interface GlobusLogEntry {
  readonly method: string;
  readonly path: string;
  /** What a form's `grant_type` or a document's `path` said; empty for others. */
  readonly detail: string;
}

export interface GlobusService extends Pick<HttpTwin, "url" | "misbehave" | "arrived" | "close"> {
  readonly faults: GlobusFaults;
  readonly requests: readonly GlobusLogEntry[];
  readonly serviceAccount: { readonly clientId: string; readonly secret: string };
  readonly nativeClientId: string;
  readonly person: TwinIdentity;
  /** @throws Error for a name that was not given at the start */
  collection(name: string): { readonly id: string; readonly files: FileTree; readonly rules: CollectionRule[] };
  /** Every access token that was given so far is over. */
  expireTokens(): void;
  /** Every refresh token that was given so far is refused. */
  endLogins(): void;
  /** A refresh token as a login of the person would have given it. */
  loginFor(scope: string): string;
  /** The task waits for a person from now on. */
  suspendTask(taskId: string): void;
}

const PACE: Pace = { queuedSeconds: 1, workSeconds: 5 };
const ROUTES = [...AUTH_ROUTES, ...TRANSFER_ROUTES, ...ACCESS_ROUTES, ...TASK_ROUTES];

export async function startGlobusService(options: GlobusServiceOptions): Promise<GlobusService> {
  const world = createWorld(options);
  const requests: GlobusLogEntry[] = [];
  const twin = await startHttpTwin({
    clock: options.clock,
    answer: (request) => answer(world, request),
    onRequest: (request) => requests.push(logEntry(request)),
  });
  return {
    url: twin.url,
    misbehave: (faults) => twin.misbehave(faults),
    arrived: (part, count) => twin.arrived(part, count),
    close: () => twin.close(),
    faults: world.faults,
    requests,
    serviceAccount: world.serviceAccount,
    nativeClientId: world.nativeClientId,
    person: world.person,
    collection: (name) => {
      const found = [...world.collectionById.values()].find((one) => one.name === name);
      if (found === undefined) throw new Error(`the simulated Globus has no collection ${name}`);
      return found;
    },
    expireTokens: () => world.tokenByText.clear(),
    endLogins: () => world.loginByRefreshToken.clear(),
    loginFor: (scope) => {
      const text = `Ag${randomBytes(24).toString("hex")}`;
      world.loginByRefreshToken.set(text, { clientId: world.nativeClientId, identity: world.person, scope });
      return text;
    },
    suspendTask: (taskId) => {
      const task = world.taskById.get(taskId);
      if (task !== undefined) task.isSuspended = true;
    },
  };
}

function createWorld({ clock, collections, pace = PACE }: GlobusServiceOptions): GlobusWorld {
  const clientId = randomUUID();
  const account = identity(clientId, `${clientId}@clients.auth.globus.org`, "Beamline data management", null);
  const person = identity(randomUUID(), "curie@globusid.org", "Marie Curie", "curie@example.org");
  // Everybody of the beamline with an address has a login by that name.
  const people = EVERYONE.flatMap(({ firstName, lastName, email }) =>
    email === undefined ? [] : identity(randomUUID(), email.toLowerCase(), `${firstName} ${lastName}`, email),
  );
  return {
    clock,
    pace,
    faults: {
      deniedBelow: undefined,
      endpointError: false,
      consentRequired: false,
      refusesTokens: false,
      rotatesRefreshTokens: false,
      lacksAccessManager: false,
      isMapped: false,
    },
    serviceAccount: { clientId, secret: randomBytes(24).toString("base64url") },
    nativeClientId: randomUUID(),
    person,
    identities: [account, person, ...people],
    collectionById: new Map(
      collections.map(({ name, folders = [], files = {} }) => {
        const tree = new FileTree(clock.now());
        for (const path of folders) tree.put(path, undefined, clock.now());
        for (const [path, bytes] of Object.entries(files)) tree.put(path, bytes, clock.now());
        const id = randomUUID();
        return [id, { id, name, files: tree, rules: [] }];
      }),
    ),
    tokenByText: new Map(),
    loginByRefreshToken: new Map(),
    pendingByCode: new Map(),
    taskById: new Map(),
  };
}

function identity(id: string, username: string, name: string, email: string | null): TwinIdentity {
  return { id, username, name, email, organization: "Example Light Source", status: "used" };
}

function answer(world: GlobusWorld, request: TwinRequest): TwinAnswer {
  for (const route of ROUTES) {
    const parts = matchRoute(route, request);
    if (parts === undefined) continue;
    try {
      return route.answer({ world, request, part: (name) => parts.get(name) ?? "" });
    } catch (thrown) {
      if (thrown instanceof RefusedAnswer) return thrown.answer;
      throw thrown;
    }
  }
  return {
    status: 404,
    body: { code: "ClientError.NotFound", message: "No such route", request_id: "", resource: request.path },
  };
}

function logEntry({ method, path, body }: TwinRequest): GlobusLogEntry {
  const grant = new URLSearchParams(body).get("grant_type");
  const detail = grant ?? /"path":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? "";
  return { method, path, detail };
}
