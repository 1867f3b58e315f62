import { Command, CommanderError } from "commander";
import { expect, test } from "vitest";
import { addFlowCommands } from "../../src/cli/flow-program.ts";
import type { FlowRequest } from "../../src/cli/flow-request.ts";
import { failureOf } from "../support/failure-of.ts";

const RUN = "aaaaaaaa-0000-4000-8000-000000000001";

async function parsed(line: string): Promise<FlowRequest | undefined> {
  let found: FlowRequest | undefined;
  const program = new Command("globus-ioc").exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  addFlowCommands(program, "Flows:", (request) => {
    found = request;
    return Promise.resolve();
  });
  await program.parseAsync(
    line.split(" ").filter((word) => word !== ""),
    { from: "user" },
  );
  return found;
}

test.each([
  ["flow deploy", { what: "deploy" }],
  ["flow deploy transfer --dry-run --take-over", { what: "deploy", name: "transfer", dryRun: true, takeOver: true }],
  [
    "deploy_flow --definition transfer_flow.json --input-schema transfer_schema.json --info-file flow_info.json",
    {
      what: "deploy",
      definition: "transfer_flow.json",
      inputSchema: "transfer_schema.json",
      infoFile: "flow_info.json",
    },
  ],
  [
    "flow deploy a --title T --keywords k l --subscription-id DEFAULT --starter u v --viewer public",
    {
      what: "deploy",
      name: "a",
      title: "T",
      keywords: ["k", "l"],
      subscriptionId: "DEFAULT",
      starter: ["u", "v"],
      viewer: ["public"],
    },
  ],
  ["flow list --json", { what: "list", json: true }],
  ["flow show transfer", { what: "show", flow: "transfer" }],
  ["flow validate f.json --offline", { what: "validate", file: "f.json", offline: true }],
  [
    "flow run --flow-id F --source-collection S --source-path /a --dest-collection D --dest-path /b --label L --tags x y",
    {
      what: "run",
      flowId: "F",
      sourceCollection: "S",
      sourcePath: "/a",
      destCollection: "D",
      destPath: "/b",
      label: "L",
      tags: ["x", "y"],
    },
  ],
  [
    "flow run F --no-recursive --wait --interval 2",
    { what: "run", flow: "F", recursive: false, wait: true, interval: "2" },
  ],
  ["flow run F --recursive --ioc", { what: "run", flow: "F", recursive: true, ioc: true }],
  ["flow run F --ioc 2bmb:Globus:", { what: "run", flow: "F", ioc: "2bmb:Globus:" }],
  [`flow monitor ${RUN}`, { what: "monitor", run: RUN }],
  [
    `monitor_flow --run-id ${RUN} --flow-id F --interval 5`,
    { what: "monitor", runId: RUN, flowId: "F", interval: "5" },
  ],
  [`monitor-flow --run-id ${RUN} --until-inactive`, { what: "monitor", runId: RUN, untilInactive: true }],
  [`flow log ${RUN}`, { what: "log", run: RUN }],
  [`flow cancel ${RUN}`, { what: "cancel", run: RUN }],
  [`flow resume ${RUN}`, { what: "resume", run: RUN }],
  [`flow respond ${RUN} --answer keep`, { what: "respond", run: RUN, answer: "keep" }],
  ["flow delete transfer --yes", { what: "delete", flow: "transfer", yes: true }],
])("%s is understood", async (line, request) => {
  expect(await parsed(line)).toEqual(request);
});

test.each([
  "flow",
  "flow runs",
  "flow show",
  "flow show a b",
  "flow log",
  "flow cancel",
  "flow resume",
  "flow respond",
  "flow delete",
])("%s is refused", async (line) => {
  expect((await failureOf(parsed(line), CommanderError)).exitCode).toBe(1);
});
