/** PVs of a visit: the steps of the experiment that has the beam now, in their order, and which step comes next. */
import { type PvRow, type Result, result, sentence } from "./row.ts";

/** The steps in their order. `Start` is StartDaq, `Stop` is StopDaq; Email is preview and sending. */
export const VISIT_STEPS = ["Tag", "Init", "Dirs", "Email", "Start", "Scans", "Stop"] as const;
export type VisitStep = (typeof VISIT_STEPS)[number];
/**
 * Later: it is to be done, and is not the next step. Off: this site does without. Partial: it was done, and something
 * is missing.
 */
export const VISIT_STATES = ["Unknown", "Later", "Next", "Running", "Done", "Failed", "Off", "Partial"] as const;
export type VisitState = (typeof VISIT_STATES)[number];
/** Values of NextStep; None: nothing is left to do. */
export const NEXT_STEPS = ["Unknown", "Tag", "Init", "Dirs", "Email", "StartDaq", "Scans", "StopDaq", "None"] as const;
export type NextStep = (typeof NEXT_STEPS)[number];

type VisitPv = `Visit${VisitStep}`;
export const visitPv = (step: VisitStep): VisitPv => `Visit${step}`;

const WHAT: Readonly<Record<VisitStep, string>> = {
  Tag: "TomoScan's user PVs name the experiment",
  Init: "it is on its server, with its users",
  Dirs: "its directories are made",
  Email: "its users have the e-mail",
  Start: "its DAQs were started",
  Scans: "its scans are measured, and move",
  Stop: "its DAQs were stopped",
};
const step = (name: VisitStep): Result =>
  result(`How far the experiment that has the beam is: ${WHAT[name]}. Unknown: nobody has looked.`, {
    states: VISIT_STATES,
    initial: "Unknown",
  });

export const VISIT_ROWS = {
  ...(Object.fromEntries(VISIT_STEPS.map((name) => [visitPv(name), step(name)])) as Record<VisitPv, Result>),
  NextStep: result("The step of the visit that comes next; a step that has failed stays the next one.", {
    states: NEXT_STEPS,
    initial: "Unknown",
  }),
  NextStepMessage: sentence("What that step is for, or why it cannot begin and what to do, in one sentence."),
} as const satisfies Readonly<Record<string, PvRow>>;
