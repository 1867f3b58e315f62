/** PVs of Globus Flows: the flow that FlowRun starts, its run with the transfers in it, and a question to a person. */
import {
  ANSWERS,
  ARM_STATES,
  ARMED_SECONDS,
  input,
  managed,
  type PvRow,
  result,
  sentence,
  setting,
  UNKNOWN_COUNT,
} from "./row.ts";
import { TASK_PV_STATES } from "./transfers.ts";

/** Expiring: a week is left of it. Ending: a day is, or nothing. None: none is named. */
export const FLOW_PV_STATES = ["Unknown", "Off", "None", "OK", "Expiring", "Ending", "Trouble"] as const;
export type FlowPvState = (typeof FLOW_PV_STATES)[number];
export const RUN_PV_STATES = ["UNKNOWN", "None", "ACTIVE", "INACTIVE", "SUCCEEDED", "FAILED", "ENDED"] as const;
export type RunPvState = (typeof RUN_PV_STATES)[number];
/** Answers that FlowInputChoice has states for, behind the state that chooses none. */
export const MOST_ANSWERS = 15;
/** State 0 of FlowInputChoice, whose other states are the answers to the question that waits. */
export const NO_ANSWER = "None";

const unknown = { initial: UNKNOWN_COUNT } as const;
const bytes = { ...unknown, unit: "B" } as const;

export const FLOW_ROWS = {
  FlowId: managed(
    setting(
      "FlowRun: the flow, a UUID or the name under which `globus-ioc flow deploy` made it; empty: `flow` of [flows].",
    ),
  ),
  RunInput: managed(input("FlowRun: a JSON object that is merged into the input of the run; empty: nothing is.")),
  RunTags: input("FlowRun: tags of the run, separated by commas; empty: none."),
  FlowState: result("How the flow stands that FlowRun would start; Unknown before Globus has answered.", {
    states: FLOW_PV_STATES,
    initial: "Unknown",
  }),
  FlowTitle: result("What the flow is called at Globus."),
  FlowExpires: result(
    "When Globus deletes the flow, ISO 8601 with the facility's offset from UTC; empty: never, for it has a subscription, or nobody knows.",
  ),
  FlowMessage: sentence("What is wrong with the flow, or how long it stays, in one sentence."),
  RunId: result("Id of the last run of a flow; empty: there was none."),
  RunUrl: result("Web page of that run."),
  RunStatus: result(
    "State of that run; None: there was none; UNKNOWN: it has not begun, nobody knows, or Globus has a state of its own.",
    {
      states: RUN_PV_STATES,
      initial: "UNKNOWN",
    },
  ),
  RunStep: result("The step of the flow that the run is in."),
  RunMessage: sentence("How the run stands, what it waits for and the command that helps, in one sentence."),
  RunStarted: result("When it started, ISO 8601 with the facility's offset from UTC."),
  RunEnded: result("When it ended; empty: it has not."),
  RunTaskId: result("Id of the Globus transfer that the run is at, or was at last."),
  RunTransferStatus: result("State of that transfer; None: the run has begun none.", {
    states: TASK_PV_STATES,
    initial: "Unknown",
  }),
  RunNiceStatus: sentence("What Globus says about that transfer, in words."),
  RunBytes: result("Bytes that the transfers of the run have moved.", bytes),
  RunBytesTotal: result("Bytes that they are to move; -1: nobody knows, for Globus does not count them.", bytes),
  RunFiles: result("Files that they have moved.", unknown),
  RunPercent: result("The part of the bytes that has moved; -1: nobody knows.", { ...unknown, unit: "%" }),
  RunRate: result("Bytes a second, over the last ten seconds.", { ...unknown, unit: "B/s" }),
  RunFaults: result("Faults that Globus counts in them.", unknown),
  FlowInputWaiting: result("Whether the run waits for a person's answer; Unknown before Globus has said.", {
    states: ANSWERS,
    initial: "Unknown",
  }),
  FlowInputQuestion: sentence("What it asks."),
  FlowInputOptions: result("The answers that it takes, one a line, each with its number in FlowInputChoice."),
  FlowInputExpires: result("Until when it may be answered, ISO 8601 with the facility's offset from UTC."),
  /** The states are the answers to the question. */
  FlowInputChoice: managed(
    input(
      `FlowRespond: the answer, by its name or its number; ${NO_ANSWER}: none is chosen. Each question begins so.`,
      {
        initial: 0,
        takes: { least: 0, most: MOST_ANSWERS, isWhole: true },
      },
    ),
  ),
  FlowRespondArm: managed(
    input(`FlowRespond: Armed allows one answer. Safe again after ${ARMED_SECONDS} s, and when it starts.`, {
      states: ARM_STATES,
      initial: "Safe",
    }),
  ),
} as const satisfies Readonly<Record<string, PvRow>>;
