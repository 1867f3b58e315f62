/**
 * Globus, simulated: Auth, Transfer, Flows, Compute, Timers and Groups on one port of 127.0.0.1, with one service
 * account, one person, and collections whose files are real, in folders of this machine. It can misbehave on request,
 * and logs what it was asked. It gives away nothing: every token it makes ends with it.
 */
import { randomUUID } from "node:crypto";
import { type HttpTwin, startHttpTwin, type TwinAnswer, type TwinRequest } from "../http-twin.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { ACCESS_ROUTES } from "./access-routes.ts";
import type { TwinIdentity } from "./auth/auth-state.ts";
import { type AuthInterventions, authInterventions } from "./auth/interventions.ts";
import { AUTH_ROUTES } from "./auth-routes.ts";
import type { Collection, CollectionRule, PauseRule } from "./collection.ts";
import { addComputeProvider } from "./compute/provider.ts";
import type { ComputeRoom } from "./compute/room.ts";
import { COMPUTE_ROUTES } from "./compute/routes.ts";
import { textOf } from "./documents.ts";
import { ENDPOINT_ROUTES } from "./endpoint-routes.ts";
import type { CollectionFiles } from "./files.ts";
import { controlFlows, type FlowsControl } from "./flows/control.ts";
import { FLOWS_ROUTES } from "./flows/routes.ts";
import { addTransferProviders } from "./flows/transfer-provider.ts";
import { GROUP_ROUTES } from "./group-routes.ts";
import { MANAGER_ROUTES } from "./manager-routes.ts";
import { createWorld, type GlobusServiceOptions } from "./new-world.ts";
import { SUBMIT_ROUTES } from "./submit-routes.ts";
import type { CollectionFault, Side } from "./task-faults.ts";
import { TASK_ROUTES } from "./task-routes.ts";
import type { Task } from "./tasks.ts";
import { TIMER_ROUTES } from "./timers/routes.ts";
import { TRANSFER_ROUTES } from "./transfer-routes.ts";
import { type GlobusFaults, type GlobusWorld, matchRoute, RefusedAnswer } from "./world.ts";

/** One request as the tests and the demonstration's log see it; no secrets in it. */
export interface GlobusLogEntry {
  readonly method: string;
  readonly path: string;
  /** What a form's `grant_type` or a document's `path` said; empty for others. */
  readonly detail: string;
}

export interface GlobusService extends Pick<HttpTwin, "url" | "misbehave" | "arrived" | "close">, AuthInterventions {
  readonly faults: GlobusFaults;
  /** What is done to flows and their runs beside the API. */
  readonly flows: FlowsControl;
  readonly requests: readonly GlobusLogEntry[];
  readonly serviceAccount: { readonly clientId: string; readonly secret: string };
  readonly nativeClientId: string;
  readonly person: TwinIdentity;
  /**
   * Its id, its folder on this machine with `/` in it, and its files and access rules, which may be changed.
   * @throws Error for a name that was not given at the start
   */
  collection(name: string): SimulatedCollection;
  /** Globus Compute: its end points, which go offline and come back, and what its functions give. */
  readonly compute: ComputeRoom;
  /** Every transfer that was accepted so far, the oldest first. */
  readonly transfers: readonly AcceptedTransfer[];
  /** Something goes wrong on a collection from now on. @returns what puts it right again */
  addFault(collection: string, fault: CollectionFault): () => void;
  /** An administrator holds up the tasks of a collection, in these words. @returns what lets them go on */
  pauseCollection(collection: string, message: string, pauses?: PauseRule["pauses"]): () => void;
  /** A collection wants sessions that meet a policy (`addPolicy`). @returns what lets every session in again */
  requirePolicy(collection: string, policyId: string): () => void;
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

const ROUTES = [
  ...AUTH_ROUTES,
  ...TRANSFER_ROUTES,
  ...ENDPOINT_ROUTES,
  ...ACCESS_ROUTES,
  ...MANAGER_ROUTES,
  ...SUBMIT_ROUTES,
  ...TASK_ROUTES,
  ...FLOWS_ROUTES,
  ...COMPUTE_ROUTES,
  ...GROUP_ROUTES,
  ...TIMER_ROUTES,
];

export async function startGlobusService(options: GlobusServiceOptions): Promise<GlobusService> {
  const ownFolders = options.collections.some(({ folder }) => folder === undefined)
    ? await makeTemporaryFolder()
    : undefined;
  const world = createWorld(options, ownFolders?.path ?? "");
  addTransferProviders(world);
  addComputeProvider(world);
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
      world.timers.close();
      world.flows.close();
      world.tasks.close();
      await twin.close();
      await ownFolders?.remove();
    },
    faults: world.faults,
    flows: controlFlows(world),
    requests,
    serviceAccount: world.serviceAccount,
    nativeClientId: world.nativeClientId,
    person: world.person,
    collection: (name) => {
      const { id, files, rules } = collectionBy(name);
      return { id, folder: files.folder, files, rules };
    },
    compute: world.compute,
    get transfers() {
      return [...world.tasks.taskById.values()].filter(({ type }) => type === "TRANSFER").map(acceptedTransfer);
    },
    ...authInterventions(world.auth, world.nativeClientId, world.person),
    ...interventions(world, collectionBy),
  };
}

function acceptedTransfer({ id, options }: Task): AcceptedTransfer {
  const items = (options["DATA"] ?? []) as readonly { readonly source_path: string }[];
  return { id, label: textOf(options["label"]), sources: items.map((item) => item.source_path) };
}

type Interventions = Pick<
  GlobusService,
  "addFault" | "pauseCollection" | "requirePolicy" | "pauseTask" | "cancelTask" | "suspendTask" | "resumeTask"
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
    requirePolicy: (name, policyId) => {
      const collection = collectionBy(name);
      collection.policyId = policyId;
      return () => {
        collection.policyId = undefined;
      };
    },
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
