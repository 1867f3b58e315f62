/**
 * `globus-ioc flow …`: one command from its options to its exit status. What each does is in the files beside this one;
 * here are settings, log file, login and the end.
 */
import { asSentence, messageOf } from "../base/errors.ts";
import { Troubles } from "../base/troubles.ts";
import type { Settings } from "../config/settings.ts";
import { clientSettings } from "./client-settings.ts";
import { openCommandLog } from "./command-log.ts";
import { type Ending, failureEnding } from "./ending.ts";
import type { FlowContext, FlowWork, OpenedFlows } from "./flow-context.ts";
import { deploy } from "./flow-deploy.ts";
import { cancelRun, deleteFlow, listFlows, resumeRun, runLog, showFlow } from "./flow-look.ts";
import { monitor, monitorAsk } from "./flow-monitor.ts";
import type { FlowRequest } from "./flow-request.ts";
import { respond } from "./flow-respond.ts";
import { validate } from "./flow-source.ts";
import { startRun } from "./flow-start.ts";
import { JsonScreen, type Screen, TextScreen, wantsColours } from "./screen.ts";

/** @throws nothing but bugs: every failure is reported. @returns the exit status */
export async function runFlow(request: FlowRequest, context: FlowContext): Promise<number> {
  const { out, err, isTerminal, environment, signal } = context;
  const hasColours = wantsColours(isTerminal, environment);
  const screen: Screen =
    request.json === true ? new JsonScreen(out) : new TextScreen({ out, err, isTerminal, hasColours, isVerbose: true });
  const ending = await logged(request, context, screen).catch((thrown: unknown) => failureEnding(thrown, signal));
  screen.end({ command: `flow ${request.what}`, results: new Map(), ...ending });
  return ending.exitStatus;
}

/** With a log file of its own. */
async function logged(request: FlowRequest, context: FlowContext, screen: Screen): Promise<Ending> {
  const settings = clientSettings(request, context.environment);
  context.setZone(settings.general["time-zone"]);
  const troubles = new Troubles();
  troubles.listen(({ sentence, isOver }) => (isOver ? screen.say(sentence) : screen.warn(sentence)));
  const kept = openCommandLog({ general: settings.general, clock: context.clock, screen, troubles });
  try {
    kept.log.info(context.commandLine);
    const opening = { settings, log: kept.log, troubles };
    const ending = await opened(request, { ...context, screen: kept.screen }, opening).catch((thrown: unknown) =>
      failureEnding(thrown, context.signal),
    );
    kept.end({ command: `flow ${request.what}`, ...ending });
    return ending;
  } finally {
    await kept.close();
  }
}

type Opening = Parameters<FlowContext["open"]>[0];

async function opened(
  request: FlowRequest,
  context: FlowContext & Pick<FlowWork, "screen">,
  opening: Opening,
): Promise<Ending> {
  let desk: OpenedFlows | undefined;
  const open = async (): Promise<OpenedFlows> => (desk ??= await context.open(opening));
  try {
    if (request.what === "validate")
      return await validate(request, context, mayAsk(request, opening.settings) ? flowsOf(open) : undefined);
    if (request.what === "monitor") monitorAsk(request, 0); // said before a login is wanted
    const work = { ...context, ...(await open()), settings: opening.settings, json: request.json === true };
    return await run(request, work);
  } finally {
    await desk?.close().catch((thrown: unknown) => opening.log.warn(asSentence(messageOf(thrown))));
  }
}

const mayAsk = ({ offline }: { readonly offline?: true }, settings: Settings): boolean =>
  offline !== true && settings["globus-auth"]["client-id"] !== "";

const flowsOf = (open: () => Promise<OpenedFlows>) => async () => (await open()).flows;

function run(request: Exclude<FlowRequest, { what: "validate" }>, work: FlowWork): Promise<Ending> {
  switch (request.what) {
    case "deploy":
      return deploy(request, work);
    case "list":
      return listFlows(work);
    case "show":
      return showFlow(request.flow, work);
    case "run":
      return startRun(request, work);
    case "monitor": {
      const { untilInactive } = request;
      const ask = monitorAsk(request, work.pollSeconds);
      return monitor({ ...ask, ...(untilInactive !== undefined && { untilInactive }) }, work);
    }
    case "log":
      return runLog(request.run, work);
    case "cancel":
      return cancelRun(request.run, work);
    case "resume":
      return resumeRun(request.run, work);
    case "respond":
      return respond(request, work);
    case "delete":
      return deleteFlow(request, work);
  }
}
