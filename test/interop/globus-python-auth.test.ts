/**
 * The simulated Globus Auth, Timers and Groups under Globus' own Python SDK: logins with signed identity tokens,
 * consents, introspection, the registration of applications, timers and groups, each answer beside the sample that
 * Globus publishes for it.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { differences, type SdkAnswer } from "../support/peers/published-samples.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { runPythonJson } from "../support/peers/spawn-peer.ts";

const TRANSFER = "urn:globus:auth:scope:transfer.api.globus.org:all";
const TEMPLATE = "95fdeba8-fac2-42bd-a357-e068d82ff78e";

/** Our answer, and the published one that it must look like. */
const PUBLISHED: readonly (readonly [ours: string, set: string, sample: string])[] = [
  ["userinfo_unauthorized", "auth.userinfo", "unauthorized"],
  ["userinfo_forbidden", "auth.userinfo", "forbidden"],
  ["consents", "auth.get_consents", "default"],
  ["introspect", "auth.oauth2_token_introspect", "default"],
  ["revoke", "auth.oauth2_revoke_token", "default"],
  ["revoke_nonsense", "auth.oauth2_revoke_token", "default"],
  ["openid", "auth.oauth2_client_credentials_tokens", "openid"],
  ["project", "auth.create_project", "default"],
  ["projects", "auth.get_projects", "default"],
  ["got_client", "auth.get_client", "default"],
  ["clients", "auth.get_clients", "default"],
  ["credential", "auth.create_client_credential", "default"],
  ["deleted", "auth.delete_client", "default"],
  ["timer", "timer.create_timer", "default"],
  ["flow_timer", "timer.create_timer", "flow_timer_success"],
  ["jobs", "timer.list_jobs", "default"],
  ["job", "timer.get_job", "default"],
  ["job_paused", "timer.get_job", "inactive_user"],
  ["paused", "timer.pause_job", "default"],
  ["resumed", "timer.resume_job", "default"],
  ["renamed", "timer.update_job", "default"],
  ["removed", "timer.delete_job", "default"],
  ["my_groups", "groups.get_my_groups", "default"],
  ["group", "groups.get_group", "default"],
];
/** Beside what is published: fields that globus-cli shows of timers and groups, and options that were asked for. */
const ALSO = /\.(schedule|activity|subscription_id|label|sync_level|recursive) is not published$/;
/** The published timers have run. */
const NEVER_RAN = /\.(last_ran_at|next_run) is null, published: string$/;
/** Answers whose HTTP status is not in the samples, which leave 200 where the service makes something. */
const CREATED: readonly string[] = ["project", "credential"];

describe.skipIf(needPeers("globus-sdk").missing)("the simulated Globus Auth under Globus' Python SDK", () => {
  let answers: Readonly<Record<string, SdkAnswer>> & Readonly<Record<string, unknown>>;
  let samples: Readonly<Record<string, Readonly<Record<string, SdkAnswer>>>>;
  let globus: GlobusService;
  let mapped: string;

  beforeAll(async () => {
    globus = await startGlobusService({
      clock: systemClock,
      collections: [{ name: "guest" }, { name: "mapped", isMapped: true, folders: ["/data"] }],
    });
    mapped = globus.collection("mapped").id;
    const definition = { StartAt: "End", States: { End: { Type: "Pass", End: true } } };
    const request = {
      client_id: globus.serviceAccount.clientId,
      secret: globus.serviceAccount.secret,
      native_client_id: globus.nativeClientId,
      template_id: TEMPLATE,
      identity: globus.person.id,
      mapped,
      guest: globus.collection("guest").id,
      flow: globus.flows.deploy({ definition }),
    };
    const env = {
      ...inheritedEnvironment(),
      GLOBUS_SDK_SERVICE_URL_AUTH: `${globus.url}/`,
      GLOBUS_SDK_SERVICE_URL_TRANSFER: `${globus.url}/`,
      GLOBUS_SDK_SERVICE_URL_TIMER: `${globus.url}/`,
      GLOBUS_SDK_SERVICE_URL_GROUPS: `${globus.url}/`,
    };
    try {
      answers = (await runPythonJson("globus_auth_drive.py", [JSON.stringify(request)], env)) as typeof answers;
      samples = (await runPythonJson("globus_samples.py", [
        ...new Set(PUBLISHED.map(([, set]) => set)),
      ])) as typeof samples;
    } finally {
      await globus.close();
    }
  }, 60_000);

  test.each(PUBLISHED)("%s looks like the published %s (%s)", (ours, set, name) => {
    const sample = samples[set]?.[name];
    const found = differences(sample?.json, answers[ours]?.json);
    expect(found.filter((one) => !ALSO.test(one) && !NEVER_RAN.test(one))).toEqual([]);
    expect(answers[ours]?.status).toBe(CREATED.includes(ours) ? 201 : sample?.status);
  });

  test("the identity token is signed for the application, and says who logged in, when and by which request", () => {
    const { id, name, email, username } = globus.person;
    expect(answers["id_token"]).toMatchObject({
      sub: id,
      name,
      email,
      preferred_username: username,
      aud: globus.nativeClientId,
      iss: globus.url,
      nonce: "once",
      at_hash: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      last_authentication: expect.any(Number) as unknown,
    });
    expect(answers["issuer"]).toBe(globus.url);
    expect(answers["resource_servers"]).toEqual(["auth.globus.org", "transfer.api.globus.org"]);
  });

  test("the person is told of with all linked identities", () => {
    expect(answers["userinfo"]?.json).toMatchObject({
      sub: globus.person.id,
      identity_provider_display_name: "Globus ID",
      identity_set: [{ username: "curie@globusid.org" }, { username: "mcurie@example.org", last_authentication: null }],
    });
  });

  test("consents are told to the application that was given them, and to no other", () => {
    expect(answers["meets"]).toEqual([true, false]);
    expect([answers["all_consents"]?.status, answers["foreign_consents"]?.status]).toEqual([403, 403]);
  });

  test("an app of the SDK asks for a consent that it lacks, gets it, and logs out", () => {
    const scope = `https://auth.globus.org/scopes/${mapped}/data_access`;
    expect(answers["gare"]).toMatchObject({
      code: "ConsentRequired",
      authorization_parameters: { required_scopes: [`${TRANSFER}[*${scope}]`] },
    });
    expect(answers["listed"]).toEqual(["data"]);
    expect(answers["login_required"]).toBe(true);
    expect(answers["listed_by_account"]).toEqual(["data"]);
  });

  test("a service learns of a token who and what it is for, and in which session, while it holds", () => {
    expect(answers["introspect"]?.json).toMatchObject({
      active: true,
      aud: ["auth.globus.org", globus.nativeClientId],
    });
    expect(answers["introspect_session"]?.json["session_info"]).toMatchObject({
      authentications: { [globus.person.id]: { idp: "41143743-f3c8-4d60-bbdb-eeecaba85bd9" } },
    });
    expect(answers["introspect_revoked"]?.json).toEqual({ active: false });
    expect(answers["introspect_public"]?.status).toBe(401);
    expect([answers["foreign_stays"], answers["taken_along"]]).toEqual([true, false]);
  });

  test.each([
    ["refresh_revoked", 401, "invalid_grant"],
    ["after_deletion", 401, "invalid_client"],
    ["unknown_scope", 400, "unknown_scopes"],
  ])("the SDK understands the failure %s", (name, status, error) => {
    const answer = answers[name];
    expect([answer?.error, answer?.status, answer?.json["error"]]).toEqual(["AuthAPIError", status, error]);
  });

  test.each([
    ["job_missing", "TimersAPIError", 404, "NOT_FOUND"],
    ["timer_wrong", "TimersAPIError", 422, null],
    ["group_missing", "GroupsAPIError", 404, "NOT_FOUND"],
  ])("the SDK understands the failure %s", (name, error, status, code) => {
    const answer = answers[name];
    expect([answer?.error, answer?.status, answer?.code]).toEqual([error, status, code]);
  });

  test("an application that was registered by a program is somebody", () => {
    expect(answers["instance"]?.json).toMatchObject({
      client: { parent_client: TEMPLATE, client_type: "confidential_client" },
      included: { client_credential: { secret: expect.any(String) as unknown } },
    });
    expect(answers["itself"]).toBe("transfer.api.globus.org");
  });
});
