/**
 * What the simulated Transfer's routes share: the forms of its results and refusals, who the bearer is, and the body
 * and collection of a request. The routes themselves are in transfer-routes.ts and task-routes.ts.
 */

import type { TwinAnswer } from "../http-twin.ts";
import type { AccessToken } from "./auth/auth-state.ts";
import { TRANSFER_SERVER } from "./auth/known-scopes.ts";
import { meetsPolicy } from "./auth/sessions.ts";
import type { Collection } from "./collection.ts";
import type { Fields } from "./documents.ts";
import { type Asked, bearerOf, RefusedAnswer, requestId } from "./world.ts";

/** A refusal in Transfer's form. */
export function refuse(asked: Asked, status: number, code: string, message: string, more: Fields = {}): RefusedAnswer {
  const body = { code, message, request_id: requestId(), resource: asked.request.path, ...more };
  return new RefusedAnswer({ status, body });
}

/** A result in Transfer's form. */
export function result(
  asked: Asked,
  status: number,
  type: string,
  code: string,
  message: string,
  more: Fields = {},
): TwinAnswer {
  const body = { DATA_TYPE: type, code, message, request_id: requestId(), resource: asked.request.path, ...more };
  return { status, body };
}

export function requireBearer(asked: Asked): AccessToken {
  const token = asked.world.faults.refusesTokens ? undefined : bearerOf(asked, TRANSFER_SERVER);
  if (token === undefined) throw refuse(asked, 401, "AuthenticationFailed", "Token is not active");
  return token;
}

export function bodyOf(asked: Asked): Fields {
  try {
    return JSON.parse(asked.request.body) as Fields;
  } catch {
    throw refuse(asked, 400, "ClientError.BadRequest", "The body is not JSON");
  }
}

export function collectionOf(asked: Asked, id: string): Collection {
  const found = asked.world.collectionById.get(id);
  if (found === undefined) throw refuse(asked, 404, "EndpointNotFound", `No such endpoint '${id}'`);
  return found;
}

/** @throws RefusedAnswer where the collection wants another session than the bearer's */
export function requireSession(asked: Asked, token: AccessToken, { name, policyId }: Collection): void {
  if (policyId === undefined || meetsPolicy(asked.world.auth, token.session, policyId)) return;
  const message = `${name} requires a session that meets its authentication policy`;
  const wanted = { session_message: message, session_required_policies: [policyId] };
  throw refuse(asked, 403, "PermissionDenied", message, { authorization_parameters: wanted });
}
