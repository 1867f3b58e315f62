/** `globus-ioc workflow run --ioc` as the command workflow-run, which an IOC does through its PVs. */
import type { InputName } from "../controller/pvs/index.ts";
import type { DataCommand } from "./data-command.ts";
import { DATA_COMMANDS } from "./data-commands.ts";
import type { GivenOptions } from "./data-options.ts";
import { UsageError } from "./exit-status.ts";
import type { WorkflowRequest } from "./workflow-request.ts";

/** @returns the command and its options @throws UsageError for what an IOC cannot be asked */
export function workflowRunOnIoc(request: WorkflowRequest & { readonly what: "run" }): {
  readonly row: DataCommand;
  readonly given: GivenOptions;
} {
  const row = DATA_COMMANDS.find(({ runs }) => runs === "WorkflowRun");
  if (row === undefined) throw new Error("the table of commands has no WorkflowRun");
  const { name, owner, args, file, experiment, wait, timeout, config, json, dryRun, ioc = true } = request;
  if (wait === true || timeout !== undefined)
    throw new UsageError("--wait does not go with --ioc: globus-ioc workflow-monitor --ioc waits for the IOC's job.");
  if (experiment !== undefined)
    throw new UsageError("--experiment does not go with --ioc: the IOC takes the scan's, or the tagged one.");
  const all: readonly (readonly [InputName, string | undefined])[] = [
    ["WorkflowName", name],
    ["WorkflowOwner", owner],
    ["WorkflowArgs", args],
    ["WorkflowFile", file],
  ];
  const common = { json: json === true, dryRun: dryRun === true, yes: false, force: false, ioc };
  const inputs = new Map(all.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
  return { row, given: { common: { ...common, ...(config !== undefined && { config }) }, settings: [], inputs } };
}
