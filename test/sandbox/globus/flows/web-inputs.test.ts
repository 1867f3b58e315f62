/** Questions that runs of the simulated Flows ask: asked, shown, answered, too late, and by the wrong person. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type GlobusService, startGlobusService } from "../../../../src/sandbox/globus/service.ts";
import { FakeClock } from "../../../support/fakes/fake-clock.ts";
import { callFlows, type FlowsCaller } from "../../../support/flows-caller.ts";
import type { Answer, Document } from "../../../support/globus-caller.ts";

let clock: FakeClock;
let globus: GlobusService;
let account: FlowsCaller;
let person: FlowsCaller;
let run: string;

/** Asks the person whether to delete, and ends with what was answered. */
const definition = (respondents: readonly string[], more: Document = {}): object => ({
  StartAt: "Ask",
  States: {
    Ask: {
      Type: "CreateWebInput",
      Parameters: {
        InputType: "Selection",
        Context: {
          PresentationStyle: "Table",
          "Title.=": "'Delete ' + path + '?'",
          Rows: [{ Field: "Path", "Value.$": "$.path" }],
        },
        Options: [
          { Value: "yes", Label: "Delete", Description: "Delete the scan." },
          { Value: "no", Label: "Keep", Description: "Keep the scan." },
        ],
        RespondentUrns: respondents,
        ...more,
      },
      ResultPath: "$.asked",
      Next: "Await",
    },
    Await: {
      Type: "AwaitWebInput",
      Parameters: { "web_input_id.$": "$.asked.web_input_id" },
      ResultPath: "$.answer",
      Catch: [{ ErrorEquals: ["Flows.WebInputExpired"], ResultPath: "$.answer", Next: "End" }],
      Next: "End",
    },
    End: { Type: "Pass", End: true },
  },
});
const urn = (id: string): string => `urn:globus:auth:identity:${id}`;

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 2, 1, 12));
  globus = await startGlobusService({ clock, collections: [] });
  account = await callFlows(globus);
  person = await callFlows(globus, "person");
  const flow = globus.flows.deploy({ title: "Clean up", definition: definition([urn(globus.person.id)]) });
  run = await account.start(flow, { path: "/a" }, { label: "scan 1" });
  clock.advance(5);
});
afterEach(() => globus.close());

const respond = (id: string, value: unknown, by = person): Promise<Answer> =>
  by.call("POST", `/web_inputs/${id}/respond`, { response: { value } });
/** The question that the run waits for. */
const question = async (): Promise<Document> =>
  (await person.call("GET", `/web_inputs/${String((await account.run(run))["blocking_web_input_id"])}`)).body;
const codeOf = ({ status, body }: Answer): unknown => [status, (body["error"] as Document)["code"]];

test("a run waits for an answer, and goes on with the value of the option that was chosen", async () => {
  const { id, options, ...shown } = (await question()) as Document & {
    readonly id: string;
    readonly options: readonly Document[];
  };
  expect(shown).toMatchObject({
    status: "open",
    user_roles: ["viewer", "respondent"],
    context: { title: "Delete /a?", presentation_style: "table", rows: [{ field: "Path", value: "/a" }] },
    run: { id: run, label: "scan 1" },
    closed_timestamp: null,
  });
  const listed = (await person.call("GET", `/web_inputs?filter_states=open&filter_run_ids=${run}`)).body;
  expect(listed).toMatchObject({ web_input_summaries: [{ id, title: "Delete /a?" }], marker: null });
  expect(await respond(id, options[1]?.["option_id"])).toEqual({ status: 200, body: { status: "ok" } });
  clock.advance(5);
  expect(await account.run(run)).toMatchObject({
    status: "SUCCEEDED",
    blocking_web_input_id: null,
    details: { output: { answer: { response: "no" } } },
  });
  expect(codeOf(await respond(id, options[0]?.["option_id"]))).toEqual([409, "STATE_CONFLICT"]);
  expect((await person.call("GET", "/web_inputs?filter_states=open")).body["web_input_summaries"]).toEqual([]);
  expect((await person.call("GET", "/web_inputs?filter_states=closed")).body["web_input_summaries"]).toMatchObject([
    { id },
  ]);
});

test("a question is refused to who may not answer, and answers that are none", async () => {
  const { id, options } = (await question()) as Document & {
    readonly id: string;
    readonly options: readonly Document[];
  };
  const [option] = options;
  expect(codeOf(await respond(id, option?.["option_id"], account))).toEqual([403, "FORBIDDEN"]);
  expect(codeOf(await respond(id, "yes"))).toEqual([422, "UNPROCESSABLE_ENTITY"]);
  expect(codeOf(await respond("00000000-0000-4000-8000-000000000000", "yes"))).toEqual([404, "NOT_FOUND"]);
  const parameters = { session_required_policies: ["p"] };
  globus.flows.requireFlowSession(globus.flows.runs[0]?.flow ?? "", parameters);
  const refused = await respond(id, option?.["option_id"]);
  expect(codeOf(refused)).toEqual([403, "AUTHENTICATION_POLICY_REQUIRED"]);
  expect(refused.body).toMatchObject({ authorization_parameters: parameters, web_input_summary: { id } });
});

test("a question that expires is an error that a flow may catch, and is closed", async () => {
  const { id } = await question();
  globus.flows.expireQuestion(id as string);
  clock.advance(5);
  expect(await account.run(run)).toMatchObject({
    status: "SUCCEEDED",
    details: { output: { answer: { Error: "Flows.WebInputExpired" } } },
  });
  expect(globus.flows.questions).toMatchObject([{ id, isExpired: true }]);
  expect(codeOf(await respond(id as string, "x"))).toEqual([409, "STATE_CONFLICT"]);
});

test("a question is closed with its run", async () => {
  const { id } = await question();
  await account.call("POST", `/runs/${run}/cancel`);
  expect((await person.call("GET", `/web_inputs/${String(id)}`)).body).toMatchObject({ status: "closed" });
});

test("a question that nobody could answer fails the run", async () => {
  const flow = globus.flows.deploy({ definition: definition([]) });
  const id = await account.start(flow, { path: "/a" });
  clock.advance(5);
  expect(await account.run(id)).toMatchObject({ status: "FAILED", details: { details: { error: "States.Runtime" } } });
});
