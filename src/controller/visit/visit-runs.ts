/**
 * What commands have made of the visits: how the last run of each ended, by visit. Pure steps; the memory begins anew
 * with the process. What is known besides (DAQs, mails, scans) is in visit-facts.ts.
 */
import type { CommandName } from "../pvs/commands.ts";
import type { VisitStep } from "../pvs/visit.ts";
import type { RunAbout } from "../run/action.ts";

/** The commands that make each step, the one that ends it last. */
export const STEP_COMMANDS = {
  Tag: ["TagManual", "Tag"],
  Init: ["Init"],
  Dirs: ["Dirs"],
  Email: ["PreviewEmail", "Email"],
  Start: ["StartDaq"],
  Scans: [],
  Stop: ["StopDaq"],
} as const satisfies Readonly<Record<VisitStep, readonly CommandName[]>>;
export type VisitCommand = (typeof STEP_COMMANDS)[VisitStep][number];
const COMMANDS: readonly string[] = Object.values(STEP_COMMANDS).flat();
export const isOfVisit = (name: CommandName): name is VisitCommand => COMMANDS.includes(name);

/** A run that has begun: what it works on. */
interface BegunRun extends RunAbout {
  readonly command: CommandName;
  /** Mails a test, or does nothing at all: it makes no step. */
  readonly isTest: boolean;
}

/** How a run ended. */
export interface StepRun {
  readonly command: VisitCommand;
  readonly state: "Done" | "Partial" | "Failed" | "Cancelled" | "Rejected";
  /** A sentence. */
  readonly message: string;
}

/** One experiment on one server. */
export interface VisitOf {
  readonly server: string;
  readonly experiment: string;
}
const keyOf = ({ server, experiment }: VisitOf): string => `${server} ${experiment}`;
/** Dirs makes the same directories whichever server is chosen. */
const runKeyOf = ({ server, experiment }: VisitOf, command: VisitCommand): string =>
  keyOf({ server: command === "Dirs" ? "" : server, experiment });

export interface VisitRuns {
  /** The ended runs of each visit, the newest last, one of each command. */
  readonly byVisit: ReadonlyMap<string, readonly StepRun[]>;
  /** The runs that are under way, and the visit that each works for; undefined: a dry run or a test. */
  readonly underWay: ReadonlyMap<CommandName, VisitOf | undefined>;
  /** How the last Tag or TagManual ended, which belongs to no visit. */
  readonly tagged: StepRun | undefined;
  /**
   * The experiment that had the beam when the program started: nobody knows what was done for it before. Undefined
   * until it is known whether there is one.
   */
  readonly first: string | undefined;
}

export const NO_RUNS: VisitRuns = {
  byVisit: new Map(),
  underWay: new Map(),
  tagged: undefined,
  first: undefined,
};

/** Visits that are remembered, Dirs apart; the one that was worked for longest ago goes first. */
const MOST_VISITS = 50;

/** TomoScan names an experiment, or none. */
export const seen = (runs: VisitRuns, visit: VisitOf | undefined): VisitRuns =>
  runs.first === undefined ? { ...runs, first: visit?.experiment ?? "" } : runs;

export function runBegun(runs: VisitRuns, { command, isDry, isTest, server, experiment }: BegunRun): VisitRuns {
  if (!isOfVisit(command)) return runs;
  const visit = isDry || isTest || experiment === undefined ? undefined : { server, experiment };
  return { ...runs, underWay: new Map(runs.underWay).set(command, visit) };
}

export function runEnded(runs: VisitRuns, ended: StepRun): VisitRuns {
  const underWay = new Map(runs.underWay);
  const visit = underWay.get(ended.command);
  underWay.delete(ended.command);
  if (ended.command === "Tag" || ended.command === "TagManual") return { ...runs, underWay, tagged: ended };
  if (visit === undefined) return { ...runs, underWay };
  const key = runKeyOf(visit, ended.command);
  const byVisit = new Map(runs.byVisit);
  const before = byVisit.get(key) ?? [];
  const last = before.find(({ command }) => command === ended.command);
  byVisit.delete(key);
  byVisit.set(key, undoes(ended, last) ? [...before.filter((one) => one !== last), ended] : before);
  const [oldest] = byVisit.keys();
  if (byVisit.size > MOST_VISITS && oldest !== undefined) byVisit.delete(oldest);
  return { ...runs, underWay, byVisit };
}

/** What was refused or cancelled takes nothing back. */
const undoes = ({ state }: StepRun, before: StepRun | undefined): boolean =>
  before === undefined || /^(Done|Partial|Failed)$/.test(state) || !/^(Done|Partial)$/.test(before.state);

/** The run of a step that ended last for this visit. */
export function lastRun(runs: VisitRuns, visit: VisitOf | undefined, step: VisitStep): StepRun | undefined {
  if (step === "Tag") return runs.tagged;
  const commands: readonly VisitCommand[] = STEP_COMMANDS[step];
  const [first] = commands;
  if (visit === undefined || first === undefined) return undefined;
  return runs.byVisit.get(runKeyOf(visit, first))?.findLast(({ command }) => commands.includes(command));
}

/** The command of a step that runs, or that a person starts: Email, once PreviewEmail has shown what it sends. */
export function commandOf(
  step: VisitStep,
  isRunning: (command: CommandName) => boolean,
  last: StepRun | undefined,
): VisitCommand | undefined {
  const commands: readonly VisitCommand[] = STEP_COMMANDS[step];
  const isShown = last?.command === "PreviewEmail" && (last.state === "Done" || last.state === "Partial");
  return commands.find(isRunning) ?? (step === "Email" && !isShown ? "PreviewEmail" : commands.at(-1));
}

/** Whether what no run of this process has done may have been done before the process started. */
export const mayBeOlder = ({ first }: VisitRuns, visit: VisitOf): boolean => first === visit.experiment;
