/**
 * The simulated Globus under Globus' own Python SDK, and each of its answers beside the sample that Globus publishes
 * for it: the same fields with values of the same types. Where a sample says null, the real service may say anything.
 */
import type { AccessDocument } from "@globus/sdk/services/transfer/service/access";
import type { FileDocument, FileListDocument } from "@globus/sdk/services/transfer/service/file-operations";
import type {
  EventDocument,
  SkippedErrorDocument,
  SkippedErrorsListDocument,
  SuccessfulTransferDocument,
  SuccessfulTransfersListDocument,
} from "@globus/sdk/services/transfer/service/task";
import { beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { differences, type SdkAnswer } from "../support/peers/published-samples.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { runPythonJson } from "../support/peers/spawn-peer.ts";

const TOP = "/2-BM";
const FILE = `${TOP}/scan_001.h5`;

test("the comparison of shapes sees what it must see", () => {
  expect(differences({ a: 1, b: null, c: [{ d: "x" }] }, { a: 2, b: "y", c: [{ d: "z" }] })).toEqual([]);
  expect(differences({ a: 1, c: [{ d: "x" }] }, { a: "1", c: [{ d: 1, e: 0 }], f: 1 })).toHaveLength(4);
  expect(differences({ a: 1, b: {} }, { b: null })).toEqual([
    "answer.a is missing",
    "answer.b is null, published: object",
  ]);
  expect(differences([{ DATA_TYPE: "file" }], [{ DATA_TYPE: "" }])).toEqual([
    "answer[0].DATA_TYPE is , published: file",
  ]);
});

/** Our answer, and the published one that it must look like. */
const PUBLISHED: readonly (readonly [ours: string, set: string, sample: string])[] = [
  ["one_token", "auth.oauth2_client_credentials_tokens", "default"],
  ["authorization_code", "auth.oauth2_exchange_code_for_tokens", "default"],
  ["code_used_twice", "auth.oauth2_exchange_code_for_tokens", "invalid_grant"],
  ["wrong_refresh_token", "auth.oauth2_exchange_code_for_tokens", "invalid_grant"],
  ["identity", "auth.get_identities", "sirosen"],
  ["identity_provisioned", "auth.get_identities", "default"],
  ["identity_unknown", "auth.get_identities", "empty"],
  ["identity_unauthorized", "auth.get_identities", "unauthorized"],
  ["collection", "transfer.get_endpoint", "default"],
  ["mkdir", "transfer.operation_mkdir", "default"],
  ["stat", "transfer.operation_stat", "default"],
  ["stat_missing", "transfer.operation_stat", "not_found"],
  ["stat_denied", "transfer.operation_stat", "permission_denied"],
  ["rename", "transfer.operation_rename", "default"],
  ["delete", "transfer.submit_delete", "default"],
  ["successful_transfers", "transfer.endpoint_manager_task_successful_transfers", "default"],
  ["submission_id", "transfer.get_submission_id", "default"],
  ["submit", "transfer.submit_transfer", "default"],
  ["duplicate", "transfer.submit_transfer", "default"],
  ["no_items", "transfer.submit_transfer", "failure"],
  ["task_list", "transfer.task_list", "default"],
  ["cancel", "transfer.cancel_task", "default"],
];
/** Transfer's results, an access rule and an entry of a folder; null where the service may say anything. */
const RESULT = { DATA_TYPE: "result", code: "", message: "", request_id: "", resource: "" };
const ACCESS_DOCUMENT: Readonly<Record<Exclude<keyof AccessDocument, `notify_${string}`>, unknown>> = {
  DATA_TYPE: "access",
  id: null,
  role_id: null,
  role_type: null,
  principal_type: "identity",
  principal: "",
  path: "",
  permissions: "",
  create_time: null,
  expiration_date: null,
};
const FILE_DOCUMENT: Readonly<Record<keyof FileDocument, unknown>> = {
  DATA_TYPE: "file",
  name: "",
  type: "",
  link_target: null,
  size: 0,
  last_modified: "",
  permissions: "",
  user: null,
  group: null,
  link_size: null,
  link_user: null,
  link_group: null,
  link_last_modified: null,
};
const FILE_LIST: Readonly<Record<keyof FileListDocument, unknown>> = {
  DATA_TYPE: "file_list",
  DATA: [FILE_DOCUMENT],
  endpoint: "",
  path: "",
  absolute_path: null,
  rename_supported: true,
  symlink_supported: false,
  length: 0,
  total: 0,
};
const EVENT_DOCUMENT: EventDocument = {
  DATA_TYPE: "event",
  code: "",
  is_error: true,
  description: "",
  details: "",
  time: "",
};
const SUCCESSFUL_TRANSFERS: Readonly<Record<keyof SuccessfulTransfersListDocument, unknown>> = {
  DATA_TYPE: "successful_transfers",
  marker: 0,
  next_marker: null,
  DATA: [
    {
      DATA_TYPE: "successful_transfer",
      source_path: "",
      destination_path: "",
      checksum: null,
      checksum_algorithm: null,
      dynamic: false,
      size: 0,
    } satisfies Record<keyof SuccessfulTransferDocument, unknown>,
  ],
};
const SKIPPED_ERRORS: Readonly<Record<keyof SkippedErrorsListDocument, unknown>> = {
  DATA_TYPE: "skipped_errors",
  marker: 0,
  next_marker: null,
  DATA: [
    {
      DATA_TYPE: "skipped_error",
      error_code: "",
      error_details: "",
      error_time: "",
      source_path: "",
      destination_path: "",
      is_directory: false,
      is_symlink: false,
      is_delete_destination_extra: false,
      external_checksum: null,
      checksum_algorithm: null,
    } satisfies Record<keyof SkippedErrorDocument, unknown>,
  ],
};
const PAUSE_INFO = {
  DATA_TYPE: "pause_info_limited",
  pause_rules: [],
  source_pause_message: null,
  destination_pause_message: null,
  source_pause_message_share: null,
  destination_pause_message_share: null,
};
/** What differs from the published answer; a login with refresh tokens has them, as the service's reference says. */
const ADDED: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ["answer.refresh_token is not published"],
  // The page that is published is not the last one.
  successful_transfers: ["answer.next_marker is null, published: number"],
};
/** Published with fewer fields; the others are those of Globus' own types. */
const MAY_HAVE_MORE: readonly string[] = ["collection", "successful_transfers"];
/** Answers whose HTTP status is not in the samples, which leave 200 where the service says 202. */
const OTHER_STATUS: readonly string[] = ["mkdir", "submit", "duplicate", "delete"];

describe.skipIf(needPeers("globus-sdk").missing)("the simulated Globus under Globus' Python SDK", () => {
  let answers: Readonly<Record<string, SdkAnswer>> & Readonly<Record<string, unknown>>;
  let samples: Readonly<Record<string, Readonly<Record<string, SdkAnswer>>>>;
  let globus: GlobusService;

  beforeAll(async () => {
    globus = await startGlobusService({
      clock: systemClock,
      collections: [
        { name: "beamline", folders: [TOP], files: { [FILE]: 1234 } },
        { name: "archive", folders: [TOP] },
      ],
    });
    globus.faults.deniedBelow = "/denied";
    const request = {
      client_id: globus.serviceAccount.clientId,
      secret: globus.serviceAccount.secret,
      native_client_id: globus.nativeClientId,
      username: globus.person.username,
      source: globus.collection("beamline").id,
      destination: globus.collection("archive").id,
      source_file: FILE,
      top: TOP,
    };
    const env = {
      ...inheritedEnvironment(),
      GLOBUS_SDK_SERVICE_URL_AUTH: `${globus.url}/`,
      GLOBUS_SDK_SERVICE_URL_TRANSFER: `${globus.url}/`,
    };
    try {
      answers = (await runPythonJson("globus_sdk_drive.py", [JSON.stringify(request)], env)) as typeof answers;
      samples = (await runPythonJson("globus_samples.py", [
        ...new Set(PUBLISHED.map(([, set]) => set)),
      ])) as typeof samples;
    } finally {
      await globus.close();
    }
  }, 60_000);

  test.each(PUBLISHED)("%s looks like the published %s (%s)", (ours, set, name) => {
    const sample = samples[set]?.[name];
    const answer = answers[ours];
    const isMore = (one: string): boolean =>
      (ADDED[ours] ?? []).includes(one) || (MAY_HAVE_MORE.includes(ours) && one.endsWith("is not published"));
    expect(differences(sample?.json, answer?.json).filter((one) => !isMore(one))).toEqual([]);
    expect(answer?.status).toBe(OTHER_STATUS.includes(ours) ? 202 : sample?.status);
  });

  test("a task looks like a row of the published list", () => {
    const [row] = (samples["transfer.task_list"]?.["default"]?.json["DATA"] ?? []) as unknown[];
    const { DATA_TYPE, ...task } = answers["task"]?.json ?? {};
    expect(DATA_TYPE).toBe("task");
    expect(differences(row, task)).toEqual([]);
  });

  test("the SDK finds a token for each service, and the refresh keeps its refresh token", () => {
    expect(answers["by_resource_server"]).toEqual(["auth.globus.org", "transfer.api.globus.org"]);
    const [login, renewed] = [answers["authorization_code"]?.json, answers["refresh_token"]?.json];
    expect(renewed?.["refresh_token"]).toBe(login?.["refresh_token"]);
    expect(renewed?.["access_token"]).not.toBe(login?.["access_token"]);
  });

  test.each([
    ["wrong_secret", "AuthAPIError", 401, "invalid_client"],
    ["code_used_twice", "AuthAPIError", 401, "invalid_grant"],
    ["identity_unauthorized", "AuthAPIError", 401, "UNAUTHORIZED"],
    ["mkdir_exists", "TransferAPIError", 502, "ExternalError.MkdirFailed.Exists"],
    ["mkdir_no_parent", "TransferAPIError", 502, "ExternalError.MkdirFailed"],
    ["stat_missing", "TransferAPIError", 404, "NotFound"],
    ["unknown_collection", "TransferAPIError", 404, "EndpointNotFound"],
    ["stat_denied", "TransferAPIError", 403, "EndpointPermissionDenied"],
    ["rename_missing", "TransferAPIError", 404, "ClientError.NotFound"],
    ["not_complete", "TransferAPIError", 409, "TaskNotComplete"],
    ["no_delete_items", "TransferAPIError", 400, "ClientError.BadRequest.NoDeleteItems"],
    ["conflict", "TransferAPIError", 409, "Conflict"],
    ["no_items", "TransferAPIError", 400, "ClientError.BadRequest.NoTransferItems"],
    ["task_missing", "TransferAPIError", 404, "TaskNotFound"],
    ["access_exists", "TransferAPIError", 409, "Exists"],
    ["access_deleted", "TransferAPIError", 404, "AccessRuleNotFound"],
    ["transfer_unauthorized", "TransferAPIError", 401, "AuthenticationFailed"],
  ])("the SDK understands the failure %s", (name, error, status, code) => {
    const answer = answers[name];
    expect([answer?.error, answer?.status]).toEqual([error, status]);
    expect(
      error === "AuthAPIError" && answer?.json["errors"] === undefined ? answer?.json["error"] : answer?.code,
    ).toBe(code);
    if (error === "TransferAPIError") expect(answer?.request_id).toMatch(/^\S+$/);
  });

  test("the SDK lists a directory, follows a task to its end and finds the file", () => {
    expect(answers["names"]).toEqual(["made", "scan_001.h5"]);
    expect(answers["duplicate"]?.json["task_id"]).toBe(answers["submit"]?.json["task_id"]);
    expect(answers["duplicate"]?.json["code"]).toBe("Duplicate");
    expect(answers["waited"]).toBe(true);
    expect(answers["task"]?.json).toMatchObject({
      status: "SUCCEEDED",
      bytes_transferred: 1234,
      label: "scan 1",
      is_ok: null,
    });
    expect(answers["arrived"]).toBe(1234);
    expect(answers["rules"]).toEqual([`${TOP}/`]);
  });

  test("the SDK deletes what was sent, and finds a collection by a part of its name", () => {
    expect(answers["deleted"]).toBe(true);
    expect(answers["delete_task"]?.json).toMatchObject({ type: "DELETE", status: "SUCCEEDED", files: 1 });
    expect(answers["found"]).toEqual([globus.collection("archive").id]);
  });

  test("the SDK changes and deletes an access rule, and finds identities by their ids", () => {
    expect(answers["access_rule"]?.json["permissions"]).toBe("rw");
    expect(answers["rules_left"]).toBe(0);
    expect(answers["names_by_id"]).toEqual([globus.person.username, "new@nowhere.example"]);
  });

  // The Python SDK has no samples of these: their fields are those of the types in Globus' JavaScript SDK.
  test.each([
    ["access", 201, { ...RESULT, DATA_TYPE: "access_create_result", access_id: "" }, "Created"],
    ["update", 200, RESULT, "Updated"],
    ["successful_transfers", 200, SUCCESSFUL_TRANSFERS, undefined],
    ["skipped_errors", 200, SKIPPED_ERRORS, undefined],
    ["pause_info", 200, PAUSE_INFO, undefined],
    ["access_update", 200, RESULT, "Updated"],
    ["access_delete", 200, RESULT, "Deleted"],
    ["access_rule", 200, ACCESS_DOCUMENT, undefined],
    ["access_list", 200, { DATA_TYPE: "access_list", DATA: [ACCESS_DOCUMENT], length: 0, endpoint: "" }, undefined],
    ["ls", 200, FILE_LIST, undefined],
  ])("%s has the fields that Globus' own types name", (name, status, fields, code) => {
    const answer = answers[name];
    expect(answer?.status).toBe(status);
    expect(differences(fields, answer?.json)).toEqual([]);
    expect(answer?.json["code"]).toBe(code);
  });

  test("a task whose source is missing stays active and complains until it is cancelled", () => {
    expect(answers["lost_task"]?.json).toMatchObject({
      status: "ACTIVE",
      nice_status: "FILE_NOT_FOUND",
      is_ok: false,
      faults: 1,
    });
    expect(answers["lost_events"]).toEqual(["FILE_NOT_FOUND", "STARTED"]);
    expect(differences({ ...EVENT_DOCUMENT, parent_task_id: null }, answers["lost_event"])).toEqual([]);
    expect(answers["canceled_task"]?.json).toMatchObject({ status: "FAILED", fatal_error: { code: "CANCELED" } });
  });
});
