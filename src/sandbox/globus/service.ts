/**
 * Globus, simulated: Auth and Transfer on one port of 127.0.0.1, with one service account, one person, and collections
 * whose files are real, in folders of this machine. It can misbehave on request, and logs what it was asked. It gives
 * away nothing: every token it makes ends with it. Flows are not here yet.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { type HttpTwin, startHttpTwin, type TwinAnswer, type TwinRequest } from "../http-twin.ts";
import { EVERYONE } from "../people.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { ACCESS_ROUTES } from "./access-routes.ts";
import { AUTH_ROUTES } from "./auth-routes.ts";
import type { Collection, CollectionRule, FlowPolicy, PauseRule } from "./collection.ts";
import { textOf } from "./documents.ts";
import { ENDPOINT_ROUTES } from "./endpoint-routes.ts";
import { CollectionFiles } from "./files.ts";
import { MANAGER_ROUTES } from "./manager-routes.ts";
import { SUBMIT_ROUTES } from "./submit-routes.ts";
import { TaskEngine } from "./task-engine.ts";
import type { CollectionFault, Side } from "./task-faults.ts";
import { TASK_ROUTES } from "./task-routes.ts";
import type { Task } from "./tasks.ts";
import { TRANSFER_ROUTES } from "./transfer-routes.ts";
import { type GlobusFaults, type GlobusWorld, matchRoute, RefusedAnswer, type TwinIdentity } from "./world.ts";

export interface GlobusCollectionOptions {
  readonly name: string;
  /** Where its `/` is on this machine, an existing folder; default: a new one, which goes with the service. */
  readonly folder?: string;
  /** Directories that exist at the start. */
  readonly folders?: readonly string[];
  /** Files at the start, by path: their content, or how many bytes of nothing. */
  readonly files?: Readonly<Record<string, number | string | Uint8Array>>;
  /** Shared by the tasks that run on it; default 20 MB/s. */
  readonly bytesPerSecond?: number;
  /** The flows through which alone data go from it, or to it. */
  readonly flowPolicy?: FlowPolicy;
}

export interface GlobusServiceOptions {
  /** Tasks come on by it, whether they are asked about or not. */
  readonly clock: Clock;
  readonly collections: readonly GlobusCollectionOptions[];
  /** Until a task may start; default 1. */
  readonly queuedSeconds?: number;
  /** What the collections say is the address of their manager; default: one that does not exist. */
  readonly managerUrl?: string;
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
  /**
   * Its id, its folder on this machine with `/` in it, and its files and access rules, which may be changed.
   * @throws Error for a name that was not given at the start
   */
  collection(name: string): SimulatedCollection;
  /** Every transfer that was accepted so far, the oldest first. */
  readonly transfers: readonly AcceptedTransfer[];
  /** Every access token that was given so far is over. */
  expireTokens(): void;
  /** Every refresh token that was given so far is refused. */
  endLogins(): void;
  /** A refresh token as a login of the person would have given it. */
  loginFor(scope: string): string;
  /** Something goes wrong on a collection from now on. @returns what puts it right again */
  addFault(collection: string, fault: CollectionFault): () => void;
  /** An administrator holds up the tasks of a collection, in these words. @returns what lets them go on */
  pauseCollection(collection: string, message: string, pauses?: PauseRule["pauses"]): () => void;
  /** An administrator of the source, or of the destination, holds up one task. @returns what lets it go on */
  pauseTask(taskId: string, message: string, side?: Side): () => void;
  /** An administrator of the source, or of the destination, cancels a task. */
  cancelTask(taskId: string, message: string, side?: Side): void;
  /** The task waits for a person from now on, as after EXPIRED_CREDENTIALS. */
  suspendTask(taskId: string): void;
  /** The person has acted. */
  resumeTask(taskId: string): void;
}

export interface AcceptedTransfer {
  readonly id: string;
  readonly label: string;
  /** Paths of its items at the source. */
  readonly sources: readonly string[];
}

export interface SimulatedCollection {
  readonly id: string;
  readonly folder: string;
  readonly files: CollectionFiles;
  readonly rules: CollectionRule[];
}

const QUEUED_SECONDS = 1;
const MANAGER_URL = "https://gcs.example.org";
const BYTES_PER_SECOND = 20_000_000;
const ROUTES = [
  ...AUTH_ROUTES,
  ...TRANSFER_ROUTES,
  ...ENDPOINT_ROUTES,
  ...ACCESS_ROUTES,
  ...MANAGER_ROUTES,
  ...SUBMIT_ROUTES,
  ...TASK_ROUTES,
];

export async function startGlobusService(options: GlobusServiceOptions): Promise<GlobusService> {
  const ownFolders = options.collections.some(({ folder }) => folder === undefined)
    ? await makeTemporaryFolder()
    : undefined;
  const world = createWorld(options, ownFolders?.path ?? "");
  const requests: GlobusLogEntry[] = [];
  const twin = await startHttpTwin({
    clock: options.clock,
    answer: (request) => answer(world, request),
    onRequest: (request) => requests.push(logEntry(request)),
  });
  const collectionBy = (name: string): Collection => {
    const found = [...world.collectionById.values()].find((one) => one.name === name);
    if (found === undefined) throw new Error(`the simulated Globus has no collection ${name}`);
    return found;
  };
  return {
    url: twin.url,
    misbehave: (faults) => twin.misbehave(faults),
    arrived: (part, count) => twin.arrived(part, count),
    close: async () => {
      world.tasks.close();
      await twin.close();
      await ownFolders?.remove();
    },
    faults: world.faults,
    requests,
    serviceAccount: world.serviceAccount,
    nativeClientId: world.nativeClientId,
    person: world.person,
    collection: (name) => {
      const { id, files, rules } = collectionBy(name);
      return { id, folder: files.folder, files, rules };
    },
    get transfers() {
      return [...world.tasks.taskById.values()].filter(({ type }) => type === "TRANSFER").map(acceptedTransfer);
    },
    expireTokens: () => world.tokenByText.clear(),
    endLogins: () => world.loginByRefreshToken.clear(),
    loginFor: (scope) => {
      const text = `Ag${randomBytes(24).toString("hex")}`;
      world.loginByRefreshToken.set(text, { clientId: world.nativeClientId, identity: world.person, scope });
      return text;
    },
    ...interventions(world, collectionBy),
  };
}

function acceptedTransfer({ id, options }: Task): AcceptedTransfer {
  const items = (options["DATA"] ?? []) as readonly { readonly source_path: string }[];
  return { id, label: textOf(options["label"]), sources: items.map((item) => item.source_path) };
}

type Interventions = Pick<
  GlobusService,
  "addFault" | "pauseCollection" | "pauseTask" | "cancelTask" | "suspendTask" | "resumeTask"
>;

/** What administrators, credentials and the world do to tasks, each at the moment that it is called. */
function interventions({ tasks }: GlobusWorld, collectionBy: (name: string) => Collection): Interventions {
  const taskBy = (id: string): Task => {
    const found = tasks.taskById.get(id);
    if (found === undefined) throw new Error(`the simulated Globus has no task ${id}`);
    return found;
  };
  /** Adds to a list, and takes away again. */
  const stand = <T>(list: T[], one: T): (() => void) => {
    tasks.change(() => list.push(one));
    return () =>
      tasks.change(() => {
        const at = list.indexOf(one);
        if (at >= 0) list.splice(at, 1);
      });
  };
  return {
    addFault: (collection, fault) =>
      stand(collectionBy(collection).standingFaults, { ...fault, left: fault.times ?? Infinity }),
    pauseCollection: (collection, message, pauses = { read: true, write: true, delete: true }) =>
      stand(collectionBy(collection).pauseRules, { id: randomUUID(), message, pauses }),
    pauseTask: (taskId, message, side = "source") => {
      const task = taskBy(taskId);
      const pause = (words: string | null): void =>
        tasks.change(() => {
          task[side === "source" ? "pausedBySource" : "pausedByDestination"] = words;
        });
      pause(message);
      return () => pause(null);
    },
    cancelTask: (taskId, message, side = "source") =>
      tasks.change(() => {
        const task = taskBy(taskId);
        if (task.ended !== undefined) return;
        task.canceledByAdmin = { side: side === "source" ? "SOURCE" : "DESTINATION", message };
        tasks.end(task, "FAILED", { code: "CANCELED", description: "canceled by administrator" }, "CANCELED");
      }),
    suspendTask: (taskId) =>
      tasks.change(() => {
        taskBy(taskId).isSuspended = true;
      }),
    resumeTask: (taskId) => tasks.change(() => Object.assign(taskBy(taskId), { isSuspended: false, notBefore: 0 })),
  };
}

function createWorld(
  { clock, collections, queuedSeconds = QUEUED_SECONDS, managerUrl = MANAGER_URL }: GlobusServiceOptions,
  ownFolders: string,
): GlobusWorld {
  const clientId = randomUUID();
  const account = identity(clientId, `${clientId}@clients.auth.globus.org`, "Beamline data management", null);
  const person = identity(randomUUID(), "curie@globusid.org", "Marie Curie", "curie@example.org");
  // Everybody of the beamline with an address has a login by that name.
  const people = EVERYONE.flatMap(({ firstName, lastName, email }) =>
    email === undefined ? [] : identity(randomUUID(), email.toLowerCase(), `${firstName} ${lastName}`, email),
  );
  return {
    clock,
    queuedSeconds,
    managerUrl,
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
      collections.map((one) => {
        const collection = createCollection(one, ownFolders, clock.now());
        return [collection.id, collection];
      }),
    ),
    tokenByText: new Map(),
    loginByRefreshToken: new Map(),
    pendingByCode: new Map(),
    tasks: new TaskEngine(clock),
  };
}

function createCollection(options: GlobusCollectionOptions, parent: string, now: number): Collection {
  const { name, folders = [], files: contents = {}, bytesPerSecond = BYTES_PER_SECOND, flowPolicy } = options;
  const id = randomUUID();
  const own = join(parent, id);
  if (options.folder === undefined) mkdirSync(own);
  const files = new CollectionFiles(options.folder ?? own);
  for (const one of folders) files.put(one, undefined, now);
  for (const [one, content] of Object.entries(contents)) files.put(one, content, now);
  return { id, name, files, rules: [], bytesPerSecond, pauseRules: [], standingFaults: [], flowPolicy };
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
