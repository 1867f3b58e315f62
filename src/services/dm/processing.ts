/**
 * The Processing port as operations of DM: which operation does what, with which arguments. How an operation gets to DM
 * is not its matter; nor is whether a job is started again whose answer got lost.
 */
import type { Log } from "../../base/log.ts";
import type { Processing } from "../../controller/ports/workflows.ts";
import { jobAnswer, jobsAnswer, MARK_KEY, workflowAnswer, workflowsAnswer } from "./processing-json.ts";
import { DmQuestions, type DmWay } from "./questions.ts";

/** Everything is asked for: without it a list leaves out a job's own arguments, and so our mark. As JSON. */
const ALL_KEYS = '"ALL"';

/** @param user of the login */
export function dmProcessing(way: DmWay, log: Log, user: Processing["user"]): Processing {
  const dm = new DmQuestions(way, log);
  return {
    user,
    workflows: (owner, call) => dm.list("listWorkflows", { owner, queryDict: {} }, workflowsAnswer, call),
    workflow: (owner, name, call) => dm.ask("getWorkflow", { owner, name }, workflowAnswer, call),
    addWorkflow: (spec, call) => dm.ask("addWorkflow", { spec }, workflowAnswer, call),
    updateWorkflow: (spec, call) => dm.ask("updateWorkflow", { spec }, workflowAnswer, call),
    start: ({ owner, workflow, args, mark }, call) =>
      dm.ask("startProcessingJob", { owner, workflow, argsDict: { ...args, [MARK_KEY]: mark } }, jobAnswer, call),
    job: (owner, id, call) => dm.ask("getProcessingJob", { owner, id }, jobAnswer, call),
    jobs: (owner, most, call) => {
      const args = { owner, queryDict: {}, skip: 0, limit: most, keyList: ALL_KEYS };
      return dm.list("listProcessingJobs", args, jobsAnswer, call);
    },
    stop: (owner, id, call) => dm.run("stopProcessingJob", { owner, id }, call),
  };
}
