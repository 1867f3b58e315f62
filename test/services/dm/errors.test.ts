import { expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  NotFoundError,
  UnavailableError,
} from "../../../src/controller/ports/call.ts";
import { DmError, resultOf, sessionRefused } from "../../../src/services/dm/errors.ts";
import {
  type HttpAnswer,
  type HttpRequest,
  type HttpService,
  HttpUnavailableError,
} from "../../../src/services/http.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const service: HttpService = {
  name: "DM storage service",
  address: "dm:22237",
  exchange: () => Promise.reject(new Error("not used")),
  clean: (text) => text,
  close: () => Promise.resolve(),
};
const GET: HttpRequest = { method: "GET", path: "/dm/x" };
const POST: HttpRequest = { method: "POST", path: "/dm/x" };

function answered(status: number, headers: Readonly<Record<string, string>>, body: unknown): HttpAnswer {
  return { status, headers: new Headers(headers), body: typeof body === "string" ? body : JSON.stringify(body) };
}

/** What `resultOf` throws for the answer. */
function errorOf(answer: HttpAnswer, request = GET): ActionError {
  try {
    resultOf(service, request, answer, new FakeClock());
  } catch (thrown) {
    if (thrown instanceof ActionError) return thrown;
  }
  throw new Error("the answer was taken for a success");
}

test.each([
  ["no code", {}, { name: "a" }],
  ["code 0", { "Dm-Status-Code": "0" }, [1, 2]],
  ["errorCode 0 in the body", {}, { errorCode: 0, errorMessage: "" }],
])("%s is a success, and the JSON comes as it is", (_, headers, body) => {
  expect(resultOf(service, GET, answered(200, headers, body), new FakeClock())).toEqual(body);
});

test.each([
  [5, AccessDeniedError],
  [6, AccessDeniedError],
  [9, UnavailableError],
  [12, AccessDeniedError],
  [14, NotFoundError],
  [15, AlreadyExistsError],
  [19, UnavailableError],
  [22, UnavailableError],
] as const)("code %d has its own error, from the header whatever the status, or from the body", (code, kind) => {
  const header = { "Dm-Status-Code": String(code), "Dm-Status-Message": "as DM puts it" };
  const said = `DM storage service (dm:22237), GET /dm/x: DM says "as DM puts it" (code ${code})`;
  for (const status of [200, 401, 404, 500]) {
    const error = errorOf(answered(status, header, "<html>"));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toBe(said);
  }
  const error = errorOf(answered(200, {}, { errorCode: code, errorMessage: "as DM puts it" }));
  expect(error).toBeInstanceOf(kind);
  expect(error.message).toBe(said);
});

test.each([1, 2, 3, 4, 7, 8, 10, 11, 13, 16, 17, 18, 20, 21, 99])(
  "code %d is a refusal that carries its number",
  (code) => {
    const error = errorOf(answered(200, { "Dm-Status-Code": String(code) }, {}));
    expect(error).toBeInstanceOf(DmError);
    expect((error as DmError).code).toBe(code);
    expect(error.message).toContain('DM says "Internal Error"');
  },
);

test("a missing experiment is known by its code, never by its text", () => {
  expect(
    errorOf(answered(200, { "Dm-Status-Code": "1", "Dm-Status-Message": "e does not exist" }, {})),
  ).not.toBeInstanceOf(NotFoundError);
});

test("the message of the body serves when the header has none", () => {
  expect(errorOf(answered(200, { "Dm-Status-Code": "14" }, { errorMessage: "from the body" })).message).toContain(
    "from the body",
  );
});

test("a status header that is no number is a failure", () => {
  expect(errorOf(answered(200, { "Dm-Status-Code": "OK" }, {}))).toBeInstanceOf(DmError);
});

test("401 without a code is about access; any other status without a code is a service that does not work", () => {
  expect(errorOf(answered(401, {}, "<html>"))).toBeInstanceOf(AccessDeniedError);
  for (const status of [302, 404, 500, 502])
    expect(errorOf(answered(status, {}, "<html>"))).toBeInstanceOf(HttpUnavailableError);
});

test("a time-out inside DM leaves open whether a change has happened, but not whether a look-up has", () => {
  for (const code of ["9", "22"]) {
    const answer = answered(200, { "Dm-Status-Code": code }, {});
    expect(errorOf(answer, POST)).toMatchObject({ mayHaveHappened: true });
    expect(errorOf(answer, GET)).toMatchObject({ mayHaveHappened: false });
  }
});

test("a change may be answered with nothing, a look-up may not", () => {
  expect(resultOf(service, POST, answered(200, { "Dm-Status-Code": "0" }, ""), new FakeClock())).toBeUndefined();
  expect(errorOf(answered(200, { "Dm-Status-Code": "0" }, ""), GET).message).toContain(
    "an empty body where JSON was expected",
  );
});

test("an answer that is not JSON is no answer, and may follow a change that was made", () => {
  expect(errorOf(answered(200, {}, "<html>"), POST)).toMatchObject({ mayHaveHappened: true, worthRepeating: false });
});

test.each([
  [401, {}, true],
  [401, { "Dm-Status-Code": "6" }, true],
  [401, { "Dm-Status-Code": "5" }, false],
  [200, { "Dm-Status-Code": "12" }, true],
  [200, { "Dm-Status-Code": "14" }, false],
  [500, {}, false],
  [200, {}, false],
] as const)("status %d with %j calls for a new login: %s", (status, headers, refused) => {
  expect(sessionRefused(answered(status, headers, {}))).toBe(refused);
});
