/** Services that implement the controller's ports in memory, and fail on request. */
import { sleep } from "../../../src/base/clock.ts";
import type { AccessGrant, AccessRules } from "../../../src/controller/ports/access-rules.ts";
import { AlreadyExistsError, NotFoundError } from "../../../src/controller/ports/call.ts";
import type { DataHost, SourceReport } from "../../../src/controller/ports/data-host.ts";
import type {
  DataManagement,
  DmExperiment,
  DmTask,
  DmTransfer,
  DmUser,
  Esaf,
  NewExperiment,
} from "../../../src/controller/ports/data-management.ts";
import type { DirectoryState, DirectoryTree } from "../../../src/controller/ports/directories.ts";
import type { Identity } from "../../../src/controller/ports/identity.ts";
import type { Beamtime, Run, Scheduling } from "../../../src/controller/ports/scheduling.ts";
import { FakeClock } from "./fake-clock.ts";

export class FakeDm implements DataManagement {
  readonly experiments = new Map<string, { name: string; usernames: string[]; made?: NewExperiment }>();
  readonly knownUsers = new Set<string>();
  /** What userByUsername tells beyond the badge. */
  readonly users = new Map<string, Partial<DmUser>>();
  readonly calls: string[] = [];
  /** Errors by the name of the call that throws them. */
  readonly failures = new Map<string, Error>();

  async experimentByName(name: string): Promise<DmExperiment> {
    this.#called("experimentByName", name);
    const found = this.experiments.get(name);
    if (found === undefined) throw new NotFoundError(`experiment ${name} does not exist`);
    return found;
  }
  async addExperiment(experiment: NewExperiment): Promise<DmExperiment> {
    this.#called("addExperiment", experiment.name);
    if (this.experiments.has(experiment.name)) throw new AlreadyExistsError(`experiment ${experiment.name} exists`);
    const made = { name: experiment.name, usernames: [], made: experiment };
    this.experiments.set(experiment.name, made);
    return made;
  }
  async userByUsername(username: string): Promise<DmUser> {
    this.#called("userByUsername", username);
    return { username, badge: username.slice(1), firstName: "", lastName: "", ...this.users.get(username) };
  }
  async addUserToExperiment(username: string, experimentName: string): Promise<void> {
    this.#called("addUserToExperiment", username);
    if (!this.knownUsers.has(username)) throw new NotFoundError(`user ${username} does not exist`);
    const { usernames } = this.experiments.get(experimentName) as { usernames: string[] };
    if (usernames.includes(username)) throw new AlreadyExistsError(`${username} has the role`);
    usernames.push(username);
  }
  async checkLogin(): Promise<void> {
    this.#called("checkLogin", "");
  }
  async stationExperiments(): Promise<readonly DmExperiment[]> {
    this.#called("stationExperiments", "");
    return [...this.experiments.values()].map(({ name }) => ({ name }));
  }
  async setExperimentMetadata(name: string, key: string, value: string): Promise<void> {
    this.#called("setExperimentMetadata", `${name} ${key}=${value}`);
    Object.assign(this.#kept(name), { [key]: value });
  }
  async deleteExperiment(name: string): Promise<void> {
    this.#called("deleteExperiment", name);
    this.#kept(name);
    this.experiments.delete(name);
  }
  async removeUserFromExperiment(username: string, experimentName: string): Promise<void> {
    this.#called("removeUserFromExperiment", username);
    const { usernames } = this.#kept(experimentName);
    if (!usernames.includes(username)) throw new NotFoundError(`${username} has no role on ${experimentName}`);
    usernames.splice(usernames.indexOf(username), 1);
  }
  #count = 0;
  readonly transfers: (DmTransfer & { kind: "daq" | "upload"; task: DmTask })[] = [];
  async startDaq(experimentName: string, directory: string, task: DmTask): Promise<DmTransfer> {
    this.#called("startDaq", directory);
    return this.#start("daq", experimentName, directory, task);
  }
  async stopDaq(experimentName: string, directory: string): Promise<void> {
    this.#called("stopDaq", directory);
    const running = this.transfers.findIndex(
      (one) =>
        one.kind === "daq" &&
        one.status === "running" &&
        one.experimentName === experimentName &&
        one.dataDirectory === directory,
    );
    if (running < 0) throw new NotFoundError(`there is no DAQ of ${experimentName} for ${directory}`);
    this.change(running, { status: "done" });
  }
  async daqs(): Promise<readonly DmTransfer[]> {
    this.#called("daqs", "");
    return this.transfers.filter((one) => one.kind === "daq");
  }
  async startUpload(experimentName: string, directory: string, task: DmTask): Promise<DmTransfer> {
    this.#called("startUpload", directory);
    return this.#start("upload", experimentName, directory, task);
  }
  async uploads(): Promise<readonly DmTransfer[]> {
    this.#called("uploads", "");
    return this.transfers.filter((one) => one.kind === "upload");
  }
  async upload(id: string): Promise<DmTransfer> {
    this.#called("upload", id);
    return this.#transfer(id);
  }
  async stopUpload(id: string): Promise<void> {
    this.#called("stopUpload", id);
    this.change(this.transfers.indexOf(this.#transfer(id)), { status: "aborted" });
  }
  esafsByYear: Record<number, Esaf[]> = {};
  async esafs(year: number): Promise<readonly Esaf[]> {
    this.#called("esafs", String(year));
    return this.esafsByYear[year] ?? [];
  }
  /** Changes what the service says of a DAQ or an upload. */
  change(index: number, changes: Partial<DmTransfer>): void {
    this.transfers[index] = { ...(this.transfers[index] as (typeof this.transfers)[number]), ...changes };
  }
  #start(kind: "daq" | "upload", experimentName: string, dataDirectory: string, task: DmTask): DmTransfer {
    const id = `${kind}-${++this.#count}`;
    const counts = { filesDone: 0, filesTotal: 0, percent: 0, errors: 0, runSeconds: 0 };
    this.transfers.push({ kind, task, id, experimentName, dataDirectory, status: "running", ...counts });
    return this.#transfer(id);
  }
  #transfer(id: string): (typeof this.transfers)[number] {
    const found = this.transfers.find((one) => one.id === id);
    if (found === undefined) throw new NotFoundError(`there is no transfer ${id}`);
    return found;
  }
  #kept(name: string): { name: string; usernames: string[] } {
    const found = this.experiments.get(name);
    if (found === undefined) throw new NotFoundError(`experiment ${name} does not exist`);
    return found;
  }
  #called(name: string, argument: string): void {
    this.calls.push(`${name} ${argument}`.trim());
    const failure = this.failures.get(`${name} ${argument}`) ?? this.failures.get(name);
    if (failure !== undefined) throw failure;
  }
}

export class FakeScheduling implements Scheduling {
  beamtimesNow: Beamtime[] = [];
  runsNow: Run[] = [];
  failure: Error | undefined;
  async runs(): Promise<readonly Run[]> {
    if (this.failure !== undefined) throw this.failure;
    return this.runsNow;
  }
  async beamtimes(): Promise<readonly Beamtime[]> {
    if (this.failure !== undefined) throw this.failure;
    return this.beamtimesNow;
  }
}

export class FakeTree implements DirectoryTree {
  readonly name: string;
  readonly top = "/data";
  readonly made: string[] = [];
  failure: Error | undefined;
  /** Seconds that a call takes. */
  seconds = 0;
  readonly #clock: FakeClock;
  constructor(name: string, clock = new FakeClock()) {
    this.name = name;
    this.#clock = clock;
  }
  async makeDirectories(
    parts: readonly string[],
    { signal }: { readonly signal?: AbortSignal },
  ): Promise<DirectoryState> {
    if (this.seconds > 0) await sleep(this.#clock, this.seconds, signal);
    if (this.failure !== undefined) throw this.failure;
    const path = parts.join("/");
    const state = this.made.includes(path) ? "Exists" : "Created";
    this.made.push(path);
    return state;
  }
}

/** The rules of a collection on which everybody of `known` has a login. */
export class FakeAccessRules implements AccessRules {
  readonly name = "petrel";
  readonly known = new Map<string, { name?: string; email?: string }>();
  readonly grants: AccessGrant[] = [];
  readonly calls: string[] = [];
  /** Errors by the name of the call, or its name and user, that throws them. */
  readonly failures = new Map<string, Error>();
  async list(parts: readonly string[]): Promise<readonly AccessGrant[]> {
    this.#called("list", parts.join("/"));
    return this.grants.filter(({ path }) => path === `/${parts.join("/")}/`);
  }
  async grant(parts: readonly string[], username: string): Promise<DirectoryState> {
    this.#called("grant", username);
    const person = this.known.get(username);
    if (person === undefined) throw new NotFoundError(`Globus knows nobody as ${username}.`);
    const path = `/${parts.join("/")}/`;
    if (this.grants.some((one) => one.username === username && one.path === path)) return "Exists";
    const id = `rule-${this.grants.length + 1}`;
    this.grants.push({ id, identity: `id-of-${username}`, username, ...person, path, permissions: "r" });
    return "Created";
  }
  async revoke(id: string): Promise<void> {
    this.#called("revoke", id);
    const index = this.grants.findIndex((one) => one.id === id);
    if (index < 0) throw new NotFoundError(`there is no rule ${id}`);
    this.grants.splice(index, 1);
  }
  #called(name: string, argument: string): void {
    this.calls.push(`${name} ${argument}`);
    const failure = this.failures.get(`${name} ${argument}`) ?? this.failures.get(name);
    if (failure !== undefined) throw failure;
  }
}

export class FakeDataHost implements DataHost {
  readonly name = "store1";
  readonly top = "/data/2BM";
  readonly looks: string[] = [];
  /** Reports by the path below the top; default: OK with one file of 100 bytes. */
  readonly reports = new Map<string, Partial<SourceReport>>();
  async inspect(parts: readonly string[]): Promise<SourceReport> {
    const path = parts.join("/");
    this.looks.push(path);
    return { state: "OK", files: 1, bytes: 100, ...this.reports.get(path) };
  }
}

export const noIdentity: Identity = { state: async () => ({ state: "Off" }) };
