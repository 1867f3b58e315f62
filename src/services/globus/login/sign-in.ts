/**
 * One login of a person at Globus Auth: the address to open in a browser, and the tokens for the code that comes back,
 * as a native application with PKCE (RFC 7636). It keeps no token and asks nobody; globus.md §3.1.
 */
import { auth } from "@globus/sdk";
import { generateCodeChallenge, generateCodeVerifier, generateState } from "@globus/sdk/core/authorization/pkce";
import { oneLine, visible } from "../../../base/clean-text.ts";
import { ActionError } from "../../../base/errors.ts";
import type { CallOptions } from "../../../controller/ports/call.ts";
import { LOGIN_ADVICE } from "../../../controller/ports/identity.ts";
import { refusalOf } from "../errors.ts";
import { recordsOf } from "../grants.ts";
import { printScope, type ScopeTree } from "../scopes.ts";
import type { TokenRecord } from "../token-store.ts";
import type { GlobusTransport } from "../transport.ts";
import { CODE_PAGE } from "./application.ts";

export interface SignInOptions {
  /** The native application's id. */
  readonly clientId: string;
  readonly transport: GlobusTransport;
  readonly scopes: readonly ScopeTree[];
  /** Where the browser brings the code; absent: to a page that shows it. */
  readonly redirectUri?: string;
  /** Whether Globus is to ask who it is, also where the browser is logged in. */
  readonly isAnew: boolean;
  /** What the login's session must meet: ids of policies, and domains of which the identity may be. */
  readonly policies?: readonly string[];
  readonly domains?: readonly string[];
  /** What people see of it at Globus, such as the host's name. */
  readonly name: string;
}

export interface SignIn {
  /** To open in a browser. */
  readonly url: string;
  /** What the browser must bring back beside the code. */
  readonly state: string;
  /** @throws ActionError for a code that Globus does not take, UnavailableError */
  readonly redeem: (code: string, options: CallOptions) => Promise<readonly TokenRecord[]>;
}

export async function beginSignIn(options: SignInOptions): Promise<SignIn> {
  const { clientId, transport, scopes, isAnew, name, policies = [], domains = [] } = options;
  const endpoint = auth.getAuthorizationEndpoint();
  const redirectUri = options.redirectUri ?? new URL(CODE_PAGE, endpoint).href;
  const verifier = generateCodeVerifier();
  const state = generateState();
  const url = new URL(endpoint);
  url.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: scopes.map(printScope).join(" "),
    state,
    code_challenge: await generateCodeChallenge(verifier),
    code_challenge_method: "S256",
    access_type: "offline",
    prefill_named_grant: name,
    ...(isAnew && { prompt: "login" }),
    ...(policies.length > 0 && { session_required_policies: policies.join(",") }),
    ...(domains.length > 0 && { session_required_single_domain: domains.join(",") }),
  }).toString();
  const redeem: SignIn["redeem"] = async (code, callOptions) => {
    const payload = {
      grant_type: "authorization_code",
      code,
      client_id: clientId,
      code_verifier: verifier,
      redirect_uri: redirectUri,
    } as const;
    const document = await transport
      .exchange(
        {
          what: "give tokens for the code",
          send: (sdk) => auth.oauth2.token.exchange({ payload }, sdk),
          repeatable: false, // a code holds once
        },
        callOptions,
      )
      .catch((thrown: unknown) => {
        throw codeError(thrown, clientId);
      });
    return recordsOf(document, transport.clock.now());
  };
  return { url: url.href, state, redeem };
}

/** Globus says the same of a code that is mistyped, too old, used, or made for another login. */
function codeError(thrown: unknown, clientId: string): unknown {
  const code = refusalOf(thrown)?.code;
  if (code === "invalid_grant")
    return new ActionError(
      `Globus does not take this code: it is mistyped, older than some minutes, was used before, or comes from the page of another login: ${LOGIN_ADVICE} again, and paste the code that its own page shows.`,
      { cause: thrown },
    );
  if (code === "invalid_client" || code === "unauthorized_client")
    return new ActionError(
      `Globus knows no application ${clientId} that people log in with: correct client-id in [globus-auth]; a service account needs client-secret-file, too.`,
      { cause: thrown },
    );
  return thrown;
}

/**
 * The code in what a person has pasted: the code itself, or the whole address that the browser went to.
 * @throws ActionError
 */
export function pastedCode(text: string): string {
  const trimmed = text.trim();
  if (URL.canParse(trimmed) && /^https?:/.test(trimmed)) return answeredCode(new URL(trimmed).searchParams);
  if (/^[\w.~+/=-]{6,}$/.test(trimmed)) return trimmed;
  throw new ActionError(`${visible(trimmed)} is no code: ${LOGIN_ADVICE} again, and paste what the page shows.`);
}

/** What the browser has brought back. @throws ActionError where that is no code */
export function answeredCode(answer: URLSearchParams): string {
  const code = answer.get("code") ?? "";
  if (code !== "") return code;
  const error = answer.get("error") ?? "";
  const said = oneLine(answer.get("error_description") ?? error).slice(0, 200);
  if (error === "access_denied")
    throw new ActionError(
      `The consent was refused at Globus, so no login was made${said === error ? "" : ` ("${said}")`}: ${LOGIN_ADVICE} again, and allow it.`,
    );
  throw new ActionError(
    `Globus did not log anybody in (${error === "" ? "it sent no code" : said}): ${LOGIN_ADVICE} again.`,
  );
}
