/**
 * One call to a Globus service with our credentials: a valid token, the exchange, and the two failures that another
 * token can cure, each once: a token that the service refuses (401), and a consent that a service account can give
 * itself. Everything else is transport.ts.
 */
import type { SDKOptions } from "@globus/sdk/services/types";
import type { CallOptions } from "../../controller/ports/call.ts";
import type { TokenSource } from "./auth.ts";
import { LoginNeededError, refusalOf } from "./errors.ts";
import type { GlobusDocument, GlobusExchange, GlobusTransport } from "./transport.ts";

export interface GlobusRequest extends Pick<GlobusExchange, "what" | "repeatable" | "advice"> {
  readonly resourceServer: string;
  /** Calls one function of the SDK with these headers, and `sdk` as its last argument. */
  readonly send: (headers: Record<string, string>, sdk: SDKOptions) => Promise<Response>;
  /**
   * It takes a token that was made since the last consent, which carries these scopes where the login may give itself
   * consents; absent: any token that holds.
   */
  readonly newTokenWith?: readonly string[];
}

/**
 * @throws an error of controller/ports whose cause is a GlobusRefusal where Globus gave one; the signal's reason when
 * aborted
 */
export type GlobusCall = (request: GlobusRequest, options: CallOptions) => Promise<GlobusDocument>;

export function createGlobusCall(tokens: TokenSource, transport: GlobusTransport): GlobusCall {
  return async (request, options) => {
    const { what, repeatable, advice } = request;
    const sendWith = (token: string): Promise<GlobusDocument> => {
      const send = (sdk: SDKOptions): Promise<Response> => request.send({ Authorization: `Bearer ${token}` }, sdk);
      return transport.exchange({ what, repeatable, send, ...(advice !== undefined && { advice }) }, options);
    };
    const token = await firstToken(request, tokens, options);
    try {
      return await sendWith(token);
    } catch (thrown) {
      const another = await anotherToken(thrown, request, token, tokens, options);
      if (another === undefined) throw thrown;
      return await sendWith(another);
    }
  };
}

async function firstToken(
  { resourceServer, newTokenWith: scopes }: GlobusRequest,
  tokens: TokenSource,
  options: CallOptions,
): Promise<string> {
  if (scopes === undefined) return await tokens.token(resourceServer, options);
  const consented = await tokens.withScopes(resourceServer, scopes, options);
  if (consented !== undefined) return consented;
  return await tokens.renewed(resourceServer, await tokens.token(resourceServer, options), options);
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
  // The token of a flow that has changed lacks what the flow asks for since; a new one has it where there is a consent.
  return refusal.status === 401 || refusal.code === "MISSING_SCOPE"
    ? await tokens.renewed(resourceServer, refused, options)
    : undefined;
}
