/** The commands of Data Management's workflows as the fault scenarios run them; command-case.ts says what rows mean. */
import { repeats } from "../support/repeats.ts";
import type { Bench, CommandCase } from "./command-case.ts";

/** What the IOC asks beside the commands, of its jobs: whether it or a command logs in depends on who comes first. */
const BESIDE = /GET \/dm\/processingJobsByOwner|POST \/dm\/login/;
/** For all stages of a job. */
const LIMIT_SECONDS = 12;

type Job = ReturnType<Bench["beamline"]["site"]["beamline"]["dm"]["jobs"]>[number];
const jobsOf = ({ beamline }: Bench): readonly Job[] => beamline.site.beamline.dm.jobs();
const fileOf = ({ tries }: Bench): string => `/data/try-${tries}.h5`;
/** Those of this try, the oldest first. */
const jobs = (bench: Bench): readonly Job[] => jobsOf(bench).filter((job) => job["filePath"] === fileOf(bench));
const newest = (bench: Bench): string => String(jobs(bench).at(-1)?.["id"]);

const chooseFile = async (bench: Bench): Promise<void> =>
  void (await bench.beamline.pvs.put("WorkflowFile", fileOf(bench)));

/** A job that goes on from stage to stage; the PVs show it. */
async function runJob(bench: Bench): Promise<void> {
  const { pvs } = bench.beamline;
  await chooseFile(bench);
  await pvs.put("WorkflowRun", 1);
  if (jobs(bench).length === 0) throw new Error(`no job has begun: ${await pvs.text("WorkflowRunMessage")}`);
}

/** A job that stays where it is until the next try begins. */
async function hangingJob(bench: Bench): Promise<void> {
  await bench.beamline.site.beamline.dm.misbehave({ jobs: "hang" });
  await runJob(bench);
}

/** A job that has begun is the one that the PVs show, whatever happened to the IOC. */
async function unseenJob(bench: Bench): Promise<readonly string[]> {
  if (jobs(bench).length === 0) return [];
  const id = newest(bench);
  const seen = await bench.beamline.pvs.until("WorkflowJobId", (one) => one === id).catch(() => "");
  return seen === id ? [] : [`WorkflowJobId does not become ${id}, the job that has begun`];
}

export const WORKFLOW_CASES: readonly CommandCase[] = [
  {
    command: "WorkflowRun",
    server: "voyager",
    needs: ["proc"],
    inputs: chooseFile,
    beside: BESIDE,
    // Each start has a mark of its own: two alike would be one start that was sent twice.
    doubled: (bench) => repeats(jobsOf(bench).map((job) => String(job["globusIocRun"]))),
    lost: async (bench) => (jobs(bench).length === 0 ? ["the job"] : await unseenJob(bench)),
    untrue: unseenJob,
  },
  {
    command: "WorkflowMonitor",
    server: "voyager",
    needs: ["proc"],
    prepare: runJob,
    inputs: async ({ beamline }) => void (await beamline.pvs.put("WorkflowTimeout", LIMIT_SECONDS)),
    beside: /GET (?!\/dm\/processingJobsByOwner)|POST/,
    lost: (bench) => (jobs(bench).at(-1)?.["status"] === "done" ? [] : ["the end of the job"]),
    untrue: unseenJob,
  },
  {
    command: "WorkflowCancel",
    server: "voyager",
    needs: ["proc"],
    prepare: hangingJob,
    beside: BESIDE,
    lost: (bench) => (String(jobs(bench).at(-1)?.["status"]).startsWith("abort") ? [] : ["the stop"]),
    untrue: unseenJob,
  },
];
