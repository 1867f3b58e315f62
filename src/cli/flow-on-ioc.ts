/** `globus-ioc flow run --ioc` as the command flow-run, which an IOC does through its PVs. */
import type { SettingOption } from "../config/config.ts";
import type { InputName } from "../controller/pvs/index.ts";
import type { DataCommand } from "./data-command.ts";
import { DATA_COMMANDS } from "./data-commands.ts";
import type { GivenOptions } from "./data-options.ts";
import { UsageError } from "./exit-status.ts";
import type { FlowRequest } from "./flow-request.ts";
import { extraInput } from "./flow-start.ts";

type StartRequest = FlowRequest & { readonly what: "run" };

/** @returns the command and its options @throws UsageError for what an IOC cannot be asked */
export async function flowRunOnIoc(request: StartRequest): Promise<{ row: DataCommand; given: GivenOptions }> {
  const row = DATA_COMMANDS.find(({ runs }) => runs === "FlowRun");
  if (row === undefined) throw new Error("the table of commands has no FlowRun");
  if (request.wait === true)
    throw new UsageError("--wait does not go with --ioc: globus-ioc flow-monitor --ioc waits for the IOC's run.");
  const { config, json, dryRun, ioc = true } = request;
  const common = { json: json === true, dryRun: dryRun === true, yes: false, force: false, ioc };
  const settings: readonly SettingOption[] = [];
  return {
    row,
    given: {
      common: { ...common, ...(config !== undefined && { config }) },
      settings,
      inputs: await inputsOf(request),
    },
  };
}

async function inputsOf(request: StartRequest): Promise<ReadonlyMap<InputName, string>> {
  const { flow, flowId, tags } = request;
  const extra = await extraInput(request);
  const all: readonly (readonly [InputName, string | undefined])[] = [
    ["FlowId", flow ?? flowId],
    ["SourceCollection", request.sourceCollection],
    ["SourcePath", request.sourcePath],
    ["DestCollection", request.destCollection],
    ["DestPath", request.destPath],
    ["RunInput", Object.keys(extra).length === 0 ? undefined : JSON.stringify(extra)],
    ["RunTags", tags?.join(",")],
    ["RunLabel", request.label],
  ];
  return new Map(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}
