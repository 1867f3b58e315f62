/** A flow as destination of the queue: one run for each scan, proven as a task is, and nothing run twice. */
import { expect, test } from "vitest";
import { AccessDeniedError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { FlowReport, RunReport } from "../../../src/controller/ports/flows.ts";
import type { DestinationRow } from "../../../src/controller/transfers/rules.ts";
import { Bench, started, TAGS } from "./transfers-fixture.ts";

const FLOW = "24bc4997-b483-4c25-a19c-64b0afc00743";
const ROW: DestinationRow = {
  name: "store",
  kind: "flow",
  template: "{rel}",
  flow: "nightly",
  collection: "dest",
  top: "/2-BM",
};
const REPORT: FlowReport = {
  id: FLOW,
  title: "nightly",
  owner: "",
  keywords: [],
  definition: {},
  inputSchema: {},
  created: 0,
  updated: Date.parse("2026-03-01T00:00:00Z"),
  document: {},
};

/** A bench whose only destination is a flow that moves each scan in one transfer. */
const flowBench = (change: (bench: Bench) => void = () => {}): Promise<Bench> =>
  started((bench) => {
    bench.destinations = [ROW];
    bench.flowIds.set("nightly", FLOW);
    bench.flows.deployed.set(FLOW, REPORT);
    bench.flows.onStart = (report) => void transfers(bench, report);
    change(bench);
  });

interface MovedInput {
  readonly source: { readonly path: string };
  readonly destination: { readonly path: string };
  readonly recursive_tx: boolean;
}

/** The transfer that the flow makes of a run. */
async function transfers(bench: Bench, { id }: RunReport): Promise<void> {
  const input: unknown = bench.flows.asked.at(-1)?.input;
  const { source, destination, recursive_tx: isFolder } = input as MovedInput;
  const item = { source: source.path, destination: destination.path, isFolder };
  const ends = { sourceCollection: "src", destinationCollection: "dest", deadline: "" };
  const task = await bench.tasks.submit({ id, label: "", items: [item], ...ends });
  bench.flows.tell(id, { step: "Move", tasks: [task] });
}

const only = (bench: Bench): RunReport => {
  const report = [...bench.flows.reports.values()].at(-1);
  if (report === undefined) throw new Error("no run");
  return report;
};
const succeed = (bench: Bench): void => bench.flows.tell(only(bench).id, { state: "SUCCEEDED", code: "FlowSucceeded" });
const starts = (bench: Bench): number => bench.flows.requests.filter((one) => one === "start").length;
const reasonOf = (bench: Bench): string => bench.view.destinations[0]?.message ?? "";

test("a scan goes by one run with the shape of PAL-XFEL's input, and is proven by what lies there", async () => {
  const bench = await flowBench();
  const scan = bench.scan("a1");
  bench.announce(scan);
  await bench.pass(10);
  expect(bench.flows.asked).toMatchObject([
    {
      flow: FLOW,
      tags: ["store", TAGS.exp],
      input: {
        source: { id: "src", path: "/data/2026-03/a1.h5" },
        destination: { id: "dest", path: "/2-BM/2026-03/a1.h5" },
        recursive_tx: false,
      },
    },
  ]);
  expect(bench.flows.asked[0]?.label).toMatch(/ a1$/);
  expect(bench.stateOf(scan)).toEqual({ store: "submitted" });
  expect(bench.view.destinations[0]).toMatchObject({ state: "Sending", queued: 1 });
  succeed(bench);
  await bench.pass(5);
  expect(bench.stateOf(scan)).toEqual({ store: "verified" });
  expect(bench.said.at(-1)).toBe("NO_ALARM a1 is proven at store.");
  expect(bench.transfers.running?.road.queue.flowRuns.all).toEqual([]);
});

test("a scan that is a folder goes by its path, not by a list of its files", async () => {
  const bench = await flowBench();
  for (let index = 0; index < 50; index++) bench.source.tree.put(`/data/r/s1/${index}.h5`, 10);
  bench.announce("/data/r/s1");
  await bench.pass(10);
  expect(bench.flows.asked[0]?.input).toMatchObject({
    source: { path: "/data/r/s1/" },
    destination: { path: "/2-BM/r/s1/" },
    recursive_tx: true,
  });
  succeed(bench);
  await bench.pass(5);
  expect(bench.stateOf("/data/r/s1")).toEqual({ store: "verified" });
});

test("what a site adds to the input is sent, and what a closed schema does not know is left out", async () => {
  const bench = await flowBench((one) => {
    one.flowInput = { principal: "x", destination: { path: "/where/FlowRun/puts/all" } };
    const properties = { source: {}, destination: {}, principal: {} };
    one.flows.deployed.set(FLOW, { ...REPORT, inputSchema: { properties, additionalProperties: false } });
  });
  bench.announce(bench.scan("a1"));
  await bench.pass(10);
  expect(Object.keys(bench.flows.asked[0]?.input ?? {}).sort()).toEqual(["destination", "principal", "source"]);
  expect(bench.flows.asked[0]?.input["destination"]).toMatchObject({ path: "/2-BM/2026-03/a1.h5" });
});

test("a scan of several files among those of others is none for a flow, and says so", async () => {
  const bench = await flowBench();
  const scan = bench.scan("a1");
  bench.source.tree.put("/data/2026-03/a1.config", 5);
  bench.announce(scan);
  await bench.pass(10);
  expect(bench.stateOf(scan)).toEqual({ store: "dead" });
  expect(bench.said.at(-1)).toContain("a1 has 2 files beside those of other scans, and its flow takes one file");
  expect(starts(bench)).toBe(0);
});

test("a scan of several files goes by a list of them where the flow takes one, unless that is too long", async () => {
  const bench = await flowBench((one) => {
    one.flows.onStart = () => {};
    one.flows.deployed.set(FLOW, { ...REPORT, inputSchema: { properties: { source: {}, items: {} } } });
  });
  bench.source.tree.put("/data/2026-03/a1.config", 5);
  bench.announce(bench.scan("a1"));
  await bench.pass(10);
  expect(bench.flows.asked[0]?.input["items"]).toEqual(
    ["a1.config", "a1.h5"].map((name) => ({
      source_path: `/data/2026-03/${name}`,
      destination_path: `/2-BM/2026-03/${name}`,
      recursive: false,
    })),
  );
  const long = bench.scan("a2");
  for (let index = 0; index < 1500; index++) bench.source.tree.put(`/data/2026-03/a2_more/${index}.h5`, 5);
  bench.announce(long);
  await bench.pass(10);
  expect(bench.stateOf(long)).toEqual({ store: "dead" });
  expect(bench.said.at(-1)).toContain("their list is longer than a run may carry");
});

test("a run that has succeeded though its transfer has failed proves nothing", async () => {
  const bench = await flowBench((one) => {
    one.tasks.seconds = 100;
  });
  const scan = bench.scan("a1");
  bench.announce(scan);
  await bench.pass(10);
  for (const task of bench.tasks.taskById.values())
    task.report = { state: "FAILED", fatal: { code: "PERMISSION_DENIED", description: "" } };
  succeed(bench);
  await bench.pass(3);
  expect(bench.stateOf(scan)).toEqual({ store: "failed" });
  expect(reasonOf(bench)).toMatch(
    /The run .* of the flow nightly for a1 to store failed: 1 file is not as sent: "a1.h5" is missing; the run has succeeded though its transfer .* has failed: the login may not write/,
  );
});

test("files with times of their own are proven by the transfers of the run, and by nothing else", async () => {
  const bench = await flowBench();
  const scan = bench.scan("a1");
  bench.announce(scan);
  await bench.pass(10);
  bench.tasks.destination.put("/2-BM/2026-03/a1.h5", 1000, 99_000_000);
  succeed(bench);
  await bench.pass(3);
  expect(bench.stateOf(scan)).toEqual({ store: "verified" });

  const silent = await flowBench((one) => {
    one.flows.onStart = () => {};
  });
  const other = silent.scan("a1");
  silent.announce(other);
  await silent.pass(10);
  silent.tasks.destination.put("/2-BM/2026-03/a1.h5", 1000, 99_000_000);
  succeed(silent);
  await silent.pass(3);
  expect(silent.stateOf(other)).toEqual({ store: "failed" });
  expect(reasonOf(silent)).toContain("the run names no transfer that would vouch for its files");
});

test("a source that the flow has deleted at its end is proven by what has arrived", async () => {
  const bench = await flowBench();
  const scan = bench.scan("a1");
  bench.announce(scan);
  await bench.pass(10);
  await bench.tasks.tasks([]);
  bench.source.tree.files.delete(scan);
  succeed(bench);
  await bench.pass(3);
  expect(bench.stateOf(scan)).toEqual({ store: "verified" });
});

test("a run that fails is tried again, then a person decides", async () => {
  const bench = await flowBench();
  const scan = bench.scan("a1");
  bench.announce(scan);
  for (let attempt = 0; attempt < 4; attempt++) {
    await bench.pass(400);
    for (const { id } of bench.flows.reports.values())
      bench.flows.tell(id, { state: "FAILED", code: "TransferFailed", description: "no room" });
  }
  await bench.pass(10);
  expect(bench.stateOf(scan)).toEqual({ store: "dead" });
  expect(starts(bench)).toBe(4);
  expect(bench.said.at(-1)).toMatch(
    /a1 is not sent to store any more .* TransferFailed: no room; `globus-ioc flow log/,
  );
});

test("weakness 19: a transfer that goes on behind a run which ended too early is waited for", async () => {
  const bench = await flowBench((one) => {
    one.tasks.seconds = 100;
  });
  const scan = bench.scan("a1");
  bench.announce(scan);
  await bench.pass(10);
  bench.flows.tell(only(bench).id, { state: "FAILED", code: "ActionTimeout" });
  await bench.pass(60);
  expect([bench.stateOf(scan), starts(bench)]).toEqual([{ store: "submitted" }, 1]);
  await bench.pass(42);
  expect(bench.stateOf(scan)).toEqual({ store: "failed" });
  expect(reasonOf(bench)).toContain("a step took longer than its WaitTime");
});

test("a run that a person has cancelled at Globus is not run again by itself", async () => {
  const bench = await flowBench();
  const scan = bench.scan("a1");
  bench.announce(scan);
  await bench.pass(20);
  bench.flows.tell(only(bench).id, { state: "FAILED", code: "FlowCanceled" });
  await bench.pass(5);
  expect(bench.stateOf(scan)).toEqual({ store: "dead" });
});

test("a run that waits for a consent is no failure: the scan waits with the command, and goes on when resumed", async () => {
  const bench = await flowBench();
  const scan = bench.scan("a1");
  bench.announce(scan);
  await bench.pass(10);
  const { id } = only(bench);
  bench.flows.tell(id, { state: "INACTIVE", code: "ConsentRequired", requiredScopes: ["s"] });
  await bench.pass(7200);
  expect(bench.stateOf(scan)).toEqual({ store: "submitted" });
  expect(reasonOf(bench)).toContain("run `globus-ioc login --flow nightly`, then `globus-ioc flow resume");
  expect(bench.view.scans[0]?.reason).toContain("globus-ioc login --flow nightly");
  await bench.transfers.running?.runs?.resume(id, FLOW, {});
  await bench.pass(3);
  succeed(bench);
  await bench.pass(3);
  expect([bench.stateOf(scan), starts(bench)]).toEqual([{ store: "verified" }, 1]);
});

test("without the login's consent to start the queue holds, and goes on when it is there", async () => {
  const denied = new AccessDeniedError("The login lacks a consent, run `globus-ioc login --flow nightly`.");
  const bench = await flowBench((one) => one.flows.refuses.push(denied, denied));
  const scan = bench.scan("a1");
  bench.announce(scan);
  await bench.pass(10);
  expect(bench.stateOf(scan)).toEqual({ store: "queued" });
  expect(bench.view.destinations[0]).toMatchObject({ state: "Trouble", message: denied.message });
  await bench.pass(120);
  expect(bench.stateOf(scan)).toEqual({ store: "submitted" });
  expect(bench.flows.reports.size).toBe(1);
});

test("a flow that was deleted, or was never deployed, holds the queue and names the command", async () => {
  const bench = await flowBench((one) => one.flows.deployed.clear());
  const scan = bench.scan("a1");
  bench.announce(scan);
  await bench.pass(10);
  expect(bench.view.destinations[0]).toMatchObject({ state: "Trouble" });
  expect(reasonOf(bench)).toContain(`flow ${FLOW} was deleted`);
  await bench.stop();
  bench.flowIds.clear();
  await bench.start();
  await bench.pass(10);
  expect(reasonOf(bench)).toContain("globus-ioc flow deploy nightly");
  expect(bench.stateOf(scan)).toEqual({ store: "queued" });
  bench.flowIds.set("nightly", FLOW);
  bench.flows.deployed.set(FLOW, REPORT);
  await bench.pass(120);
  expect(bench.stateOf(scan)).toEqual({ store: "submitted" });
});

test("an input that the flow does not take holds the queue, and is not run; a changed schema is told", async () => {
  const bench = await flowBench();
  bench.announce(bench.scan("a1"));
  await bench.pass(10);
  bench.flows.deployed.set(FLOW, { ...REPORT, inputSchema: { required: ["principal"] } });
  bench.flows.wrong = ["$: 'principal' is a required property"];
  const scan = bench.scan("a2");
  bench.announce(scan);
  await bench.pass(10);
  expect(bench.said).toContain(
    "NO_ALARM The input schema of the flow nightly, through which store is reached, has changed.",
  );
  expect(reasonOf(bench)).toMatch(
    /The flow nightly, last changed at 2026-0.*, does not take this input \(\$: 'principal' is a required property\): `globus-ioc flow show nightly` shows its input schema; set input-file/,
  );
  expect([bench.stateOf(scan), starts(bench)]).toEqual([{ store: "queued" }, 1]);
});

test("no more runs are under way than `tasks` allows", async () => {
  const bench = await flowBench();
  for (const name of ["a1", "a2", "a3", "a4", "a5"]) bench.announce(bench.scan(name));
  await bench.pass(20);
  expect(starts(bench)).toBe(3);
  for (const { id } of bench.flows.reports.values()) bench.flows.tell(id, { state: "SUCCEEDED" });
  await bench.pass(10);
  expect(starts(bench)).toBe(5);
});

test.each(["before Flows hears of it", "while Flows answers", "behind the answer"])(
  "weakness 22: a kill %s leaves one run of the scan, which is proven",
  async (when) => {
    const bench = await flowBench((one) => {
      if (when === "before Flows hears of it")
        one.flows.refuses.push(new UnavailableError("not yet", { mayHaveHappened: true }));
      if (when === "while Flows answers") one.flows.gate = new Promise(() => {});
    });
    const scan = bench.scan("a1");
    bench.announce(scan);
    await bench.pass(8);
    await bench.stop();
    bench.flows.gate = undefined;
    await bench.start();
    await bench.pass(40);
    expect(bench.flows.reports.size).toBe(1);
    succeed(bench);
    await bench.pass(5);
    expect(bench.stateOf(scan)).toEqual({ store: "verified" });
    expect(bench.flows.reports.size).toBe(1);
  },
);

test("a lost answer, and a gateway that gave up, leave one run each", async () => {
  const bench = await flowBench((one) => {
    one.flows.losesAnswers.push(true);
    one.flows.refuses.push(new UnavailableError("It gave up.", { mayHaveHappened: true }));
  });
  for (const name of ["a1", "a2"]) bench.announce(bench.scan(name));
  await bench.pass(120);
  expect(bench.flows.reports.size).toBe(2);
  expect(new Set(bench.flows.asked.map(({ label }) => label)).size).toBe(2);
});

test("a run whose scan was given up is cancelled, also where nobody knew that it had begun", async () => {
  const bench = await flowBench((one) => one.flows.losesAnswers.push(false, true));
  const [known, unknown] = [bench.scan("a1"), bench.scan("a2")];
  bench.announce(known);
  await bench.pass(8);
  await bench.transfers.running?.drop(() => true, "dropped");
  await bench.pass(3);
  expect(only(bench)).toMatchObject({ state: "FAILED", code: "FlowCanceled" });
  bench.announce(unknown);
  await bench.pass(8);
  await bench.transfers.running?.drop(() => true, "dropped");
  await bench.pass(60);
  expect(only(bench)).toMatchObject({ state: "FAILED", code: "FlowCanceled" });
  expect(bench.transfers.running?.road.queue.flowRuns.all).toEqual([]);
  expect(bench.flows.reports.size).toBe(2);
});

test("what another login has begun waits for it, and nothing else goes there", async () => {
  const bench = await flowBench();
  const [first, second] = [bench.scan("a1"), bench.scan("a2")];
  bench.announce(first);
  await bench.pass(10);
  await bench.stop();
  bench.tasks.login = "another";
  await bench.start();
  bench.announce(second);
  await bench.pass(30);
  expect(starts(bench)).toBe(1);
  expect(reasonOf(bench)).toContain("log in as me, or drop its scan with globus-ioc queue drop");
  bench.tasks.login = "me";
  await bench.pass(400);
  for (const { id } of bench.flows.reports.values()) bench.flows.tell(id, { state: "SUCCEEDED" });
  await bench.pass(5);
  expect(bench.stateOf(first)).toEqual({ store: "verified" });
});

test("a run that Flows no longer has is decided by what lies there", async () => {
  const bench = await flowBench();
  const scan = bench.scan("a1");
  bench.announce(scan);
  await bench.pass(20);
  bench.flows.reports.clear();
  await bench.pass(90);
  expect(bench.stateOf(scan)).toEqual({ store: "verified" });
});
