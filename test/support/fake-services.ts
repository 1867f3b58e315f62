/** Small services that implement the controller's ports in memory, and fail on request. */
import { sleep } from "../../src/base/clock.ts";
import {
  AlreadyExistsError,
  type Beamtime,
  type DataManagement,
  type DirectoryState,
  type DirectoryTree,
  type DmExperiment,
  type DmUser,
  type Identity,
  type NewExperiment,
  NotFoundError,
  type Scheduling,
} from "../../src/controller/ports.ts";
import { FakeClock } from "./fake-clock.ts";

export class FakeDm implements DataManagement {
  readonly experiments = new Map<string, { name: string; usernames: string[]; made?: NewExperiment }>();
  readonly knownUsers = new Set<string>();
  readonly calls: string[] = [];
  /** Thrown by the call of this name, once or always. */
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
    return { username, badge: username.slice(1), firstName: "", lastName: "" };
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
  #called(name: string, argument: string): void {
    this.calls.push(`${name} ${argument}`.trim());
    const failure = this.failures.get(`${name} ${argument}`) ?? this.failures.get(name);
    if (failure !== undefined) throw failure;
  }
}

export class FakeScheduling implements Scheduling {
  beamtimesNow: Beamtime[] = [];
  failure: Error | undefined;
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

export const noIdentity: Identity = { state: async () => ({ state: "Off" }) };
