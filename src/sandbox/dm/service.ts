/**
 * A simulated APS Data Management service: login and cookie per service, arguments in DM's encoding, errors in its
 * headers, and experiments, users, roles, DAQs, workflows, jobs and ESAFs in memory. Speaks what data-management.md §2
 * to §7 says, and its own routes where nothing public says anything (routes.ts here). Written apart from the client:
 * the two share no code.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { type HttpFaults, type HttpTwin, startHttpTwin, type TwinAnswer, type TwinRequest } from "../http-twin.ts";
import { EVERYONE } from "../people.ts";
import type { DaqForm, DaqKind } from "./daq.ts";
import type { JobForm } from "./job.ts";
import { DmRefusal, REFUSALS, refuse } from "./refusals.ts";
import { DmStore, type DmStoreFaults, fullForm, shortForm, type TwinExperiment } from "./store.ts";

/** What DM itself does wrong, beside what any HTTP service can. */
export interface DmFaults extends HttpFaults, DmStoreFaults {
  /** 401 as if there were no session: at each request, or at the next request alone, whose session is forgotten. */
  readonly unauthorized?: "always" | "once";
  /** Status code 12 at the next request, whose session is forgotten. */
  readonly invalidSession?: "once";
  /** Logged in, but without the role: 401 with code 5. */
  readonly forbidden?: boolean;
  /** The password is wrong from now on. */
  readonly loginRefused?: boolean;
  /** Every answer renews the cookie and forgets the old cookie. */
  readonly renewsCookie?: boolean;
}

/** One request, for what a test wants to know of it. */
export interface DmRequest {
  readonly service: DmServiceName;
  readonly method: string;
  /** Path with DM's encoding undone. */
  readonly path: string;
  /** Query with DM's encoding undone. */
  readonly query: Readonly<Record<string, string>>;
  /** Who is logged in; absent without a valid session. */
  readonly user?: string;
}

const SERVICES = ["ds", "daq", "cat", "proc", "apsDb"] as const;
export type DmServiceName = (typeof SERVICES)[number];

export interface DmTwin {
  readonly urls: Readonly<Record<DmServiceName, string>>;
  /** The only account. */
  readonly login: { readonly username: string; readonly password: string };
  /** All requests so far, of all services, in order. */
  readonly requests: readonly DmRequest[];
  /** The experiments as the service keeps them. */
  readonly experiments: ReadonlyMap<string, TwinExperiment>;
  /** Beside the directories of the data host: files in such as exist only as a number, by the directory's text. */
  readonly filesByDirectory: Map<string, number>;
  /** The DAQs or uploads as they stand, oldest first. */
  transfers(kind: DaqKind): readonly DaqForm[];
  /** The processing jobs as they stand, oldest first. */
  jobs(): readonly JobForm[];
  /** Adds a workflow of the account: commands by the ids of their stages. */
  addWorkflow(name: string, stages: Readonly<Record<string, string>>): void;
  /** Replaces the faults of all services; `{}` is good health. */
  misbehave(faults: DmFaults): Promise<void>;
  /** As HttpTwin, of the service where it is first. */
  arrived(part: string, count?: number): Promise<void>;
  close(): Promise<void>;
}

export interface DmTwinOptions {
  readonly clock: Clock;
  /**
   * Folder of this machine that is the `/` of the host on which DAQs and uploads find their data; default: there is no
   * such host.
   */
  readonly dataRoot?: string;
}

/** Five services on free ports of 127.0.0.1, with what they know in common. */
export async function startDmTwin(options: DmTwinOptions): Promise<DmTwin> {
  const protocol = new DmProtocol(options);
  const twins = new Map<DmServiceName, HttpTwin>();
  for (const service of SERVICES) {
    const answer = (request: TwinRequest): TwinAnswer => protocol.answer(service, request);
    const onRequest = (request: TwinRequest): void => protocol.note(service, request);
    twins.set(service, await startHttpTwin({ clock: options.clock, answer, onRequest }));
  }
  const all = async (work: (twin: HttpTwin) => Promise<void>): Promise<void> => {
    await Promise.all([...twins.values()].map(work));
  };
  return {
    urls: Object.fromEntries([...twins].map(([service, { url }]) => [service, url])) as DmTwin["urls"],
    login: protocol.login,
    requests: protocol.requests,
    experiments: protocol.store.experiments,
    filesByDirectory: protocol.store.sources.filesByDirectory,
    transfers: (kind) => protocol.store.daqs.list(kind),
    jobs: () => protocol.store.jobs.all(),
    addWorkflow: (name, commands) => {
      const stages = Object.fromEntries(Object.entries(commands).map(([id, command]) => [id, { command }]));
      protocol.store.jobs.add(JSON.stringify({ name, owner: protocol.login.username, description: "", stages }));
    },
    misbehave: async (faults) => {
      protocol.misbehave(faults);
      await all((twin) => twin.misbehave(faults));
    },
    arrived: (part, count) => Promise.race([...twins.values()].map((twin) => twin.arrived(part, count))),
    close: () => all((twin) => twin.close()),
  };
}

/* ── The protocol ─────────────────────────────────────────────────────── */

const done = (body: unknown): TwinAnswer => ({ status: 200, headers: { "Dm-Status-Code": "0" }, body });

function refusalAnswer({ kind, message }: DmRefusal): TwinAnswer {
  const { code, type, status } = REFUSALS[kind];
  const headers = {
    "Dm-Status-Code": String(code),
    "Dm-Status-Message": message.replace(/[^ -~]/g, "?"),
    "Dm-Exception-Type": type,
  };
  return { status, headers, body: { errorMessage: message, errorCode: code, exceptionType: type } };
}

/** The text of `b'…'`, with either base64 form inside; anything else as it is. */
function decoded(text: string): string {
  const inner = /^b'(.*)'$/s.exec(text)?.[1];
  if (inner === undefined) return text;
  const once = Buffer.from(inner, "base64").toString("latin1");
  return Buffer.from(once.replaceAll("\n", ""), "base64").toString("utf8");
}

/** An operation: what comes after `/dm/` (`*` is any one part, handed over decoded), and what it does. */
interface TwinOperation {
  readonly service: DmServiceName;
  readonly method: string;
  readonly pattern: string;
  readonly run: (store: DmStore, parts: readonly string[], query: Readonly<Record<string, string>>) => unknown;
}

const row = (service: DmServiceName, method: string, pattern: string, run: TwinOperation["run"]): TwinOperation => ({
  service,
  method,
  pattern,
  run,
});

// biome-ignore format: one operation a line
const OPERATIONS: readonly TwinOperation[] = [
  row("ds", "GET", "experimentsByName/*/*", (store, [name = ""]) => fullForm(store.experiment(name))),
  row("ds", "DELETE", "experimentsByName/*/*", (store, [name = ""]) => fullForm(store.deleteExperiment(name))),
  row("ds", "GET", "experimentsById/*", (store, [id = ""]) => fullForm(store.experimentById(Number(id)))),
  row("ds", "GET", "experimentsByStation/*", (store, [station = ""]) => store.ofStation(station).map(shortForm)),
  row("ds", "POST", "experiments/addExperiment", (store, _, query) => fullForm(store.addExperiment(query))),
  row("ds", "PUT", "experimentsByName/*/metadata/*", (store, [name = "", key = ""], { value = "" }) => fullForm(store.setMetadata(name, key, value))),
  row("ds", "GET", "users", (store) => EVERYONE.map(({ badge }) => store.user(`d${badge}`))),
  row("ds", "GET", "usersByUsername/*", (store, [username = ""]) => store.user(username)),
  row("ds", "POST", "experimentsByName/*/userRoles/*/*", (store, [name = "", user = ""]) => store.addRole(name, user)),
  row("ds", "DELETE", "experimentsByName/*/userRoles/*/*", (store, [name = "", user = ""]) => store.removeRole(name, user)),
  row("daq", "POST", "experimentsByName/*/startDaq/*", (store, [name = "", directory = ""], query) => store.startTransfer("daq", name, directory, query)),
  row("daq", "POST", "experimentsByName/*/stopDaq/*", (store, [name = "", directory = ""]) => store.stopDaq(name, directory)),
  row("daq", "GET", "daqs", (store) => store.daqs.list("daq")),
  row("daq", "GET", "daqs/*", (store, [id = ""]) => store.transfer("daq", id)),
  row("daq", "POST", "experimentsByName/*/upload/*", (store, [name = "", directory = ""], query) => store.startTransfer("upload", name, directory, query)),
  row("daq", "GET", "uploads", (store) => store.daqs.list("upload")),
  row("daq", "GET", "uploads/*", (store, [id = ""]) => store.transfer("upload", id)),
  row("daq", "POST", "uploads/*/stop", (store, [id = ""]) => store.stopUpload(id)),
  row("proc", "GET", "workflowsByOwner/*", (store, [owner = ""]) => store.jobs.workflows(owner)),
  row("proc", "GET", "workflowsByOwner/*/*", (store, [owner = "", name = ""]) => store.jobs.workflow(owner, name)),
  row("proc", "POST", "workflows/addWorkflow", (store, _, { workflow = "" }) => store.jobs.add(workflow)),
  row("proc", "PUT", "workflows/updateWorkflow", (store, _, { workflow = "" }) => store.jobs.update(workflow)),
  row("proc", "GET", "processingJobsByOwner/*", (store, [owner = ""], query) => store.jobs.list(owner, query)),
  row("proc", "GET", "processingJobsByOwner/*/*", (store, [owner = "", id = ""]) => store.jobs.find(owner, id)),
  row("proc", "POST", "processingJobsByWorkflow/*/*/startProcessingJob", (store, [owner = "", name = ""], query) => store.jobs.start(owner, name, query)),
  row("proc", "POST", "processingJobsByOwner/*/*/stop", (store, [owner = "", id = ""]) => store.jobs.stop(owner, id)),
  row("apsDb", "GET", "esaf/stationEsafs/*", (store, _, { year = "" }) => store.esafs(year)),
  row("apsDb", "GET", "esaf/stationEsafs/*/*", (store, _, { year = "" }) => store.esafs(year)),
  row("apsDb", "GET", "bss/runs/current", (store) => store.currentRun()),
];

/** The parts under the pattern's stars, or undefined when the path is another. */
function matched(pattern: string, segments: readonly string[]): readonly string[] | undefined {
  const expected = ["dm", ...pattern.split("/")];
  if (expected.length !== segments.length) return undefined;
  if (!expected.every((part, index) => part === "*" || part === segments[index])) return undefined;
  return segments.filter((_, index) => expected[index] === "*").map(decoded);
}

class DmProtocol {
  readonly login = { username: "dm2bm", password: `sandbox-${randomUUID()}` };
  readonly requests: DmRequest[] = [];
  readonly store: DmStore;
  #faults: DmFaults = {};
  /** Service and cookie of those who are logged in. */
  readonly #sessions = new Set<string>();

  constructor({ clock, dataRoot }: DmTwinOptions) {
    this.store = new DmStore(clock, dataRoot);
  }
  misbehave(faults: DmFaults): void {
    this.#faults = faults;
    this.store.misbehave(faults);
  }
  note(service: DmServiceName, request: TwinRequest): void {
    const path = `/${request.segments.map(decoded).join("/")}`;
    const user = this.#session(service, request) === undefined ? {} : { user: this.login.username };
    this.requests.push({ service, method: request.method, path, query: decodedQuery(request), ...user });
  }
  answer(service: DmServiceName, request: TwinRequest): TwinAnswer {
    try {
      if (request.path === "/dm/login" && request.method === "POST") return this.#logIn(service, request.body);
      const session = this.#checkSession(service, request);
      const answer = this.#run(service, request);
      return this.#faults.renewsCookie === true ? this.#withCookie(service, answer, session) : answer;
    } catch (thrown) {
      if (thrown instanceof DmRefusal) return refusalAnswer(thrown);
      throw thrown;
    }
  }
  #run(service: DmServiceName, request: TwinRequest): TwinAnswer {
    for (const operation of OPERATIONS) {
      if (operation.service !== service || operation.method !== request.method) continue;
      const parts = matched(operation.pattern, request.segments);
      if (parts !== undefined) return done(operation.run(this.store, parts, decodedQuery(request)));
    }
    return { status: 404, headers: { "content-type": "text/html" }, body: "<!DOCTYPE html><html>404 Not Found</html>" };
  }

  /* Sessions */

  #session(service: DmServiceName, request: TwinRequest): string | undefined {
    const cookie = /(?:^|;\s*)DMSESSION=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
    const session = `${service} ${cookie}`;
    return cookie !== undefined && this.#sessions.has(session) ? session : undefined;
  }
  #logIn(service: DmServiceName, body: string): TwinAnswer {
    const form = new URLSearchParams(body);
    const right = form.get("username") === this.login.username && form.get("password") === this.login.password;
    if (!right || this.#faults.loginRefused === true) refuse("authentication", "Incorrect username or password.");
    return this.#withCookie(service, done({}));
  }
  #withCookie(service: DmServiceName, answer: TwinAnswer, old?: string): TwinAnswer {
    if (old !== undefined) this.#sessions.delete(old);
    const value = randomUUID();
    this.#sessions.add(`${service} ${value}`);
    return { ...answer, headers: { ...answer.headers, "Set-Cookie": `DMSESSION=${value}; Path=/; Secure` } };
  }
  #checkSession(service: DmServiceName, request: TwinRequest): string {
    const session = this.#session(service, request);
    const { on = "", unauthorized, invalidSession, forbidden } = this.#faults;
    const concerned = `/${request.segments.join("/")}`.includes(on);
    if (session === undefined || (concerned && unauthorized === "always")) {
      refuse("authentication", "No session; log in first.");
    }
    if (!concerned) return session;
    if (forbidden === true) refuse("authorization", `User ${this.login.username} is not a station manager.`);
    if (unauthorized === undefined && invalidSession === undefined) return session;
    // "Once": gone with the session that it took.
    const { unauthorized: _, invalidSession: __, ...rest } = this.#faults;
    this.#faults = rest;
    this.#sessions.delete(session);
    return refuse(unauthorized === undefined ? "invalidSession" : "authentication", "The session has expired.");
  }
}

function decodedQuery(request: TwinRequest): Readonly<Record<string, string>> {
  return Object.fromEntries([...request.query].map(([name, value]) => [name, decoded(value)]));
}
