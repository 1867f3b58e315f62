/**
 * Runs PV commands in this process: the same actions as the IOC's, on inputs in memory, with the tag read from
 * TomoScan. It knows no IOC of ours, and writes no PV of ours.
 */
import { fromEvent, of, type SchedulerLike, takeUntil } from "rxjs";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Experiment } from "../controller/experiment.ts";
import { OffError } from "../controller/ports/call.ts";
import type { DmExperiment } from "../controller/ports/data-management.ts";
import type { PvOutput, PvValue } from "../controller/ports/pvs.ts";
import { COMMANDS, type CommandName } from "../controller/pvs/commands.ts";
import { PVS, type PvName } from "../controller/pvs/index.ts";
import type { ActionContext, FreeAction, RunContext, Server } from "../controller/run/action.ts";
import { takeInputs } from "../controller/run/inputs.ts";
import { type ActionResult, failureOutcome, type Outcome, RejectedError } from "../controller/run/outcome.ts";
import { actionOf, perform } from "../controller/run/perform.ts";
import { recentExperiments } from "../controller/setup/dm-experiment.ts";
import { directoryPath } from "../controller/setup/make-directories.ts";
import type { Site } from "../controller/site.ts";
import { settledTag, tagState$ } from "../controller/tagging/tag.ts";
import type { InputName } from "./data-commands.ts";
import type { Runner, RunnerEvents } from "./runner.ts";

export interface LocalRunnerOptions extends RunnerEvents {
  readonly site: Site;
  /** What the settings and the options say that inputs hold. */
  readonly inputs: Readonly<Partial<Record<PvName, PvValue>>>;
  readonly clock: Clock;
  /** Stops what runs, in order. */
  readonly signal: AbortSignal;
  /** A failure that the caller wants itself, instead of an outcome. */
  readonly passes?: (thrown: unknown) => boolean;
  /** For tests in virtual time. */
  readonly scheduler: SchedulerLike | undefined;
}

export class LocalRunner implements Runner {
  readonly #options: LocalRunnerOptions;
  /** What the PVs of an IOC would hold. */
  readonly #values: Map<string, PvOutput>;

  constructor(options: LocalRunnerOptions) {
    this.#options = options;
    const initial = Object.entries(PVS).flatMap(([name, row]): [string, PvOutput][] =>
      row.kind === "result" ? [] : [[name, "initial" in row ? row.initial : ""]],
    );
    this.#values = new Map([...initial, ...Object.entries(options.inputs)]);
  }

  set(name: InputName, value: string | number): Promise<void> {
    const problem = value === 0 ? undefined : this.#options.site.arms[name]?.((pv) => this.#held(pv));
    if (problem !== undefined) return Promise.reject(new RejectedError(problem));
    this.#values.set(name, value);
    return Promise.resolve();
  }

  value(name: PvName): Promise<PvOutput | undefined> {
    return Promise.resolve(this.#values.get(name));
  }

  async run(name: CommandName): Promise<Outcome> {
    const { signal, passes, say, began, ended } = this.#options;
    began(name);
    try {
      return await this.#perform(name);
    } catch (thrown) {
      if (passes?.(thrown) === true) throw thrown;
      const outcome = failureOutcome(thrown, signal.aborted ? messageOf(signal.reason) : undefined);
      if (outcome.stack !== undefined) say(outcome.stack);
      return outcome;
    } finally {
      ended(name);
    }
  }

  async experiment(): Promise<{ readonly name: string; readonly details: readonly string[] }> {
    const { site, signal } = this.#options;
    const { name } = await this.tagged();
    const details = [`server: ${this.server.name}`];
    if (this.server.kind !== "dm" || site.dataManagement === undefined) return { name, details };
    try {
      return {
        name,
        details: [...details, ...experimentLines(await site.dataManagement.experimentByName(name, { signal }))],
      };
    } catch (thrown) {
      signal.throwIfAborted();
      return { name, details: [...details, messageOf(thrown)] };
    }
  }

  async experiments(): Promise<readonly string[]> {
    const { site, signal, clock } = this.#options;
    if (this.server.kind !== "dm" || site.dataManagement === undefined) return [];
    try {
      return await recentExperiments(site.dataManagement, clock, { signal });
    } catch (thrown) {
      if (thrown instanceof OffError) return [];
      throw thrown;
    }
  }

  /** The experiment of TomoScan's user PVs, once they are at rest. @throws RejectedError */
  async tagged(): Promise<Experiment> {
    const { site, signal, say, scheduler } = this.#options;
    say("Reading who has the beam from TomoScan…");
    const state$ = tagState$({
      text$: (key) => site.beamline.text$(site.tomoScanName(key)),
      nameOf: site.tomoScanName,
      problem: site.tomoScanProblem,
      override$: of(String(this.#values.get("ExperimentNameOverride") ?? "")),
      scheduler,
    }).pipe(takeUntil(fromEvent(signal, "abort")));
    const { experiment, remarks } = await settledTag(state$, scheduler, { connection: true });
    signal.throwIfAborted();
    for (const remark of remarks) say(`${remark}.`);
    this.#publish("ExperimentName", experiment.name);
    this.#publish("DataLink", this.server.dataLink(experiment));
    for (const target of site.directories) this.#publish(target.pathPv, directoryPath(target, experiment));
    return experiment;
  }

  /** The server that ServerName names. */
  get server(): Server {
    const { servers } = this.#options.site;
    return servers[Number(this.#values.get("ServerName"))] ?? servers[0];
  }

  async #perform(name: CommandName): Promise<ActionResult> {
    const { site, signal, say } = this.#options;
    const action = actionOf(site, this.server, name);
    const context: RunContext = {
      input: takeInputs({ get: (suffix) => this.#held(suffix) }),
      isUncut: true,
      signal,
      say,
      publish: (suffix, value) => this.#publish(suffix, value),
      shown: (suffix) => this.#held(suffix),
    };
    signal.throwIfAborted();
    if (COMMANDS[name].needs === "nothing") return perform(name, action as FreeAction, context);
    const experiment = await this.tagged();
    return perform<ActionContext>(name, action, { ...context, experiment });
  }

  /** As a PV of one element holds it. */
  #held(name: string): PvValue {
    const value = this.#values.get(name) ?? "";
    return typeof value === "object" ? value.join(",") : value;
  }

  #publish(name: PvName, value: PvOutput): void {
    this.#values.set(name, value);
    this.#options.changed(name, value, true);
  }
}

/** What Data Management knows of an experiment, for people. */
export const experimentLines = (found: DmExperiment): string[] =>
  Object.entries({
    description: found.description,
    users: found.usernames?.join(", "),
    "storage directory": found.storageDirectory,
    "data directory": found.dataDirectory,
    "analysis directory": found.analysisDirectory,
  }).flatMap(([label, text]) => (text === undefined || text === "" ? [] : [`${label}: ${text}`]));
