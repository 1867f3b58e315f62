import { describe, expect, test } from "vitest";
import { CancelledError } from "../../src/base/errors.ts";
import { progressLine } from "../../src/cli/flow-progress.ts";
import { UnavailableError } from "../../src/controller/ports/call.ts";
import type { RunReport } from "../../src/controller/ports/flows.ts";
import type { TaskReport } from "../../src/controller/ports/transfer-tasks.ts";
import { UNKNOWN_COUNT } from "../../src/controller/pvs/row.ts";
import { FakeFlowCli } from "../support/fakes/fake-flow-cli.ts";

const FLOW = "ffffffff-0000-4000-8000-000000000001";
const TASK = "eeeeeeee-0000-4000-8000-000000000001";
const CONSENT = "urn:globus:auth:scope:transfer.api.globus.org:all";

const task = (change: Partial<TaskReport> = {}): TaskReport => ({
  id: TASK,
  state: "ACTIVE",
  label: "",
  niceStatus: "OK",
  description: "",
  isOk: true,
  isPaused: false,
  faults: 0,
  files: 2,
  filesTransferred: 1,
  filesSkipped: 0,
  bytesTransferred: 1500,
  bytesPerSecond: 0,
  skippedErrors: 0,
  ahead: 0,
  ...change,
});

/** A run that goes through these, one at each look behind the first: a report, or what happens. */
function running(cli: FakeFlowCli, ...changes: readonly (Partial<RunReport> | (() => void))[]): string {
  const { id } = cli.runs.begin({ flow: FLOW, label: "x", tags: [], input: {} });
  cli.onLook = (look) => {
    const change = changes[look - 1];
    if (typeof change === "function") change();
    else if (change !== undefined) cli.runs.tell(id, change);
  };
  return id;
}

describe("weakness 12: the command ends as the run does", () => {
  test.each([
    [0, "Done", { state: "SUCCEEDED" }, /has succeeded/],
    [
      1,
      "Failed",
      { state: "FAILED", code: "FlowFailed", description: "The task failed" },
      /has failed: .*The task failed; `globus-ioc flow log/,
    ],
    [1, "Cancelled", { state: "FAILED", code: "FlowCanceled" }, /was cancelled/],
    [1, "Failed", { state: "ENDED" }, /was ended before it was done/],
  ] as const)("%i: %s %o", async (status, state, change, sentence) => {
    using cli = new FakeFlowCli();
    const runId = running(cli, { step: "TransferData" }, change);
    const run = await cli.run({ what: "monitor", runId });
    expect(run.status).toBe(status);
    expect(run.out + run.err).toMatch(new RegExp(`flow monitor: ${state}\\. The run ${runId} .*${sentence.source}`));
  });

  test("2: the command line names no run, or none that is one", async () => {
    using cli = new FakeFlowCli();
    const none = await cli.run({ what: "monitor" });
    expect([none.status, none.err]).toEqual([2, expect.stringContaining("Which run? Give its id")]);
    const wrong = await cli.run({ what: "monitor", run: "scan001" });
    expect([wrong.status, wrong.err]).toEqual([2, expect.stringContaining('"scan001" is no id of a run')]);
  });

  test("3: with --until-inactive the run waits for a person", async () => {
    using cli = new FakeFlowCli();
    const run = running(cli, { state: "INACTIVE", code: "ConsentRequired", requiredScopes: [CONSENT] });
    const { status, err } = await cli.run({ what: "monitor", run, untilInactive: true });
    expect([status, err]).toEqual([
      3,
      expect.stringContaining(`waits for a consent (${CONSENT}): run \`globus-ioc login --flow`),
    ]);
  });

  test("a state that is not known here is no end", async () => {
    using cli = new FakeFlowCli();
    const run = running(cli, { state: "UNKNOWN", said: "PONDERING" }, { state: "SUCCEEDED" });
    const { status, out } = await cli.run({ what: "monitor", run });
    expect([status, out]).toEqual([0, expect.stringContaining("is PONDERING, a state that is not known here")]);
  });
});

test("weakness 11: INACTIVE is no end: what is needed is said, with the command, and the run is followed on", async () => {
  using cli = new FakeFlowCli();
  const waits = { state: "INACTIVE", code: "ConsentRequired", requiredScopes: [CONSENT] } as const;
  const run = running(cli, waits, { state: "ACTIVE", requiredScopes: [], code: "" }, { state: "SUCCEEDED" });
  const { status, out } = await cli.run({ what: "monitor", run });
  expect(status).toBe(0);
  expect(out).toContain(
    `waits for a consent (${CONSENT}): run \`globus-ioc login --flow ${FLOW}\`, then \`globus-ioc flow resume ${run}\`.`,
  );
});

test("weakness 13: a flow id beside the run's changes nothing", async () => {
  using cli = new FakeFlowCli();
  const runId = running(cli, { state: "SUCCEEDED" });
  const { status, err } = await cli.run({ what: "monitor", runId, flowId: "whatever", interval: "5" });
  expect([status, err]).toEqual([0, ""]);
});

test("without a terminal there is a line with the time for each change, and no other", async () => {
  using cli = new FakeFlowCli();
  const run = running(cli, { step: "A" }, {}, { step: "B" }, {}, { state: "SUCCEEDED" });
  const { out } = await cli.run({ what: "monitor", run });
  const lines = out.trimEnd().split("\n");
  expect(lines.map((line) => line.replace(/^[-\d]{10} [:\d]{8} {2}/, "T "))).toEqual([
    expect.stringMatching(/^T The run .* is under way\.$/),
    expect.stringMatching(/^T The run .* is at its step A\.$/),
    expect.stringMatching(/^T The run .* is at its step B\.$/),
    expect.stringMatching(/^flow monitor: Done\. The run .* has succeeded\.$/),
  ]);
});

test("at a terminal one line tells how far it is", async () => {
  using cli = new FakeFlowCli();
  cli.isTerminal = true;
  cli.tasks.set(TASK, task());
  const run = running(
    cli,
    { step: "TransferData", tasks: [TASK] },
    () => cli.tasks.set(TASK, task({ bytesTransferred: 2500 })),
    { state: "SUCCEEDED" },
  );
  cli.runs.logs.set(run, [
    {
      time: 0,
      code: "FlowStarted",
      description: "",
      step: "",
      tasks: [],
      details: { input: { source: { id: FLOW, path: "/a" }, recursive_tx: true } },
    },
  ]);
  const { out } = await cli.run({ what: "monitor", run });
  expect(out).toContain("ACTIVE  TransferData  1.5 kB of 4.0 kB, 1 file");
  expect(out).toMatch(/ACTIVE {2}TransferData {2}2\.5 kB of 4\.0 kB, 1 file {2}250 B\/s {2}6 s left/);
  expect(out).toContain("has succeeded. 2.5 kB in 1 file went over.");
});

test("a service that does not answer is said once, and the run is followed on", async () => {
  using cli = new FakeFlowCli();
  const isDown = (error: Error | undefined) => () => {
    cli.runs.down = error;
  };
  const down = isDown(new UnavailableError("Globus Flows gave no answer."));
  const run = running(cli, down, down, isDown(undefined), { state: "SUCCEEDED" });
  const { status, out, err } = await cli.run({ what: "monitor", run });
  expect(status).toBe(0);
  expect(err.match(/gave no answer/g)).toHaveLength(1);
  expect(out).toContain("Globus answers again.");
});

test("a run that is not there is told at once", async () => {
  using cli = new FakeFlowCli();
  const { status, err } = await cli.run({ what: "monitor", run: FLOW });
  expect([status, err]).toEqual([1, expect.stringContaining(`There is no run ${FLOW}`)]);
});

test("Ctrl-C ends the watching alone, and says how to go on", async () => {
  using cli = new FakeFlowCli();
  const run = running(cli, {}, () => cli.stop.abort(new CancelledError("Ended by SIGINT.")));
  const { status, err } = await cli.run({ what: "monitor", run });
  expect(status).toBe(130);
  expect(err).toContain(
    `the run has not: it goes on, and was ACTIVE. \`globus-ioc flow monitor ${run}\` follows it again.`,
  );
  expect(cli.runs.requests).not.toContain("cancel");
});

test("log, cancel and resume tell what they did, and what a run needs first", async () => {
  using cli = new FakeFlowCli();
  const run = running(cli);
  const entry = { time: 0, code: "FlowStarted", description: "begun", step: "A", tasks: [TASK], details: {} };
  cli.runs.logs.set(run, [entry, { ...entry, code: "ChoiceEvaluated", step: "B" }]);
  const { out: log } = await cli.run({ what: "log", run });
  expect(log).toMatch(new RegExp(`FlowStarted {2}A {2}begun {2}\\(task ${TASK}\\)`));
  expect(log.split(TASK)).toHaveLength(2); // not again behind later steps
  expect((await cli.run({ what: "resume", run })).out).toContain("It needs no resuming.");
  cli.runs.tell(run, { state: "INACTIVE", code: "ConsentRequired", requiredScopes: [CONSENT] });
  const resumed = await cli.run({ what: "resume", run });
  expect(resumed.status).toBe(0);
  expect(resumed.out).toMatch(
    /waits for a consent \(.*\): run `globus-ioc login --flow .*\n.*flow resume: Done\. The run .* is under way\. Follow it with/s,
  );
  expect((await cli.run({ what: "cancel", run })).out).toMatch(/flow cancel: Done\. The run .* was cancelled/);
  const again = await cli.run({ what: "cancel", run });
  expect([again.status, again.out]).toEqual([0, expect.stringContaining("There is nothing to cancel.")]);
  expect((await cli.run({ what: "resume", run })).status).toBe(1);
});

test.each(["INACTIVE", "ACTIVE"] as const)(
  "a run that waits for an answer, %s, is not resumed: what it needs is said",
  async (state) => {
    using cli = new FakeFlowCli();
    const run = running(cli);
    cli.runs.tell(run, { state, question: FLOW });
    const { status, err } = await cli.run({ what: "resume", run });
    expect([status, err]).toEqual([1, expect.stringContaining("for a person's answer")]);
    expect(cli.runs.requests).not.toContain("resume");
  },
);

describe("respond", () => {
  const QUESTION = "dddddddd-0000-4000-8000-000000000001";
  const options = [
    { id: "k", words: "Keep" },
    { id: "d", words: "Delete" },
  ];
  const asking = (): { cli: FakeFlowCli; run: string } => {
    const cli = new FakeFlowCli();
    const run = running(cli);
    cli.questions.set(QUESTION, { id: QUESTION, run, state: "open", title: "Delete the source?", text: "", options });
    cli.runs.tell(run, { state: "INACTIVE", question: QUESTION });
    return { cli, run };
  };

  test.each([
    ["2", "d"],
    ["keep", "k"],
    ["DEL", "d"],
  ])("takes %s for an answer", async (answer, option) => {
    const { cli, run } = asking();
    using _ = cli;
    const { status, out } = await cli.run({ what: "respond", run, answer });
    expect([status, cli.answered]).toEqual([0, [[QUESTION, option]]]);
    expect(out).toMatch(/Delete the source\?:\n {2}1 {2}Keep\n {2}2 {2}Delete\n/);
  });

  test.each(["3", "perhaps", ""])("takes %o for none, and says which there are", async (answer) => {
    const { cli, run } = asking();
    using _ = cli;
    const { status, err } = await cli.run({ what: "respond", run, answer });
    expect([status > 0, cli.answered]).toEqual([true, []]);
    expect(err).toMatch(answer === "" ? /Nothing was answered/ : /is no answer: give 1 \(Keep\) and 2 \(Delete\)/);
  });

  test("asks at a terminal alone", async () => {
    const { cli, run } = asking();
    using _ = cli;
    const nobody = await cli.run({ what: "respond", run });
    expect([nobody.status, nobody.err]).toEqual([
      2,
      expect.stringContaining("Which answer? Give its number or its words with --answer: 1 (Keep) and 2 (Delete)."),
    ]);
    cli.answers = ["1"];
    expect((await cli.run({ what: "respond", run })).status).toBe(0);
    expect(cli.answered).toEqual([[QUESTION, "k"]]);
  });

  test("says so where a run asks nothing", async () => {
    using cli = new FakeFlowCli();
    const { status, err } = await cli.run({ what: "respond", run: running(cli), answer: "1" });
    expect([status, err]).toEqual([1, expect.stringContaining("It asks nothing.")]);
  });
});

test("the line of a terminal has what is known, and how long it takes where data move", () => {
  const now = { report: { state: "ACTIVE", said: "ACTIVE", step: "" }, transfers: [task({ bytesTransferred: 5 })] };
  const rate = { perSecond: 3, secondsFor: (rest: number) => rest * 1464 };
  expect(progressLine(now as never, rate, 10)).toBe("ACTIVE  5 B of 10 B, 1 file  3 B/s  2 h 2 min left");
  expect(progressLine(now as never, rate, UNKNOWN_COUNT)).toBe("ACTIVE  5 B, 1 file  3 B/s");
  const waiting = { ...now, report: { ...now.report, state: "INACTIVE", said: "INACTIVE" } };
  expect(progressLine(waiting as never, rate, 10)).toBe("INACTIVE  5 B of 10 B, 1 file");
});

test("a single file has a total as well, and what was there already is told as such", async () => {
  using cli = new FakeFlowCli();
  cli.isTerminal = true;
  cli.tasks.set(TASK, task({ bytesTransferred: 0, filesTransferred: 0, filesSkipped: 1 }));
  const run = running(cli, { step: "TransferData", tasks: [TASK] }, {}, { state: "SUCCEEDED" });
  const input = { source: { id: FLOW, path: "/a" }, recursive_tx: false };
  cli.runs.logs.set(run, [{ time: 0, code: "FlowStarted", description: "", step: "", tasks: [], details: { input } }]);
  const { out } = await cli.run({ what: "monitor", run });
  expect(out).toContain("0 B of 3.0 kB, 1 file");
  expect(out).toContain("has succeeded. Everything was there already.");
});
