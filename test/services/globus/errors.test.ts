/** Globus' refusals as errors that operators can read. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  NotFoundError,
  UnavailableError,
} from "../../../src/controller/ports/call.ts";
import { LoginNeededError, parseRefusal, refusalError, refusalOf } from "../../../src/services/globus/errors.ts";

const document = (code: string, more: object = {}) => ({
  code,
  message: "why",
  request_id: "AbC123",
  resource: "/x",
  ...more,
});
const error = (status: number, body: unknown, about: Parameters<typeof refusalError>[2] = {}): ActionError => {
  const refusal = parseRefusal(status, body);
  if (refusal === undefined) throw new Error("no refusal in it");
  return refusalError("make /data on petrel", refusal, about);
};

test.each([
  [502, "ExternalError.MkdirFailed.Exists", AlreadyExistsError],
  [409, "Exists", AlreadyExistsError],
  [409, "Conflict", AlreadyExistsError],
  [403, "ExternalError.MkdirFailed.PermissionDenied", AccessDeniedError],
  [403, "EndpointPermissionDenied", AccessDeniedError],
  [403, "PermissionDenied", AccessDeniedError],
  [403, "ConsentRequired", LoginNeededError],
  [403, "AuthPolicyFailed", LoginNeededError],
  [401, "AuthenticationFailed", LoginNeededError],
  [401, "SomethingNew", LoginNeededError],
  [404, "ClientError.NotFound", NotFoundError],
  [404, "EndpointNotFound", NotFoundError],
  [502, "ExternalError.DirListingFailed.GCDisconnected", UnavailableError],
  [502, "EndpointError", UnavailableError],
  [409, "OperationPaused", UnavailableError],
  [400, "ClientError.BadRequest.NoTransferItems", ActionError],
])("status %i with %s is one class of error, with code, words and request id", (status, code, kind) => {
  const failure = error(status, document(code));
  expect(failure.constructor === kind || failure instanceof kind).toBe(true);
  if (kind === ActionError) expect(failure.constructor).toBe(ActionError);
  expect(failure.message).toMatch(/^Globus did not make \/data on petrel.*\(.*: why; request AbC123\)\.$/);
  expect(refusalOf(failure)).toMatchObject({ code, status, requestId: "AbC123" });
});

test("the command that helps is said: for a collection's consent with its id, for a policy with --force", () => {
  const id = "9b7f0c4a-8f2b-4f5e-9a3e-0d6f1f7f0002";
  const required_scopes = [`urn:a:all[*https://auth.globus.org/scopes/${id}/data_access]`];
  const consent = error(403, document("ConsentRequired", { required_scopes }));
  expect(consent.message).toContain(`the login lacks a consent, run \`globus-ioc login --collection ${id}\` (`);
  expect(error(403, document("ConsentRequired")).message).toContain("lacks a consent, run `globus-ioc login` (");
  expect(error(403, document("AuthPolicyFailed")).message).toContain(
    "its policy wants a login of this moment, run `globus-ioc login --force` (",
  );
  const wanted = { session_required_policies: [id], session_required_single_domain: ["example.org", "a b; rm"] };
  expect(error(403, document("AuthPolicyFailed", { authorization_parameters: wanted })).message).toContain(
    `, run \`globus-ioc login --policy ${id} --domain example.org\` (`,
  );
  const both = document("AuthPolicyFailed", { authorization_parameters: wanted, required_scopes });
  expect(error(403, both, { flow: "nightly" }).message).toContain(
    `, run \`globus-ioc login --flow nightly --collection ${id} --policy ${id} --domain example.org\` (`,
  );
});

test("a consent that is missing is named, from either place in the document", () => {
  const scopes = ["urn:a:all[*b]"];
  for (const more of [{ required_scopes: scopes }, { authorization_parameters: { required_scopes: scopes } }]) {
    const failure = error(403, document("ConsentRequired", more));
    expect(refusalOf(failure)?.requiredScopes).toEqual(scopes);
    expect(failure.message).toContain("scopes urn:a:all[*b]");
  }
});

test("both forms of Auth's errors are understood", () => {
  expect(parseRefusal(401, { error: "invalid_grant" })).toMatchObject({ code: "invalid_grant", message: "" });
  const errors = [
    { status: "401", id: "e-1", code: "UNAUTHORIZED", detail: "Call must be authenticated", title: "Unauthorized" },
  ];
  expect(parseRefusal(401, { errors, error_description: "Unauthorized", error: "unauthorized" })).toMatchObject({
    code: "UNAUTHORIZED",
    message: "Call must be authenticated",
    requestId: "e-1",
  });
});

test("any document is a refusal in one short line, or none", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (rubbish, said) => {
      const refusal = parseRefusal(500, rubbish);
      expect(refusal === undefined || refusal.code.length >= 0).toBe(true);
      const { message } = error(500, document("X", { message: `${said}\n\0${"y".repeat(500)}` }));
      expect(message).not.toMatch(/[\x00-\x1f]/);
      expect(message.length).toBeLessThan(300);
    }),
  );
});
