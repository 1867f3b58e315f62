/** What is taken from an answer of Globus Auth. */
import { expect, test } from "vitest";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import { recordsOf } from "../../../src/services/globus/grants.ts";
import { identityText } from "../../../src/services/globus/login/who-is.ts";

const ANSWER = { access_token: "t", scope: "openid", expires_in: 172_800, resource_server: "auth.globus.org" };

test("a token that holds until a time of no calendar is no token, for it could not be kept", () => {
  expect(recordsOf(ANSWER, 1000)[0]?.expires).toBe(172_801_000);
  for (const expires_in of [1e300, 1e12, 0, -1, "172800"])
    expect(() => recordsOf({ ...ANSWER, expires_in }, 1000)).toThrow(
      new UnavailableError("Globus Auth gave an answer that is no token (expires_in)."),
    );
});

test("who has logged in is told on one line, whatever the name", () => {
  const username = "curie@globusid.org\nroot: forged";
  expect(identityText({ id: "i", username, name: "Marie\r\n\u001b[31mCurie" })).toBe(
    "Marie [31mCurie (curie@globusid.org root: forged)",
  );
  expect(identityText({ id: "i", username })).toBe("curie@globusid.org root: forged");
});
