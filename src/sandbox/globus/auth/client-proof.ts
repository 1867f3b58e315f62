/** How an application proves to the simulated Globus Auth which one it is: HTTP Basic, or fields of the form. */
import type { TwinRequest } from "../../http-twin.ts";
import type { AuthMemory, TwinClient } from "./auth-state.ts";
import { oauthRefusal } from "./refusals.ts";

/** @throws RefusedAnswer for an application that is unknown, or whose secret is another */
export function requireClient(auth: AuthMemory, { headers, body }: TwinRequest): TwinClient {
  const form = new URLSearchParams(body);
  const basic = /^Basic (\S+)$/.exec(headers.authorization ?? "")?.[1];
  const [id, secret] =
    basic === undefined
      ? [form.get("client_id"), form.get("client_secret") ?? undefined]
      : splitBasic(Buffer.from(basic, "base64").toString("utf8"));
  const client = auth.clientById.get(id ?? "");
  if (client === undefined || client.secret !== secret) throw oauthRefusal(401, "invalid_client");
  return client;
}

/** Some clients percent-encode the parts of HTTP Basic, as RFC 6749 says, and some do not. */
function splitBasic(text: string): readonly [id: string, secret: string] {
  const at = text.indexOf(":");
  try {
    return [decodeURIComponent(text.slice(0, at)), decodeURIComponent(text.slice(at + 1))];
  } catch {
    return ["", ""];
  }
}
