/** Runs of flows that a person has asked for: each is started once and followed to its end. */
import { expect, test } from "vitest";
import type { FlowRuns } from "../../../src/controller/flows/flow-runs.ts";
import { AccessDeniedError, UnavailableError } from "../../../src/controller/ports/call.ts";
import { Bench, started } from "../transfers/transfers-fixture.ts";

const FLOW = "24bc4997-b483-4c25-a19c-64b0afc00743";
const ASKED = { flow: FLOW, flowName: "nightly", words: "a scan", tags: ["a"], input: { n: 1 } };

const runsOf = (bench: Bench): FlowRuns => {
  const runs = bench.transfers.running?.runs;
  if (runs === undefined) throw new Error("no runs of flows");
  return runs;
};

/** Starts a run, and lets time pass until it is. */
async function start(bench: Bench, seconds = 0): Promise<string> {
  let outcome = "";
  void runsOf(bench)
    .start(ASKED, {})
    .then(({ id }) => (outcome = id))
    .catch((thrown: unknown) => (outcome = String(thrown)));
  await bench.pass(seconds);
  return outcome;
}

const starts = (bench: Bench): number => bench.flows.requests.filter((one) => one === "start").length;
const looks = (bench: Bench): number => bench.flows.requests.filter((one) => one === "look").length;

test("a run is started by one request, with our id first in its label, and followed to its end", async () => {
  const bench = await started();
  const id = await start(bench);
  expect(bench.flows.asked).toHaveLength(1);
  expect(bench.flows.asked[0]?.label).toMatch(/^\d{8}T\d{9}Z-[0-9a-f]{2} a scan$/);
  expect(runsOf(bench).asked?.now?.report).toMatchObject({ id, state: "ACTIVE" });
  bench.flows.tell(id, { state: "SUCCEEDED", code: "FlowSucceeded" });
  await bench.pass(3);
  expect(bench.said.at(-1)).toBe(`NO_ALARM The run ${id} of the flow nightly has succeeded.`);
  expect(runsOf(bench).asked?.now?.words.outcome).toBe("succeeded");
});

test("whose answer was lost it is found by its label after 5 s, and not asked for again", async () => {
  const bench = await started((one) => one.flows.losesAnswers.push(true));
  expect(await start(bench, 3)).toBe("");
  expect(looks(bench)).toBe(0);
  await bench.pass(4);
  expect([starts(bench), looks(bench), bench.flows.reports.size]).toEqual([1, 1, 1]);
  expect(runsOf(bench).asked?.now?.report.id).toBe([...bench.flows.reports.keys()][0]);
});

test("that Flows lists late is found after 30 s", async () => {
  const bench = await started((one) => {
    one.flows.losesAnswers.push(true);
    one.flows.lagSeconds = 20;
  });
  await start(bench, 25);
  expect([starts(bench), looks(bench)]).toEqual([1, 1]);
  await bench.pass(10);
  expect([starts(bench), looks(bench), bench.flows.reports.size]).toEqual([1, 2, 1]);
});

test("that did not begin is asked for again, once it was twice not there", async () => {
  const bench = await started((one) =>
    one.flows.refuses.push(new UnavailableError("The gateway gave up.", { mayHaveHappened: true })),
  );
  await start(bench, 29);
  expect([starts(bench), looks(bench)]).toEqual([1, 1]);
  await bench.pass(3);
  expect([starts(bench), looks(bench), bench.flows.reports.size]).toEqual([2, 2, 1]);
});

test("another run whose label holds ours, or one of another login or flow, is not taken for it", async () => {
  const bench = await started((one) => {
    one.flows.refuses.push(new UnavailableError("It gave up.", { mayHaveHappened: true }));
    one.tasks.login = "the identity aaaa through x";
    one.flows.owner = "aaaa";
  });
  await start(bench);
  const { request } = runsOf(bench).asked?.record ?? {};
  const { label = "" } = request ?? {};
  bench.flows.begin({ ...ASKED, label: `${label} again` });
  bench.flows.begin({ ...ASKED, flow: "another", label });
  bench.flows.owner = "bbbb";
  bench.flows.begin({ ...ASKED, label });
  bench.flows.owner = "aaaa";
  await bench.pass(40);
  expect(starts(bench)).toBe(2);
  expect(runsOf(bench).asked?.record.run).toBe([...bench.flows.reports.keys()].at(-1));
});

test("that Flows refuses is forgotten, and the person is told", async () => {
  const bench = await started((one) => one.flows.refuses.push(new AccessDeniedError("You must not.")));
  expect(await start(bench)).toContain("You must not.");
  await bench.pass(100);
  expect([starts(bench), runsOf(bench).asked]).toEqual([1, undefined]);
});

test("that Flows cannot take now is started later, once", async () => {
  const bench = await started((one) => one.flows.refuses.push(new UnavailableError("Too busy.")));
  expect(await start(bench)).toContain("Too busy.");
  await bench.pass(30);
  expect([starts(bench), bench.flows.reports.size]).toEqual([2, 1]);
  expect(runsOf(bench).asked?.trouble).toBeUndefined();
});

test.each(["before Flows hears of it", "while Flows answers", "behind the answer"])(
  "a kill %s leaves one run, which is followed on",
  async (when) => {
    const bench = await started((one) => {
      if (when === "before Flows hears of it")
        one.flows.down = new UnavailableError("not yet", { mayHaveHappened: true });
      if (when === "while Flows answers") one.flows.gate = new Promise(() => {});
    });
    const id = await start(bench);
    await bench.stop();
    bench.flows.down = undefined;
    bench.flows.gate = undefined;
    await bench.start();
    await bench.pass(40);
    expect(bench.flows.reports.size).toBe(1);
    const { asked } = runsOf(bench);
    expect(asked?.record.run).toBe([...bench.flows.reports.keys()][0]);
    if (when === "behind the answer") expect(asked?.record.run).toBe(id);
    expect(asked?.now?.report.state).toBe("ACTIVE");
  },
);

test("a look for a lost run that Flows does not answer counts for nothing", async () => {
  const bench = await started((one) => one.flows.losesAnswers.push(true));
  await start(bench, 2);
  bench.flows.lagSeconds = 0;
  bench.flows.down = new UnavailableError("Flows is down.");
  await bench.pass(7200);
  expect(starts(bench)).toBe(1);
  bench.flows.down = undefined;
  await bench.pass(400);
  expect([starts(bench), bench.flows.reports.size]).toEqual([1, 1]);
  expect(runsOf(bench).asked?.now?.report.state).toBe("ACTIVE");
});

test("a run of another login is neither started nor looked for, and says whose it is", async () => {
  const bench = await started((one) =>
    one.flows.refuses.push(new UnavailableError("It gave up.", { mayHaveHappened: true })),
  );
  await start(bench);
  await bench.stop();
  bench.tasks.login = "another";
  await bench.start();
  await bench.pass(100);
  expect([starts(bench), looks(bench)]).toEqual([1, 0]);
  expect(runsOf(bench).asked?.trouble).toMatch(
    /was asked for by me, .* is another: log in as me: the run .* of the flow nightly has not begun;/,
  );
});

test("a run of another login holds up none of the present one that was left", async () => {
  const bench = await started((one) => {
    const request = { flow: FLOW, tags: [], input: {} };
    const record = { flowName: "nightly", owner: "me", destination: "", scans: [], at: 0 };
    void one.ledger.put([
      { flowRun: { ...record, id: "a", request: { ...request, label: "a x" }, owner: "another" } },
      { flowRun: { ...record, id: "b", request: { ...request, label: "b x" } } },
    ]);
  });
  await bench.pass(60);
  expect(bench.flows.asked.map(({ label }) => label)).toEqual(["b x"]);
});

test("the clock may be set: what was lost is found all the same", async () => {
  const bench = await started((one) => one.flows.losesAnswers.push(true));
  await start(bench, 1);
  bench.clock.step(-400 * 24 * 3600);
  await bench.pass(40);
  expect([starts(bench), bench.flows.reports.size]).toEqual([1, 1]);
});

test("all runs take one list a look; a log is read where a run has changed, from where it was read", async () => {
  const bench = await started();
  const id = await start(bench);
  bench.flows.logs.set(id, [{ time: 1, code: "ActionStarted", description: "", step: "Move", tasks: [], details: {} }]);
  bench.flows.tell(id, { code: "ActionStarted" });
  await bench.pass(3);
  expect(runsOf(bench).asked?.now?.report.step).toBe("Move");
  bench.flows.requests.length = 0;
  await bench.pass(5);
  expect(new Set(bench.flows.requests)).toEqual(new Set(["runs"]));
});

test("a run whose log cannot be read is asked about later and later, and says so meanwhile", async () => {
  const bench = await started();
  const id = await start(bench);
  bench.flows.logless = new UnavailableError("Globus Flows gave status 500.");
  bench.flows.tell(id, { code: "ActionStarted" });
  await bench.pass(300);
  expect(bench.flows.requests.filter((one) => one === "log").length).toBeLessThan(20);
  expect(runsOf(bench).asked?.trouble).toBe("Globus Flows gave status 500.");
  bench.flows.logless = undefined;
  await bench.pass(900);
  expect(runsOf(bench).asked?.trouble).toBeUndefined();
});

test("the transfers of a run are followed, with their bytes", async () => {
  const bench = await started();
  const id = await start(bench);
  const task = await bench.tasks.submit({
    id: "x",
    label: "",
    sourceCollection: "src",
    destinationCollection: "dest",
    items: [],
    deadline: "",
  });
  const made = bench.tasks.taskById.get(task);
  if (made !== undefined) made.report = { bytesTransferred: 7, niceStatus: "Queued", ahead: 2 };
  bench.flows.tell(id, { step: "Move", tasks: [task] });
  await bench.pass(3);
  const now = runsOf(bench).asked?.now;
  expect(now?.transfers).toMatchObject([{ id: task, bytesTransferred: 7 }]);
  expect(now?.words.sentence).toContain("is at its step Move: its transfer is queued behind 2 tasks of this account");
});

test("a run that waits is told once, with the command, and goes on when it is resumed", async () => {
  const bench = await started();
  const id = await start(bench);
  bench.flows.tell(id, { state: "INACTIVE", requiredScopes: ["s"], code: "ConsentRequired" });
  await bench.pass(10);
  expect(bench.said.filter((line) => line.includes("globus-ioc login --flow nightly"))).toHaveLength(1);
  expect(runsOf(bench).asked?.now?.words.outcome).toBe("waiting");
  await runsOf(bench).resume(id, FLOW, {});
  await bench.pass(2);
  expect(runsOf(bench).asked?.now?.words.outcome).toBe("running");
});

test("a run in an unknown state is followed on", async () => {
  const bench = await started();
  const id = await start(bench);
  bench.flows.tell(id, { state: "UNKNOWN", said: "PONDERING" });
  await bench.pass(5);
  expect(runsOf(bench).asked?.now?.words.outcome).toBe("unknown");
  bench.flows.tell(id, { state: "ENDED" });
  await bench.pass(5);
  expect(runsOf(bench).asked?.now?.words.outcome).toBe("ended");
});

test("a run that is gone counts as gone after a minute, for lists lag", async () => {
  const bench = await started();
  const id = await start(bench);
  bench.flows.reports.clear();
  await bench.pass(50);
  expect(runsOf(bench).asked?.record.run).toBe(id);
  await bench.pass(30);
  expect(bench.said.at(-1)).toContain("is gone: it was deleted at Globus, or is older than Flows keeps runs");
  expect(runsOf(bench).asked).toBeUndefined();
});

test("Flows may be down for hours: it is told once, and the runs are followed again", async () => {
  const bench = await started();
  await start(bench);
  bench.flows.down = new UnavailableError("Flows is down.");
  await bench.pass(4 * 3600);
  const before = bench.flows.requests.length;
  expect(bench.said.filter((line) => line.includes("cannot be followed: Flows is down."))).toHaveLength(1);
  expect(before).toBeLessThan(200);
  bench.flows.down = undefined;
  await bench.pass(400);
  expect(bench.said.at(-1)).toContain("can be followed again");
});

test("a person's last run is known behind a restart, until the next is asked for", async () => {
  const bench = await started();
  const first = await start(bench);
  bench.flows.tell(first, { state: "SUCCEEDED" });
  await bench.pass(3);
  await bench.stop();
  await bench.start();
  await bench.pass(3);
  expect(runsOf(bench).asked?.now?.report).toMatchObject({ id: first, state: "SUCCEEDED" });
  const second = await start(bench);
  expect(runsOf(bench).asked?.record.run).toBe(second);
  expect(bench.transfers.running?.road.queue.flowRuns.all).toHaveLength(1);
});

test("the trouble of one run is not told of another, nor kept of one that was forgotten", async () => {
  const bench = await started((one) => {
    const record = { flowName: "nightly", owner: "another", destination: "", scans: [], at: 0, run: FLOW };
    void one.ledger.put([
      { flowRun: { ...record, id: "0", request: { flow: FLOW, label: "0 x", tags: [], input: {} } } },
    ]);
  });
  const id = await start(bench, 3);
  expect(bench.said.filter((line) => line.includes("was asked for by another"))).toHaveLength(1);
  expect([runsOf(bench).asked?.record.run, runsOf(bench).asked?.trouble]).toEqual([id, undefined]);
});
