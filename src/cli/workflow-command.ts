/**
 * `globus-ioc workflow …`: one command from its options to its exit status. What each does is in the files beside this
 * one; here are settings, log file and the end.
 */
import { Troubles } from "../base/troubles.ts";
import type { Settings } from "../config/settings.ts";
import { clientSettings } from "./client-settings.ts";
import { openCommandLog } from "./command-log.ts";
import { type Ending, failureEnding } from "./ending.ts";
import { JsonScreen, type Screen, TextScreen, wantsColours } from "./screen.ts";
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
export async function runWorkflow(request: WorkflowRequest, context: WorkflowContext): Promise<number> {
  const { out, err, isTerminal, environment, signal } = context;
  const hasColours = wantsColours(isTerminal, environment);
  const screen: Screen =
    request.json === true ? new JsonScreen(out) : new TextScreen({ out, err, isTerminal, hasColours, isVerbose: true });
  const ending = await logged(request, context, screen).catch((thrown: unknown) => failureEnding(thrown, signal));
  screen.end({ command: `workflow ${request.what}`, results: new Map(), ...ending });
  return ending.exitStatus;
}

/** With a log file of its own. */
async function logged(request: WorkflowRequest, context: WorkflowContext, screen: Screen): Promise<Ending> {
  const settings = clientSettings(request, context.environment);
  context.setZone(settings.general["time-zone"]);
  const troubles = new Troubles();
  troubles.listen(({ sentence, isOver }) => (isOver ? screen.say(sentence) : screen.warn(sentence)));
  const kept = openCommandLog({ general: settings.general, clock: context.clock, screen, troubles });
  try {
    kept.log.info(context.commandLine);
    const work = { ...context, screen: kept.screen };
    const ending = await opened(request, work, settings, kept.log).catch((thrown: unknown) =>
      failureEnding(thrown, context.signal),
    );
    kept.end({ command: `workflow ${request.what}`, ...ending });
    return ending;
  } finally {
    await kept.close();
  }
}

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
