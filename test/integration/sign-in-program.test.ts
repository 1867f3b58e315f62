/** The Globus login as a program: a browser that comes back, two processes with one token file, a proxy, and an IOC. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { EXIT } from "../../src/cli/exit-status.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { makeTemporaryFolder } from "../../src/sandbox/temporary-folder.ts";
import { AUTH_SERVER, TRANSFER_SERVER, usualScopes } from "../../src/services/globus/scopes.ts";
import { createTokenStore, type TokenStore } from "../../src/services/globus/token-store.ts";
import { startConnectProxy } from "../support/connect-proxy.ts";
import { epicsEnvironment, freePort, inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { needPeers, peerPath, ROOT } from "../support/peers/real-peers.ts";
import { type PeerProcess, runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";
import { browse } from "../support/sign-in-bench.ts";

vi.setConfig({ testTimeout: 120_000 });
const PROGRAM = join(ROOT, "dist/main.js");
const TLS = join(ROOT, "test/support/tls");

let globus: GlobusService;
beforeAll(async () => {
  globus = await startGlobusService({ clock: systemClock, collections: [{ name: "ffs" }] });
});
afterAll(() => globus.close());

/** Of one test: /home, globus.conf, tokens.json. */
let place: string;
let store: TokenStore;
beforeEach(async () => {
  const made = await makeTemporaryFolder();
  onTestFinished(() => made.remove());
  place = made.path;
  mkdirSync(join(place, "home"));
  store = createTokenStore(join(place, "tokens.json"));
  configure(globus.url);
});
function configure(url: string, more = ""): void {
  writeFileSync(
    join(place, "globus.conf"),
    `[globus-auth]\nclient-id = ${globus.nativeClientId}\ntoken-store = ${store.path}\nauth-url = ${url}\ntransfer-url = ${url}\nflows-url = ${url}\n${more}`,
  );
}
const environment = (): Record<string, string> => ({
  ...inheritedEnvironment(),
  HOME: join(place, "home"),
  GLOBUS_CONF: join(place, "globus.conf"),
});
const run = (line: readonly string[], env: Readonly<Record<string, string>> = environment()) =>
  runPeer(process.execPath, [PROGRAM, ...line], { env });

/** The address that a command shows. */
const addressOf = ({ stdout }: PeerProcess): string => /^(https?:\S+)$/m.exec(stdout)?.[1] ?? "";
const begun = (env: Readonly<Record<string, string>> = environment(), ...more: string[]): Promise<PeerProcess> =>
  spawnPeer(process.execPath, [PROGRAM, "login", "--local-server", ...more], { env, line: /^https?:\S+\n/m });
/** Logs in with a browser on this machine. */
async function logIn(): Promise<void> {
  const login = await begun();
  await fetch(await browse(addressOf(login)));
  expect(await login.exited, login.stdout + login.stderr).toEqual({ code: EXIT.done, signal: null });
}
/** A login of yesterday's tokens, which are over. */
async function endedLogin(): Promise<void> {
  const now = Date.now();
  await store.put(
    [AUTH_SERVER, TRANSFER_SERVER].map((resourceServer) => {
      const scope = usualScopes(resourceServer).join(" ");
      const refreshToken = globus.loginFor(scope);
      return { resourceServer, accessToken: "over", scope, obtained: now - 1000, expires: now, refreshToken };
    }),
  );
}

describe("login --local-server", () => {
  test("takes the browser's answer on 127.0.0.1, no other, and the login is there", async () => {
    const port = await freePort();
    const login = await begun(environment(), "--port", String(port));
    const address = new URL(addressOf(login));
    expect(address.searchParams.get("redirect_uri")).toBe(`http://localhost:${port}`);
    for (const wrong of ["", "?code=stolen", "?code=stolen&state=another"])
      expect((await fetch(`http://127.0.0.1:${port}/${wrong}`)).status).toBe(400);
    const back = await browse(address.href);
    const shown = await fetch(back);
    expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining("Globus has answered")]);
    expect(await login.exited, login.stderr).toEqual({ code: EXIT.done, signal: null });
    expect(login.stdout).toContain("Marie Curie (curie@globusid.org) is logged in");
    const who = JSON.parse((await run(["whoami", "--json"])).stdout) as object;
    expect(who).toMatchObject({ identity: { username: "curie@globusid.org" }, exitStatus: 0 });
  });

  test("a refusal at Globus ends it with a sentence", async () => {
    globus.faults.personDeclines = true;
    onTestFinished(() => {
      globus.faults.personDeclines = false;
    });
    const login = await begun();
    await fetch(await browse(addressOf(login)));
    expect(await login.exited).toEqual({ code: EXIT.failed, signal: null });
    expect(login.stderr).toContain("The consent was refused at Globus");
  });

  test("a port that another program has is said, and SIGTERM ends the wait", async () => {
    const first = await begun();
    const port = new URL(new URL(addressOf(first)).searchParams.get("redirect_uri") ?? "").port;
    const second = await run(["login", "--local-server", "--port", port]);
    expect(second).toMatchObject({ code: EXIT.failed });
    expect(second.stderr).toContain(`Port ${port} of 127.0.0.1 cannot be had (another program has it)`);
    first.kill("SIGTERM");
    expect((await first.exited).code).toBe(EXIT.failed);
    expect(first.stderr).toContain("Ended by SIGTERM.");
  });
});

describe.skipIf(needPeers("python3").missing)("login at a terminal", () => {
  const atTerminal = (typed: string) => {
    const answers = JSON.stringify([["Paste the code that the page shows: ", typed]]);
    const line = [join(ROOT, "test/peers/at_terminal.py"), answers, process.execPath, PROGRAM, "login"];
    return runPeer(peerPath("python3"), line, { env: environment() });
  };

  test("asks for the code, and says what is wrong with it", async () => {
    const end = await atTerminal("0123456789abcdef\n");
    expect(end.stdout).toContain(`${globus.url}/v2/oauth2/authorize?client_id=${globus.nativeClientId}`);
    expect(end.stdout).toContain("Globus does not take this code");
    expect(end.code).toBe(EXIT.failed);
  });

  test.each([
    ["Ctrl-C", "\u0003"],
    ["the end of the input", "\u0004"],
  ])("%s ends it, and nothing was changed", async (_what, typed) => {
    const end = await atTerminal(typed);
    expect(end.stdout).toContain("No code was given, and nothing was changed.");
    expect(end.code).toBe(EXIT.failed);
    expect(await store.exists()).toBe(false);
  });
});

test("weakness 15: without a terminal login asks nobody, and ends with 2", async () => {
  const end = await run(["login"]);
  expect(end).toMatchObject({ code: EXIT.usage });
  expect(end.stderr).toContain("there is no terminal to ask at");
});

test("two processes renew one login at once, and no refresh token that Globus has replaced is lost", async () => {
  globus.faults.rotatesRefreshTokens = true;
  onTestFinished(() => {
    globus.faults.rotatesRefreshTokens = false;
  });
  for (let round = 0; round < 3; round++) {
    await endedLogin();
    const ends = await Promise.all([run(["whoami"]), run(["whoami"]), run(["collection", "search", "ffs"])]);
    expect(
      ends.map(({ code }) => code),
      JSON.stringify(ends),
    ).toEqual([EXIT.done, EXIT.done, EXIT.done]);
  }
});

test("HTTPS_PROXY: Globus is reached through a proxy, which learns no more than the host", async () => {
  const pem = (name: string): string => readFileSync(join(TLS, name), "utf8");
  // Globus under a name that only the proxy can reach
  const passOn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await request.toArray());
    const { authorization, "content-type": type } = request.headers;
    const answer = await fetch(`${globus.url}${request.url}`, {
      method: request.method ?? "GET",
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(type !== undefined && { "content-type": type }),
      },
      ...(body.length > 0 && { body }),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(await answer.text());
  };
  const facade = createServer({ cert: pem("server.pem"), key: pem("server.key") }, (request, response) => {
    void passOn(request, response);
  });
  await new Promise<void>((listening) => facade.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    facade.closeAllConnections();
    return new Promise((closed) => facade.close(() => closed()));
  });
  const proxy = await startConnectProxy((facade.address() as AddressInfo).port, "beamline:SECRET");
  await endedLogin();
  configure("https://dm.example.org");
  const env = { ...environment(), NODE_EXTRA_CA_CERTS: join(TLS, "ca.pem") };
  const through = await run(["whoami"], { ...env, HTTPS_PROXY: proxy.url.replace("//", "//beamline:SECRET@") });
  expect(through, through.stderr).toMatchObject({ code: EXIT.done });
  expect(new Set(proxy.asked)).toEqual(new Set(["dm.example.org:443"]));
  const refused = await run(["whoami"], { ...env, https_proxy: proxy.url });
  expect(refused).toMatchObject({ code: EXIT.failed });
  expect(refused.stderr).toContain(`the proxy ${new URL(proxy.url).host} wants a user name and a password`);
});

test("weakness 28: an IOC whose login is over says the command in Message, MAJOR; a login in another process mends it", async () => {
  const port = await freePort();
  configure(globus.url);
  const ioc = await spawnPeer(process.execPath, [PROGRAM, "ioc", "-S", join(ROOT, "iocBoot/iocGlobus/st.cmd")], {
    env: {
      ...environment(),
      ...epicsEnvironment(port),
      HOME: join(place, "home"),
      TOP: ROOT,
      P: "99id:",
      GLOBUS_ACF: join(ROOT, "iocBoot/iocGlobus/globus.acf"),
      AUTOSAVE_DIR: join(place, "autosave"),
    },
    pv: { name: "99id:Globus:Status", port },
  });
  onTestFinished(async () => void (await ioc.stop()));
  const get = async (...words: string[]): Promise<string> =>
    (await run(["get", ...words], { ...environment(), ...epicsEnvironment(port) })).stdout;
  await expect.poll(() => get("99id:Globus:AuthGlobus"), { timeout: 30_000 }).toContain("LoginNeeded");
  expect(await get("-t", "99id:Globus:AuthGlobus.SEVR")).toContain("MAJOR");
  await expect
    .poll(() => get("-S", "99id:Globus:Message"), { timeout: 30_000 })
    .toContain("has no Globus login for Globus Transfer: run `globus-ioc login`");
  expect(await get("-t", "99id:Globus:MessageSeverity")).toContain("MAJOR");
  await logIn();
  await expect.poll(() => get("99id:Globus:AuthGlobus"), { timeout: 30_000 }).toContain("OK");
  expect(Number((await get("-t", "99id:Globus:TokenExpires")).trim())).toBeGreaterThan(40);
});
