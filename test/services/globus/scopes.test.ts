/** The table of Globus services, and trees of scopes as Auth writes them. */
import { describe, expect, test } from "vitest";
import {
  AUTH_SERVER,
  COMPUTE_SERVER,
  dataAccessScope,
  FLOWS_SERVER,
  flowScope,
  isFlow,
  optionalScope,
  parseScopes,
  printScope,
  scopeTree,
  serverName,
  TRANSFER_SCOPE,
  TRANSFER_SERVER,
  usualScopes,
} from "../../../src/services/globus/scopes.ts";

const FLOW = "4a9d0c4a-8f2b-4f5e-9a3e-0d6f1f7f0001";
const COLLECTION = "9b7f0c4a-8f2b-4f5e-9a3e-0d6f1f7f0002";

test("a flow is a resource server of its own, with a scope that its id makes; the services are none", () => {
  expect(usualScopes(FLOW)).toEqual([
    `https://auth.globus.org/scopes/${FLOW}/flow_4a9d0c4a_8f2b_4f5e_9a3e_0d6f1f7f0001_user`,
  ]);
  expect(isFlow(FLOW)).toBe(true);
  expect(serverName(FLOW)).toBe(`the flow ${FLOW}`);
  const timers = "524230d7-ea86-4a52-8312-86065a9e0417";
  expect(isFlow(timers)).toBe(false);
  expect(usualScopes(timers)).toEqual([`https://auth.globus.org/scopes/${timers}/timer`]);
});

test.each([TRANSFER_SERVER, AUTH_SERVER, FLOWS_SERVER, COMPUTE_SERVER])("%s has its scopes and a name", (server) => {
  expect(usualScopes(server).length).toBeGreaterThan(0);
  expect(serverName(server)).toMatch(/^Globus /);
});

test("a server that is neither is said", () => {
  expect(() => usualScopes("example.org")).toThrow("no scope is known for the resource server example.org");
});

test("one consent for a flow has below it what the flow does at Transfer, and at a mapped collection", () => {
  const tree = scopeTree(flowScope(FLOW), [
    optionalScope(TRANSFER_SCOPE, [optionalScope(dataAccessScope(COLLECTION))]),
  ]);
  const text = printScope(tree);
  expect(text).toBe(
    `${flowScope(FLOW)}[*urn:globus:auth:scope:transfer.api.globus.org:all[*https://auth.globus.org/scopes/${COLLECTION}/data_access]]`,
  );
  expect(parseScopes(text)).toEqual([tree]);
});

describe("trees of scopes", () => {
  test.each(["a", "a b c", "a[b] c", "a[b[c d] *e] *f[g]", ""])("%s is read as it is printed", (text) => {
    expect(parseScopes(text)?.map(printScope).join(" ")).toBe(text);
  });

  test.each(["a[", "a]", "a[]", "[a]", "a[b]]", "*", "a[*]", "a[b][c]"])("%s is none", (text) => {
    expect(parseScopes(text)).toBeUndefined();
  });
});
