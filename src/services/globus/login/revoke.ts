/** Ends tokens at Globus Auth, so that whoever has a copy of them can do nothing with it. */
import { auth } from "@globus/sdk";
import type { CallOptions } from "../../../controller/ports/call.ts";
import type { TokenRecord } from "../token-store.ts";
import type { GlobusTransport } from "../transport.ts";

/** A token that is over already is no failure. @throws UnavailableError */
export async function revokeTokens(
  { accessToken, refreshToken }: TokenRecord,
  { clientId, transport }: { readonly clientId: string; readonly transport: GlobusTransport },
  options: CallOptions,
): Promise<void> {
  for (const token of [refreshToken, accessToken]) {
    if (token === undefined) continue;
    const payload = { token, client_id: clientId } as const;
    await transport.exchange(
      { what: "end the login", send: (sdk) => auth.oauth2.token.revoke({ payload }, sdk), repeatable: true },
      options,
    );
  }
}
