/**
 * Puts the commands that work with Globus and with Data Management themselves, without an IOC, on the command line.
 * What one of them needs is imported when it is run.
 */
import path from "node:path";
import type { Command } from "commander";
import { silentLog } from "../base/log.ts";
import { addComputeCommands } from "./compute-program.ts";
import type { RunData } from "./data-program.ts";
import type { FlowContext } from "./flow-context.ts";
import { addFlowCommands } from "./flow-program.ts";
import { addSignInCommands } from "./sign-in-program.ts";
import { addWorkflowCommands } from "./workflow-program.ts";

export interface ServiceProgram {
  readonly program: Command;
  /** What each command works with. */
  readonly context: Omit<FlowContext, "templates" | "open"> & { readonly host: string };
  /** The package's folder. */
  readonly root: string;
  /** Runs what a command asks of an IOC. */
  readonly runData: RunData;
  /** For a command that may run for long: output that nobody reads may be left out. */
  readonly boundOutputs: () => void;
  /** Takes a command's exit status. */
  readonly ended: (status: number) => void;
}

export function addServiceCommands({ program, context, root, runData, boundOutputs, ended }: ServiceProgram): void {
  const { environment, clock } = context;

  addSignInCommands(program, "The Globus login:", async (request) => {
    const { runSignIn } = await import("./sign-in-command.ts");
    const { openGlobusLogin } = await import("../assemble/globus-login.ts");
    const open: Parameters<typeof runSignIn>[1]["open"] = (settings, say) =>
      openGlobusLogin({ settings, environment, clock, log: { ...silentLog, info: say, warn: say } });
    ended(await runSignIn(request, { ...context, open }));
  });

  addFlowCommands(program, "Flows of Globus, without an IOC:", async (request) => {
    if (request.what === "run" && request.ioc !== undefined) {
      const { row, given } = await (await import("./flow-on-ioc.ts")).flowRunOnIoc(request);
      return runData(row, () => given, given.common.json);
    }
    const { runFlow } = await import("./flow-command.ts");
    const { openFlowDesk } = await import("../assemble/flow-desk.ts");
    if (request.what === "monitor" || request.what === "run") boundOutputs();
    const open: FlowContext["open"] = (options) => openFlowDesk({ ...options, environment, clock });
    ended(await runFlow(request, { ...context, templates: path.join(root, "flows"), open }));
  });

  addComputeCommands(program, "Functions of Globus Compute, without an IOC:", async (request) => {
    const { runCompute } = await import("./compute-command.ts");
    const { openComputeDesk } = await import("../assemble/compute-desk.ts");
    const open: Parameters<typeof runCompute>[1]["open"] = (options) =>
      openComputeDesk({ ...options, environment, clock });
    ended(await runCompute(request, { ...context, open }));
  });

  addWorkflowCommands(program, "Workflows of Data Management, without an IOC:", async (request) => {
    if (request.what === "run" && request.ioc !== undefined) {
      const { row, given } = (await import("./workflow-on-ioc.ts")).workflowRunOnIoc(request);
      return runData(row, () => given, given.common.json);
    }
    const { runWorkflow } = await import("./workflow-command.ts");
    const { openWorkflowDesk } = await import("../assemble/workflow-desk.ts");
    if (request.what === "wait" || request.what === "run") boundOutputs();
    const open: Parameters<typeof runWorkflow>[1]["open"] = (options) =>
      openWorkflowDesk({ ...options, environment, clock });
    ended(await runWorkflow(request, { ...context, open }));
  });
}
