/**
 * Who submits transfers: Globus keeps a submission id for the identity and the application that it was made with, and
 * shows tasks to their owner alone. Ids, not names, for names depend on what the login lets us see; whose login it is
 * takes the scope openid. globus.md §3.1.
 */
import { AccessDeniedError, type CallOptions } from "../../controller/ports/call.ts";
import { LOGIN_ADVICE } from "../../controller/ports/identity.ts";
import type { TokenSource } from "./auth.ts";
import type { GlobusCall } from "./call.ts";
import { LoginNeededError } from "./errors.ts";
import { identityId } from "./login/who-is.ts";
import { AUTH_SERVER } from "./scopes.ts";

/** The login as the settings have it. */
export interface GlobusLogin {
  /** The application's id, a UUID. */
  readonly clientId: string;
  /** Whether the application itself is the identity; otherwise a person has logged in. */
  readonly isServiceAccount: boolean;
}

/**
 * Gives the login as one text. A person's identity is asked for once for each token: another login brings another
 * token.
 */
export function createOwner(
  login: GlobusLogin,
  call: GlobusCall,
  tokens: TokenSource,
): (options: CallOptions) => Promise<string> {
  const { clientId, isServiceAccount } = login;
  let known = { token: "", owner: "" };
  return async (options) => {
    if (isServiceAccount) return `the service account ${clientId}`;
    const token = await tokens.token(AUTH_SERVER, options);
    if (known.token === token) return known.owner;
    const id = await identityId(call, options).catch((thrown: unknown) => {
      if (!(thrown instanceof AccessDeniedError) || thrown instanceof LoginNeededError) throw thrown;
      throw new LoginNeededError(
        `Globus does not tell whose login it has, which transfers need to know: the tokens lack the scope openid, ${LOGIN_ADVICE}.`,
        { cause: thrown },
      );
    });
    known = { token, owner: `the identity ${id} through the application ${clientId}` };
    return known.owner;
  };
}
