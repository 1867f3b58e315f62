/** The commands of flows as the fault scenarios run them; what the rows mean stands in command-case.ts. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FLOW_PV_STATES, RUN_PV_STATES } from "../../src/controller/pvs/flows.ts";
import { ANSWERS } from "../../src/controller/pvs/row.ts";
import { QUEUE_STATES, TASK_PV_STATES } from "../../src/controller/pvs/transfers.ts";
import { repeats } from "../support/repeats.ts";
import type { Bench, CommandCase } from "./command-case.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Of flows/: the one that asks a person. */
const ASKING = "transfer-approve-delete";
/** What the IOC asks beside the commands, of runs, questions, tasks and the flow. */
const BESIDE = /GET \/(runs|web_inputs|flows|v0\.10\/task_list|v0\.10\/operation)/;

const globusOf = ({ beamline }: Bench): Bench["beamline"]["site"]["beamline"]["globus"] =>
  beamline.site.beamline.globus;
const becomes = (bench: Bench, wanted: (typeof RUN_PV_STATES)[number]): Promise<string> =>
  bench.beamline.pvs.until("RunStatus", (one) => RUN_PV_STATES[Number(one)] === wanted);
/** The ledger is read, and Globus has told of the last run, which is looked for twice where it may have begun. */
const known = (bench: Bench): Promise<string> =>
  bench.beamline.pvs.until("RunStatus", (one) => RUN_PV_STATES[Number(one)] !== "UNKNOWN", 60);

/** Lets go on what a scenario holds up. */
const goingOn: (() => void)[] = [];
const letGoOn = (): void => {
  for (const goOn of goingOn.splice(0)) goOn();
};

let runs = 0;
/** What an earlier scenario has left is over, and each run sends to a place of its own. */
async function choose(bench: Bench, flow: string, input: object = {}): Promise<void> {
  const { pvs } = bench.beamline;
  await pvs.until("QueueState", (one) => QUEUE_STATES[Number(one)] !== "Unknown"); // the ledger is read
  await pvs.put("FlowId", flow);
  await pvs.put("RunInput", JSON.stringify({ ...input, destination: { path: `/2-BM/of-a-flow-${++runs}.dat` } }));
  await pvs.until("FlowState", (one) => FLOW_PV_STATES[Number(one)] === "OK");
}

/** Ends what an earlier scenario has left at Globus. */
function endRuns(bench: Bench): void {
  letGoOn();
  const { flows } = globusOf(bench);
  for (const { id, status } of flows.runs) if (status === "ACTIVE" || status === "INACTIVE") flows.endRun(id);
}

/** A run of the sandbox's flow, whose transfer an administrator holds up. @returns what lets it go on */
async function heldRun(bench: Bench): Promise<() => void> {
  const { pvs } = bench.beamline;
  await choose(bench, "");
  const goOn = globusOf(bench).pauseCollection("petrel", "held for a test");
  await pvs.put("FlowRun", 1);
  await becomes(bench, "ACTIVE");
  await pvs.until("RunTransferStatus", (one) => TASK_PV_STATES[Number(one)] === "ACTIVE");
  return goOn;
}

/** A run that waits for a consent. */
async function withoutConsent(bench: Bench): Promise<void> {
  const goOn = await heldRun(bench);
  const globus = globusOf(bench);
  globus.flows.revokeConsent(globus.flows.runs.at(-1)?.id ?? "");
  await becomes(bench, "INACTIVE");
  goOn();
}

/** A run that waits for an answer. */
async function askedRun(bench: Bench): Promise<void> {
  const { pvs, site } = bench.beamline;
  const globus = globusOf(bench);
  const read = (name: string): Record<string, unknown> =>
    JSON.parse(readFileSync(join(ROOT, "flows", name), "utf8")) as Record<string, unknown>;
  const [definition, inputSchema] = [read(`${ASKING}.json`), read(`${ASKING}.schema.json`)];
  const id = globus.flows.deploy({ title: ASKING, definition, inputSchema });
  writeFileSync(join(dirname(site.beamline.configFile), "flows", `${ASKING}.json`), JSON.stringify({ id }));
  const respondents = [`urn:globus:auth:identity:${globus.serviceAccount.clientId}`];
  await choose(bench, ASKING, { approve: { respondents } });
  await pvs.put("FlowRun", 1);
  await pvs.until("FlowInputWaiting", (one) => ANSWERS[Number(one)] === "Yes");
}

/** Keep: what is sent stays for the next. A question that was answered before the kill is there no more. */
async function answer({ beamline: { pvs } }: Bench): Promise<void> {
  const waiting = await pvs.until("FlowInputWaiting", (one) => ANSWERS[Number(one)] !== "Unknown");
  if (ANSWERS[Number(waiting)] !== "Yes") return;
  await pvs.put("FlowInputChoice", 1);
  await pvs.put("FlowRespondArm", 1);
}

export const FLOW_CASES: readonly CommandCase[] = [
  {
    command: "FlowRun",
    server: "voyager",
    needs: ["globus"],
    prepare: endRuns,
    inputs: async (bench) => {
      await choose(bench, "");
      await known(bench); // one that was left has begun: none is started beside it
    },
    beside: BESIDE,
    // Each run has a label of its own: two alike would be one run that was started twice.
    doubled: (bench) => repeats(globusOf(bench).flows.runs.map(({ label }) => label)),
    lost: (bench) => (globusOf(bench).flows.runs.length === 0 ? ["the run"] : []),
  },
  {
    command: "FlowMonitor",
    server: "voyager",
    needs: [],
    prepare: async (bench) => {
      endRuns(bench);
      goingOn.push(await heldRun(bench));
    },
    inputs: async (bench) => {
      await known(bench);
      letGoOn();
    },
    beside: /GET (?!\/runs\?)/,
  },
  {
    command: "FlowCancel",
    server: "voyager",
    needs: ["globus"],
    prepare: async (bench) => {
      endRuns(bench);
      goingOn.push(await heldRun(bench));
    },
    inputs: async (bench) => void (await known(bench)),
    beside: BESIDE,
  },
  {
    command: "FlowResume",
    server: "voyager",
    needs: ["globus"],
    prepare: async (bench) => {
      endRuns(bench);
      await withoutConsent(bench);
    },
    inputs: async (bench) => void (await known(bench)),
    beside: BESIDE,
    endsAgain: ["Done", "Rejected"],
  },
  {
    command: "FlowRespond",
    server: "voyager",
    needs: ["globus"],
    prepare: async (bench) => {
      endRuns(bench);
      await askedRun(bench);
    },
    inputs: answer,
    beside: BESIDE,
    endsAgain: ["Done", "Rejected"],
  },
];
