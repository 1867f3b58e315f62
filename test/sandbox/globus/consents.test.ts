/** Trees of scopes, and what a token knows of the consents to them: the ground that flows stand on. */
import { expect, test } from "vitest";
import { type AccessToken, giveAccessToken } from "../../../src/sandbox/globus/auth/auth-state.ts";
import {
  flowScope,
  isKnownScope,
  resourceServerOf,
  TRANSFER_SCOPE,
} from "../../../src/sandbox/globus/auth/known-scopes.ts";
import { type AskedScope, parseScopes } from "../../../src/sandbox/globus/auth/scope-tree.ts";
import { createWorld } from "../../../src/sandbox/globus/new-world.ts";
import { hasConsent } from "../../../src/sandbox/globus/world.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const FLOW = "0b4f8e5d-8c4e-4d4a-9f6c-1d2e3f4a5b6c";

const scopeText = ({ scope, isOptional, children }: AskedScope): string =>
  `${isOptional ? "*" : ""}${scope}${children.length === 0 ? "" : `[${children.map(scopeText).join(" ")}]`}`;

test.each(["", "a", "a b", "a[b]", "a[*b c[d *e[f]]] g"])("%j is read as the tree that it is", (text) => {
  expect(parseScopes(text)?.map(scopeText).join(" ")).toBe(text);
});
test.each(["[a]", "a[", "a]", "a[b", "a[b]]", "a[]", "a[b][c]", "*", "a**b"])("%j is no list of scopes", (text) => {
  expect(parseScopes(text)).toBeUndefined();
});

test("a flow's scope exists as long as the flow, and its resource server is the flow", () => {
  const { auth } = createWorld({ clock: new FakeClock(), collections: [] }, "");
  const known = (): boolean => isKnownScope(flowScope(FLOW), auth.scopeOwners);
  expect(known()).toBe(false);
  auth.dependentsByFlow.set(FLOW, "");
  expect(known()).toBe(true);
  expect(resourceServerOf(flowScope(FLOW))).toBe(FLOW);
  auth.dependentsByFlow.delete(FLOW);
  expect(known()).toBe(false);
});

test("who consents to a flow consents to what the flow needs then; what it needs later wants a new consent", () => {
  const { auth, person } = createWorld({ clock: new FakeClock(), collections: [] }, "");
  const scope = flowScope(FLOW);
  const session = { id: "", authenticatedById: new Map<string, number>() };
  const tokenFor = (text: string): AccessToken => {
    const owner = { applicationId: "app", identityId: person.id, allowsRefresh: true };
    const roots = auth.consents.grant(parseScopes(text) ?? [], owner, 0);
    return giveAccessToken(auth, { clientId: "app", identity: person, session }, roots, undefined);
  };
  auth.dependentsByFlow.set(FLOW, "");
  const old = tokenFor(scope);
  auth.dependentsByFlow.set(FLOW, `${TRANSFER_SCOPE}[*x]`);
  expect(hasConsent(old, [scope])).toBe(true);
  expect(hasConsent(old, [scope, TRANSFER_SCOPE])).toBe(false);
  const renewed = tokenFor(scope);
  expect(hasConsent(renewed, [scope, TRANSFER_SCOPE, "x"])).toBe(true);
  expect(hasConsent(old, [scope, TRANSFER_SCOPE])).toBe(false);
  expect(hasConsent(renewed, [TRANSFER_SCOPE])).toBe(false);
});
