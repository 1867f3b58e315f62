/**
 * `globus-ioc workflow …`: one command from its options to its exit status. What each does is in the files beside this
 * one; here Data Management is opened.
 */
import type { Settings } from "../config/settings.ts";
import { runClientCommand } from "./client-command.ts";
import type { Ending } from "./ending.ts";
import type { WorkflowContext, WorkflowWork } from "./workflow-context.ts";
import {
  cancelJob,
  jobStatus,
  listJobs,
  listWorkflows,
  type Out,
  saveWorkflow,
  showWorkflow,
} from "./workflow-look.ts";
import type { WorkflowRequest } from "./workflow-request.ts";
import { startJob, waitForJob } from "./workflow-start.ts";

/** @throws nothing but bugs: every failure is reported. @returns the exit status */
export const runWorkflow = (request: WorkflowRequest, context: WorkflowContext): Promise<number> =>
  runClientCommand({ name: `workflow ${request.what}`, flags: request }, context, ({ settings, log, screen }) =>
    opened(request, { ...context, screen }, settings, log),
  );

async function opened(
  request: WorkflowRequest,
  context: WorkflowContext & Pick<WorkflowWork, "screen">,
  settings: Settings,
  log: Parameters<WorkflowContext["open"]>[0]["log"],
): Promise<Ending> {
  const desk = context.open({ settings, log });
  const { processing } = desk;
  const json = request.json === true;
  const owner = async (): Promise<string> => request.owner ?? (await processing.user({ signal: context.signal }));
  const out = json ? () => {} : context.out;
  try {
    return await run(request, { ...context, processing, settings, json, owner, out });
  } finally {
    await desk.close();
  }
}

function run(request: WorkflowRequest, work: WorkflowWork & Out): Promise<Ending> {
  switch (request.what) {
    case "list":
      return listWorkflows(work);
    case "show":
      return showWorkflow(request.name, work);
    case "save":
      return saveWorkflow(request.file, request.replace === true, work);
    case "run":
      return startJob(request, work);
    case "jobs":
      return listJobs(request, work);
    case "status":
      return jobStatus(request.job, work);
    case "wait":
      return waitForJob(request.job, request.timeout, work);
    case "cancel":
      return cancelJob(request.job, work);
  }
}
