/**
 * How one simulated service asks another in the name of its caller: with a token for a scope that hangs on the caller's
 * own, which ends with the answer.
 */
import { randomBytes } from "node:crypto";
import type { AccessToken } from "./auth/auth-state.ts";
import { resourceServerOf } from "./auth/known-scopes.ts";
import type { Fields } from "./documents.ts";
import { type GlobusWorld, hasConsent, matchRoute, RefusedAnswer, type Route } from "./world.ts";

const LIFE_MILLISECONDS = 60_000;

/** @returns undefined where the path of scopes, from one of the token's own downwards, is not consented to */
export function dependentToken(
  { clock }: GlobusWorld,
  token: AccessToken,
  path: readonly string[],
): AccessToken | undefined {
  if (!hasConsent(token, path)) return undefined;
  const [root, ...below] = path;
  let consent = token.roots.find(({ scope }) => scope === root);
  for (const scope of below) consent = consent?.childByScope.get(scope);
  if (consent === undefined) return undefined;
  const { scope } = consent;
  const text = `Ag${randomBytes(24).toString("hex")}`;
  const own = { text, resourceServer: resourceServerOf(scope), scope, roots: [consent], refreshToken: undefined };
  return { ...token, ...own, issued: clock.now(), expires: clock.now() + LIFE_MILLISECONDS };
}

interface InsideRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Fields;
}
export interface InsideAnswer {
  readonly status: number;
  readonly body: Fields;
}

/** The answer of the first route that fits, a refusal too. */
export function askInside(
  world: GlobusWorld,
  routes: readonly Route[],
  token: AccessToken,
  asked: InsideRequest,
): InsideAnswer {
  const { method, path, query = {}, body = {} } = asked;
  const request = {
    method,
    path,
    segments: path.split("/").slice(1),
    query: new URLSearchParams(query),
    headers: { authorization: `Bearer ${token.text}` },
    body: JSON.stringify(body),
  };
  world.auth.tokenByText.set(token.text, token);
  try {
    for (const route of routes) {
      const parts = matchRoute(route, request);
      if (parts === undefined) continue;
      return route.answer({ world, request, part: (name) => parts.get(name) ?? "" }) as InsideAnswer;
    }
    throw new Error(`the simulated Globus has no ${method} ${path}`);
  } catch (thrown) {
    if (!(thrown instanceof RefusedAnswer)) throw thrown;
    return thrown.answer as InsideAnswer;
  } finally {
    world.auth.tokenByText.delete(token.text);
  }
}
