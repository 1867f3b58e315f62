/**
 * OpenID Connect at the simulated Globus Auth: its configuration, its key, and the signed tokens that say who logged
 * in. As the real Auth's they are signed with RS512; the key is made when it is first needed, once for each process.
 * The fields are those of the Python SDK's own tests of decoding.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { TwinAnswer, TwinRequest } from "../../http-twin.ts";
import type { Asked } from "../world.ts";
import type { AccessToken, AuthMemory } from "./auth-state.ts";
import { identityClaims } from "./claims.ts";

const ALGORITHM = "RS512";
const KEY_BITS = 2048;

let keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | undefined;
const keyPair = (): NonNullable<typeof keys> => (keys ??= generateKeyPairSync("rsa", { modulusLength: KEY_BITS }));

/** Who signs: the address under which this service was asked. */
export const issuerOf = ({ headers }: TwinRequest): string => `http://${headers.host ?? ""}`;

export function tellConfiguration({ request }: Asked): TwinAnswer {
  const issuer = issuerOf(request);
  const body = {
    issuer,
    authorization_endpoint: `${issuer}/v2/oauth2/authorize`,
    userinfo_endpoint: `${issuer}/v2/oauth2/userinfo`,
    token_endpoint: `${issuer}/v2/oauth2/token`,
    revocation_endpoint: `${issuer}/v2/oauth2/token/revoke`,
    jwks_uri: `${issuer}/jwk.json`,
    response_types_supported: ["code", "token", "token id_token", "id_token"],
    id_token_signing_alg_values_supported: [ALGORITHM],
    scopes_supported: ["openid", "email", "profile"],
    token_endpoint_auth_methods_supported: ["client_secret_basic"],
    claims_supported: CLAIMS,
    subject_types_supported: ["public"],
  };
  return { status: 200, body };
}

const CLAIMS = ["at_hash", "aud", "email", "exp", "name", "nonce", "preferred_username", "iat", "iss", "sub"];

export function tellKey(): TwinAnswer {
  const { kty, n, e } = keyPair().publicKey.export({ format: "jwk" });
  return { status: 200, body: { keys: [{ alg: ALGORITHM, e, kty, n, use: "sig" }] } };
}

/** What a login says of the person who logged in, signed. */
export function idToken(
  auth: AuthMemory,
  token: AccessToken,
  { issuer, nonce }: { readonly issuer: string; readonly nonce: string | undefined },
): string {
  const hash = createHash("sha512").update(token.text).digest();
  const claims = {
    ...identityClaims(auth, token),
    iss: issuer,
    aud: token.clientId,
    iat: Math.floor(token.issued / 1000),
    exp: Math.floor(token.expires / 1000),
    at_hash: hash.subarray(0, hash.length / 2).toString("base64url"),
    ...(nonce !== undefined && { nonce }),
  };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: ALGORITHM, typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${sign("sha512", Buffer.from(signed), keyPair().privateKey).toString("base64url")}`;
}
