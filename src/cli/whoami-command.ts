/** `globus-ioc whoami`: whose login it is, through which application, for what, and how long it holds. */
import { messageOf } from "../base/errors.ts";
import { facilityIso } from "../base/facility-time.ts";
import { AccessDeniedError } from "../controller/ports/call.ts";
import { LOGIN_ADVICE } from "../controller/ports/identity.ts";
import { LoginNeededError } from "../services/globus/errors.ts";
import { identityText, whoIs } from "../services/globus/login/who-is.ts";
import { AUTH_SERVER, isFlow, serverName } from "../services/globus/scopes.ts";
import type { TokenRecord } from "../services/globus/token-store.ts";
import type { Ending } from "./ending.ts";
import { EXIT } from "./exit-status.ts";
import type { SignInRun } from "./sign-in-request.ts";

export async function whoami(run: SignInRun): Promise<Ending> {
  return run.session.store === undefined ? await tellAccount(run) : await tellPerson(run);
}

async function tellAccount(run: SignInRun): Promise<Ending> {
  const { session, signal } = run;
  const { auth, clientId, needed } = session;
  const records: TokenRecord[] = [];
  for (const server of await needed()) records.push(await auth.record(server, { signal }));
  const resourceServers = await showRecords(records, run);
  const username = `${clientId}@clients.auth.globus.org`;
  return {
    state: "Done",
    message: `The service account ${username}, which gives itself new tokens.`,
    exitStatus: EXIT.done,
    details: { identity: { id: clientId, username }, clientId, isServiceAccount: true, resourceServers },
  };
}

async function tellPerson(run: SignInRun): Promise<Ending> {
  const { session, signal } = run;
  const { store, clientId } = session;
  const path = store?.path ?? "";
  // The token that is asked with is renewed where it is over
  const look = await whoIs(session.call, { signal }).then(
    (identity) => ({ identity }),
    (thrown: unknown) => {
      if (thrown instanceof LoginNeededError) return { why: messageOf(thrown) };
      if (thrown instanceof AccessDeniedError)
        return { why: `Globus does not tell whose login it is, for it lacks the scope openid: ${LOGIN_ADVICE}.` };
      throw thrown;
    },
  );
  const records = [...((await store?.read()) ?? new Map<string, TokenRecord>()).values()];
  if (records.length === 0)
    return { state: "Failed", message: `Nobody is logged in: ${LOGIN_ADVICE}.`, exitStatus: EXIT.failed };
  const resourceServers = await showRecords(records, run);
  const details = {
    ...("identity" in look && { identity: { id: look.identity.id, username: look.identity.username } }),
    clientId,
    tokenStore: path,
    resourceServers,
  };
  if ("why" in look) return { state: "Failed", message: look.why, exitStatus: EXIT.failed, details };
  const who = identityText(look.identity);
  return {
    state: "Done",
    message: `${who}, through the application ${clientId}; the login is in ${path}.`,
    exitStatus: EXIT.done,
    details,
  };
}

/** @returns the same for programs */
async function showRecords(records: readonly TokenRecord[], run: SignInRun): Promise<readonly object[]> {
  const { session, screen, clock } = run;
  const shown: object[] = [];
  for (const record of records) {
    const { resourceServer, scope, expires, obtained, refreshToken } = record;
    const name = isFlow(resourceServer)
      ? `the flow ${await session.nameOfFlow(resourceServer)}`
      : serverName(resourceServer);
    const isRenewed = session.store === undefined || refreshToken !== undefined;
    screen.show(name, recordText(record, isRenewed, clock.now()));
    shown.push({
      resourceServer,
      name,
      scopes: scope.split(" "),
      expires: new Date(expires).toISOString(),
      obtained: new Date(obtained).toISOString(),
      isRenewed,
    });
  }
  return shown;
}

function recordText({ resourceServer, scope, expires }: TokenRecord, isRenewed: boolean, now: number): string {
  const at = facilityIso(new Date(expires));
  const isOver = expires <= now;
  const renewal = isRenewed ? "renewed by itself" : "nothing renews it";
  const holds = `its token ${isOver ? "was over at" : "holds until"} ${at}, ${renewal}`;
  return [...scope.split(" "), resourceServer === AUTH_SERVER ? `${holds}; says whose login it is` : holds].join("\n");
}
