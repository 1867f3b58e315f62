/** Globus logins against the simulated Globus Auth. */
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { createLog, silentLog } from "../../src/base/log.ts";
import { NotFoundError, UnavailableError } from "../../src/controller/ports/call.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { createPersonLogin, createServiceAccount, type GlobusAuth, globusOff } from "../../src/services/globus/auth.ts";
import { LoginNeededError } from "../../src/services/globus/errors.ts";
import { AUTH_SERVER, FLOWS_SERVER, flowScope, TRANSFER_SERVER } from "../../src/services/globus/scopes.ts";
import { createTokenStore, type TokenStore } from "../../src/services/globus/token-store.ts";
import { createGlobusTransport, type GlobusTransport, globusServiceUrls } from "../../src/services/globus/transport.ts";
import { failureOf } from "../support/failure-of.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

const HOUR = 3600;
const SCOPE = "urn:globus:auth:scope:transfer.api.globus.org:all";
const FLOW = "4a9d0c4a-8f2b-4f5e-9a3e-0d6f1f7f0001";
let clock: ImpatientClock;
let globus: GlobusService;
let transport: GlobusTransport;
let folder: string;
let secretFile: string;
let store: TokenStore;

beforeEach(async () => {
  clock = new ImpatientClock();
  globus = await startGlobusService({ clock, collections: [{ name: "petrel" }] });
  const { url } = globus;
  for (const [name, value] of Object.entries(globusServiceUrls({ auth: url, transfer: url, flows: url, compute: url })))
    vi.stubEnv(name, value);
  transport = createGlobusTransport({ clock, random: () => 0 });
  folder = await mkdtemp(join(tmpdir(), "globus-auth-"));
  secretFile = join(folder, "secret");
  await writeFile(secretFile, `${globus.serviceAccount.secret}\n`, { mode: 0o600 });
  store = createTokenStore(join(folder, "tokens.json"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await transport.close();
  await globus.close();
  await rm(folder, { recursive: true });
});

const serviceAccount = (): GlobusAuth =>
  createServiceAccount({ clientId: globus.serviceAccount.clientId, secretFile }, transport);
const person = (): GlobusAuth => createPersonLogin({ clientId: globus.nativeClientId, store }, transport);
/** A login of the person whose access token was obtained now and lives as long as given. */
async function logIn(seconds: number): Promise<string> {
  const refreshToken = globus.loginFor(SCOPE);
  const now = clock.now();
  await store.put([
    {
      resourceServer: TRANSFER_SERVER,
      accessToken: "first",
      scope: SCOPE,
      obtained: now,
      expires: now + seconds * 1000,
      refreshToken,
    },
  ]);
  return refreshToken;
}
const grants = () => globus.requests.map(({ detail }) => detail);

test("no login is configured: Off", async () => {
  expect(await globusOff.state({})).toEqual({ state: "Off" });
});

test("a service account gets a token that lasts 48 hours", async () => {
  const auth = serviceAccount();
  expect(await auth.state({})).toEqual({ state: "OK", expires: new Date(clock.now() + 48 * HOUR * 1000) });
  expect(await auth.token(TRANSFER_SERVER, {})).toMatch(/^Ag/);
  expect(grants()).toEqual(["client_credentials"]);
});

test("a service account has a token of its own for each service", async () => {
  const auth = serviceAccount();
  const [transfer, identities] = [await auth.token(TRANSFER_SERVER, {}), await auth.token(AUTH_SERVER, {})];
  expect(transfer).not.toBe(identities);
  expect(await auth.token(TRANSFER_SERVER, {})).toBe(transfer);
});

test("a service account gets a token for each service of the table, and for a flow by the flow's id", async () => {
  const auth = serviceAccount();
  const tokens = new Set<string>();
  const flow = globus.flows.deploy({
    title: "one",
    definition: { StartAt: "A", States: { A: { Type: "Pass", End: true } } },
  });
  for (const server of [TRANSFER_SERVER, AUTH_SERVER, FLOWS_SERVER, flow]) tokens.add(await auth.token(server, {}));
  expect(tokens.size).toBe(4);
  expect(grants()).toHaveLength(4);
  const failure = await failureOf(auth.token(FLOW, {}), NotFoundError);
  expect(failure.message).toContain(`Globus has no flow ${FLOW}, or has it no more`);
});

test("what a person has no login for is said with the command that makes it, of a flow too", async () => {
  const auth = person();
  const lacksAny = await failureOf(auth.token(TRANSFER_SERVER, {}), LoginNeededError);
  expect(lacksAny.message).toBe(`${store.path} has no Globus login for Globus Transfer: run \`globus-ioc login\`.`);
  const lacksFlow = await failureOf(auth.token(FLOW, {}), LoginNeededError);
  expect(lacksFlow.message).toBe(
    `${store.path} has no Globus login for the flow ${FLOW}: run \`globus-ioc login --flow ${FLOW}\`.`,
  );
});

test("a token is kept until its last minute, then renewed before it is used", async () => {
  const auth = serviceAccount();
  const first = await auth.token(TRANSFER_SERVER, {});
  clock.advance(48 * HOUR - 61);
  expect(await auth.token(TRANSFER_SERVER, {})).toBe(first);
  clock.advance(1);
  expect(await auth.token(TRANSFER_SERVER, {})).not.toBe(first);
});

test("many callers at once cause one renewal", async () => {
  const auth = serviceAccount();
  const tokens = await Promise.all(Array.from({ length: 8 }, () => auth.token(TRANSFER_SERVER, {})));
  expect(new Set(tokens).size).toBe(1);
  expect(grants()).toHaveLength(1);
});

test("a caller that is aborted does not stop the renewal for the others", async () => {
  const auth = serviceAccount();
  const abort = new AbortController();
  const reason = new ActionError("Abort was pressed");
  const [aborted, other] = [auth.token(TRANSFER_SERVER, { signal: abort.signal }), auth.token(TRANSFER_SERVER, {})];
  abort.abort(reason);
  await expect(aborted).rejects.toBe(reason);
  expect(await other).toMatch(/^Ag/);
});

test("a secret that others can read is refused with the command that mends it", async () => {
  await chmod(secretFile, 0o640);
  const failure = await failureOf(serviceAccount().token(TRANSFER_SERVER, {}), ActionError);
  expect(failure.message).toBe(
    `The Globus client secret file ${secretFile} has mode 0640, so others can use it: run \`chmod 600 ${secretFile}\`.`,
  );
  expect(globus.requests).toEqual([]);
});

test("a wrong secret is a login that only a person can mend", async () => {
  await writeFile(secretFile, "wrong");
  const auth = serviceAccount();
  expect(await auth.state({})).toMatchObject({ state: "LoginNeeded" });
  const failure = await failureOf(auth.token(TRANSFER_SERVER, {}), LoginNeededError);
  expect(failure.message).toContain(
    `does not accept the service account ${globus.serviceAccount.clientId} with the secret in ${secretFile}`,
  );
  expect(failure.message).not.toContain("wrong");
});

test("a busy Auth is asked again after the time it names", async () => {
  await globus.misbehave({ unavailable: { status: 503, times: 2, retryAfterSeconds: 7 } });
  expect(await serviceAccount().token(TRANSFER_SERVER, {})).toMatch(/^Ag/);
  expect(clock.waits).toEqual([7, 7]);
});

test("a person's login is renewed by its refresh token, which is kept", async () => {
  const refreshToken = await logIn(30);
  expect(await person().token(TRANSFER_SERVER, {})).toMatch(/^Ag/);
  expect((await store.read()).get(TRANSFER_SERVER)).toMatchObject({ refreshToken, obtained: clock.now() });
  expect((await stat(store.path)).mode & 0o777).toBe(0o600);
});

test("a new refresh token takes the place of the old one", async () => {
  globus.faults.rotatesRefreshTokens = true;
  const old = await logIn(30);
  const auth = person();
  await auth.token(TRANSFER_SERVER, {});
  const next = (await store.read()).get(TRANSFER_SERVER)?.refreshToken;
  expect(next).not.toBe(old);
  clock.advance(48 * HOUR);
  expect(await auth.token(TRANSFER_SERVER, {})).toMatch(/^Ag/);
});

test("a person's login is renewed every day by a look at its state, and no caller waits for that", async () => {
  await logIn(48 * HOUR);
  const auth = person();
  clock.advance(23 * HOUR);
  await auth.state({});
  expect(grants()).toEqual([]);
  clock.advance(1 * HOUR);
  expect(await auth.token(TRANSFER_SERVER, {})).toBe("first");
  await auth.state({});
  expect(await auth.token(TRANSFER_SERVER, {})).not.toBe("first");
  expect(grants()).toEqual(["refresh_token"]);
});

test("a login that Globus refuses needs a person, is not asked for again, and a new login counts at once", async () => {
  await logIn(30);
  globus.endLogins();
  const auth = person();
  const failure = await failureOf(auth.token(TRANSFER_SERVER, {}), LoginNeededError);
  expect(failure.message).toContain(`Globus no longer accepts the login for Globus Transfer in ${store.path}`);
  expect(failure.message).toContain("run `globus-ioc login`");
  expect(await auth.state({})).toMatchObject({ state: "LoginNeeded" });
  expect(grants()).toEqual(["refresh_token"]);
  await logIn(30);
  expect((await auth.state({})).state).toBe("OK");
});

test("no token file, and a token that cannot be renewed, need a person", async () => {
  const auth = person();
  expect(await auth.state({})).toMatchObject({ state: "LoginNeeded" });
  const now = clock.now();
  await store.put([
    { resourceServer: TRANSFER_SERVER, accessToken: "only", scope: SCOPE, obtained: now, expires: now + 7_200_000 },
  ]);
  expect(await auth.token(TRANSFER_SERVER, {})).toBe("only");
  clock.advance(2 * HOUR);
  expect(await auth.state({})).toMatchObject({ state: "LoginNeeded" });
});

test("a login that was withdrawn needs a person as soon as Globus has said so, though its token's time is not over", async () => {
  await logIn(48 * HOUR);
  globus.endLogins();
  const auth = person();
  expect((await auth.state({})).state).toBe("OK");
  await failureOf(auth.renewed(TRANSFER_SERVER, "first", {}), LoginNeededError);
  expect(await auth.state({})).toMatchObject({
    state: "LoginNeeded",
    why: `Globus no longer accepts the login for Globus Transfer in ${store.path}: run \`globus-ioc login\`.`,
  });
});

test("a refresh token that another process has replaced meanwhile is no refusal", async () => {
  globus.faults.rotatesRefreshTokens = true;
  await logIn(30);
  const others = (await store.read()).get(TRANSFER_SERVER)!;
  const theirs = { ...others, accessToken: "theirs", refreshToken: "their next", obtained: clock.now() };
  globus.endLogins();
  /** The other process has not waited: its record comes when this one has been refused. */
  let looks = 0;
  const raced: TokenStore = {
    ...store,
    path: store.path,
    read: () => store.read(),
    exclusively: (work) =>
      store.exclusively((changes) => {
        const read: typeof changes.read = async () =>
          ++looks === 1 ? await changes.read() : new Map([[TRANSFER_SERVER, theirs]]);
        return work({ ...changes, read });
      }),
  };
  const auth = createPersonLogin({ clientId: globus.nativeClientId, store: raced }, transport);
  expect(await auth.token(TRANSFER_SERVER, {})).toBe("theirs");
  expect(grants()).toEqual(["refresh_token"]);
});

test("a clock that was set back does not put off the daily renewal", async () => {
  await logIn(48 * HOUR);
  const auth = person();
  clock.step(-1000 * HOUR);
  await auth.state({});
  expect(grants()).toEqual(["refresh_token"]);
  const { expires } = await auth.state({});
  expect(expires).toEqual(new Date(clock.now() + 48 * HOUR * 1000));
  expect(grants()).toEqual(["refresh_token"]);
});

test("the state is that of all servers that are needed now, a flow's too", async () => {
  await logIn(48 * HOUR);
  let needed = [TRANSFER_SERVER];
  const auth = createPersonLogin(
    { clientId: globus.nativeClientId, store, needed: () => Promise.resolve(needed) },
    transport,
  );
  expect((await auth.state({})).state).toBe("OK");
  needed = [TRANSFER_SERVER, FLOW];
  expect(await auth.state({})).toMatchObject({
    state: "LoginNeeded",
    why: expect.stringContaining(`run \`globus-ioc login --flow ${FLOW}\``) as string,
  });
});

test("while Auth is down a login that still holds is Expiring, and after its end the outage is the failure", async () => {
  await logIn(26 * HOUR);
  const auth = person();
  clock.advance(24 * HOUR);
  await globus.misbehave({ down: "refused" });
  const expires = new Date(clock.now() + 2 * HOUR * 1000);
  expect(await auth.state({})).toEqual({ state: "Expiring", expires });
  expect(await auth.token(TRANSFER_SERVER, {})).toBe("first");
  clock.advance(2 * HOUR);
  const failure = await failureOf(auth.state({}), UnavailableError);
  expect(failure.message).toContain("connection refused");
  await globus.misbehave({});
  expect((await auth.state({})).state).toBe("OK");
});

test("a token that a service refuses is renewed once, and not where another process has renewed it meanwhile", async () => {
  await logIn(HOUR);
  const auth = person();
  expect(await auth.token(TRANSFER_SERVER, {})).toBe("first");
  const old = (await store.read()).get(TRANSFER_SERVER)!;
  await createTokenStore(store.path).put([{ ...old, accessToken: "of another process" }]);
  expect(await auth.renewed(TRANSFER_SERVER, "first", {})).toBe("of another process");
  expect(grants()).toEqual([]);
  expect(await auth.renewed(TRANSFER_SERVER, "of another process", {})).toMatch(/^Ag/);
  expect(grants()).toEqual(["refresh_token"]);
});

test("weakness 14: the login is in a file of its own, which is refused where others can read it", async () => {
  await logIn(30);
  await chmod(store.path, 0o604);
  const failure = await failureOf(person().token(TRANSFER_SERVER, {}), ActionError);
  expect(failure.message).toContain(`chmod 600 ${store.path}`);
});

test("a flow that is run once a month keeps its login: every record is renewed each day", async () => {
  await logIn(48 * HOUR);
  const refreshToken = globus.loginFor(flowScope(FLOW));
  const record = (await store.read()).get(TRANSFER_SERVER)!;
  await store.put([{ ...record, resourceServer: FLOW, scope: flowScope(FLOW), refreshToken }]);
  clock.advance(25 * HOUR);
  const stop = person().keepAlive(silentLog);
  await expect.poll(() => grants().length).toBe(2);
  await expect.poll(async () => (await store.read()).get(FLOW)?.obtained).toBe(clock.now());
  stop();
});

test("the login is looked after every hour, and trouble is logged once", async () => {
  await logIn(30);
  globus.endLogins();
  const lines: string[] = [];
  const auth = person();
  const stop = auth.keepAlive(createLog("globus", (line) => lines.push(line)));
  await expect.poll(() => lines.length).toBe(1);
  expect(lines[0]).toContain("no longer accepts the login");
  clock.advance(HOUR);
  await logIn(30);
  await expect.poll(() => (clock.advance(HOUR), grants().length)).toBe(2);
  expect(lines).toHaveLength(1);
  stop();
  expect(await readFile(store.path, "utf8")).toContain("refresh_token");
});
