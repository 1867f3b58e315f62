/** What is to be seen of the steps behind verified scans at one moment, and its PVs. */
import type { StepRecord } from "../ports/queue-ledger.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import type { RunContext } from "../run/action.ts";
import type { RunningTransfers } from "../transfers/transfers.ts";
import { stepText } from "./step-text.ts";

interface StepsView {
  readonly StepsWaiting: number;
  readonly StepsRunning: number;
  readonly StepsFailed: number;
  readonly StepsMessage: string;
  readonly LastStep: string;
}
type StepPv = keyof StepsView;

const NOTHING_KNOWN: StepsView = {
  StepsWaiting: UNKNOWN_COUNT,
  StepsRunning: UNKNOWN_COUNT,
  StepsFailed: UNKNOWN_COUNT,
  StepsMessage: "",
  LastStep: "",
};

const stepsText = (count: number): string => (count === 1 ? "1 step" : `${count} steps`);

function viewOf(running: RunningTransfers): StepsView {
  const { steps } = running.road.queue;
  let begun = 0;
  for (const { state } of steps.open) if (state === "started" || state === "starting") begun++;
  const waiting = steps.openCount - begun;
  return {
    StepsWaiting: waiting,
    StepsRunning: begun,
    StepsFailed: steps.deadCount,
    StepsMessage: messageOf(running, waiting, begun),
    LastStep: steps.last === undefined ? "" : stepSentence(running, steps.last),
  };
}

function messageOf(running: RunningTransfers, waiting: number, begun: number): string {
  const { road } = running;
  const { steps } = road.queue;
  const [dead] = steps.dead;
  const trouble = waiting + begun === 0 ? undefined : running.steps.find((lane) => lane.trouble !== undefined)?.trouble;
  const parts = [
    ...(dead === undefined
      ? []
      : [`${stepsText(steps.deadCount)} failed and a person decides (QueueRetry): ${stepSentence(running, dead)}`]),
    ...(trouble === undefined
      ? []
      : [`${stepsText(waiting + begun)} ${waiting + begun === 1 ? "waits" : "wait"}: ${trouble}`]),
  ].map((part) => part.replace(/\.$/, ""));
  if (parts.length > 0) return `${parts.join("; ")}.`;
  if (waiting > 0 && road.isPaused) return `${stepsText(waiting)} to begin: paused (${road.heldBy.join(", ")}).`;
  if (waiting + begun > 0) return `${stepsText(begun)} under way, ${waiting} to begin${waitText(running)}.`;
  return (road.site.steps ?? []).length === 0 ? "No destination of globus.conf has a step." : "No step is to be done.";
}

/** What the oldest of those waits for that a service has and nobody works on, behind a semicolon; "": none does. */
function waitText(running: RunningTransfers): string {
  for (const step of running.road.queue.steps.open) {
    const report = running.steps.find(({ kind }) => kind.name === step.kind)?.reportOf(step);
    if (report?.state === "waiting" && report.words !== "") return `; ${report.words.replace(/\.$/, "")}`;
  }
  return "";
}

/** With how it stands at its service. */
function stepSentence(running: RunningTransfers, step: StepRecord): string {
  const lane = running.steps.find(({ kind }) => kind.name === step.kind);
  const scan = running.road.queue.scans.get(step.scan)?.scan;
  const words = lane?.reportOf(step)?.words ?? "";
  return stepText(step, lane?.kind.word ?? step.kind, scan, step.reason ?? words);
}

/** Writes the PVs whose value has changed since the last time. */
export class StepPvs {
  #shown: Partial<Record<StepPv, string | number>> = {};

  /** @param running undefined: there is no queue now */
  show(put: RunContext["publish"], running: RunningTransfers | undefined): void {
    const view = running === undefined ? NOTHING_KNOWN : viewOf(running);
    for (const [name, value] of Object.entries(view) as [StepPv, string | number][]) {
      if (this.#shown[name] === value) continue;
      this.#shown[name] = value;
      put(name, value);
    }
  }
}
