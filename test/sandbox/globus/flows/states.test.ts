/** The states of flows: what each does to the data of a run, what it goes on to, and how it fails. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GlobusService, startGlobusService } from "../../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../../support/fakes/fake-clock.ts";
import { callFlows, type FlowsCaller } from "../../../support/flows-caller.ts";
import type { Document } from "../../../support/globus-caller.ts";

let clock: FakeClock;
let globus: GlobusService;
let api: FlowsCaller;

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 2, 1, 12));
  globus = await startGlobusService({
    clock,
    collections: [{ name: "archive", folders: ["/data"], files: { "/data/a": 7 } }],
  });
  api = await callFlows(globus);
});
afterEach(() => globus.close());

/** A flow of these states, the first of them first. */
const flowOf = (states: Document): string =>
  globus.flows.deploy({ definition: { StartAt: Object.keys(states)[0], States: states } });
/** What a run of these states comes to. */
async function outcome(states: Document, input: Document = {}): Promise<Document> {
  const id = await api.start(flowOf(states), input);
  clock.advance(60);
  return api.run(id);
}
const output = async (states: Document, input: Document = {}): Promise<unknown> => {
  const { status, details } = await outcome(states, input);
  return [status, (details as Document)["output"]];
};
const failure = async (states: Document, input: Document = {}): Promise<unknown> => {
  const { status, details } = await outcome(states, input);
  return [status, (details as Document)["code"], (details as Document)["details"]];
};

describe("Pass and ExpressionEval", () => {
  test("put what they make where ResultPath says; without one it is all there is", async () => {
    const pass = { Type: "Pass", Parameters: { "a.$": "$.x.y[1]", b: [{ "c.=": "len(x.y)" }], d: 1 } };
    const input = { x: { y: [5, 6] } };
    expect(await output({ P: { ...pass, ResultPath: "$.r.s", End: true } }, input)).toEqual([
      "SUCCEEDED",
      { ...input, r: { s: { a: 6, b: [{ c: 2 }], d: 1 } } },
    ]);
    expect(await output({ P: { ...pass, End: true } }, input)).toEqual(["SUCCEEDED", { a: 6, b: [{ c: 2 }], d: 1 }]);
    expect(await output({ P: { Type: "Pass", InputPath: "$.x['y']", ResultPath: "$.z", End: true } }, input)).toEqual([
      "SUCCEEDED",
      { ...input, z: [5, 6] },
    ]);
    expect(await output({ P: { Type: "Pass", End: true } }, input)).toEqual(["SUCCEEDED", input]);
  });

  test("know the run they are in by _context, which nobody can write and which is not among the data", async () => {
    const states = {
      P: {
        Type: "Pass",
        Parameters: { "who.$": "$._context.username", "run.$": "$._context.run_id" },
        ResultPath: "$.c",
        Next: "Q",
      },
      Q: { Type: "Pass", End: true },
    };
    const run = await outcome(states);
    const username = `${globus.serviceAccount.clientId}@clients.auth.globus.org`;
    expect(run["details"]).toMatchObject({ output: { c: { who: username, run: run["run_id"] } } });
    expect(JSON.stringify(run["details"])).not.toContain("_context");
    expect(await failure({ P: { Type: "Pass", ResultPath: "$._context.x", End: true } })).toEqual([
      "FAILED",
      "FlowFailed",
      expect.objectContaining({ error: "States.ResultPathMatchFailure" }),
    ]);
  });

  test("hide what is private", async () => {
    const states = {
      P: {
        Type: "Pass",
        Parameters: { secret: "x1", open: 2, __Private_Parameters: ["secret"] },
        ResultPath: "$.p",
        Next: "Q",
      },
      Q: { Type: "Pass", Parameters: { a: "x2" }, ResultPath: "$._private_q", End: true },
    };
    const run = await outcome(states);
    expect(run["details"]).toMatchObject({ output: { p: { open: 2 } } });
    const { body } = await api.call("GET", `/runs/${String(run["run_id"])}/log?limit=100`);
    expect(JSON.stringify([run, body])).not.toContain("x1");
    expect(JSON.stringify(run)).not.toContain("x2");
  });

  test.each([
    [{ Type: "Pass", Parameters: { "a.$": "$.none" }, End: true }, "States.ParameterPathFailure"],
    [{ Type: "Pass", ResultPath: "$.a[3]", End: true }, "States.ResultPathMatchFailure"],
    [{ Type: "ExpressionEval", Parameters: { "a.=": "none" }, ResultPath: "$.r", End: true }, "States.Runtime"],
    [
      { Type: "ExpressionEval", Parameters: { "a.=": "open('x')" }, ResultPath: "$.r", End: true },
      "Sandbox.NotSimulated",
    ],
  ])("fail the run with the name of what went wrong: %j", async (state, error) => {
    expect(await failure({ P: state })).toEqual([
      "FAILED",
      "FlowFailed",
      expect.objectContaining({ error, state_name: "P" }),
    ]);
  });

  test("more than 200 KB of data is too much for a run", async () => {
    const states = {
      P: { Type: "ExpressionEval", Parameters: { "a.=": "'x' * 210000" }, ResultPath: "$.r", End: true },
    };
    expect(await failure(states)).toEqual([
      "FAILED",
      "FlowFailed",
      expect.objectContaining({ error: "States.DataLimitExceeded" }),
    ]);
  });
});

describe("Choice", () => {
  const taken = async (rule: Document, input: Document): Promise<boolean> => {
    const end = { Type: "Pass", End: true };
    const states = {
      C: { Type: "Choice", Choices: [{ ...rule, Next: "Yes" }], Default: "No" },
      Yes: { ...end, Parameters: { taken: true } },
      No: end,
    };
    const { details } = await outcome(states, input);
    return ((details as Document)["output"] as Document)["taken"] === true;
  };

  test.each<readonly [Document, Document, boolean]>([
    [{ Variable: "$.s", StringEquals: "b" }, { s: "b" }, true],
    [{ Variable: "$.s", StringEquals: "b" }, { s: 1 }, false],
    [{ Variable: "$.s", StringLessThan: "c" }, { s: "b" }, true],
    [{ Variable: "$.s", StringGreaterThanEquals: "b" }, { s: "b" }, true],
    [{ Variable: "$.s", StringEqualsPath: "$.t" }, { s: "b", t: "b" }, true],
    [{ Variable: "$.s", StringMatches: "scan*.h5" }, { s: "scan_1.h5" }, true],
    [{ Variable: "$.n", NumericEquals: 0 }, { n: 0 }, true],
    [{ Variable: "$.n", NumericLessThanPath: "$.m" }, { n: 1, m: 2 }, true],
    [{ Variable: "$.n", NumericGreaterThan: 1 }, { n: 1 }, false],
    [{ Variable: "$.n", NumericLessThanEquals: 1 }, { n: 1 }, true],
    [{ Variable: "$.b", BooleanEquals: false }, { b: false }, true],
    [{ Variable: "$.b", BooleanEqualsPath: "$.c" }, { b: true, c: false }, false],
    [{ Variable: "$.t", TimestampLessThan: "2026-03-02T00:00:00Z" }, { t: "2026-03-01T23:00:00-05:00" }, false],
    [{ Variable: "$.t", TimestampGreaterThanEquals: "2026-03-01T00:00:00Z" }, { t: "2026-03-01T00:00:00+00:00" }, true],
    [{ Variable: "$.x", IsPresent: false }, {}, true],
    [{ Variable: "$.x[0]", IsPresent: true }, { x: [] }, false],
    [{ Variable: "$.x", IsNull: true }, { x: null }, true],
    [{ Variable: "$.x", IsNumeric: true }, { x: 1.5 }, true],
    [{ Variable: "$.x", IsString: false }, { x: 1 }, true],
    [{ Variable: "$.x", IsBoolean: true }, { x: "true" }, false],
    [{ Variable: "$.x", IsTimestamp: true }, { x: "2026-03-01T00:00:00Z" }, true],
    [{ Not: { Variable: "$.s", StringEquals: "a" } }, { s: "b" }, true],
    [
      {
        And: [
          { Variable: "$.a", IsPresent: true },
          { Variable: "$.a", NumericEquals: 2 },
        ],
      },
      { a: 2 },
      true,
    ],
    [
      {
        And: [
          { Variable: "$.a", IsPresent: true },
          { Variable: "$.a", NumericEquals: 2 },
        ],
      },
      {},
      false,
    ],
    [{ Or: [{ Variable: "$.a", NumericEquals: 1 }, { Not: { Variable: "$.a", NumericEquals: 3 } }] }, { a: 2 }, true],
  ])("%j of %j: %s", async (rule, input, expected) => {
    expect(await taken(rule, input)).toBe(expected);
  });

  test("that has nothing to go on with fails, and so does a variable that is not there", async () => {
    const rule = { Variable: "$.a", NumericEquals: 1, Next: "E" };
    const states = { C: { Type: "Choice", Choices: [rule] }, E: { Type: "Pass", End: true } };
    expect(await failure(states, { a: 2 })).toMatchObject([
      "FAILED",
      "FlowFailed",
      { error: "States.NoChoiceMatched" },
    ]);
    expect(await failure(states)).toMatchObject([
      "FAILED",
      "FlowFailed",
      { error: "States.Runtime", cause: expect.stringContaining("$.a") as unknown },
    ]);
  });
});

describe("Wait", () => {
  test.each<readonly [Document, number]>([
    [{ Seconds: 30 }, 30],
    [{ SecondsPath: "$.s" }, 20],
    [{ Timestamp: "2026-03-01T12:00:40Z" }, 40],
    [{ TimestampPath: "$.t" }, 50],
    [{ Timestamp: "2020-01-01T00:00:00Z" }, 0],
  ])("%j", async (wait, seconds) => {
    const flow = flowOf({ W: { Type: "Wait", ...wait, Next: "E" }, E: { Type: "Pass", End: true } });
    const id = await api.start(flow, { s: 20, t: "2026-03-01T12:00:50+00:00" });
    clock.advance(Math.max(0, seconds - 1));
    expect(await api.run(id)).toMatchObject({ status: "ACTIVE" });
    clock.advance(2);
    expect(await api.run(id)).toMatchObject({ status: "SUCCEEDED" });
    expect(await api.log(id)).toEqual([
      "FlowStarted",
      "WaitStarted",
      "WaitCompleted",
      "PassStarted",
      "PassCompleted",
      "FlowSucceeded",
    ]);
  });

  test("of nothing that can be waited for fails", async () => {
    const states = { W: { Type: "Wait", SecondsPath: "$.s", End: true } };
    expect(await failure(states, { s: "soon" })).toMatchObject(["FAILED", "FlowFailed", { error: "States.Runtime" }]);
  });
});

describe("Fail and Succeed", () => {
  test("end the run", async () => {
    expect(await failure({ F: { Type: "Fail", Error: "NoSpace", Cause: "the disk is full" } })).toEqual([
      "FAILED",
      "FlowFailed",
      { error: "NoSpace", cause: "the disk is full", state_name: "F" },
    ]);
    expect(await output({ S: { Type: "Succeed" } }, { a: 1 })).toEqual(["SUCCEEDED", { a: 1 }]);
  });
});

describe("Catch", () => {
  const bad = { Type: "Pass", Parameters: { "a.$": "$.none" }, Next: "Caught" };
  const caught = { Type: "Pass", End: true };

  test.each([["States.ParameterPathFailure"], ["States.ALL"], ["States.All"]])(
    "%s goes on with the error",
    async (name) => {
      const states = {
        B: {
          ...bad,
          Catch: [
            { ErrorEquals: ["Other"], Next: "B" },
            { ErrorEquals: [name], ResultPath: "$.e", Next: "Caught" },
          ],
        },
        Caught: caught,
      };
      expect(await output(states, { x: 1 })).toMatchObject([
        "SUCCEEDED",
        { x: 1, e: { Error: "States.ParameterPathFailure", Cause: expect.stringContaining("$.none") as unknown } },
      ]);
    },
  );

  test("for another error does not help, nor does any for what is not simulated", async () => {
    const states = { B: { ...bad, Catch: [{ ErrorEquals: ["Other"], Next: "Caught" }] }, Caught: caught };
    expect(await failure(states)).toMatchObject(["FAILED", "FlowFailed", { error: "States.ParameterPathFailure" }]);
    const odd = {
      ...bad,
      Parameters: { "a.=": "open('x')" },
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "Caught" }],
    };
    expect(await failure({ B: odd, Caught: caught })).toMatchObject([
      "FAILED",
      "FlowFailed",
      { error: "Sandbox.NotSimulated" },
    ]);
  });
});

test("a run that goes round and round comes on by the clock alone, and close ends it", async () => {
  const choice = { Type: "Choice", Choices: [{ Variable: "$.n", IsPresent: true, Next: "Round" }], Default: "Round" };
  const id = await api.start(flowOf({ Round: { Type: "Pass", Next: "Again" }, Again: choice }), { n: 1 });
  clock.advance(60);
  expect(await api.run(id)).toMatchObject({ status: "ACTIVE" });
  expect(clock.pending).toBeGreaterThan(0);
  await globus.close();
  expect(clock.pending).toBe(0);
});
