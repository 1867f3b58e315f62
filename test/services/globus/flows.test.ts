/** Globus Flows behind its port: what is sent, and what is made of each answer. Documents: those of Globus' own SDK. */
import { beforeEach, describe, expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { AccessDeniedError, NotFoundError, UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Flows, RunLogEntry } from "../../../src/controller/ports/flows.ts";
import type { GlobusCall, GlobusRequest } from "../../../src/services/globus/call.ts";
import { LoginNeededError, parseRefusal, refusalError } from "../../../src/services/globus/errors.ts";
import { createFlows } from "../../../src/services/globus/flows/flows.ts";
import { dataAccessScope, TRANSFER_SCOPE } from "../../../src/services/globus/scopes.ts";

const FLOW = "24bc4997-b483-4c25-a19c-64b0afc00743";
const RUN = "36ad9f9a-ad29-488f-beb4-c22ab729643a";
const QUESTION = "e35d1f92-3e2a-4c1c-8f36-7ce4f00f9d2c";
const TASK = "10000000-0000-4000-8000-000000000001";
const OWNER = "b44bddda-d274-11e5-978a-9f15789a8150";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly request: GlobusRequest;
}

let asked: Asked[];
let answers: Record<string, (asked: Asked) => unknown>;

/** Sends nothing: the SDK's request is taken as it is made, and answered by `answers`. */
const call: GlobusCall = async (request) => {
  let made: Asked | undefined;
  const take = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { pathname, searchParams } = new URL(url instanceof Request ? url.url : url);
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as Asked["body"]) : {};
    made = { method: init.method ?? "GET", path: pathname, query: Object.fromEntries(searchParams), body, request };
    return new Response(null);
  };
  await request.send({ Authorization: "Bearer token" }, { fetch: { options: { __callable: take } } });
  if (made === undefined) throw new Error("the SDK sent nothing");
  asked.push(made);
  const answer = answers[`${made.method} ${made.path}`];
  if (answer === undefined) return refuse(404, { error: { code: "NOT_FOUND", detail: "none" } })(made);
  return answer(made) as Awaited<ReturnType<GlobusCall>>;
};

const refuse =
  (status: number, document: unknown) =>
  ({ request }: Asked): never => {
    const refusal = parseRefusal(status, document);
    if (refusal === undefined) throw new Error("no refusal in it");
    throw refusalError(request.what, refusal, request.advice);
  };

const flows: Flows = createFlows({ call, nameOf: (id) => (id === FLOW ? "nightly" : id) });

const run = (more: object = {}): Readonly<Record<string, unknown>> => ({
  run_id: RUN,
  flow_id: FLOW,
  flow_title: "Multi Step Transfer",
  start_time: "2020-09-12T15:00:20.711845+00:00",
  status: "ACTIVE",
  details: { code: "FlowStarting", description: "The Flow is starting execution" },
  run_owner: `urn:globus:auth:identity:${OWNER}`,
  label: "0A scan",
  tags: ["a"],
  completion_time: null,
  blocking_web_input_id: null,
  ...more,
});
const REQUEST = { flow: FLOW, label: "0A scan", tags: ["a"], input: { recursive_tx: true } };

beforeEach(() => {
  asked = [];
  answers = { [`GET /runs/${RUN}`]: () => run(), [`POST /flows/${FLOW}/run`]: () => run() };
});

describe("a run", () => {
  test("is started by one request that is never repeated, with the token of its flow", async () => {
    await expect(flows.start(REQUEST, {})).resolves.toEqual({
      id: RUN,
      flow: FLOW,
      flowTitle: "Multi Step Transfer",
      state: "ACTIVE",
      said: "ACTIVE",
      label: "0A scan",
      tags: ["a"],
      owner: OWNER,
      started: Date.parse("2020-09-12T15:00:20.711Z"),
      code: "FlowStarting",
      description: "The Flow is starting execution",
      step: "",
      stepCode: "",
      requiredScopes: [],
      collections: [],
      tasks: [],
    });
    expect(asked[0]?.body).toEqual({ body: { recursive_tx: true }, label: "0A scan", tags: ["a"] });
    expect(asked[0]?.request).toMatchObject({ resourceServer: FLOW, repeatable: false });
  });

  test.each(["a, b", "x".repeat(65), "", " a"])("is not started with the label %j", async (label) => {
    await expect(flows.start({ ...REQUEST, label }, {})).rejects.toThrow(/label .* cannot be given to a run/);
    expect(asked).toEqual([]);
  });

  test("whose answer is none of Flows' may have begun", async () => {
    answers[`POST /flows/${FLOW}/run`] = () => ({ status: "fine" });
    const failure = await flows.start(REQUEST, {}).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(UnavailableError);
    expect((failure as UnavailableError).mayHaveHappened).toBe(true);
  });

  test.each([
    [
      403,
      { code: "MISSING_SCOPE", detail: "This action requires the following scope: a[b]" },
      LoginNeededError,
      "run `globus-ioc login --flow nightly`",
    ],
    [
      401,
      { code: "AUTHENTICATION_ERROR", detail: "Expired or invalid Bearer token" },
      LoginNeededError,
      "run `globus-ioc login --flow nightly`",
    ],
    [
      403,
      { code: "FORBIDDEN", detail: "Missing permissions: RUN." },
      AccessDeniedError,
      "let the owner of the flow nightly make this login one of its starters",
    ],
    [404, { code: "NOT_FOUND", detail: "No flow exists" }, NotFoundError, "run `globus-ioc flow deploy nightly`"],
    [
      400,
      { code: "FLOW_INPUT_ERROR", detail: [{ loc: ["$.bool"], type: "x", msg: "'no' is not of type 'boolean'" }] },
      ActionError,
      "$.bool: 'no' is not of type 'boolean'",
    ],
  ] as const)("refused with %i %j tells what helps", async (status, error, kind, words) => {
    answers[`POST /flows/${FLOW}/run`] = refuse(status, { error, debug_id: "00-11" });
    const failure = await flows.start(REQUEST, {}).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(kind);
    expect((failure as Error).message).toContain("Globus did not start the flow nightly");
    expect((failure as Error).message).toContain(words);
    expect((failure as Error).message).toContain("request 00-11");
  });

  test("is refused by a policy of the flow in the words of the session", async () => {
    answers[`POST /flows/${FLOW}/run`] = refuse(403, {
      error: { code: "AUTHENTICATION_POLICY_REQUIRED", detail: "None of the identities in session meet it." },
      code: "AuthenticationPolicyRequired",
      authorization_parameters: { session_required_policies: ["p"], session_message: "an unsatisfied policy" },
    });
    await expect(flows.start(REQUEST, {})).rejects.toThrow(LoginNeededError);
  });

  test("is checked before it is started: each problem is a sentence of its own", async () => {
    answers[`POST /flows/${FLOW}/validate_run`] = () => ({ message: "validation successful" });
    await expect(flows.problems(REQUEST, {})).resolves.toEqual([]);
    answers[`POST /flows/${FLOW}/validate_run`] = refuse(400, {
      error: {
        code: "FLOW_INPUT_ERROR",
        detail: [
          { loc: ["$.source", "id"], msg: "'x' is not a 'uuid'", type: "y" },
          { loc: ["$"], msg: "'destination' is a required property", type: "y" },
        ],
        message: "Input failed schema validation with 2 errors.",
      },
    });
    await expect(flows.problems(REQUEST, {})).resolves.toEqual([
      "$.source.id: 'x' is not a 'uuid'",
      "$: 'destination' is a required property",
    ]);
    answers[`POST /flows/${FLOW}/validate_run`] = refuse(403, { error: { code: "FORBIDDEN", detail: "no" } });
    await expect(flows.problems(REQUEST, {})).rejects.toThrow(AccessDeniedError);
  });

  test("that waits for a consent names it, wherever Flows writes it", async () => {
    const scopes = ["https://auth.globus.org/scopes/f/flow_f_user[*urn:a:all]"];
    const spellings = [
      { code: "ConsentRequired", required_scope: scopes[0] },
      { code: "ConsentRequired", authorization_parameters: { required_scopes: scopes } },
      { code: "Waiting", action_statuses: [{ state_name: "Move", details: { required_scopes: scopes } }] },
    ];
    for (const details of spellings) {
      answers[`GET /runs/${RUN}`] = () => run({ status: "INACTIVE", details });
      const report = await flows.run(RUN, {});
      expect(report).toMatchObject({ state: "INACTIVE", requiredScopes: scopes });
      expect(report.session).toBeUndefined();
    }
  });

  test("that waits for the consent of mapped collections names them; a message beside it is no session", async () => {
    const consent = `https://auth.globus.org/scopes/f/flow_f_user[*${TRANSFER_SCOPE}[*${dataAccessScope(FLOW)}]]`;
    const asks = { session_message: "Missing required data_access consent", required_scopes: [consent] };
    answers[`GET /runs/${RUN}`] = () =>
      run({ status: "INACTIVE", details: { code: "ConsentRequired", authorization_parameters: asks } });
    const report = await flows.run(RUN, {});
    expect(report).toMatchObject({ requiredScopes: [consent], collections: [FLOW] });
    expect(report.session).toBeUndefined();
  });

  test("that waits for a session names what Globus wants of it, in the form of a command line alone", async () => {
    const asks = { session_required_policies: `${FLOW}, $(rm)`, session_required_single_domain: ["example.org", "-x"] };
    answers[`GET /runs/${RUN}`] = () => run({ status: "INACTIVE", details: { authorization_parameters: asks } });
    expect((await flows.run(RUN, {})).session).toEqual({
      policies: [FLOW],
      domains: ["example.org"],
      message: `required_policies ${FLOW}, $(rm), required_single_domain example.org,-x`,
    });
  });

  test("that waits for a session, or an answer, says so", async () => {
    const asks = { session_required_mfa: true, session_message: "two factors" };
    answers[`GET /runs/${RUN}`] = () =>
      run({ status: "INACTIVE", details: { code: "AuthorizationParameters", authorization_parameters: asks } });
    expect((await flows.run(RUN, {})).session).toEqual({ policies: [], domains: [], message: "two factors" });
    answers[`GET /runs/${RUN}`] = () => run({ status: "INACTIVE", blocking_web_input_id: QUESTION });
    expect((await flows.run(RUN, {})).question).toBe(QUESTION);
  });

  test("names its step and the tasks of Globus Transfer, but no other service's, nor the input's", async () => {
    const task = { state_name: "Move", status: "ACTIVE", details: { task_id: TASK, nice_status: "Queued" } };
    answers[`GET /runs/${RUN}`] = () => run({ details: { code: "ActionStarted", action_statuses: [task] } });
    await expect(flows.run(RUN, {})).resolves.toMatchObject({ step: "Move", stepCode: "Queued", tasks: [TASK] });
    const output = {
      input: { details: { task_id: OWNER } },
      Compute: { details: { results: [{ task_id: OWNER, output: 1 }] } },
      Transfer: { details: { task_id: TASK } },
    };
    answers[`GET /runs/${RUN}`] = () => run({ status: "SUCCEEDED", details: { code: "FlowSucceeded", output } });
    await expect(flows.run(RUN, {})).resolves.toMatchObject({ state: "SUCCEEDED", tasks: [TASK], output });
  });

  test("in a state that is not known passes with the name that Flows has for it; null details are none", async () => {
    for (const status of ["PONDERING", "UNKNOWN"]) {
      answers[`GET /runs/${RUN}`] = () => run({ status, details: null, tags: null, label: null });
      await expect(flows.run(RUN, {})).resolves.toMatchObject({ state: "UNKNOWN", said: status, code: "", tags: [] });
    }
  });

  test("is looked for by flow, time and a part of its label, through all pages", async () => {
    answers["GET /runs"] = ({ query }) =>
      query["marker"] === undefined
        ? { runs: [run()], has_next_page: true, marker: "m1" }
        : { runs: [run({ status: "ENDED" })], has_next_page: false, marker: null };
    const startedFrom = Date.parse("2020-09-12T15:00:00Z");
    const found = await flows.runs({ flow: FLOW, label: "0A", startedFrom, isOpen: true }, {});
    expect(found.map(({ state }) => state)).toEqual(["ACTIVE", "ENDED"]);
    expect(asked[0]?.query).toMatchObject({
      filter_flow_id: FLOW,
      filter_label: "0A",
      filter_start_time: "2020-09-12T15:00:00.000Z,",
      filter_status: "ACTIVE,INACTIVE",
    });
    expect(asked[0]?.query).not.toHaveProperty("filter_roles");
    expect(asked.map(({ query }) => query["marker"])).toEqual([undefined, "m1"]);
  });

  test("in another form hides no other, but where it is looked for nobody says that it has not begun", async () => {
    answers["GET /runs"] = () => ({
      runs: [null, run({ label: 5 }), run({ tags: [null] }), run({ run_id: "../x" }), run()],
    });
    expect((await flows.runs({ isOpen: true }, {})).map(({ id }) => id)).toEqual([RUN]);
    await expect(flows.runs({ flow: FLOW, label: "0A" }, {})).rejects.toThrow(UnavailableError);
  });

  test("whose id is none, as Flows answers its start, may have begun", async () => {
    answers[`POST /flows/${FLOW}/run`] = () => run({ run_id: "no id\n/../x" });
    await expect(flows.start(REQUEST, {})).rejects.toMatchObject({ mayHaveHappened: true });
  });

  test("whose details are very deep is read as far as anybody looks", async () => {
    let deep: unknown = [];
    for (let level = 0; level < 20_000; level++) deep = [deep];
    answers[`GET /runs/${RUN}`] = () => run({ details: { code: "FlowSucceeded", output: { deep } } });
    const report = await flows.run(RUN, {});
    expect([report.code, JSON.stringify(report).length]).toEqual(["FlowSucceeded", expect.any(Number)]);
  });

  test("is resumed with a new token of its flow, with the consent that it waits for", async () => {
    answers[`GET /runs/${RUN}`] = () => run({ status: "INACTIVE", details: { required_scope: "s[*t]" } });
    answers[`POST /runs/${RUN}/resume`] = () => run();
    await flows.resume(RUN, FLOW, {});
    expect(asked.at(-1)?.request).toMatchObject({ resourceServer: FLOW, newTokenWith: ["s[*t]"] });
  });

  test("weakness 13: is looked at and cancelled with the token of the service, whatever flow it is of", async () => {
    answers[`POST /runs/${RUN}/cancel`] = () => run();
    await flows.run(RUN, {});
    await flows.cancel(RUN, {});
    expect(asked.map(({ request }) => request.resourceServer)).toEqual(["flows.globus.org", "flows.globus.org"]);
  });

  test("that is gone says for how long Flows keeps runs; what is no id is not asked for", async () => {
    answers = {};
    await expect(flows.cancel(RUN, {})).rejects.toThrow("90 days");
    asked = [];
    await expect(flows.cancel("../flows", {})).rejects.toThrow(/is no id of a run/);
    expect(asked).toEqual([]);
  });
});

describe("why a run has failed", () => {
  const failed = (cause: unknown) =>
    run({
      status: "FAILED",
      details: {
        code: "FlowFailed",
        description: "The run failed in state Send: ActionFailedException",
        details: { error: "ActionFailedException", cause, state_name: "Send" },
      },
    });
  const status = {
    status: "FAILED",
    details: { task_id: TASK, nice_status: "OK", fatal_error: { code: "NO_SPACE_LEFT", description: "disk full" } },
  };

  test.each([
    ["an action's last status, as text", JSON.stringify(status), ": NO_SPACE_LEFT: disk full", [TASK]],
    ["an action's last status", status, ": NO_SPACE_LEFT: disk full", [TASK]],
    [
      "what refused an action",
      JSON.stringify({ code: "EndpointNotFound", message: "no such one" }),
      ": EndpointNotFound: no such one",
      [],
    ],
    ["a Fail state's own sentence", "The source was kept.", ": The source was kept.", []],
    ["half of a document", '{"status":', ': {"status":', []],
    ["nothing", undefined, "", []],
  ])("is told by %s", async (_, cause, words, tasks) => {
    answers[`GET /runs/${RUN}`] = () => failed(cause);
    const report = await flows.run(RUN, {});
    expect(report.description).toBe(`The run failed in state Send: ActionFailedException${words}`);
    expect(report.tasks).toEqual(tasks);
  });

  test("is told in its log, too, with the task", async () => {
    const details = { error: "ActionFailedException", cause: JSON.stringify(status), state_name: "Send" };
    const entry = {
      time: "2020-09-12T15:00:20+00:00",
      code: "ActionFailed",
      description: "State Send failed",
      details,
    };
    answers[`GET /runs/${RUN}/log`] = () => ({ limit: 100, has_next_page: false, entries: [entry] });
    const [told] = await flows.log(RUN, {});
    expect(told).toMatchObject({
      description: "State Send failed: NO_SPACE_LEFT: disk full",
      step: "Send",
      tasks: [TASK],
    });
  });
});

describe("the log of a run", () => {
  const entry = (code: string, seconds: number, details: object = {}): object => ({
    time: new Date(seconds * 1000).toISOString(),
    code,
    description: "",
    details,
  });
  const codes = (entries: readonly RunLogEntry[]): string[] => entries.map(({ code }) => code);

  test("is read whole, 100 entries a page, with steps and tasks", async () => {
    const output = { details: { task_id: TASK } };
    answers[`GET /runs/${RUN}/log`] = ({ query }) =>
      query["marker"] === undefined
        ? { entries: [entry("FlowStarted", 1, { input: output })], has_next_page: true, marker: "m1", limit: 100 }
        : { entries: [entry("ActionCompleted", 2, { state_name: "Move", output })], has_next_page: false, limit: 100 };
    const entries = await flows.log(RUN, {});
    expect(entries).toMatchObject([
      { code: "FlowStarted", step: "", tasks: [], time: 1000 },
      { code: "ActionCompleted", step: "Move", tasks: [TASK], time: 2000 },
    ]);
    expect(asked[0]?.query).toEqual({ limit: "100" });
  });

  test("is read from its end, as far as it is new", async () => {
    const all = [entry("A", 1), entry("B", 2), entry("C", 2), entry("D", 3), entry("E", 4)];
    answers[`GET /runs/${RUN}/log`] = ({ query }) => {
      if (query["reverse_order"] !== "true") return { entries: all.slice(0, 2), has_next_page: false };
      const at = Number(query["marker"] ?? "0");
      return {
        entries: all.toReversed().slice(at, at + 2),
        has_next_page: at + 2 < all.length,
        marker: String(at + 2),
      };
    };
    const known = await flows.log(RUN, {});
    asked = [];
    const last = known.at(-1);
    if (last === undefined) throw new Error("no log");
    expect(codes(await flows.log(RUN, {}, last))).toEqual(["C", "D", "E"]);
    expect(asked).toHaveLength(2);
    const newest = (await flows.log(RUN, {}, last)).at(-1);
    asked = [];
    expect(codes(await flows.log(RUN, {}, newest))).toEqual([]);
    expect(asked).toHaveLength(1);
  });
});

describe("a flow", () => {
  const DOCUMENT = {
    id: FLOW,
    title: "Multi Step Transfer",
    flow_owner: `urn:globus:auth:identity:${OWNER}`,
    keywords: ["two"],
    definition: { StartAt: "A" },
    input_schema: { type: "object" },
    created_at: "2020-09-01T17:59:20.711845+00:00",
    updated_at: "2020-09-02T17:59:20.711845+00:00",
    subscription_id: null,
  };

  test("is shown with its document as it came", async () => {
    answers[`GET /flows/${FLOW}`] = () => DOCUMENT;
    const report = await flows.flow(FLOW, {});
    expect(report).toMatchObject({ id: FLOW, owner: OWNER, inputSchema: { type: "object" }, document: DOCUMENT });
    expect(report.subscription).toBeUndefined();
    answers["GET /flows"] = () => ({ flows: [DOCUMENT, { id: RUN, title: "b" }], has_next_page: false });
    expect((await flows.flows({})).map(({ title }) => title)).toEqual(["Multi Step Transfer", "b"]);
  });

  test("is changed by what is named alone, and deployed by one request that is not repeated", async () => {
    answers[`PUT /flows/${FLOW}`] = () => DOCUMENT;
    await flows.change(FLOW, { title: "t", inputSchema: {}, subscription: "DEFAULT" }, {});
    expect(asked[0]?.body).toEqual({ title: "t", input_schema: {}, subscription_id: "DEFAULT" });
    answers["POST /flows"] = () => DOCUMENT;
    await flows.create({ title: "t", definition: {}, starters: ["all_authenticated_users"] }, {});
    expect(asked[1]?.body).toEqual({ title: "t", definition: {}, flow_starters: ["all_authenticated_users"] });
    expect(asked[1]?.request.repeatable).toBe(false);
  });

  test("whose definition is none tells where", async () => {
    answers["POST /flows/validate"] = refuse(422, {
      error: {
        code: "UNPROCESSABLE_ENTITY",
        detail: [{ loc: ["definition", "States", "Step1"], msg: "no end", type: "value_error" }],
        message: "1 validation error in body.",
      },
      debug_id: "x",
    });
    await expect(flows.definitionProblems({ definition: {} }, {})).resolves.toEqual([
      "definition.States.Step1: no end",
    ]);
  });
});

describe("a question", () => {
  const DOCUMENT = {
    id: QUESTION,
    status: "open",
    context: { title: "Delete?", presentation_style: "table", rows: [{ field: "Files", value: "3" }] },
    options: [
      { option_id: OWNER, label: "Yes", description: "They go." },
      { option_id: TASK, label: "No", description: "They stay." },
    ],
    run: { id: RUN, label: "x" },
    closed_timestamp: null,
  };

  test("is found by its run, and shown with its options", async () => {
    answers["GET /web_inputs"] = () => ({
      web_input_summaries: [{ id: QUESTION, status: "open", title: "Delete?", run: { id: RUN } }],
      marker: null,
    });
    expect((await flows.questions([RUN], {})).map(({ id, run: of }) => [id, of])).toEqual([[QUESTION, RUN]]);
    expect(asked[0]?.query).toEqual({ filter_states: "open", filter_run_ids: RUN });
    answers[`GET /web_inputs/${QUESTION}`] = () => DOCUMENT;
    await expect(flows.question(QUESTION, {})).resolves.toEqual({
      id: QUESTION,
      run: RUN,
      state: "open",
      title: "Delete?",
      text: "Files: 3",
      options: [
        { id: OWNER, words: "Yes" },
        { id: TASK, words: "No" },
      ],
    });
    asked = [];
    await expect(flows.questions([], {})).resolves.toEqual([]);
    expect(asked).toEqual([]);
  });

  test("is answered once; closed, or by one who is not asked, it is refused in words", async () => {
    answers[`POST /web_inputs/${QUESTION}/respond`] = () => ({ status: "ok" });
    await flows.respond(QUESTION, OWNER, {});
    expect(asked[0]?.body).toEqual({ response: { value: OWNER } });
    answers[`POST /web_inputs/${QUESTION}/respond`] = refuse(409, {
      error: { code: "STATE_CONFLICT", detail: `Web Input ${QUESTION} is already closed.` },
    });
    await expect(flows.respond(QUESTION, OWNER, {})).rejects.toThrow("already closed");
    answers[`POST /web_inputs/${QUESTION}/respond`] = refuse(403, { error: { code: "FORBIDDEN", detail: "no role" } });
    await expect(flows.respond(QUESTION, OWNER, {})).rejects.toThrow("log in as one of them");
  });
});
