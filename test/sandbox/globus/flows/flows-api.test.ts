/** Flows of the simulated Globus: what makes one, who may do what with it, what is refused in which words. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GlobusService, startGlobusService } from "../../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../../support/fakes/fake-clock.ts";
import { callFlows, type FlowsCaller, flowScope, newToken } from "../../../support/flows-caller.ts";
import type { Answer, Document } from "../../../support/globus-caller.ts";

const DAY = 24 * 3600;
const NOTHING = { StartAt: "P", States: { P: { Type: "Pass", End: true } } };
const TRANSFER = {
  StartAt: "T",
  States: {
    T: { Type: "Action", ActionUrl: "https://transfer.actions.globus.org/transfer", Parameters: {}, End: true },
  },
};
let clock: FakeClock;
let globus: GlobusService;
let account: FlowsCaller;
let person: FlowsCaller;

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 2, 1, 12));
  globus = await startGlobusService({ clock, collections: [{ name: "archive" }] });
  account = await callFlows(globus);
  person = await callFlows(globus, "person");
});
afterEach(() => globus.close());

const urn = (id: string): string => `urn:globus:auth:identity:${id}`;
const create = (more: Document = {}, by = account): Promise<Answer> =>
  by.call("POST", "/flows", {
    title: "Send",
    definition: NOTHING,
    input_schema: {},
    subscription_id: globus.flows.subscription,
    ...more,
  });
const created = async (more: Document = {}, by = account): Promise<string> =>
  (await create(more, by)).body["id"] as string;
const problemsOf = ({ body }: Answer): unknown =>
  ((body["error"] as Document)["detail"] as readonly Document[]).map(({ loc, msg }) => [
    (loc as string[]).join("."),
    msg,
  ]);

describe("a flow", () => {
  test("is made with what is given, changed in part, and taken away", async () => {
    const given = { title: "Send", subtitle: "a", description: "b", keywords: ["c"], input_schema: { type: "object" } };
    const made = await create({ ...given, flow_starters: ["all_authenticated_users"] });
    expect(made).toMatchObject({
      status: 201,
      body: { ...given, flow_starters: ["all_authenticated_users"], user_role: "flow_owner" },
    });
    const id = made.body["id"] as string;
    expect(made.body["globus_auth_scope"]).toBe(flowScope(id));
    clock.advance(10);
    const changed = await account.call("PUT", `/flows/${id}`, { subtitle: "z" });
    expect(changed).toMatchObject({
      status: 200,
      body: { ...given, subtitle: "z", updated_at: "2026-03-01T12:00:10.000000+00:00" },
    });
    expect(await account.call("DELETE", `/flows/${id}`)).toMatchObject({ status: 200, body: { DELETED: true, id } });
    expect(await account.call("GET", `/flows/${id}`)).toMatchObject({
      status: 404,
      body: { error: { code: "NOT_FOUND" } },
    });
  });

  test("of a free account is the only one, for 30 days", async () => {
    const free = { subscription_id: null };
    const id = await created(free);
    expect(await create(free)).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN" } } });
    expect(await create()).toMatchObject({ status: 201 });
    expect(await create(free, person)).toMatchObject({ status: 201 });
    clock.advance(30 * DAY - 1);
    // The login is older than its token lives.
    const later = await callFlows(globus);
    expect(await later.call("GET", `/flows/${id}`)).toMatchObject({ status: 200 });
    clock.advance(2);
    expect(await later.call("GET", `/flows/${id}`)).toMatchObject({ status: 404 });
    expect(await create(free, later)).toMatchObject({ status: 201 });
  });

  test("that gets a subscription stays, by its id or by DEFAULT", async () => {
    const id = await created({ subscription_id: null });
    const changed = await account.call("PUT", `/flows/${id}`, { subscription_id: "DEFAULT" });
    expect(changed.body["subscription_id"]).toBe(globus.flows.subscription);
    clock.advance(31 * DAY);
    const later = await callFlows(globus);
    expect(await later.call("GET", `/flows/${id}`)).toMatchObject({ status: 200 });
    expect(problemsOf(await create({ subscription_id: globus.person.id }, later))).toEqual([
      ["subscription_id", expect.any(String)],
    ]);
  });

  test("has its authentication policy from the beginning, and lists then say less of it and of its runs", async () => {
    const policy = globus.person.id;
    const id = await created({ authentication_policy_id: policy });
    expect((await account.call("GET", `/flows/${id}`)).body).toMatchObject({
      authentication_policy_id: policy,
      definition: NOTHING,
    });
    const [row] = (await account.call("GET", "/flows")).body["flows"] as readonly Document[];
    expect(row).toMatchObject({ id, definition: null, input_schema: null });
    expect(problemsOf(await account.call("PUT", `/flows/${id}`, { authentication_policy_id: policy }))).toEqual([
      ["authentication_policy_id", "extra fields not permitted"],
    ]);
    const run = await account.start(id);
    expect((await account.call("GET", "/runs")).body["runs"]).toMatchObject([{ run_id: run, details: null }]);
    const parameters = { session_required_policies: [policy] };
    globus.flows.requireFlowSession(id, parameters);
    expect(await account.call("GET", `/runs/${run}`)).toMatchObject({
      status: 403,
      body: {
        error: { code: "AUTHENTICATION_POLICY_REQUIRED" },
        code: "AuthenticationPolicyRequired",
        authorization_parameters: parameters,
      },
    });
  });

  test.each<readonly [Document, string]>([
    [{ title: "" }, "title"],
    [{ title: "x".repeat(129) }, "title"],
    [{ subtitle: "x".repeat(129) }, "subtitle"],
    [{ description: "x".repeat(4097) }, "description"],
    [{ keywords: ["x".repeat(1025)] }, "keywords"],
    [{ flow_administrators: ["ae341a98-d274-11e5-b888-dbae3a8ba545"] }, "flow_administrators.0"],
    [{ flow_viewers: ["all_authenticated_users"] }, "flow_viewers.0"],
    [
      {
        flow_starters: Array.from({ length: 17 }, (_, index) => urn(`00000000-0000-4000-8000-0000000000${index + 10}`)),
      },
      "flow_starters",
    ],
    [{ input_schema: { type: "text" } }, "input_schema.type"],
    [
      { input_schema: { properties: { a: { unevaluatedItems: false } } } },
      "input_schema.properties.a.unevaluatedItems",
    ],
    [{ colour: "red" }, "colour"],
    [{ definition: {} }, "definition.States"],
    [{ definition: { ...NOTHING, StartAt: "Q" } }, "definition.StartAt"],
    [{ definition: { StartAt: "P", States: { P: { Type: "Pass" } } } }, "definition.States.P"],
    [{ definition: { StartAt: "P", States: { P: { Type: "Pass", Next: "Q" } } } }, "definition.States.P"],
    [{ definition: { StartAt: "P", States: { P: { Type: "Parallel", End: true } } } }, "definition.States.P"],
    [{ definition: { StartAt: "P", States: { P: { Type: "Choice", Choices: [] } } } }, "definition.States.P"],
    [{ definition: { StartAt: "P", States: { P: { Type: "ExpressionEval", End: true } } } }, "definition.States.P"],
    [
      { definition: { StartAt: "P", States: { P: { Type: "Action", Parameters: {}, End: true } } } },
      "definition.States.P",
    ],
    [
      {
        definition: {
          StartAt: "P",
          States: { P: { Type: "Action", ActionUrl: "https://transfer.actions.globus.org/ls", End: true } },
        },
      },
      "definition.States.P",
    ],
    [
      {
        definition: {
          StartAt: "P",
          States: { P: { Type: "Action", ActionUrl: "https://nowhere.example/x", Parameters: {}, End: true } },
        },
      },
      "definition.States.P",
    ],
  ])("is not made of %j", async (more, place) => {
    const answer = await create(more);
    expect(answer).toMatchObject({
      status: 422,
      body: { error: { code: "UNPROCESSABLE_ENTITY" }, debug_id: expect.any(String) as unknown },
    });
    expect(problemsOf(answer)).toEqual([[place, expect.any(String)]]);
  });

  test("lacks what it needs", async () => {
    expect(problemsOf(await account.call("POST", "/flows", {}))).toEqual([
      ["title", "field required"],
      ["definition", "field required"],
      ["input_schema", "field required"],
    ]);
  });

  test("is tried out, and tells the scopes that it needs", async () => {
    const old = { ...TRANSFER.States.T, ActionUrl: "https://actions.globus.org/hello_world", RunAs: "Admin" };
    const definition = { StartAt: "T", States: { T: { ...TRANSFER.States.T, End: undefined, Next: "O" }, O: old } };
    expect(await account.call("POST", "/flows/validate", { definition })).toMatchObject({
      status: 200,
      body: {
        scopes: {
          User: ["urn:globus:auth:scope:transfer.api.globus.org:all"],
          Admin: ["https://auth.globus.org/scopes/actions.globus.org/hello_world"],
        },
      },
    });
    expect(await account.call("POST", "/flows/validate", { definition: {} })).toMatchObject({ status: 422 });
  });

  test("whose actions need more than before wants tokens with new consents", async () => {
    const id = await created();
    const old = await account.flowToken(id);
    const start = (token: string): Promise<Answer> => account.callWith(token, "POST", `/flows/${id}/run`, { body: {} });
    expect(await start(old)).toMatchObject({ status: 201 });
    await account.call("PUT", `/flows/${id}`, { definition: TRANSFER });
    expect(await start(old)).toMatchObject({
      status: 403,
      body: { error: { code: "MISSING_SCOPE", detail: `This action requires the following scope: ${flowScope(id)}` } },
    });
    expect(await start(await account.flowToken(id))).toMatchObject({ status: 201 });
  });
});

describe("who may", () => {
  test("see, start and change a flow, by their role", async () => {
    const me = urn(globus.person.id);
    const id = await created({ flow_viewers: [me] });
    const own = await person.call("GET", `/flows/${id}`);
    expect(own.body).toMatchObject({ user_role: "flow_viewer", flow_viewers: [] });
    const start = async (path: string): Promise<Answer> =>
      person.callWith(await person.flowToken(id), "POST", `/flows/${id}/${path}`, { body: {} });
    const detail = expect.stringMatching(new RegExp(`${id}.*Missing permissions: RUN\\.$`)) as unknown;
    expect(await start("run")).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN", detail } } });
    expect(await start("validate_run")).toMatchObject({ status: 403 });
    expect(await person.call("PUT", `/flows/${id}`, { title: "x" })).toMatchObject({ status: 403 });
    await account.call("PUT", `/flows/${id}`, { flow_starters: [me] });
    expect(await start("run")).toMatchObject({ status: 201, body: { user_role: "run_owner" } });
    await account.call("PUT", `/flows/${id}`, { flow_administrators: [me] });
    expect(await person.call("PUT", `/flows/${id}`, { title: "x" })).toMatchObject({
      status: 200,
      body: { title: "x", user_role: "flow_administrator" },
    });
    await account.call("PUT", `/flows/${id}`, { flow_administrators: [], flow_starters: [], flow_viewers: [] });
    expect(await person.call("GET", `/flows/${id}`)).toMatchObject({ status: 404 });
    expect(await start("run")).toMatchObject({ status: 404 });
  });

  test("do so as members of a group that has the role", async () => {
    const groups = await newToken(globus, "urn:globus:auth:scope:groups.api.globus.org:all", "person");
    const mine = (await person.callWith(groups, "GET", "/v2/groups/my_groups")).body as unknown as readonly Document[];
    const group = `urn:globus:groups:id:${String(mine[0]?.["id"])}`;
    const id = await created();
    expect(await person.call("GET", `/flows/${id}`)).toMatchObject({ status: 404 });
    await account.call("PUT", `/flows/${id}`, { flow_viewers: [group] });
    expect(await person.call("GET", `/flows/${id}`)).toMatchObject({ status: 200, body: { user_role: "flow_viewer" } });
  });

  test("see and manage a run, by their role", async () => {
    const me = urn(globus.person.id);
    const id = await account.start(await created());
    expect(await person.call("GET", `/runs/${id}`)).toMatchObject({ status: 404 });
    await account.call("PUT", `/runs/${id}`, { run_monitors: [me] });
    expect(await person.call("GET", `/runs/${id}`)).toMatchObject({
      status: 200,
      body: { user_role: "run_monitor", run_monitors: [] },
    });
    expect(await person.call("POST", `/runs/${id}/cancel`)).toMatchObject({ status: 403 });
    expect((await person.call("GET", "/runs")).body["runs"]).toEqual([]);
    expect((await person.call("GET", "/runs?filter_roles=run_monitor,run_manager")).body["runs"]).toMatchObject([
      { run_id: id },
    ]);
    await account.call("PUT", `/runs/${id}`, { run_managers: [me] });
    expect(await person.call("POST", `/runs/${id}/cancel`)).toMatchObject({
      status: 202,
      body: { run_managers: [me] },
    });
  });

  test("ask with which token", async () => {
    const id = await created();
    const view = await newToken(
      globus,
      "https://auth.globus.org/scopes/eec9b274-0c81-4334-bdc2-54e90e689b9a/view_flows",
    );
    const transfer = await newToken(globus, "urn:globus:auth:scope:transfer.api.globus.org:all");
    const own = await account.flowToken(id);
    const status = async (token: string, method: string, path: string): Promise<unknown> => {
      const { status: number, body } = await account.callWith(token, method, path, { body: {} });
      return [number, (body["error"] as Document | undefined)?.["code"]];
    };
    expect((await account.callWith(view, "GET", `/flows/${id}`)).status).toBe(200);
    expect(await status(view, "DELETE", `/flows/${id}`)).toEqual([403, "MISSING_SCOPE"]);
    expect(await status(transfer, "POST", `/flows/${id}/run`)).toEqual([403, "MISSING_SCOPE"]);
    expect(await status(own, "POST", `/flows/${id}/validate_run`)).toEqual([200, undefined]);
    expect(await status("nonsense", "POST", `/flows/${id}/run`)).toEqual([401, "AUTHENTICATION_ERROR"]);
    globus.expireTokens();
    expect(await status(own, "POST", `/flows/${id}/run`)).toEqual([401, "AUTHENTICATION_ERROR"]);
  });
});

describe("the list of flows", () => {
  test("has those one owns, found by texts and roles, in the order that is asked for, page by page", async () => {
    const titles = ["Send scans", "Archive", "Share scans"];
    for (const title of titles) {
      clock.advance(1);
      await created({ title, keywords: [title.slice(0, 2)] });
    }
    await created({ title: "Somebody's", flow_viewers: ["public"] }, person);
    const found = async (query: string): Promise<unknown> =>
      ((await account.call("GET", `/flows${query}`)).body["flows"] as readonly Document[]).map(({ title }) => title);
    expect(await found("")).toEqual(titles);
    expect(await found("?filter_fulltext=SCAN")).toEqual(["Send scans", "Share scans"]);
    expect(await found("?filter_title=arch,share")).toEqual(["Archive", "Share scans"]);
    expect(await found("?filter_keywords=ar")).toEqual(["Archive"]);
    expect(await found("?filter_roles=flow_viewer")).toEqual(["Somebody's"]);
    expect(await found("?filter_roles=flow_owner,flow_viewers")).toHaveLength(4);
    expect(await found("?orderby=updated_at DESC")).toEqual(titles.toReversed());
    expect(await found("?orderby=title ASC&per_page=2")).toEqual(["Archive", "Send scans"]);
    const { marker, has_next_page } = (await account.call("GET", "/flows?orderby=title ASC&per_page=2")).body;
    expect(has_next_page).toBe(true);
    expect(await found(`?marker=${String(marker)}`)).toEqual(["Share scans"]);
    expect(await account.call("GET", "/flows?per_page=0")).toMatchObject({ status: 422 });
    expect(await account.call("GET", "/flows?marker=x")).toMatchObject({ status: 400 });
  });
});
