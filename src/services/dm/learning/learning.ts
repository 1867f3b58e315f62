/**
 * Learns a site's routes from its own `dm` package: each method is called with marked arguments while the package
 * believes that DM is a recorder on this host, and the request that came is turned into a route. No real service is
 * reached, and no real login is read (data-management.md §9.2).
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { homeFolder } from "../../../base/account.ts";
import type { Clock } from "../../../base/clock.ts";
import type { Environment } from "../../../base/environment.ts";
import { ActionError, messageOf } from "../../../base/errors.ts";
import type { Log } from "../../../base/log.ts";
import { createFile } from "../../../base/replace-file.ts";
import { type BridgeFailure, DmBridge } from "../bridge.ts";
import { dmEnvironment } from "../over-python.ts";
import {
  DM_ROUTES,
  type DmOperation,
  type DmRoute,
  type DmServiceKey,
  problemsOf,
  routesWith,
  targetOf,
} from "../routes.ts";
import { type DmRecorder, type RecordedRequest, startDmRecorder } from "./recorder.ts";
import { isSameTarget, type Markers, readableTarget, templateOf } from "./template.ts";

export interface LearnOptions {
  readonly python: string;
  /** What the package needs beside DM_* and its home, which are replaced. */
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** A row of a dm-routes.json. */
export interface LearnedRoute {
  readonly service: DmServiceKey;
  readonly method: DmRoute["method"];
  readonly path: string;
  readonly provenance: "site";
}

/** What came of one method. */
export type Learned = { readonly operation: string; readonly method: string } & (
  | { readonly route: LearnedRoute; readonly remark?: string }
  /** Why there is no route, as the rest of a sentence. */
  | { readonly problem: string }
);

/** For one call, importing the package included. */
const CALL_SECONDS = 60;
/** A user name that no argument has; where it shows in a request, the package sends who is logged in. */
const USER = "marked.user";

/** Values that a client finds sensible, and of which none is like another. */
const MARKERS: Markers = {
  experimentName: "marked-experiment",
  stationName: "MARKEDSTATION",
  typeName: "MARKEDTYPE",
  description: "marked-description",
  rootPath: "2071-05",
  startDate: "03-May-71",
  endDate: "14-Jun-72",
  key: "markedKey",
  value: "marked-value",
  username: "d987654",
  roleName: "MarkedRole",
  dataDirectory: "/marked/directory",
  taskInfo: { processExistingFiles: true, markedTask: "task" },
  id: "987655",
  beamlineName: "98-MARKED-B",
  year: 2073,
  esafId: 987656,
  owner: "markedowner",
  name: "marked-name",
  workflow: "marked-workflow",
  spec: { name: "marked-spec", owner: "markedspecowner", stages: {} },
  argsDict: { markedArgument: "argument" },
  queryDict: { markedMember: "member" },
  skip: 2074,
  limit: 2075,
  keyList: ["markedMember"],
};
const LISTS: ReadonlySet<string> = new Set<DmOperation>([
  "getExperimentsByStation",
  "getUsers",
  "listDaqs",
  "listUploads",
  "listStationEsafs",
  "listWorkflows",
  "listProcessingJobs",
]);

const tableSchema = z.record(z.string(), z.object({ method: z.string(), takes: z.array(z.string()) }));

/**
 * One result for each method that is known of, in the order of the package's table.
 * @throws ActionError when the package does not go where its environment sends it: nothing is learned then
 */
export async function learnRoutes(options: LearnOptions): Promise<readonly Learned[]> {
  const folder = await temporaryFolder();
  const loginFile = join(folder, "login");
  const recorder = await startDmRecorder();
  const { environment, ...rest } = options;
  const station = MARKERS["stationName"] as string;
  const bridge = new DmBridge({
    ...rest,
    environment: {
      ...dmEnvironment({ environment: withoutSessions(environment, folder), station, urls: recorder.urls, loginFile }),
      // A proxy would be asked for this host's own addresses too.
      no_proxy: "127.0.0.1",
    },
    namedBy: "--python",
    remedy: "give --python the Python that has it, or --setup-file the file that tells where it is",
    startSeconds: CALL_SECONDS,
    onlyPorts: recorder.ports,
  });
  try {
    return await new Lesson(bridge, recorder, options).all();
  } finally {
    await bridge.close();
    await recorder.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** With the login of a user whom nobody is. @throws ActionError */
async function temporaryFolder(): Promise<string> {
  const parent = tmpdir();
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(parent, "globus-ioc-record-"));
    await createFile(join(folder, "login"), `${USER}|recorder\n`, { mode: 0o600 });
    return folder;
  } catch (thrown) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    throw new ActionError(
      `The folder ${parent} for temporary files cannot be used: ${messageOf(thrown, parent)}; set TMPDIR.`,
      {
        cause: thrown,
      },
    );
  }
}

/**
 * Where the package might keep real sessions is out of its sight: a recorder's session among them would spoil them.
 * What its user installed is not.
 */
function withoutSessions(environment: LearnOptions["environment"], home: string): LearnOptions["environment"] {
  const { HOME: _home, PYTHONUSERBASE = join(homeFolder(environment), ".local"), ...rest } = environment;
  const kept = Object.entries(rest).filter(([name]) => !/^DM_|SESSION_CACHE/.test(name));
  return { ...Object.fromEntries(kept), HOME: home, PYTHONUSERBASE };
}

/** What came to the recorder during one call, and what the package raised. */
interface Seen {
  readonly requests: readonly RecordedRequest[];
  readonly failure: BridgeFailure | undefined;
}

class Lesson {
  readonly #bridge: DmBridge;
  readonly #recorder: DmRecorder;
  readonly #options: LearnOptions;

  constructor(bridge: DmBridge, recorder: DmRecorder, options: LearnOptions) {
    this.#bridge = bridge;
    this.#recorder = recorder;
    this.#options = options;
  }
  async all(): Promise<readonly Learned[]> {
    const answer = await this.#call("describe", {});
    if ("failure" in answer) throw this.#elsewhere(answer.failure);
    const table = tableSchema.parse(answer.result);
    const learned: Learned[] = [];
    for (const [operation, { method, takes }] of Object.entries(table)) {
      learned.push({ operation, method, ...(await this.#learn(operation, takes)) });
    }
    return learned;
  }
  async #learn(operation: string, takes: readonly string[]) {
    const names = takes.map((name) => name.replace("?", ""));
    const optional = takes.filter((name) => name.endsWith("?")).map((name) => name.slice(0, -1));
    const given = markersOf(names);
    const seen = await this.#see(operation, given);
    const [request] = seen.requests.toSorted((a, b) => missingIn(a, given) - missingIn(b, given));
    if (request === undefined) return { problem: whyNothing(seen) };
    // The package adds the station by itself where its method takes none.
    const mayTake = DM_ROUTES[operation as DmOperation].takes.includes("stationName");
    const markers = mayTake && !("stationName" in given) ? { ...given, ...markersOf(["stationName"]) } : given;
    const { path, missing } = templateOf(request, markers, optional);
    const absent = missing.filter((name) => name in given);
    const problem = problemWith(request, path, absent, operation as DmOperation);
    if (problem !== undefined) return { problem };
    const route: LearnedRoute = {
      service: request.service,
      method: request.method as DmRoute["method"],
      path,
      provenance: "site",
    };
    const again = targetWith(operation as DmOperation, route, markers);
    if (!isSameTarget(again, request.target))
      return { problem: `the request ${readableTarget(request.target)} is of no form that a route has` };
    if (optional.length === 0) return { route };
    const fewer = Object.fromEntries(Object.entries(markers).filter(([name]) => !optional.includes(name)));
    const remark = await this.#remark(operation as DmOperation, route, fewer);
    return { route, ...(remark !== undefined && { remark }) };
  }
  /** How the package sends what we leave out, where it does not leave it out too. */
  async #remark(operation: DmOperation, route: LearnedRoute, fewer: Markers): Promise<string | undefined> {
    const { requests } = await this.#see(operation, fewer);
    const ours = targetWith(operation, route, fewer);
    const theirs = requests.find(({ target }) => isSameTarget(target, ours)) ?? requests.at(-1);
    if (theirs === undefined || isSameTarget(theirs.target, ours)) return undefined;
    return `the package sends what is left out as ${readableTarget(theirs.target)}`;
  }
  async #see(operation: string, args: Markers): Promise<Seen> {
    this.#recorder.take(LISTS.has(operation) ? "[]" : "{}");
    const answer = await this.#call(operation, args);
    const requests = this.#recorder.take("{}");
    const failure = "failure" in answer ? answer.failure : undefined;
    if (failure?.type === "Elsewhere") throw this.#elsewhere(failure);
    if (!this.#recorder.wasReached && failure?.type !== "MissingMethod") {
      const why = failure === undefined ? "" : `: ${failure.type} says "${this.#bridge.clean(failure.message)}"`;
      throw new ActionError(
        `The dm package of ${this.#options.python} did ${operation} without asking the recorder that DM_*_WEB_SERVICE_URL name${why}; nothing is learned`,
      );
    }
    return { requests, failure };
  }
  #elsewhere({ message }: BridgeFailure): ActionError {
    return new ActionError(
      `The dm package of ${this.#options.python} wanted to connect to ${this.#bridge.clean(message)} instead of the recorder that ` +
        `DM_*_WEB_SERVICE_URL name; it was kept from it, and nothing is learned`,
    );
  }
  #call(operation: string, args: Markers) {
    return this.#bridge.call({ operation, args, changes: false, seconds: CALL_SECONDS, signal: this.#options.signal });
  }
}

const markersOf = (names: readonly string[]): Markers => Object.fromEntries(names.map((name) => [name, MARKERS[name]]));
const missingIn = (request: RecordedRequest, markers: Markers): number =>
  templateOf(request, markers, []).missing.length;

function targetWith(operation: DmOperation, { service, method, path }: LearnedRoute, args: Markers): string {
  return targetOf(routesWith({ [operation]: { service, method, path } }, "what was learned"), operation, args).path;
}

function whyNothing({ failure }: Seen): string {
  if (failure === undefined) return "the package sent nothing";
  if (failure.type === "MissingMethod") return `this package has no ${failure.message}`;
  return `the package sent nothing: ${failure.type} says "${failure.message}"`;
}

function problemWith(
  request: RecordedRequest,
  path: string,
  absent: readonly string[],
  operation: DmOperation,
): string | undefined {
  const shown = `${request.method} ${readableTarget(request.target)}`;
  if (request.hasBody) return `${shown} has a body, which a route cannot say`;
  if (absent.length > 0) return `${shown} does not hold ${absent.join(", ")}`;
  if (shown.includes(USER)) return `${shown} holds the name of who is logged in, which a route cannot say`;
  const method = request.method as DmRoute["method"];
  if (!["GET", "POST", "PUT", "DELETE"].includes(method)) return `${shown} is of a method that a route cannot have`;
  const problems = problemsOf({ ...DM_ROUTES[operation], method, path, enabled: true });
  return problems.length > 0 ? `${shown}: ${problems.join("; ")}` : undefined;
}
