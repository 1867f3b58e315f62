/**
 * The simulated Flows under Globus' own Python SDK, and each of its answers beside the sample that Globus publishes for
 * it: the same fields with values of the same types. Where a sample says null, the real service may say anything.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { differences, type SdkAnswer } from "../support/peers/published-samples.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { runPythonJson } from "../support/peers/spawn-peer.ts";

type Answer = SdkAnswer & { readonly messages?: readonly string[] };

/** Our answer, and the published one that it must look like. */
const PUBLISHED: readonly (readonly [ours: string, set: string, sample: string])[] = [
  ["create", "flows.create_flow", "default"],
  ["bad_principal", "flows.create_flow", "bad_admin_principal_error"],
  ["validate", "flows.validate_flow", "default"],
  ["validate_bad", "flows.validate_flow", "definition_error"],
  ["get", "flows.get_flow", "default"],
  ["update", "flows.update_flow", "default"],
  ["list", "flows.list_flows", "default"],
  ["delete", "flows.delete_flow", "default"],
  ["validate_run", "flows.validate_run", "default"],
  ["validate_run_bad", "flows.validate_run", "invalid_input_payload"],
  ["validate_run_unauthorized", "flows.validate_run", "invalid_token"],
  ["run_missing_scope", "flows.run_flow", "missing_scope_error"],
  ["run", "flows.run_flow", "default"],
  ["resume", "flows.resume_run", "default"],
  ["get_run", "flows.get_run", "default"],
  ["get_run_with_flow", "flows.get_run", "default"],
  ["logs", "flows.get_run_logs", "default"],
  ["run_definition", "flows.get_run_definition", "default"],
  ["update_run", "flows.update_run", "default"],
  ["cancel", "flows.cancel_run", "default"],
  ["list_runs", "flows.list_runs", "default"],
  ["release_early", "flows.delete_run", "conflict"],
  ["release", "flows.delete_run", "default"],
  ["web_inputs", "flows.list_web_inputs", "default"],
  ["web_input", "flows.get_web_input", "default"],
  ["web_input_closed", "flows.get_web_input", "closed"],
  ["web_input_missing", "flows.get_web_input", "not_found"],
  ["respond", "flows.respond_to_web_input", "default"],
  ["respond_invalid", "flows.respond_to_web_input", "invalid_option"],
  ["respond_twice", "flows.respond_to_web_input", "closed"],
];
/** Fields of the newer service, of which older samples do not know. */
const NEWER = ["blocking_web_input_id", "subscription_id", "debug_id", "flow_description", "message"];
/** Two samples of one document differ: of `run_flow` and of `get_run`. */
const OTHER_RUN = ["action_id", "created_by", "completion_time", "manage_by", "monitor_by", "search"];
/** What the definition, the schema and the input of a flow say is its author's. */
const OWN = /\.(definition|input_schema|details|output|input|row|rows|options)\b/;
/** Globus' types say otherwise than the samples, which name no status. */
const STATUS: Readonly<Record<string, number>> = { create: 201, run: 201, cancel: 202 };

describe.skipIf(needPeers("globus-sdk").missing)("the simulated Flows under Globus' Python SDK", () => {
  let answers: Readonly<Record<string, Answer>> & Readonly<Record<string, unknown>>;
  let samples: Readonly<Record<string, Readonly<Record<string, Answer>>>>;
  let globus: GlobusService;

  beforeAll(async () => {
    globus = await startGlobusService({
      clock: systemClock,
      queuedSeconds: 0,
      collections: [{ name: "detector", files: { "/a.h5": 1234 } }, { name: "archive" }],
    });
    const request = {
      client_id: globus.serviceAccount.clientId,
      secret: globus.serviceAccount.secret,
      person: globus.person.id,
      subscription: globus.flows.subscription,
      source: globus.collection("detector").id,
      destination: globus.collection("archive").id,
      source_file: "/a.h5",
    };
    const env = {
      ...inheritedEnvironment(),
      GLOBUS_SDK_SERVICE_URL_AUTH: `${globus.url}/`,
      GLOBUS_SDK_SERVICE_URL_FLOWS: `${globus.url}/`,
    };
    try {
      answers = (await runPythonJson("globus_flows_drive.py", [JSON.stringify(request)], env)) as typeof answers;
      samples = (await runPythonJson("globus_samples.py", [
        ...new Set(PUBLISHED.map(([, set]) => set)),
      ])) as typeof samples;
    } finally {
      await globus.close();
    }
  }, 90_000);

  test.each(PUBLISHED)("%s looks like the published %s (%s)", (ours, set, name) => {
    const sample = samples[set]?.[name];
    const answer = answers[ours];
    const isMeant = (one: string): boolean => {
      const field = /\.(\w+) is \w+(?: published)?/.exec(one)?.[1] ?? "";
      const isOther = ["run", "resume", "cancel", "update_run", "release"].includes(ours) && OTHER_RUN.includes(field);
      // A place is a list of names and numbers.
      return !NEWER.includes(field) && !isOther && !OWN.test(one) && !/\.loc\[\d\] is number/.test(one);
    };
    expect(differences(sample?.json, answer?.json).filter(isMeant)).toEqual([]);
    expect(answer?.status).toBe(STATUS[ours] ?? sample?.status);
  });

  test.each([
    ["bad_principal", 422, "UNPROCESSABLE_ENTITY", expect.stringContaining('"marie"')],
    ["validate_bad", 422, "UNPROCESSABLE_ENTITY", expect.stringContaining("terminal")],
    ["missing", 404, "NOT_FOUND", expect.stringContaining("No Flow exists")],
    ["validate_run_bad", 400, "FLOW_INPUT_ERROR", "'not-a-boolean' is not of type 'boolean'"],
    ["validate_run_unauthorized", 401, "AUTHENTICATION_ERROR", expect.any(String)],
    ["run_missing_scope", 403, "MISSING_SCOPE", expect.stringContaining("_user")],
    ["release_early", 409, "STATE_CONFLICT", expect.stringContaining("'ACTIVE'")],
    ["respond_invalid", 422, "UNPROCESSABLE_ENTITY", expect.stringContaining("not-a-real-option")],
    ["respond_twice", 409, "STATE_CONFLICT", expect.stringContaining("already closed")],
    ["web_input_missing", 404, "NOT_FOUND", expect.stringContaining("No Web Input exists")],
  ])("the SDK understands the failure %s", (name, status, code, message: unknown) => {
    const answer = answers[name];
    expect([answer?.error, answer?.status, answer?.code]).toEqual(["FlowsAPIError", status, code]);
    expect(answer?.messages?.[0]).toEqual(message);
  });

  test("the SDK goes through pages of flows, runs and log entries", () => {
    expect(answers["titles"]).toEqual([
      ["Send", "Other 2"],
      ["Other 1", "Other 0"],
    ]);
    expect(answers["labels"]).toEqual(["lost", "scan 2"]);
    expect(answers["codes"]).toEqual(["FlowStarted", "ActionStarted", "ActionCompleted", "FlowSucceeded"]);
  });

  test("the SDK starts a run, follows it to its end, and finds the bytes that it moved", () => {
    expect(answers["get_run"]?.json).toMatchObject({
      status: "SUCCEEDED",
      label: "scan 1",
      tags: ["one", "two"],
      details: { output: { Sent: { status: "SUCCEEDED", details: { bytes_transferred: 1234 } } } },
    });
    expect(answers["get_run_with_flow"]?.json["flow_description"]).toMatchObject({ title: "Send" });
    expect(answers["cancel"]?.json).toMatchObject({ status: "FAILED", details: { code: "FlowCanceled" } });
    expect(answers["answered"]).toBe("yes");
  });
});
