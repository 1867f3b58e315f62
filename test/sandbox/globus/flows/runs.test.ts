/** Runs of the simulated Flows, on real files, by the clock that the test moves. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GlobusService, startGlobusService } from "../../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../../support/fakes/fake-clock.ts";
import { callFlows, type FlowsCaller } from "../../../support/flows-caller.ts";
import { callGlobus, type Document } from "../../../support/globus-caller.ts";

const TRANSFER = {
  StartAt: "Send",
  States: {
    Send: {
      Type: "Action",
      ActionUrl: "https://transfer.actions.globus.org/transfer",
      Parameters: {
        "source_endpoint.$": "$.source.id",
        "destination_endpoint.$": "$.destination.id",
        DATA: [{ "source_path.$": "$.source.path", "destination_path.$": "$.destination.path" }],
      },
      WaitTime: 3600,
      ResultPath: "$.Sent",
      End: true,
    },
  },
};
let clock: FakeClock;
let globus: GlobusService;
let api: FlowsCaller;
let input: Document;

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 2, 1, 12));
  globus = await startGlobusService({
    clock,
    collections: [{ name: "detector", bytesPerSecond: 1000 }, { name: "archive" }],
  });
  const [source, destination] = [globus.collection("detector"), globus.collection("archive")];
  writeFileSync(join(source.folder, "a.h5"), Buffer.alloc(10_000, "x"));
  input = { source: { id: source.id, path: "/a.h5" }, destination: { id: destination.id, path: "/sent/a.h5" } };
  api = await callFlows(globus);
});
afterEach(() => globus.close());

describe("a run", () => {
  test("moves bytes by a task of its own, and ends with what the task says", async () => {
    const made = await api.call("POST", "/flows", { title: "Send", definition: TRANSFER, input_schema: {} });
    expect(made.status).toBe(201);
    const id = await api.start(made.body["id"] as string, input, { label: "a scan", tags: [" two  words "] });
    expect(await api.run(id)).toMatchObject({
      status: "ACTIVE",
      details: { code: "FlowStarting" },
      completion_time: null,
    });
    clock.advance(5);
    const { details } = (await api.run(id)) as { readonly details: Document };
    const [action] = details["action_statuses"] as readonly [Document];
    expect(action).toMatchObject({ state_name: "Send", status: "ACTIVE", details: { status: "ACTIVE" } });
    const { task_id: task } = action["details"] as { readonly task_id: string };
    expect(task).not.toBe(action["action_id"]);
    const transfer = await callGlobus(globus);
    expect(await transfer.task(task)).toMatchObject({ label: `For Action id ${String(action["action_id"])}` });
    clock.advance(60);
    const run = await api.run(id);
    expect(run).toMatchObject({
      status: "SUCCEEDED",
      label: "a scan",
      tags: ["two words"],
      details: {
        code: "FlowSucceeded",
        output: { ...input, Sent: { details: { task_id: task, bytes_transferred: 10_000 } } },
      },
    });
    expect(await api.log(id)).toEqual(["FlowStarted", "ActionStarted", "ActionCompleted", "FlowSucceeded"]);
    expect(readFileSync(join(globus.collection("archive").folder, "sent/a.h5"))).toHaveLength(10_000);
  });
});
