/** Globus Compute as a site uses it: one endpoint, and functions by the names under which they were registered. */

import { cleanJson } from "../../base/clean-text.ts";
import { ActionError } from "../../base/errors.ts";
import { UUID } from "../../base/uuid.ts";
import { listed } from "../../base/word-list.ts";
import type { Compute } from "../ports/compute.ts";
import type { ComputeFunctions } from "../ports/compute-functions.ts";

export interface ComputeSite {
  readonly compute: Compute;
  readonly functions: ComputeFunctions;
  /** Of the login. */
  readonly client: string;
  /** A UUID. */
  readonly endpoint: string;
  /** What a multi-user endpoint makes the user's own of; undefined: nothing. @throws ActionError */
  readonly endpointConfig: () => Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Seconds after which a task that has not ended is given up. */
  readonly taskSeconds: number;
  readonly pollSeconds: number;
}

export const COMPUTE_OFF = "Compute is off: set endpoint in the [compute] section of globus.conf.";

/**
 * The function that is meant.
 * @param wanted the name under which it was registered, or its UUID
 * @throws ActionError where there is none of that name
 */
export async function functionId(
  { functions, client }: Pick<ComputeSite, "functions" | "client">,
  wanted: string,
): Promise<string> {
  if (UUID.test(wanted)) return wanted;
  const all = await functions.all();
  const found = all.find(({ name }) => name === wanted);
  const register = `globus-ioc compute register FILE.py ${wanted}`;
  if (found === undefined) {
    const known =
      all.length === 0 ? "none is" : `${listed(all.map(({ name }) => name))} ${all.length === 1 ? "is" : "are"}`;
    throw new ActionError(`There is no function ${cleanJson(wanted)} in ${functions.path} (${known}): ${register}.`);
  }
  if (found.client !== client)
    throw new ActionError(
      `The function ${wanted} was registered with another login (${found.client}), and is not this one's: ${register}.`,
    );
  return found.id;
}
