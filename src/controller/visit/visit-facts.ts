/**
 * How far each step of a visit is, from what is known: how the runs of its commands ended, the DAQs, the ledger's mails
 * and scans. Pure: it asks nobody, and a step of which nothing is known is unknown.
 */
import type { CommandName } from "../pvs/commands.ts";
import { VISIT_STEPS, type VisitStep } from "../pvs/visit.ts";
import { lastRun, mayBeOlder, STEP_COMMANDS, type StepRun, type VisitOf, type VisitRuns } from "./visit-runs.ts";

/** `open`: it is to be done. `off`: this site does without. */
export type StepFact = "unknown" | "off" | "open" | "running" | "done" | "partial" | "failed";
export type StepFacts = Readonly<Record<VisitStep, StepFact>>;

/** The DAQs of an experiment, as they were seen last. */
export interface DaqEvidence {
  /** DAQs of it, ended ones too. */
  readonly count: number;
  readonly running: number;
  readonly filesDone: number;
  readonly filesTotal: number;
}
/** The scans of an experiment in the ledger. */
export interface ScanEvidence {
  readonly scans: number;
  readonly proven: number;
}
/** What is known of an experiment beside the runs of commands; what is undefined nobody knows. */
export interface VisitEvidence {
  readonly daqs: DaqEvidence | undefined;
  readonly scans: ScanEvidence | undefined;
  readonly isMailed: boolean | undefined;
}

export interface KnownOfVisit {
  readonly runs: VisitRuns;
  /** The experiment that has the beam, on the chosen server; undefined: TomoScan names none. */
  readonly visit: VisitOf | undefined;
  readonly evidence: VisitEvidence;
  readonly isOff: (step: VisitStep) => boolean;
  readonly isRunning: (command: CommandName) => boolean;
}

export function stepFacts(known: KnownOfVisit): StepFacts {
  const { visit } = known;
  const ofStep = (step: VisitStep): StepFact => {
    if (step === "Tag") return tagFact(known);
    if (known.isOff(step)) return "off";
    return visit === undefined ? "open" : factOf(step, known, visit);
  };
  return Object.fromEntries(VISIT_STEPS.map((step) => [step, ofStep(step)])) as StepFacts;
}

function tagFact({ visit, runs, isRunning }: KnownOfVisit): StepFact {
  if (STEP_COMMANDS.Tag.some(isRunning)) return "running";
  if (visit !== undefined) return "done";
  return runs.tagged?.state === "Failed" ? "failed" : "open";
}

function factOf(step: VisitStep, known: KnownOfVisit, visit: VisitOf): StepFact {
  const { runs, evidence, isRunning } = known;
  if (STEP_COMMANDS[step].some((command) => isRunning(command) && isFor(runs, command, visit))) return "running";
  const byRun = runFact(lastRun(runs, visit, step));
  const nothing = mayBeOlder(runs, visit) ? "unknown" : "open";
  const { daqs } = evidence;
  switch (step) {
    case "Email":
      return byRun ?? (evidence.isMailed === true ? "done" : evidence.isMailed === false ? "open" : nothing);
    case "Init":
      return byRun ?? ((daqs?.count ?? 0) > 0 ? "done" : nothing);
    case "Start":
      if ((daqs?.running ?? 0) > 0) return byRun === "partial" ? byRun : "done";
      return byRun ?? ((daqs?.count ?? 0) > 0 ? "done" : daqs === undefined ? nothing : "open");
    case "Stop":
      return stopFact(known, byRun, nothing);
    case "Scans":
      return scansFact(known, stopFact(known, runFact(lastRun(runs, visit, "Stop")), nothing));
    case "Dirs":
    case "Tag":
      return byRun ?? nothing;
  }
}

/** A run whose visit is not known yet works for the experiment that has the beam. */
const isFor = ({ underWay }: VisitRuns, command: CommandName, visit: VisitOf): boolean => {
  if (!underWay.has(command)) return true;
  const of = underWay.get(command);
  return of?.experiment === visit.experiment && (command === "Dirs" || of.server === visit.server);
};

/** What was refused or cancelled is still to be done, and a preview that went well is no e-mail yet. */
function runFact(run: StepRun | undefined): StepFact | undefined {
  if (run === undefined) return undefined;
  if (run.state === "Failed") return "failed";
  if (run.command === "PreviewEmail" || run.state === "Cancelled" || run.state === "Rejected") return undefined;
  return run.state === "Done" ? "done" : "partial";
}

function stopFact({ evidence: { daqs } }: KnownOfVisit, byRun: StepFact | undefined, nothing: StepFact): StepFact {
  if (daqs === undefined) return byRun ?? nothing;
  if (daqs.running > 0) return byRun === "failed" ? byRun : "open";
  return daqs.count > 0 ? (byRun ?? "done") : "open";
}

/** Running while what was measured is on its way; done when all of it has arrived, until there is more. */
function scansFact({ evidence: { daqs, scans }, isOff }: KnownOfVisit, stop: StepFact): StepFact {
  if (daqs === undefined && scans === undefined) return "unknown";
  const files = isOff("Start") ? 0 : (daqs?.filesTotal ?? 0);
  const isMoving = files > (daqs?.filesDone ?? 0) || (scans?.scans ?? 0) > (scans?.proven ?? 0);
  if (isMoving) return "running";
  if (files > 0 || (scans?.scans ?? 0) > 0) return "done";
  return stop === "done" || stop === "partial" ? "done" : "open";
}

/** Steps behind which nobody asks for an earlier one any more. */
const MEASURING: readonly VisitStep[] = ["Start", "Scans", "Stop"];
const isOver = (fact: StepFact): boolean => fact === "done" || fact === "partial";

/** The step that comes next; undefined: nothing is left. */
export function nextStep(facts: StepFacts): VisitStep | undefined {
  const running = VISIT_STEPS.find((step) => step !== "Scans" && facts[step] === "running");
  if (running !== undefined) return running;
  return VISIT_STEPS.find((step) => facts[step] !== "off" && !isOver(facts[step]) && !isPassed(step, facts));
}

/**
 * Who measures needs no step before it, and what is unknown was done if what comes after it was; what has failed a
 * person should see to.
 */
function isPassed(step: VisitStep, facts: StepFacts): boolean {
  const later = VISIT_STEPS.slice(VISIT_STEPS.indexOf(step) + 1);
  if (step === "Tag" || facts[step] === "failed") return false;
  if (step === "Start" || step === "Scans") return isOver(facts.Stop);
  if (facts[step] === "unknown" && later.some((one) => isOver(facts[one]))) return true;
  return later.some((one) => MEASURING.includes(one) && (isOver(facts[one]) || facts[one] === "running"));
}
