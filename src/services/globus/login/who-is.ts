/** Whose login it is, by the token of Globus Auth: the id by the scope openid, the name by the identity itself. */
import { auth } from "@globus/sdk";
import { z } from "zod";
import { oneLine } from "../../../base/clean-text.ts";
import type { CallOptions } from "../../../controller/ports/call.ts";
import { readAnswer } from "../answer.ts";
import type { GlobusCall } from "../call.ts";
import { type GlobusIdentity, identitiesById } from "../identities.ts";
import { AUTH_SERVER } from "../scopes.ts";
import type { GlobusTransport } from "../transport.ts";

const userSchema = z.object({ sub: z.string().min(1) });

/** The identity's id, which takes the scope openid. @throws AccessDeniedError without it, LoginNeededError */
export async function identityId(call: GlobusCall, options: CallOptions): Promise<string> {
  const what = "tell whose login it has";
  const answer = await call(
    {
      what,
      resourceServer: AUTH_SERVER,
      // The SDK's types want a body of what is a GET
      send: (headers, sdk) => auth.oauth2.userinfo({ headers } as never, sdk),
      repeatable: true,
    },
    options,
  );
  return readAnswer(userSchema, what, answer).sub;
}

/** @throws LoginNeededError, UnavailableError */
export async function whoIs(call: GlobusCall, options: CallOptions): Promise<GlobusIdentity> {
  const id = await identityId(call, options);
  return (await identitiesById(call, [id], options)).get(id) ?? { id, username: id };
}

/** The same by a token that is not kept yet. */
export const whoHas = (transport: GlobusTransport, token: string, options: CallOptions): Promise<GlobusIdentity> =>
  whoIs(
    ({ what, send, repeatable }, callOptions) =>
      transport.exchange(
        { what, repeatable, send: (sdk) => send({ Authorization: `Bearer ${token}` }, sdk) },
        callOptions,
      ),
    options,
  );

/** As people know it. */
export const identityText = ({ id, username, name }: GlobusIdentity): string =>
  oneLine((name ?? "") === "" ? username : `${name} (${username === id ? "an identity without a name" : username})`);
