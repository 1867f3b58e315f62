/**
 * The consents that a person has given to an application, as Globus Auth keeps them: each is a path of scopes, from
 * what the application may do down to what a service may do in its turn. A person can withdraw them at any time.
 */
import { auth } from "@globus/sdk";
import { z } from "zod";
import { AccessDeniedError, type CallOptions, NotFoundError } from "../../../controller/ports/call.ts";
import { readAnswer } from "../answer.ts";
import type { GlobusCall } from "../call.ts";
import { LoginNeededError } from "../errors.ts";
import { AUTH_SERVER, type ScopeTree } from "../scopes.ts";

/** Whether each scope of a tree has a consent, where it stands. */
export type HasConsent = (tree: ScopeTree) => boolean;

const consentsSchema = z.object({
  consents: z.array(
    z.object({
      id: z.number(),
      scope_name: z.string(),
      dependency_path: z.array(z.number()),
      status: z.string().nullish(),
    }),
  ),
});

/**
 * The consents of the application that calls.
 * @param identity the person's id
 * @returns undefined where Globus does not tell: then the tokens alone say what there is
 */
export async function readConsents(
  call: GlobusCall,
  identity: string,
  options: CallOptions,
): Promise<HasConsent | undefined> {
  const what = "list the consents of the login";
  try {
    const send = (headers: Record<string, string>, sdk: object): Promise<Response> =>
      auth.identities.consents.getAll(identity, { headers }, sdk);
    const answer = await call({ what, resourceServer: AUTH_SERVER, send, repeatable: true }, options);
    return hasConsent(readAnswer(consentsSchema, what, answer).consents);
  } catch (thrown) {
    if (thrown instanceof LoginNeededError) throw thrown;
    if (thrown instanceof AccessDeniedError || thrown instanceof NotFoundError) return undefined;
    throw thrown;
  }
}

function hasConsent(consents: z.output<typeof consentsSchema>["consents"]): HasConsent {
  const scopeById = new Map(consents.map(({ id, scope_name }) => [id, scope_name]));
  const approved = consents.filter(({ status }) => status === "approved" || (status ?? "") === "");
  const paths = new Set(
    approved.map(({ dependency_path: ids }) => pathOf(ids.map((one) => scopeById.get(one) ?? String(one)))),
  );
  const has = ({ scope, below }: ScopeTree, above: readonly string[]): boolean => {
    const path = [...above, scope];
    return paths.has(pathOf(path)) && below.every((one) => has(one, path));
  };
  return (tree) => has(tree, []);
}

/** No scope has a blank in it. */
const pathOf = (scopes: readonly string[]): string => scopes.join(" ");
