/** Runs of the simulated Flows as its API has them: inputs that are refused, lists, logs, changes, and lost answers. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GlobusService, startGlobusService } from "../../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../../support/fakes/fake-clock.ts";
import { callFlows, type FlowsCaller } from "../../../support/flows-caller.ts";
import type { Answer, Document } from "../../../support/globus-caller.ts";

const WAIT = { StartAt: "W", States: { W: { Type: "Wait", Seconds: 100, End: true } } };
let clock: FakeClock;
let globus: GlobusService;
let api: FlowsCaller;

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 2, 1, 12));
  globus = await startGlobusService({ clock, collections: [] });
  api = await callFlows(globus);
});
afterEach(() => globus.close());

const deploy = (more: Partial<Parameters<GlobusService["flows"]["deploy"]>[0]> = {}): string =>
  globus.flows.deploy({ definition: WAIT, ...more });
const ask = async (flow: string, path: string, body: Document): Promise<Answer> =>
  api.callWith(await api.flowToken(flow), "POST", `/flows/${flow}/${path}`, body);
const listed = async (query: string): Promise<unknown[]> =>
  ((await api.call("GET", `/runs${query}`)).body["runs"] as readonly Document[]).map(({ label }) => label);

describe("an input", () => {
  const schema = {
    type: "object",
    additionalProperties: false,
    required: ["source"],
    properties: {
      source: { $ref: "#/$defs/place" },
      copies: { type: "integer", minimum: 1 },
      mode: { enum: ["a", "b"] },
      to: { anyOf: [{ type: "string", format: "uuid" }, { type: "null" }] },
    },
    $defs: {
      place: {
        type: "object",
        required: ["id"],
        properties: { id: { type: "string", pattern: "^[0-9a-f]+$", maxLength: 4 } },
      },
    },
  };

  test.each<readonly [Document, readonly (readonly [string, string])[]]>([
    [{}, [["$", "'source' is a required property"]]],
    [{ source: {} }, [["$.source", "'id' is a required property"]]],
    [{ source: { id: 5 } }, [["$.source.id", "5 is not of type 'string'"]]],
    [{ source: { id: "xyz" } }, [["$.source.id", "'xyz' does not match '^[0-9a-f]+$'"]]],
    [{ source: { id: "abcde" } }, [["$.source.id", "'abcde' is too long"]]],
    [
      { source: { id: "a" }, copies: 0.5 },
      [
        ["$.copies", "0.5 is not of type 'integer'"],
        ["$.copies", "0.5 is less than the minimum of 1"],
      ],
    ],
    [{ source: { id: "a" }, mode: "c" }, [["$.mode", "'c' is not one of ['a', 'b']"]]],
    [{ source: { id: "a" }, to: 1 }, [["$.to", "1 is not valid under any of the given schemas"]]],
    [
      { source: { id: "a" }, extra: true, more: null },
      [["$", "Additional properties are not allowed ('extra', 'more' were unexpected)"]],
    ],
  ])("%j is refused before anything begins", async (input, problems) => {
    const flow = deploy({ inputSchema: schema });
    for (const path of ["run", "validate_run"]) {
      const { status, body } = await ask(flow, path, { body: input });
      const { code, detail } = body["error"] as { readonly code: string; readonly detail: readonly Document[] };
      expect([status, code]).toEqual([400, "FLOW_INPUT_ERROR"]);
      expect(detail).toEqual(problems.map(([place, msg]) => ({ loc: [place], msg, type: "InvalidActionInput" })));
    }
    expect(globus.flows.runs).toEqual([]);
  });

  test("that fits is accepted", async () => {
    const flow = deploy({ inputSchema: schema });
    const input = { source: { id: "a", path: "/x" }, copies: 2, mode: "b", to: null };
    expect(await ask(flow, "validate_run", { body: input })).toEqual({
      status: 200,
      body: { message: "validation successful" },
    });
    expect(await ask(flow, "run", { body: input })).toMatchObject({ status: 201 });
  });

  test.each<readonly [Document, string]>([
    [{ label: "x".repeat(65) }, "label"],
    [{ label: "" }, "label"],
    [{ tags: "one" }, "tags"],
    [{ tags: ["  "] }, "tags.0"],
    [{ run_managers: ["marie"] }, "run_managers.0"],
    [{ activity_notification_policy: { status: ["ENDED"] } }, "activity_notification_policy"],
    [{ colour: "red" }, "colour"],
    [{ body: [] }, "body"],
  ])("does not go with %j", async (more, place) => {
    const { status, body } = await ask(deploy(), "run", { body: {}, ...more });
    const { detail } = body["error"] as { readonly detail: readonly { readonly loc: readonly string[] }[] };
    expect([status, detail.map(({ loc }) => loc.join("."))]).toEqual([422, [place]]);
  });
});

describe("the list of runs", () => {
  test("finds by a part of the label in any case, by flow, status and time, the latest first", async () => {
    const [flow, other] = [deploy({ title: "Send" }), deploy({ title: "Share" })];
    await api.start(flow, {}, { label: "GI-1 Scan" });
    clock.advance(10);
    await api.start(other, {}, { label: "GI-2 scan" });
    clock.advance(10);
    await api.start(flow, {}, { label: "GI-12 flat" });
    expect(await listed("")).toEqual(["GI-12 flat", "GI-2 scan", "GI-1 Scan"]);
    expect(await listed("?filter_label=SCAN")).toEqual(["GI-2 scan", "GI-1 Scan"]);
    expect(await listed("?filter_label=gi-1")).toEqual(["GI-12 flat", "GI-1 Scan"]);
    expect(await listed("?filter_label=flat,GI-2")).toEqual(["GI-12 flat", "GI-2 scan"]);
    expect(await listed(`?filter_flow_id=${flow}&filter_start_time=2026-03-01T12:00:10Z,`)).toEqual(["GI-12 flat"]);
    expect(await listed("?filter_start_time=,2026-03-01T12:00:20Z")).toEqual(["GI-2 scan", "GI-1 Scan"]);
    expect(await listed("?filter_flow_title=shar")).toEqual(["GI-2 scan"]);
    clock.advance(85);
    expect(await listed("?filter_status=SUCCEEDED")).toEqual(["GI-1 Scan"]);
    expect(await listed("?filter_status=ACTIVE,INACTIVE&orderby=label ASC")).toEqual(["GI-12 flat", "GI-2 scan"]);
    expect(await listed("?filter_completion_time=2026-03-01T12:00:00Z")).toEqual(["GI-1 Scan"]);
  });

  test("comes page by page, which new runs do not shift", async () => {
    const flow = deploy();
    for (const label of ["1", "2", "3"]) await api.start(flow, {}, { label });
    const first = (await api.call("GET", "/runs?per_page=2")).body;
    expect(first).toMatchObject({ runs: [{ label: "3" }, { label: "2" }], has_next_page: true, limit: 2 });
    await api.start(flow, {}, { label: "4" });
    expect(await listed(`?marker=${String(first["marker"])}&per_page=9`)).toEqual(["1"]);
  });
});

describe("a run", () => {
  test("has a log in pages of ten, from either end", async () => {
    const states = Object.fromEntries(
      Array.from({ length: 6 }, (_, index) => [
        `P${index}`,
        index === 5 ? { Type: "Pass", End: true } : { Type: "Pass", Next: `P${index + 1}` },
      ]),
    );
    const id = await api.start(deploy({ definition: { StartAt: "P0", States: states } }));
    clock.advance(5);
    const first = (await api.call("GET", `/runs/${id}/log`)).body;
    expect(first).toMatchObject({ limit: 10, has_next_page: true, entries: { length: 10 } });
    const rest = (await api.call("GET", `/runs/${id}/log?marker=${String(first["marker"])}`)).body;
    expect(rest).toMatchObject({ has_next_page: false, entries: { length: 4 } });
    expect(rest).not.toHaveProperty("marker");
    const last = (await api.call("GET", `/runs/${id}/log?reverse_order=True&limit=1`)).body;
    expect(last["entries"]).toMatchObject([{ code: "FlowSucceeded" }]);
    expect(await api.call("GET", `/runs/${id}/log?limit=101`)).toMatchObject({ status: 422 });
  });

  test("keeps the definition that it was started with", async () => {
    const flow = deploy();
    const id = await api.start(flow);
    await api.call("PUT", `/flows/${flow}`, {
      definition: { StartAt: "P", States: { P: { Type: "Pass", End: true } } },
    });
    expect(await api.call("GET", `/runs/${id}/definition`)).toMatchObject({
      body: { flow_id: flow, definition: WAIT },
    });
  });

  test("is told with its flow where that is asked for", async () => {
    const id = await api.start(deploy({ title: "Send" }));
    expect((await api.call("GET", `/runs/${id}`)).body).not.toHaveProperty("flow_description");
    expect((await api.call("GET", `/runs/${id}?include_flow_description=True`)).body).toMatchObject({
      flow_description: { title: "Send" },
    });
  });

  test("is removed once it has ended, and after 90 days by itself", async () => {
    const flow = deploy();
    const id = await api.start(flow);
    expect(await api.call("POST", `/runs/${id}/release`)).toMatchObject({
      status: 409,
      body: { error: { code: "STATE_CONFLICT" } },
    });
    clock.advance(101);
    expect(await api.call("POST", `/runs/${id}/release`)).toMatchObject({ status: 200, body: { status: "SUCCEEDED" } });
    expect(await api.call("GET", `/runs/${id}`)).toMatchObject({ status: 404 });
    const old = await api.start(flow);
    clock.advance(101 + 90 * 24 * 3600);
    expect(await (await callFlows(globus)).call("GET", `/runs/${old}`)).toMatchObject({ status: 404 });
  });

  test("is changed with others at once, or not at all", async () => {
    const flow = deploy();
    const ids = [await api.start(flow, {}, { tags: ["a"] }), await api.start(flow)];
    const change = {
      filters: { run_ids: ids },
      add: { tags: ["b"] },
      remove: { tags: ["a"] },
      set: { status: "cancel" },
    };
    expect(await api.call("POST", "/batch/runs", { ...change, set: { status: "stop" } })).toMatchObject({
      status: 422,
    });
    expect(await api.call("POST", "/batch/runs", change)).toMatchObject({ status: 202 });
    for (const id of ids) expect(await api.run(id)).toMatchObject({ tags: ["b"], status: "FAILED" });
    const foreign = { filters: { run_ids: ids }, set: { tags: [] } };
    expect(await (await callFlows(globus, "person")).call("POST", "/batch/runs", foreign)).toMatchObject({
      status: 404,
    });
  });

  test("may have begun though its answer was lost, and is found by its label", async () => {
    const flow = deploy();
    await globus.misbehave({ on: "/run", times: 1, answerLost: true });
    await expect(ask(flow, "run", { body: {}, label: "GI-7 lost" })).rejects.toThrow("fetch failed");
    expect(await listed(`?filter_flow_id=${flow}&filter_label=GI-7`)).toEqual(["GI-7 lost"]);
    await globus.misbehave({ on: "/run", unavailable: { status: 429, times: 1, retryAfterSeconds: 3 } });
    const token = await api.flowToken(flow);
    const refused = await fetch(`${globus.url}/flows/${flow}/run`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: `{"body":{}}`,
    });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "3"]);
    expect(globus.flows.runs).toHaveLength(1);
  });
});
