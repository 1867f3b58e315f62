/**
 * Asks a person for one consent: shows the address, takes the code that is pasted, or that the browser brings, and puts
 * the tokens into the token file, unless another person has logged in.
 */
import { ActionError, CancelledError } from "../base/errors.ts";
import type { GlobusIdentity } from "../services/globus/identities.ts";
import { openRedirect } from "../services/globus/login/redirect.ts";
import type { GlobusSession } from "../services/globus/login/session.ts";
import { answeredCode, beginSignIn, pastedCode, type SignInOptions } from "../services/globus/login/sign-in.ts";
import { wantedService } from "../services/globus/login/wants.ts";
import { identityText, whoHas } from "../services/globus/login/who-is.ts";
import { AUTH_SERVER, type ScopeTree, serverName } from "../services/globus/scopes.ts";
import type { TokenRecord } from "../services/globus/token-store.ts";
import { UsageError } from "./exit-status.ts";
import type { MissingConsent } from "./login-look.ts";
import type { LoginFlags, SignInRun } from "./sign-in-request.ts";

/** Seconds that a browser is waited for. */
const BROWSER_SECONDS = 600;

export interface AskedConsent {
  readonly missing: readonly MissingConsent[];
  /** Whose login there is. */
  readonly identity: GlobusIdentity | undefined;
  readonly flags: LoginFlags;
  readonly isFirst: boolean;
}

/** @throws UsageError where nobody can answer, ActionError, CancelledError; then nothing was changed */
export async function askConsent(asked: AskedConsent, run: SignInRun): Promise<void> {
  const { missing, flags } = asked;
  const { session, dialogue, screen } = run;
  if (flags.localServer !== true && !dialogue.isTerminal)
    throw new UsageError(
      "A person must log in to Globus, and there is no terminal to ask at: run `globus-ioc login` at a terminal, or with --local-server where a browser reaches this machine; a service account (client-secret-file in [globus-auth]) needs nobody.",
    );
  screen.say(`Globus is asked to let globus-ioc ${missing.flatMap(({ lacks }) => lacks).join(", ")}.`);
  const options: SignInOptions = {
    clientId: session.clientId,
    transport: session.transport,
    scopes: scopesOf(missing),
    isAnew: asked.isFirst && isAnew(flags),
    ...(asked.isFirst && { policies: flags.policy ?? [], domains: flags.domain ?? [] }),
    name: `globus-ioc on ${run.host}`,
  };
  const records =
    flags.localServer === true ? await byBrowser(options, flags.port ?? 0, run) : await byCode(options, run);
  await keep(records, asked, run);
}

/** Whether somebody is to log in where somebody has. */
export const isAnew = ({ force, policy = [], domain = [] }: LoginFlags): boolean =>
  force === true || policy.length + domain.length > 0;

/** With the identity's own scopes, which say whose tokens they are; who has given them is not asked again. */
function scopesOf(missing: readonly MissingConsent[]): readonly ScopeTree[] {
  const identity = missing.some(({ resourceServer }) => resourceServer === AUTH_SERVER)
    ? []
    : wantedService(AUTH_SERVER, []).trees;
  return [...missing.flatMap(({ trees }) => trees), ...identity];
}

const OPEN = "Open this address in a browser, log in, and allow what it asks:";

async function byCode(options: SignInOptions, { out, dialogue, signal }: SignInRun): Promise<readonly TokenRecord[]> {
  const { url, redeem } = await beginSignIn(options);
  out(`${OPEN}\n\n${url}\n\n`);
  const answer = await dialogue.ask("Paste the code that the page shows: ");
  signal.throwIfAborted();
  if (answer === undefined || answer === "") throw new CancelledError("No code was given, and nothing was changed.");
  return await redeem(pastedCode(answer), { signal });
}

async function byBrowser(
  options: SignInOptions,
  port: number,
  { out, clock, host, signal }: SignInRun,
): Promise<readonly TokenRecord[]> {
  const redirect = await openRedirect(port);
  const late = new AbortController();
  const cancel = clock.after(BROWSER_SECONDS, () =>
    late.abort(
      new ActionError(`No browser came back within ${BROWSER_SECONDS / 60} minutes, and nothing was changed.`),
    ),
  );
  try {
    const { url, state, redeem } = await beginSignIn({ ...options, redirectUri: redirect.uri });
    const local = new URL(redirect.uri).port;
    out(
      `${OPEN}\n\n${url}\n\nThe browser must run on this machine; from another one: ssh -L ${local}:127.0.0.1:${local} ${host}\n`,
    );
    const answer = await redirect.answer(state, AbortSignal.any([late.signal, signal]));
    return await redeem(answeredCode(answer), { signal });
  } finally {
    cancel();
    await redirect.close();
  }
}

/** One file is one person's: with the records of two, each service would act in another name. */
async function keep(records: readonly TokenRecord[], { identity, flags }: AskedConsent, run: SignInRun): Promise<void> {
  const { session, screen, signal } = run;
  const store = storeOf(session);
  const own = records.find(({ resourceServer }) => resourceServer === AUTH_SERVER);
  const now = own === undefined ? undefined : await whoHas(session.transport, own.accessToken, { signal });
  const isAnother = identity !== undefined && now !== undefined && now.id !== identity.id;
  if (isAnother && flags.force !== true) {
    const [here, there] = [identityText(now), identityText(identity)];
    throw new ActionError(
      `${here} has logged in, and the login in ${store.path} is that of ${there}: nothing was changed; log in as ${there}, or run \`globus-ioc login --force\`, which puts ${here} in that place.`,
    );
  }
  await store.exclusively(async (changes) => {
    const got = new Set(records.map(({ resourceServer }) => resourceServer));
    const others = isAnother ? [...(await changes.read()).keys()].filter((one) => !got.has(one)) : [];
    await changes.remove(others);
    await changes.put(records);
    if (others.length > 0)
      screen.say(
        `The login of ${identityText(identity as GlobusIdentity)} for ${others.map(serverName).join(", ")} was removed.`,
      );
  });
}

function storeOf({ store }: GlobusSession): NonNullable<GlobusSession["store"]> {
  if (store === undefined) throw new Error("a service account has no token file");
  return store;
}
