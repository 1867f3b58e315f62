/**
 * Runs PV commands in this process: the IOC's runs (controller/run/perform.ts) on values in memory, with the tag read
 * from TomoScan. Knows no IOC of ours, and writes no PV of ours.
 */
import { fromEvent, of, type SchedulerLike, takeUntil } from "rxjs";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Experiment } from "../controller/experiment.ts";
import { OffError } from "../controller/ports/call.ts";
import type { DmExperiment } from "../controller/ports/data-management.ts";
import type { PvOutput, Pvs, PvValue } from "../controller/ports/pvs.ts";
import type { CommandName } from "../controller/pvs/commands.ts";
import { INPUTS, type InputName, PVS, type PvName } from "../controller/pvs/index.ts";
import type { Server } from "../controller/run/action.ts";
import { armProblem } from "../controller/run/guards.ts";
import { type Outcome, RejectedError } from "../controller/run/outcome.ts";
import { chosenServer, performCommand } from "../controller/run/perform.ts";
import { recentExperiments } from "../controller/setup/dm-experiment.ts";
import type { Site } from "../controller/site.ts";
import { settledTag, tagState$ } from "../controller/tagging/tag.ts";
import { publishExperiment } from "../controller/tagging/tag-publisher.ts";
import { type Runner, type RunnerOptions, runTold } from "./runner.ts";

export interface LocalRunnerOptions extends RunnerOptions {
  readonly site: Site;
  /** What inputs hold, by the settings and the options. */
  readonly inputs: Readonly<Partial<Record<PvName, PvValue>>>;
  readonly clock: Clock;
  /** For tests in virtual time. */
  readonly scheduler: SchedulerLike | undefined;
}

export class LocalRunner implements Runner {
  readonly #options: LocalRunnerOptions;
  /** What the PVs of an IOC would hold. */
  readonly #values: Map<string, PvOutput>;
  readonly #pvs: Pick<Pvs, "get" | "put">;

  constructor(options: LocalRunnerOptions) {
    this.#options = options;
    const initial = INPUTS.map((name): [string, PvOutput] => [name, "initial" in PVS[name] ? PVS[name].initial : ""]);
    this.#values = new Map([...initial, ...Object.entries(options.inputs)]);
    this.#pvs = {
      get: (name) => asElement(this.#values.get(name)),
      put: (name, value) => {
        this.#values.set(name, value);
        options.changed(name as PvName, value, true);
      },
    };
  }

  set(name: InputName, value: string | number): Promise<void> {
    const problem = armProblem(this.#options.site.arms[name], value, (pv) => this.#pvs.get(pv));
    if (problem !== undefined) return Promise.reject(new RejectedError(problem));
    this.#values.set(name, value);
    return Promise.resolve();
  }

  value(name: PvName): Promise<PvOutput | undefined> {
    return Promise.resolve(this.#values.get(name));
  }

  run(name: CommandName): Promise<Outcome> {
    const { site, signal, say } = this.#options;
    return runTold(name, this.#options, () =>
      performCommand(site, name, { pvs: this.#pvs, isUncut: true, signal, say, experiment: () => this.tagged() }),
    );
  }

  async experiment(): Promise<{ readonly name: string; readonly details: readonly string[] }> {
    const { signal } = this.#options;
    const { name } = await this.tagged();
    const { name: serverName, dataManagement } = this.server;
    const details = [`server: ${serverName}`];
    if (dataManagement === undefined) return { name, details };
    try {
      return {
        name,
        details: [...details, ...experimentLines(await dataManagement.experimentByName(name, { signal }))],
      };
    } catch (thrown) {
      signal.throwIfAborted();
      return { name, details: [...details, messageOf(thrown)] };
    }
  }

  async experiments(): Promise<readonly string[]> {
    const { signal, clock } = this.#options;
    const { dataManagement } = this.server;
    try {
      return dataManagement === undefined ? [] : await recentExperiments(dataManagement, clock, { signal });
    } catch (thrown) {
      if (thrown instanceof OffError) return [];
      throw thrown;
    }
  }

  /** The experiment of TomoScan's user PVs, once the PVs are at rest. @throws RejectedError */
  async tagged(): Promise<Experiment> {
    const { site, signal, say, scheduler } = this.#options;
    say("Reading who has the beam from TomoScan…");
    const override$ = of(String(this.#pvs.get("ExperimentNameOverride")));
    const state$ = tagState$({ site, override$, scheduler }).pipe(takeUntil(fromEvent(signal, "abort")));
    const { experiment, remarks } = await settledTag(state$, scheduler, { connection: true });
    signal.throwIfAborted();
    for (const remark of remarks) say(`${remark}.`);
    publishExperiment(experiment, { pvs: this.#pvs, directories: site.directories, server: this.server });
    return experiment;
  }

  /** The server that ServerName names. */
  get server(): Server {
    return chosenServer(this.#options.site, this.#pvs);
  }
}

/** A value as a PV of one element holds it. */
const asElement = (value: PvOutput = ""): PvValue => (typeof value === "object" ? value.join(",") : value);

/** What Data Management knows of an experiment, for people. */
export const experimentLines = (found: DmExperiment): string[] =>
  Object.entries({
    description: found.description,
    users: found.usernames?.join(", "),
    "storage directory": found.storageDirectory,
    "data directory": found.dataDirectory,
    "analysis directory": found.analysisDirectory,
  }).flatMap(([label, text]) => (text === undefined || text === "" ? [] : [`${label}: ${text}`]));
