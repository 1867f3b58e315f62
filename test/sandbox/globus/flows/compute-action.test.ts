/** An action of a flow that runs functions of the simulated Compute. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { pack } from "../../../../src/sandbox/globus/compute/packing.ts";
import { type GlobusService, startGlobusService } from "../../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../../support/fakes/fake-clock.ts";
import { callFlows, type FlowsCaller } from "../../../support/flows-caller.ts";

const FLOW = {
  StartAt: "Run",
  States: {
    Run: {
      Type: "Action",
      ActionUrl: "https://compute.actions.globus.org/v3",
      Parameters: {
        "endpoint_id.$": "$.endpoint",
        tasks: [{ "function_id.$": "$.function", "args.=": "[path]" }],
      },
      WaitTime: 3600,
      ExceptionOnActionFailure: true,
      ResultPath: "$.Ran",
      End: true,
    },
  },
};
let clock: FakeClock;
let globus: GlobusService;
let api: FlowsCaller;
let flow: string;

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 2, 1, 12));
  globus = await startGlobusService({ clock, collections: [], endpoints: [{ name: "theta" }] });
  flow = globus.flows.deploy({ definition: FLOW });
  api = await callFlows(globus);
});
afterEach(() => globus.close());

function start(): Promise<string> {
  const fn = globus.compute.register({
    name: "recon",
    code: pack(["st\nrecon:def recon(path):\n    pass\n"]),
    description: null,
    meta: null,
    owner: globus.serviceAccount.clientId,
    isPublic: false,
  });
  return api.start(flow, { endpoint: globus.compute.endpoint("theta").id, function: fn.id, path: "/a.h5" });
}

test("it ends with what the function gave", async () => {
  globus.compute.simulate("recon", ({ args }) => ({ path: args[0] }));
  const run = await start();
  clock.advance(120);
  expect(await api.run(run)).toMatchObject({
    status: "SUCCEEDED",
    details: { output: { Ran: { details: { result: [{ path: "/a.h5" }] } } } },
  });
});

test("it waits while the endpoint is offline", async () => {
  globus.compute.setOnline(globus.compute.endpoint("theta"), false);
  const run = await start();
  clock.advance(600);
  expect(await api.run(run)).toMatchObject({ status: "ACTIVE" });
  globus.compute.setOnline(globus.compute.endpoint("theta"), true);
  clock.advance(600);
  expect(await api.run(run)).toMatchObject({ status: "SUCCEEDED" });
});

test("it fails with the function", async () => {
  globus.compute.simulate("recon", () => {
    throw new Error("no projections");
  });
  const run = await start();
  clock.advance(120);
  expect(await api.run(run)).toMatchObject({ status: "FAILED" });
});
