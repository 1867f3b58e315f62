/**
 * One call to a Globus service with our credentials: a valid token, the exchange, and the two failures that another
 * token can cure, each once: a token that the service refuses (401), and a consent that a service account can give
 * itself. Everything else is transport.ts.
 */
import type { SDKOptions } from "@globus/sdk/services/types";
import type { CallOptions } from "../../controller/ports/call.ts";
import type { TokenSource } from "./auth.ts";
import { LoginNeededError, refusalOf } from "./errors.ts";
import type { GlobusDocument, GlobusTransport } from "./transport.ts";

export interface GlobusRequest {
  /** What it does, as in "make /data on petrel". */
  readonly what: string;
  readonly resourceServer: string;
  /** Calls one function of the SDK with these headers, and `sdk` as its last argument. */
  readonly send: (headers: Record<string, string>, sdk: SDKOptions) => Promise<Response>;
  /** Sent twice it does no harm. */
  readonly repeatable: boolean;
}

/**
 * @throws an error of controller/ports whose cause is a GlobusRefusal where Globus gave one; the signal's reason when
 * aborted
 */
export type GlobusCall = (request: GlobusRequest, options: CallOptions) => Promise<GlobusDocument>;

export function createGlobusCall(tokens: TokenSource, transport: GlobusTransport): GlobusCall {
  return async (request, options) => {
    const { what, repeatable, resourceServer } = request;
    const sendWith = (token: string): Promise<GlobusDocument> => {
      const send = (sdk: SDKOptions): Promise<Response> => request.send({ Authorization: `Bearer ${token}` }, sdk);
      return transport.exchange({ what, repeatable, send }, options);
    };
    const token = await tokens.token(resourceServer, options);
    try {
      return await sendWith(token);
    } catch (thrown) {
      const another = await anotherToken(thrown, request, token, tokens, options);
      if (another === undefined) throw thrown;
      return await sendWith(another);
    }
  };
}

/** A token with which the same request may succeed; undefined when none would. */
async function anotherToken(
  thrown: unknown,
  { resourceServer }: GlobusRequest,
  refused: string,
  tokens: TokenSource,
  options: CallOptions,
): Promise<string | undefined> {
  const refusal = refusalOf(thrown);
  if (refusal === undefined || !(thrown instanceof LoginNeededError)) return undefined;
  if (refusal.requiredScopes.length > 0) {
    return await tokens.withScopes(resourceServer, refusal.requiredScopes, options);
  }
  return refusal.status === 401 ? await tokens.renewed(resourceServer, refused, options) : undefined;
}
