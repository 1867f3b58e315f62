/** What a task's trouble means to operators. */
import { expect, test } from "vitest";
import { isUnclean } from "../../../src/base/clean-text.ts";
import { wordsFor } from "../../../src/controller/transfers/task-words.ts";

/** Every code that Transfer can give, as its makers listed them (developer-discuss at globus.org, 23 April 2020). */
const CODES = `ABEND ACL_CHANGED AMBIGUOUS_PATH AUTH CANCELED CLOCK CONNECT_FAILED CONNECTION_BROKEN CONNECTION_RESET
  ENDPOINT_ERROR ENDPOINT_TOO_BUSY EXPIRED EXTERNAL_CHECKSUM_MISMATCH FILE_ACCESS FILE_NOT_FOUND FILE_SIZE_CHANGED
  GC_NOT_CONNECTED GC_PAUSED GSI_DN_MISMATCH INTERNAL_ERROR INVALID_PATH_NAME INVALID_SERVICE_CREDENTIAL
  INVALID_SYMLINK IS_A_DIRECTORY IS_A_FILE LIMIT_EXCEEDED MPU_NOT_FOUND NO_APPEND_FILESYSTEM NO_CREDENTIALS
  NO_PHYSICALS NO_SPACE_LEFT NOT_A_DIRECTORY NOT_A_FILE NOT_A_SYMLINK PAUSED PERMISSION_DENIED PROGRESS
  QUOTA_EXCEEDED STARTED SUCCEEDED TIMEOUT UNKNOWN UNPAUSED VERIFY_CHECKSUM`.split(/\s+/);

test.each(CODES)("%s is told in words, or is no trouble", (code) => {
  const isTrouble = !["PROGRESS", "STARTED", "SUCCEEDED", "UNPAUSED"].includes(code);
  expect(wordsFor(code)?.words.startsWith("Globus says") ?? undefined).toBe(isTrouble ? false : undefined);
});

test.each([
  ["FILE_NOT_FOUND", "source"],
  ["PERMISSION_DENIED", "destination"],
  ["Permission denied", "destination"],
  ["QUOTA_EXCEEDED", "destination"],
  ["NO_SPACE_LEFT", "destination"],
  ["EXPIRED_CREDENTIALS", "person"],
  ["Creds Expired", "person"],
  ["CANCELED_BY_ADMIN", "person"],
  ["GC_NOT_CONNECTED", "offline"],
  ["ExternalError.DirListingFailed.GCDisconnected", "offline"],
  ["EndpointError", "offline"],
  ["CONNECTION_RESET", "passing"],
] as const)("%s is trouble of kind %s", (code, kind) => {
  expect(wordsFor(code)?.kind).toBe(kind);
});

test.each(["", "OK", "Queued", "ACTIVE"])("%j is no trouble", (code) => {
  expect(wordsFor(code)).toBeUndefined();
});

test.each(["SOMETHING_NEW", "constructor", "__proto__"])("%s, which is not known, passes and is named", (code) => {
  expect(wordsFor(code)).toEqual({ kind: "passing", words: `Globus says ${code}: it tries again` });
});

test("a code with a line end in it is told on one line", () => {
  expect(isUnclean(wordsFor("SOME\nTHING")?.words ?? "\n")).toBe(false);
});
