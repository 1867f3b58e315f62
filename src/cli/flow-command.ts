/**
 * `globus-ioc flow …`: one command from its options to its exit status. What each does is in the files beside this one;
 * here the login is opened.
 */
import { asSentence, messageOf } from "../base/errors.ts";
import type { Settings } from "../config/settings.ts";
import { runClientCommand } from "./client-command.ts";
import type { Ending } from "./ending.ts";
import type { FlowContext, FlowWork, OpenedFlows } from "./flow-context.ts";
import { deploy } from "./flow-deploy.ts";
import { cancelRun, deleteFlow, listFlows, resumeRun, runLog, showFlow } from "./flow-look.ts";
import { monitor, monitorAsk } from "./flow-monitor.ts";
import type { FlowRequest } from "./flow-request.ts";
import { respond } from "./flow-respond.ts";
import { validate } from "./flow-source.ts";
import { startRun } from "./flow-start.ts";

/** @throws nothing but bugs: every failure is reported. @returns the exit status */
export const runFlow = (request: FlowRequest, context: FlowContext): Promise<number> =>
  runClientCommand({ name: `flow ${request.what}`, flags: request }, context, ({ screen, ...opening }) =>
    opened(request, { ...context, screen }, opening),
  );

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
