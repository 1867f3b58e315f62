/** Action states of the simulated Flows: what the providers do, and how actions fail, wait for people, and go on. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GlobusService, startGlobusService } from "../../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../../support/fakes/fake-clock.ts";
import { callFlows, type FlowsCaller, flowScope } from "../../../support/flows-caller.ts";
import { callGlobus, type Document } from "../../../support/globus-caller.ts";

const SERVICE = "https://transfer.actions.globus.org";
const TRANSFER_SCOPE = "urn:globus:auth:scope:transfer.api.globus.org:all";
let clock: FakeClock;
let globus: GlobusService;
let api: FlowsCaller;
let source: { readonly id: string; readonly folder: string };
let destination: { readonly id: string; readonly folder: string };

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 2, 1, 12));
  globus = await startGlobusService({
    clock,
    collections: [{ name: "detector", bytesPerSecond: 1000 }, { name: "archive" }, { name: "mapped", isMapped: true }],
  });
  [source, destination] = [globus.collection("detector"), globus.collection("archive")];
  writeFileSync(join(source.folder, "a.h5"), Buffer.alloc(100_000, "x"));
  api = await callFlows(globus);
});
afterEach(() => globus.close());

const action = (name: string, parameters: Document, more: Document = {}): Document => ({
  Type: "Action",
  ActionUrl: `${SERVICE}/${name}`,
  Parameters: parameters,
  ResultPath: "$.Done",
  End: true,
  ...more,
});
const transfer = (more: Document = {}, parameters: Document = {}): Document =>
  action(
    "transfer",
    {
      source_endpoint: source.id,
      destination_endpoint: destination.id,
      DATA: [{ source_path: "/a.h5", destination_path: "/a.h5" }],
      ...parameters,
    },
    { WaitTime: 3600, ...more },
  );
const deploy = (state: Document, ...others: readonly Document[]): string => {
  const states = Object.fromEntries([state, ...others].map((one, index) => [`S${index}`, one]));
  return globus.flows.deploy({ definition: { StartAt: "S0", States: states } });
};
/** What a run with this state comes to after so many seconds. */
async function outcome(state: Document, seconds = 60): Promise<Document> {
  const id = await api.start(deploy(state));
  clock.advance(seconds);
  return api.run(id);
}
const resultOf = (run: Document): Document =>
  ((run["details"] as Document)["output"] as { readonly Done: Document }).Done;
const detailsOf = (run: Document): Document => run["details"] as Document;
/** What globus-cli gets when the person logs in with it. */
async function cliToken(scope: string): Promise<string> {
  const verifier = "v".repeat(43);
  const code_challenge = createHash("sha256").update(verifier).digest("base64url");
  const client = { client_id: "95fdeba8-fac2-42bd-a357-e068d82ff78e", redirect_uri: "http://localhost:1" };
  const asked = { ...client, scope, response_type: "code", code_challenge, code_challenge_method: "S256" };
  const page = `${globus.url}/v2/oauth2/authorize?${new URLSearchParams(asked).toString()}`;
  const { headers } = await fetch(page, { redirect: "manual" });
  const code = new URL(headers.get("location") ?? "").searchParams.get("code") ?? "";
  const body = new URLSearchParams({ ...client, grant_type: "authorization_code", code, code_verifier: verifier });
  const answer = await fetch(`${globus.url}/v2/oauth2/token`, { method: "POST", body });
  return ((await answer.json()) as { readonly access_token: string }).access_token;
}
/** The only task of Transfer. */
const task = async (): Promise<Document> => {
  const { body } = await (await callGlobus(globus)).call("GET", "/task_list");
  return (body["DATA"] as readonly [Document])[0];
};

describe("the providers of Transfer", () => {
  test("mkdir, ls, stat and collection_info answer at once, with Transfer's own documents", async () => {
    const made = await outcome(action("mkdir", { endpoint_id: source.id, path: "/new" }));
    expect(resultOf(made)).toMatchObject({
      status: "SUCCEEDED",
      state_name: "S0",
      details: { code: "DirectoryCreated" },
    });
    expect(readdirSync(source.folder)).toContain("new");
    const listed = await outcome(action("ls", { endpoint_id: source.id, path: "/", limit: 1 }));
    expect(resultOf(listed)).toMatchObject({ details: { DATA: [{ name: "a.h5" }], total: 2 } });
    const found = await outcome(action("stat/", { endpoint_id: source.id, path: "/a.h5" }));
    expect(resultOf(found)).toMatchObject({ details: { type: "file", size: 100_000 } });
    const missing = await outcome(action("stat", { endpoint_id: source.id, path: "/none" }));
    expect(resultOf(missing)).toMatchObject({ status: "SUCCEEDED", details: { code: "NotFound" } });
    const told = await outcome(action("collection_info", { endpoint_id: source.id }));
    expect(resultOf(told)).toMatchObject({ details: { display_name: "detector" } });
  });

  test("delete and manage_permission change what is there", async () => {
    const deleted = await outcome(action("delete", { endpoint: source.id, DATA: [{ path: "/a.h5" }] }));
    expect(resultOf(deleted)).toMatchObject({ status: "SUCCEEDED", details: { type: "DELETE" } });
    expect(existsSync(join(source.folder, "a.h5"))).toBe(false);
    const rule = {
      endpoint_id: source.id,
      path: "/",
      principal_type: "identity",
      principal: globus.person.id,
      permissions: "r",
    };
    const permitted = await outcome(action("manage_permission", { operation: "CREATE", ...rule }));
    const { access_id } = resultOf(permitted)["details"] as { readonly access_id: string };
    expect(globus.collection("detector").rules).toMatchObject([{ id: access_id, permissions: "r" }]);
    const at = { endpoint_id: source.id, rule_id: access_id };
    await outcome(action("manage_permission", { operation: "UPDATE", ...at, permissions: "rw" }));
    expect(globus.collection("detector").rules).toMatchObject([{ permissions: "rw" }]);
    const rules = await outcome(action("manage_permission", { operation: "LIST", endpoint_id: source.id }));
    expect(resultOf(rules)).toMatchObject({ details: { DATA: [{ id: access_id }] } });
    await outcome(action("manage_permission", { operation: "DELETE", ...at }));
    expect(globus.collection("detector").rules).toEqual([]);
  });

  test("are also found by the newer spelling, and label their task as they are told", async () => {
    const { ActionUrl: url, ...state } = transfer({}, { label: "my scan" });
    expect(await outcome({ ...state, Handler: { Type: "ActionProvider", Url: url } }, 200)).toMatchObject({
      status: "SUCCEEDED",
    });
    expect(await task()).toMatchObject({ label: "my scan", status: "SUCCEEDED" });
  });

  test("send through a flow what goes through that flow alone", async () => {
    const flow = "11111111-2222-4333-8444-555555555555";
    const policed = await startGlobusService({
      clock,
      collections: [
        { name: "detector", files: { "/a.h5": 10 } },
        { name: "vault", flowPolicy: { destination: flow } },
      ],
    });
    try {
      const [from, to] = [policed.collection("detector").id, policed.collection("vault").id];
      const items = { DATA: [{ source_path: "/a.h5", destination_path: "/a.h5" }] };
      const state = action("transfer", { source_endpoint: from, destination_endpoint: to, ...items });
      const definition = { StartAt: "S", States: { S: state } };
      const its = await callFlows(policed);
      const [own, other] = [
        await its.start(policed.flows.deploy({ definition, id: flow })),
        await its.start(policed.flows.deploy({ definition })),
      ];
      clock.advance(60);
      expect(await its.run(own)).toMatchObject({ status: "SUCCEEDED" });
      expect(detailsOf(await its.run(other))).toMatchObject({
        details: { error: "ActionUnableToRun", cause: expect.stringContaining(flow) as unknown },
      });
    } finally {
      await policed.close();
    }
  });
});

describe("an action that fails", () => {
  const lost = { source_endpoint: "00000000-0000-4000-8000-000000000000" };

  test("before it has begun is ActionUnableToRun", async () => {
    expect(detailsOf(await outcome(transfer({}, lost)))).toMatchObject({
      code: "FlowFailed",
      details: {
        error: "ActionUnableToRun",
        cause: expect.stringContaining("EndpointNotFound") as unknown,
        state_name: "S0",
      },
    });
  });

  test.each([
    ["https://actions.globus.org/transfer/transfer"],
    ["https://actions.automate.globus.org/transfer/transfer"],
  ])("%s is no longer in service", async (url) => {
    const { details } = detailsOf(await outcome({ ...transfer(), ActionUrl: url }));
    expect(details).toMatchObject({
      error: "ActionUnableToRun",
      cause: expect.stringContaining("no longer in service") as unknown,
    });
  });

  test("later is ActionFailedException, which may be caught or be a result", async () => {
    const fail = async (state: Document, ...others: readonly Document[]): Promise<Document> => {
      const id = await api.start(deploy(state, ...others));
      clock.advance(5);
      globus.flows.failAction(id, "the disk is full");
      clock.advance(5);
      return api.run(id);
    };
    const end = { Type: "Pass", End: true };
    expect(await fail(transfer())).toMatchObject({
      status: "FAILED",
      details: { details: { error: "ActionFailedException" } },
    });
    expect((await task())["status"]).toBe("FAILED");
    const catching = [{ ErrorEquals: ["ActionFailedException"], ResultPath: "$.Bad", Next: "S1" }];
    const caught = detailsOf(await fail(transfer({ Catch: catching }), end));
    expect(caught).toMatchObject({ output: { Bad: { Error: "ActionFailedException" } } });
    const { Cause: cause } = (caught["output"] as { readonly Bad: { readonly Cause: string } }).Bad;
    expect(JSON.parse(cause)).toMatchObject({ status: "FAILED", details: { description: "the disk is full" } });
    const tolerated = await fail(transfer({ ExceptionOnActionFailure: false }));
    expect(tolerated).toMatchObject({ status: "SUCCEEDED", details: { output: { Done: { status: "FAILED" } } } });
  });

  test("takes longer than its WaitTime, 300 s unless it says otherwise, and is aborted", async () => {
    globus.addFault("detector", { code: "CONNECT_FAILED" });
    const run = await outcome(transfer({ WaitTime: 60 }), 59);
    expect(run["status"]).toBe("ACTIVE");
    clock.advance(2);
    expect(await api.run(run["run_id"] as string)).toMatchObject({
      status: "FAILED",
      details: { details: { error: "ActionTimeout" } },
    });
    expect(await task()).toMatchObject({ status: "FAILED", fatal_error: { code: "CANCELED" } });
    const { WaitTime: _seconds, ...usual } = transfer(
      {},
      { DATA: [{ source_path: "/a.h5", destination_path: "/b.h5" }] },
    );
    const slow = await outcome(usual, 299);
    expect(slow["status"]).toBe("ACTIVE");
    clock.advance(2);
    expect(await api.run(slow["run_id"] as string)).toMatchObject({ details: { details: { error: "ActionTimeout" } } });
  });
});

describe("a run that waits for a person", () => {
  test("tells what consent it lacks, and goes on with a new token of the same application", async () => {
    const flow = deploy(transfer());
    const old = await api.flowToken(flow);
    const { body } = await api.callWith(old, "POST", `/flows/${flow}/run`, { body: {} });
    const id = body["run_id"] as string;
    clock.advance(5);
    globus.flows.revokeConsent(id);
    expect(await api.run(id)).toMatchObject({
      status: "INACTIVE",
      details: {
        code: "ConsentRequired",
        required_scope: `${flowScope(flow)}[${TRANSFER_SCOPE}]`,
        state_name: "S0",
        action_statuses: [{ state_name: "S0", details: { code: "ConsentRequired", required_scope: TRANSFER_SCOPE } }],
      },
    });
    // The task goes on without it, and its time is none of the action's.
    clock.advance(7200);
    const resume = (token: string): Promise<unknown> => api.callWith(token, "POST", `/runs/${id}/resume`);
    expect(await resume(old)).toMatchObject({ status: 200, body: { status: "INACTIVE" } });
    const person = await callFlows(globus, "person");
    expect(await resume(await person.flowToken(flow))).toMatchObject({ status: 404 });
    expect(await resume(await api.flowToken(flow))).toMatchObject({ status: 200, body: { status: "SUCCEEDED" } });
    expect(await api.log(id)).toEqual([
      "FlowStarted",
      "ActionStarted",
      "FlowInactive",
      "FlowResumed",
      "ActionCompleted",
      "FlowSucceeded",
    ]);
  });

  test("does not go on with a token of another application of the same person", async () => {
    const person = await callFlows(globus, "person");
    const flow = globus.flows.deploy({
      definition: { StartAt: "S0", States: { S0: transfer() } },
      starters: ["all_authenticated_users"],
    });
    const id = await person.start(flow);
    clock.advance(5);
    globus.flows.revokeConsent(id);
    const resume = (token: string): Promise<unknown> => person.callWith(token, "POST", `/runs/${id}/resume`);
    expect(await resume(await cliToken(flowScope(flow)))).toMatchObject({ status: 200, body: { status: "INACTIVE" } });
    expect(await resume(await person.flowToken(flow))).toMatchObject({ status: 200, body: { status: "ACTIVE" } });
  });

  test("lacks the consent to the data of a mapped collection before its action has begun", async () => {
    const mapped = globus.collection("mapped");
    const flow = deploy(transfer({}, { destination_endpoint: mapped.id }));
    const id = await api.start(flow);
    clock.advance(5);
    const data = `https://auth.globus.org/scopes/${mapped.id}/data_access`;
    expect(detailsOf(await api.run(id))).toMatchObject({
      code: "ConsentRequired",
      required_scope: `${flowScope(flow)}[${TRANSFER_SCOPE}[*${data}]]`,
    });
    expect(await task()).toBeUndefined();
    await api.callWith(await api.flowToken(flow, mapped.id), "POST", `/runs/${id}/resume`);
    clock.advance(200);
    expect(await api.run(id)).toMatchObject({ status: "SUCCEEDED" });
  });

  test("wants another session, tells which, and goes on with a token from it", async () => {
    const flow = deploy(transfer());
    const id = await api.start(flow);
    clock.advance(5);
    const old = await api.flowToken(flow);
    const parameters = { session_message: "Log in with the facility", session_required_single_domain: ["example.org"] };
    globus.flows.requireSession(id, parameters);
    expect(await api.run(id)).toMatchObject({
      status: "INACTIVE",
      details: { code: "AuthorizationParameters", authorization_parameters: parameters },
    });
    expect(await api.callWith(old, "POST", `/runs/${id}/resume`)).toMatchObject({ body: { status: "INACTIVE" } });
    await api.callWith(await api.flowToken(flow), "POST", `/runs/${id}/resume`);
    clock.advance(200);
    expect(await api.run(id)).toMatchObject({ status: "SUCCEEDED" });
  });

  test("whose task has lost its credentials goes on by itself once they are there", async () => {
    const id = await api.start(deploy(transfer()));
    clock.advance(5);
    const { task_id: lost } = await task();
    globus.suspendTask(lost as string);
    clock.advance(20);
    expect(await api.run(id)).toMatchObject({ status: "INACTIVE", details: { code: "EXPIRED_CREDENTIALS" } });
    globus.resumeTask(lost as string);
    clock.advance(200);
    expect(await api.run(id)).toMatchObject({ status: "SUCCEEDED" });
  });

  test("is not let go on by a token for the service", async () => {
    const id = await api.start(deploy(transfer()));
    expect(await api.call("POST", `/runs/${id}/resume`)).toMatchObject({
      status: 403,
      body: { error: { code: "MISSING_SCOPE" } },
    });
  });
});

describe("a run that is ended", () => {
  test("by its owner takes its task with it", async () => {
    const id = await api.start(deploy(transfer()));
    clock.advance(5);
    const canceled = await api.call("POST", `/runs/${id}/cancel`);
    expect(canceled).toMatchObject({ status: 202, body: { status: "FAILED", details: { code: "FlowCanceled" } } });
    expect(await task()).toMatchObject({ status: "FAILED", fatal_error: { code: "CANCELED" } });
    clock.advance(60);
    expect(await api.log(id)).toEqual(["FlowStarted", "ActionStarted", "FlowCanceled"]);
  });

  test("by Flows says ENDED", async () => {
    const id = await api.start(deploy(transfer()));
    clock.advance(5);
    globus.flows.endRun(id);
    expect(await api.run(id)).toMatchObject({ status: "ENDED", completion_time: "2026-03-01T12:00:05.000000+00:00" });
  });
});

test("a run that is held stays in its state, and goes on when it is let go", async () => {
  const flow = deploy(transfer());
  const letGo = globus.flows.holdState("S0");
  const id = await api.start(flow);
  clock.advance(600);
  expect(globus.flows.runs).toMatchObject([{ id, flow, status: "ACTIVE", state: "S0" }]);
  expect(await task()).toMatchObject({ status: "SUCCEEDED" });
  letGo();
  expect(await api.run(id)).toMatchObject({ status: "SUCCEEDED" });
});

test("a run says what a test wants it to say", async () => {
  const id = await api.start(deploy(transfer()));
  globus.flows.say(id, "HALTED");
  expect(await api.run(id)).toMatchObject({ status: "HALTED", display_status: "HALTED" });
  globus.flows.say(id, undefined);
  expect(await api.run(id)).toMatchObject({ status: "ACTIVE" });
});

test("an action of a provider that a test has added", async () => {
  globus.flows.addProvider("https://compute.actions.globus.org/v3", {
    scope: TRANSFER_SCOPE,
    start: (_call, input) => ({ status: "ACTIVE", details: input }),
    look: (_call, { details }) => ({ status: "SUCCEEDED", details: { ...details, result: [42] } }),
    cancel: () => {},
  });
  const state = {
    ...action("x", { tasks: [{ function_id: "f" }] }),
    ActionUrl: "https://compute.actions.globus.org/v3/",
  };
  expect(resultOf(await outcome(state))).toMatchObject({ details: { result: [42], tasks: [{ function_id: "f" }] } });
});
