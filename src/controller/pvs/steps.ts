/** PVs of what comes behind verified scans: steps, and the endpoint of Globus Compute at which functions run. */
import { type PvRow, result, sentence, UNKNOWN_COUNT } from "./row.ts";

export const COMPUTE_PV_STATES = ["Unknown", "Off", "Online", "Offline", "Trouble"] as const;
export type ComputePvState = (typeof COMPUTE_PV_STATES)[number];

const unknown = { initial: UNKNOWN_COUNT } as const;

export const STEP_ROWS = {
  ComputeStatus: result(
    "Whether the endpoint of Globus Compute is online; Unknown before Globus has answered, Off without `endpoint` of [compute], Trouble where Globus does not say.",
    { states: COMPUTE_PV_STATES, initial: "Unknown" },
  ),
  ComputeMessage: sentence("What is wrong with it, or what waits there, in one sentence."),
  StepsWaiting: result(
    "Steps behind verified scans that are to begin, or to be tried again; -1: nobody knows.",
    unknown,
  ),
  StepsRunning: result("Steps that a service has begun and not ended; -1: nobody knows.", unknown),
  StepsFailed: result(
    "Steps that a person has to decide about (QueueRetry, globus-ioc queue); -1: nobody knows.",
    unknown,
  ),
  StepsMessage: sentence("What the steps do, or what is wrong, in one sentence."),
  LastStep: sentence("The step that has begun, ended or failed last, in one sentence."),
} as const satisfies Readonly<Record<string, PvRow>>;
