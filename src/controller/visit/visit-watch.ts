/**
 * Follows the visit: which experiment has the beam, what the commands make for it, and what else is known; shows each
 * step's state and the next one. Starts nothing, and asks no service. What a state says is in visit-facts.ts.
 */
import {
  catchError,
  combineLatest,
  distinctUntilChanged,
  EMPTY,
  filter,
  from,
  interval,
  map,
  merge,
  type Observable,
  of,
  type SchedulerLike,
  startWith,
  switchMap,
  tap,
} from "rxjs";
import { type Experiment, isSameExperiment } from "../experiment.ts";
import type { Pvs } from "../ports/pvs.ts";
import { COMMAND_STATES, type CommandName } from "../pvs/commands.ts";
import { EMAIL_MODES } from "../pvs/email.ts";
import type { PvName } from "../pvs/index.ts";
import { AUTH_STATES, type AuthState } from "../pvs/run.ts";
import {
  NEXT_STEPS,
  type NextStep,
  VISIT_STATES,
  VISIT_STEPS,
  type VisitState,
  type VisitStep,
  visitPv,
} from "../pvs/visit.ts";
import type { RunAbout, Server } from "../run/action.ts";
import type { ArmCheck } from "../site.ts";
import { type TagState, tagSentence } from "../tagging/tag.ts";
import { type KnownOfVisit, nextStep, type StepFact, stepFacts, type VisitEvidence } from "./visit-facts.ts";
import {
  commandOf,
  isOfVisit,
  lastRun,
  NO_RUNS,
  runBegun,
  runEnded,
  seen,
  type VisitOf,
  type VisitRuns,
} from "./visit-runs.ts";
import type { VisitSite } from "./visit-site.ts";
import { nextSentence } from "./visit-words.ts";

/** A run whose work begins. */
export type RunBegun = RunAbout & { readonly command: CommandName };

export interface VisitOptions {
  readonly pvs: Pvs;
  readonly site: VisitSite;
  /** The chosen server. */
  readonly server: () => Server;
  readonly tag$: Observable<TagState>;
  readonly begun$: Observable<RunBegun>;
  /** Commands that have ended, and whose PVs say how. */
  readonly ended$: Observable<CommandName>;
  readonly isRunning: (command: CommandName) => boolean;
  /** Why a command cannot start now, a sentence. */
  readonly blocker: (command: CommandName) => string | undefined;
  /** Of EmailArm. */
  readonly armCheck: ArmCheck | undefined;
  /** For tests in virtual time. */
  readonly scheduler?: SchedulerLike | undefined;
}

/** Seconds between two looks at what no event tells of: DAQs and scans. */
const LOOK_SECONDS = 1;

export function visit$(options: VisitOptions): Observable<unknown> {
  const { pvs, site, tag$, begun$, ended$, scheduler } = options;
  const follower = new VisitFollower(options);
  const tagged$ = tag$.pipe(map(experimentOf), distinctUntilChanged(isSameExperiment));
  const mailed$ = combineLatest([tagged$, ended$.pipe(filter(isSender), startWith("Email"))]).pipe(
    switchMap(([experiment]) =>
      experiment === undefined
        ? EMPTY
        : from(site.isMailed(experiment)).pipe(
            catchError(() => of(undefined)), // what is wrong with the ledger is told elsewhere
            tap((isMailed) => follower.mailed(experiment, isMailed)),
          ),
    ),
  );
  return merge(
    tag$.pipe(tap((state) => follower.tagged(state))),
    begun$.pipe(tap((run) => follower.begun(run))),
    ended$.pipe(tap((name) => follower.ended(name))),
    mailed$,
    pvs.value$("ServerName"),
    pvs.value$("ActiveCommand"),
    interval(LOOK_SECONDS * 1000, scheduler),
  ).pipe(tap(() => follower.show()));
}

const isSender = (name: CommandName): boolean => name === "Email";

const experimentOf = (state: TagState | undefined): Experiment | undefined =>
  state?.settled === true && state.tag.valid ? state.tag.experiment : undefined;

class VisitFollower {
  readonly #options: VisitOptions;
  #runs: VisitRuns = NO_RUNS;
  #tag: TagState | undefined;
  #mailed: { readonly experiment: Experiment; readonly isMailed: boolean | undefined } | undefined;
  readonly #shown = new Map<PvName, string | number>();

  constructor(options: VisitOptions) {
    this.#options = options;
  }

  tagged(state: TagState): void {
    this.#tag = state;
    if (state.settled && state.connected) this.#runs = seen(this.#runs, this.#visit);
  }
  begun(run: RunBegun): void {
    const isTest = run.command === "Email" && EMAIL_MODES[Number(this.#options.pvs.get("EmailMode"))] === "Test";
    this.#runs = runBegun(this.#runs, { ...run, isTest });
  }
  ended(command: CommandName): void {
    if (!isOfVisit(command)) return;
    const { pvs } = this.#options;
    const state = COMMAND_STATES[Number(pvs.get(`${command}Status`))];
    if (state === undefined || state === "Idle" || state === "Running") return;
    this.#runs = runEnded(this.#runs, { command, state, message: String(pvs.get(`${command}Message`)) });
  }
  mailed(experiment: Experiment, isMailed: boolean | undefined): void {
    this.#mailed = { experiment, isMailed };
  }

  /** Nothing before anybody knows who has the beam. */
  show(): void {
    if (this.#tag === undefined) return;
    const known = this.#known();
    const facts = stepFacts(known);
    const next = nextStep(facts);
    for (const step of VISIT_STEPS) this.#put(visitPv(step), VISIT_STATES.indexOf(stateOf(facts[step], step === next)));
    this.#put("NextStep", NEXT_STEPS.indexOf(next === undefined ? "None" : NEXT_NAMES[next]));
    this.#put("NextStepMessage", this.#sentence(this.#tag, known, next, next === undefined ? "done" : facts[next]));
  }

  /** The experiment that has the beam, on the chosen server. */
  get #visit(): VisitOf | undefined {
    const experiment = experimentOf(this.#tag)?.name;
    return experiment === undefined ? undefined : { server: this.#options.server().name, experiment };
  }

  #known(): KnownOfVisit {
    const { site, isRunning, server } = this.#options;
    const chosen = server();
    return {
      runs: this.#runs,
      visit: this.#visit,
      evidence: this.#evidence(),
      isOff: (step) => site.isOff(step, chosen),
      isRunning,
    };
  }

  #evidence(): VisitEvidence {
    const { site } = this.#options;
    const experiment = experimentOf(this.#tag);
    if (experiment === undefined) return { daqs: undefined, scans: undefined, isMailed: undefined };
    const mailed = isSameExperiment(this.#mailed?.experiment, experiment) ? this.#mailed?.isMailed : undefined;
    return { daqs: site.daqs(experiment), scans: site.scans(experiment), isMailed: mailed };
  }

  #sentence(tag: TagState, known: KnownOfVisit, step: VisitStep | undefined, fact: StepFact): string {
    const { pvs, site, server, blocker, armCheck, isRunning } = this.#options;
    const { runs, visit, evidence } = known;
    const last = step === undefined ? undefined : lastRun(runs, visit, step);
    const command = step === undefined ? undefined : commandOf(step, isRunning, last);
    const auth = (name: "AuthDM" | "AuthGlobus"): AuthState => AUTH_STATES[Number(pvs.get(name))] ?? "Unknown";
    return nextSentence({
      step,
      fact,
      visit,
      server: server(),
      tagSentence: tag.settled ? tagSentence(tag) : "TomoScan's user PVs are changing.",
      last,
      command,
      blocker: command === undefined ? undefined : blocker(command),
      problem: command === undefined ? undefined : site.problem(command, server()),
      auth: { dm: auth("AuthDM"), globus: auth("AuthGlobus") },
      isDryRun: pvs.get("Testing") === 1,
      isArmed: pvs.get("EmailArm") === 1,
      armProblem: armCheck?.((name) => pvs.get(name)),
      evidence,
    });
  }

  #put(name: PvName, value: string | number): void {
    if (this.#shown.get(name) === value) return;
    this.#shown.set(name, value);
    this.#options.pvs.put(name, value);
  }
}

const NEXT_NAMES: Readonly<Record<VisitStep, NextStep>> = {
  Tag: "Tag",
  Init: "Init",
  Dirs: "Dirs",
  Email: "Email",
  Start: "StartDaq",
  Scans: "Scans",
  Stop: "StopDaq",
};

const STATES: Readonly<Record<StepFact, VisitState>> = {
  unknown: "Unknown",
  off: "Off",
  open: "Later",
  running: "Running",
  done: "Done",
  partial: "Partial",
  failed: "Failed",
};
const stateOf = (fact: StepFact, isNext: boolean): VisitState =>
  isNext && (fact === "open" || fact === "unknown") ? "Next" : STATES[fact];
