/**
 * `globus-ioc logout`: ends a person's login at Globus, and takes it out of the token file, also where Globus cannot be
 * asked; then it says that the tokens still hold there.
 */
import { messageOf } from "../base/errors.ts";
import { UnavailableError } from "../controller/ports/call.ts";
import { revokeTokens } from "../services/globus/login/revoke.ts";
import { serverName } from "../services/globus/scopes.ts";
import type { TokenRecord } from "../services/globus/token-store.ts";
import type { Ending } from "./ending.ts";
import { EXIT, UsageError } from "./exit-status.ts";
import { meantFlow } from "./login-command.ts";
import type { SignInRequest, SignInRun } from "./sign-in-request.ts";

export async function logout({ flow }: SignInRequest & { readonly what: "logout" }, run: SignInRun): Promise<Ending> {
  const { session, screen } = run;
  const { store } = session;
  if (store === undefined)
    throw new UsageError(
      `The service account ${session.clientId} has no login to end: to end its rights, delete its secret at https://app.globus.org/settings/developers.`,
    );
  const meant = flow === undefined ? undefined : await meantFlow(flow, run);
  return await store.exclusively(async (changes) => {
    const all = [...(await changes.read()).values()];
    const records = meant === undefined ? all : all.filter(({ resourceServer }) => resourceServer === meant.id);
    if (records.length === 0) {
      const what = meant === undefined ? "Nobody is logged in" : `There is no login for the flow ${meant.name}`;
      return { state: "Done", message: `${what}: ${store.path} has no such record.`, exitStatus: EXIT.done };
    }
    const failures = await revokeAll(records, run);
    await changes.remove(records.map(({ resourceServer }) => resourceServer));
    for (const sentence of failures) screen.warn(sentence);
    const names = records.map(({ resourceServer }) => serverName(resourceServer)).join(", ");
    const message = `The login for ${names} was taken out of ${store.path}`;
    if (failures.length === 0)
      return { state: "Done", message: `${message}, and ended at Globus.`, exitStatus: EXIT.done };
    return {
      state: "Partial",
      message: `${message}, but not ended at Globus, where copies of its tokens still hold: end it at https://app.globus.org/settings/consents.`,
      exitStatus: EXIT.partial,
    };
  });
}

/** @returns a sentence where a login could not be ended; one that does not come through is not tried for the others */
async function revokeAll(records: readonly TokenRecord[], { session, signal }: SignInRun): Promise<readonly string[]> {
  for (const record of records) {
    try {
      await revokeTokens(record, session, { signal });
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      if (thrown instanceof UnavailableError) return [messageOf(thrown)];
      return [`${serverName(record.resourceServer)}: ${messageOf(thrown)}`];
    }
  }
  return [];
}
