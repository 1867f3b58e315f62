/** `globus-ioc login`, `logout`, `whoami` and `collection`, against the simulated Globus, with a person who answers. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { EXIT } from "../../src/cli/exit-status.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import {
  AUTH_SERVER,
  COMPUTE_SERVER,
  dataAccessScope,
  FLOWS_SERVER,
  flowScope,
  TRANSFER_SCOPE,
  TRANSFER_SERVER,
} from "../../src/services/globus/scopes.ts";
import { browse, copyCode, SignInBench } from "../support/sign-in-bench.ts";

const SERVERS = [TRANSFER_SERVER, AUTH_SERVER, FLOWS_SERVER];

let globus: GlobusService;
let bench: SignInBench;
beforeEach(async () => {
  globus = await startGlobusService({
    clock: systemClock,
    collections: [
      { name: "mapped", isMapped: true, folders: ["/data"], files: { "/data/scan 1.h5": 5 } },
      { name: "guest", folders: ["/backup"] },
    ],
  });
  for (const name of ["AUTH", "TRANSFER", "FLOWS"]) vi.stubEnv(`GLOBUS_SDK_SERVICE_URL_${name}`, globus.url);
  bench = new SignInBench(globus, settings());
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await globus.close();
});

const settings = (): string =>
  `[source]\ncollection = ${globus.collection("mapped").id}\n[destination archive]\nkind = globus\ncollection = ${globus.collection("guest").id}\n`;
const servers = async (): Promise<string[]> => [...(await bench.store.read()).keys()].toSorted();
const mappedAccess = (): string => dataAccessScope(globus.collection("mapped").id);
/** A flow with one action at Transfer, under a name. */
function deployed(name: string): string {
  const id = globus.flows.deploy({
    title: name,
    definition: {
      StartAt: "Move",
      States: {
        Move: {
          Type: "Action",
          ActionUrl: "https://transfer.actions.globus.org/transfer",
          Parameters: { source_endpoint: "a", destination_endpoint: "b", DATA: [] },
          ResultPath: "$.Move",
          End: true,
        },
      },
    },
    starters: ["all_authenticated_users"],
    viewers: ["public"],
  });
  mkdirSync(join(bench.folder, "flows"), { recursive: true });
  writeFileSync(join(bench.folder, "flows", `${name}.json`), JSON.stringify({ id }));
  return id;
}

test("a login and its end are in log files with how they ended, and neither code nor tokens are", async () => {
  let code = "";
  bench.answer = async (url) => {
    code = (await copyCode(url)) ?? "";
    return code;
  };
  await bench.run({ what: "login" });
  const tokens = [...(await bench.store.read()).values()].flatMap((record) => [
    record.accessToken,
    record.refreshToken ?? "",
  ]);
  await bench.run({ what: "logout" });
  const folder = join(bench.home, "logs");
  const logs = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  expect(logs.join("")).toMatch(/login: Done\..*logout: Done\./s);
  const secrets = [code, ...tokens].filter((one) => one !== "");
  expect(secrets.length).toBeGreaterThan(1);
  for (const secret of secrets) expect(logs.join("")).not.toContain(secret);
});

describe("login", () => {
  test("weakness 27: one consent for all services and the mapped collection; the code is pasted, and the tokens kept for nobody else", async () => {
    const end = await bench.run({ what: "login", collection: [globus.collection("mapped").id] });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(bench.shown).toHaveLength(1);
    const asked = new URL(bench.shown[0] ?? "").searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      client_id: globus.nativeClientId,
      redirect_uri: `${globus.url}/v2/web/auth-code`,
      access_type: "offline",
      code_challenge_method: "S256",
    });
    expect(SignInBench.scopesIn(bench.shown[0] ?? "")).toEqual([
      `${TRANSFER_SCOPE}[*${mappedAccess()}]`,
      "openid",
      "urn:globus:auth:scope:auth.globus.org:view_identities",
      "https://auth.globus.org/scopes/eec9b274-0c81-4334-bdc2-54e90e689b9a/all",
    ]);
    expect(await servers()).toEqual(SERVERS.toSorted());
    expect(statSync(bench.store.path).mode & 0o777).toBe(0o600);
    expect(end.text).toContain("Marie Curie (curie@globusid.org) is logged in");
  });

  test("what kind a collection is, is known after the first consent: the second asks for what is missing alone", async () => {
    const end = await bench.run({ what: "login" });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(bench.shown.map((url) => SignInBench.scopesIn(url)[0])).toEqual([
      TRANSFER_SCOPE,
      `${TRANSFER_SCOPE}[*${mappedAccess()}]`,
    ]);
    expect(end.text).toContain("read and write the source's collection (mapped)");
  });

  test("where nothing is missing nobody is asked, and what is there is said; so also without a terminal", async () => {
    await bench.run({ what: "login" });
    const count = bench.shown.length;
    bench.isTerminal = false;
    const again = await bench.run({ what: "login" });
    expect(again, again.text).toMatchObject({ status: EXIT.done });
    expect(bench.shown).toHaveLength(count);
    expect(again.text).toContain("There already: use Globus Transfer, read and write the source's collection (mapped)");
    expect(again.text).toContain("nothing is missing");
  });

  test("weakness 15: without a terminal it ends with 2 and a sentence, and asks nobody", async () => {
    bench.isTerminal = false;
    const end = await bench.run({ what: "login" });
    expect(end.status, end.text).toBe(EXIT.usage);
    expect(end.text).toContain("there is no terminal to ask at: run `globus-ioc login` at a terminal");
    expect(bench.shown).toEqual([]);
  });

  test("a flow's consent is asked for once it is deployed, with what the flow does for it, and nothing else is new", async () => {
    await bench.run({ what: "login" });
    const flow = deployed("pal-xfel");
    const before = bench.shown.length;
    const end = await bench.run({ what: "login", flow: "pal-xfel" });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(bench.shown.slice(before).map((url) => SignInBench.scopesIn(url)[0])).toEqual([
      `${flowScope(flow)}[*${TRANSFER_SCOPE}[*${mappedAccess()}]]`,
    ]);
    expect(end.text).toContain("Globus is asked to let globus-ioc run the flow pal-xfel, let the flow pal-xfel");
    expect(await servers()).toEqual([...SERVERS, flow].toSorted());
    const again = await bench.run({ what: "login", flow });
    expect(again.text).toContain("nothing is missing");
    expect(bench.shown).toHaveLength(before + 1);
  });

  test("a flow that nobody deployed is named with the command that deploys it", async () => {
    const end = await bench.run({ what: "login", flow: "unknown" });
    expect(end.text).toContain("globus-ioc flow deploy unknown");
    expect(end.status).not.toBe(EXIT.done);
  });

  test("a consent that was withdrawn is asked for again, and it alone", async () => {
    await bench.run({ what: "login" });
    globus.revokeConsent(mappedAccess());
    const before = bench.shown.length;
    const end = await bench.run({ what: "login" });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(bench.shown.slice(before).map((url) => SignInBench.scopesIn(url))).toEqual([
      [`${TRANSFER_SCOPE}[*${mappedAccess()}]`, "openid", "urn:globus:auth:scope:auth.globus.org:view_identities"],
    ]);
  });

  test("a box that was not ticked is said, with what cannot be done; the rest holds", async () => {
    const tick = globus.withhold(mappedAccess());
    const end = await bench.run({ what: "login" });
    expect(end, end.text).toMatchObject({ status: EXIT.partial });
    expect(end.text).toContain(
      "The consent to read and write the source's collection (mapped) was not given: run the same command again, and leave its box ticked.",
    );
    expect(await servers()).toEqual(SERVERS.toSorted());
    tick();
    expect(await bench.run({ what: "login" })).toMatchObject({ status: EXIT.done });
  });

  test.each([
    [
      "another code",
      () => "0123456789abcdef",
      "Globus does not take this code: it is mistyped, older than some minutes, was used before",
    ],
    ["no code", () => "what do you mean?", '"what do you mean?" is no code: run `globus-ioc login` again'],
    ["nothing", () => undefined, "No code was given, and nothing was changed."],
    ["an empty line", () => "", "No code was given, and nothing was changed."],
  ])("%s is one sentence, and nothing is kept", async (_what, answer, said) => {
    bench.answer = answer;
    const end = await bench.run({ what: "login" });
    expect(end.status).toBe(EXIT.failed);
    expect(end.text).toContain(said);
    expect(await bench.store.exists()).toBe(false);
  });

  test("a code that is used twice is refused the second time; the whole address is taken for its code", async () => {
    let code = "";
    bench.answer = async (url) => {
      const address = await browse(url);
      code = address.searchParams.get("code") ?? "";
      return address.href;
    };
    expect(await bench.run({ what: "login", collection: [globus.collection("mapped").id] })).toMatchObject({
      status: EXIT.done,
    });
    bench.answer = () => code;
    const end = await bench.run({ what: "login", force: true });
    expect(end.status).toBe(EXIT.failed);
    expect(end.text).toContain("was used before");
    expect(await servers()).toEqual(SERVERS.toSorted());
  });

  test("a box below a flow that was not ticked is not asked for twice", async () => {
    await bench.run({ what: "login" });
    const flow = deployed("one");
    globus.withhold(mappedAccess());
    const before = bench.shown.length;
    const end = await bench.run({ what: "login", flow });
    expect(end, end.text).toMatchObject({ status: EXIT.partial });
    expect(bench.shown).toHaveLength(before + 1);
    expect(end.text).toContain(`The consent to let the flow ${flow} read and write the source's collection (mapped)`);
  });

  test("a person who refuses the consent is told so", async () => {
    globus.faults.personDeclines = true;
    bench.answer = async (url) => (await browse(url)).href;
    const end = await bench.run({ what: "login" });
    expect(end.status).toBe(EXIT.failed);
    expect(end.text).toContain("The consent was refused at Globus, so no login was made");
  });

  test("--force logs in anew, and asks who it is", async () => {
    await bench.run({ what: "login" });
    const before = (await bench.store.read()).get(TRANSFER_SERVER)?.refreshToken;
    const end = await bench.run({ what: "login", force: true });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(new URL(bench.shown.at(-1) ?? "").searchParams.get("prompt")).toBe("login");
    expect((await bench.store.read()).get(TRANSFER_SERVER)?.refreshToken).not.toBe(before);
  });

  test("another person is refused, so that no service acts in another name than the rest; --force puts that person in the place", async () => {
    const { clientId, secret } = globus.serviceAccount;
    const answer = await fetch(`${globus.url}/v2/oauth2/token`, {
      method: "POST",
      headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}` },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: "openid" }),
    });
    const { access_token: accessToken } = (await answer.json()) as { access_token: string };
    const record = { accessToken, scope: "openid", obtained: Date.now(), expires: Date.now() + 3_600_000 };
    const flow = deployed("theirs");
    await bench.store.put([
      { ...record, resourceServer: AUTH_SERVER },
      { ...record, resourceServer: flow },
    ]);
    const refused = await bench.run({ what: "login" });
    expect(refused.status).toBe(EXIT.failed);
    expect(refused.text).toMatch(
      /Marie Curie \(curie@globusid\.org\) has logged in, and the login in \S+ is that of .*@clients\.auth\.globus\.org\): nothing was changed; log in as .*, or run `globus-ioc login --force`/,
    );
    expect(await servers()).toEqual([AUTH_SERVER, flow].toSorted());
    const forced = await bench.run({ what: "login", force: true });
    expect(forced, forced.text).toMatchObject({ status: EXIT.done });
    expect(forced.text).toContain(`for the flow ${flow} was removed.`);
    expect(await servers()).toEqual(SERVERS.toSorted());
  });

  test("AuthGlobus speaks for the flow of the settings too, by the name that people know", async () => {
    await bench.run({ what: "login" });
    deployed("pal-xfel");
    expect(await bench.open().auth.state({})).toMatchObject({ state: "OK" });
    bench.configure(settings(), {}, "flow = pal-xfel");
    expect(await bench.open().auth.state({})).toMatchObject({
      state: "LoginNeeded",
      why: expect.stringMatching(
        /has no Globus login for the flow pal-xfel: run `globus-ioc login --flow pal-xfel`\.$/,
      ) as string,
    });
    await bench.run({ what: "login", flow: "pal-xfel" });
    expect(await bench.open().auth.state({})).toMatchObject({ state: "OK" });
  });

  test("a consent that Transfer wants for a collection is said with the command that asks for it", async () => {
    await bench.run({ what: "login" });
    globus.revokeConsent(mappedAccess());
    const { id } = globus.collection("mapped");
    const listed = await bench.run({ what: "collection ls", place: `${id}:/data` });
    expect(listed.text).toContain(`the login lacks a consent, run \`globus-ioc login --collection ${id}\``);
    await bench.run({ what: "login", collection: [id] });
    expect(await bench.run({ what: "collection ls", place: `${id}:/data` })).toMatchObject({ status: EXIT.done });
  });

  test("a login that does not say whose it is, as another program made it, is asked for again", async () => {
    const scope = "urn:globus:auth:scope:auth.globus.org:view_identities";
    const over = { accessToken: "over", obtained: 0, expires: 1 };
    await bench.store.put([{ resourceServer: AUTH_SERVER, scope, refreshToken: globus.loginFor(scope), ...over }]);
    const who = await bench.run({ what: "whoami" });
    expect(who.status).toBe(EXIT.failed);
    expect(who.text).toContain("for it lacks the scope openid: run `globus-ioc login`.");
    expect(await bench.run({ what: "login" })).toMatchObject({ status: EXIT.done });
    expect(await bench.run({ what: "whoami" })).toMatchObject({ status: EXIT.done });
  });

  test("a login that a policy wants is asked for with that policy, and a domain with that domain", async () => {
    await bench.run({ what: "login" });
    const policy = globus.addPolicy({ timeoutSeconds: 3600 });
    const end = await bench.run({ what: "login", policy: [policy], domain: ["globusid.org"] });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(Object.fromEntries(new URL(bench.shown.at(-1) ?? "").searchParams)).toMatchObject({
      prompt: "login",
      session_required_policies: policy,
      session_required_single_domain: "globusid.org",
    });
    bench.answer = async (url) => (await browse(url)).href;
    const refused = await bench.run({ what: "login", domain: ["elsewhere.example"] });
    expect(refused.status).toBe(EXIT.failed);
    expect(refused.text).toContain("No identity of curie@globusid.org is of elsewhere.example");
  });

  test("where functions run, the login has Globus Compute, too", async () => {
    bench.configure(`[compute]\nendpoint = ${globus.collection("guest").id}\n`);
    const end = await bench.run({ what: "login" });
    expect(end.text).toContain("use Globus Compute");
    expect(await servers()).toEqual([...SERVERS, COMPUTE_SERVER].toSorted());
    expect(await bench.open().auth.state({})).toMatchObject({ state: "OK" });
  });

  test("a login that is over is made anew by the same command", async () => {
    await bench.run({ what: "login" });
    globus.endLogins();
    globus.expireTokens();
    const before = bench.shown.length;
    const end = await bench.run({ what: "login" });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(bench.shown.length).toBe(before + 1);
  });

  test.each([
    [
      "",
      "There is no application to log in with, for client-id in [globus-auth] of globus.conf is not set: register one by these steps.",
    ],
    [
      "YOUR_CLIENT_ID_HERE",
      'client-id = "YOUR_CLIENT_ID_HERE" is a placeholder, not an application of yours: register one by these steps.',
    ],
    ["00000000-0000-0000-0000-000000000000", "is a placeholder, not an application of yours"],
    ["61338d24-54d5-408f-a10d-66c06b59f6d2", "is the application of Globus' tutorials, not one of yours"],
  ])("client-id %j: the steps of the registration, what to write where, and exit 2", async (id, said) => {
    bench.configure("", { "client-id": id });
    const end = await bench.run({ what: "login" });
    expect(end.status).toBe(EXIT.usage);
    expect(end.text).toContain(said);
    for (const step of [
      "https://app.globus.org/settings/developers",
      "Register a thick client or script that will be installed and run by users on their devices",
      "https://auth.globus.org/v2/web/auth-code",
      `Write into ${bench.configFile}`,
    ])
      expect(end.text).toContain(step);
    expect(await bench.run({ what: "whoami" })).toMatchObject({
      status: EXIT.usage,
      text: expect.stringContaining("`globus-ioc login` says how to register one") as string,
    });
  });

  test("a flow of the settings is part of what a login needs, for login and AuthGlobus alike", async () => {
    const flow = deployed("pal-xfel");
    bench.configure(settings(), {}, "flow = pal-xfel");
    const end = await bench.run({ what: "login" });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(end.text).toContain("let the flow pal-xfel read and write the source's collection (mapped)");
    expect(await servers()).toEqual([...SERVERS, flow].toSorted());
    expect(await bench.open().auth.state({})).toMatchObject({ state: "OK" });
    expect((await bench.run({ what: "login" })).text).toContain("nothing is missing");
    expect((await bench.run({ what: "whoami" })).text).toContain(`the flow pal-xfel:\n  ${flowScope(flow)}`);
  });

  test("a flow of the settings that Globus has no more is said, and the rest is asked for", async () => {
    const id = "11111111-2222-4333-8444-555555555555";
    bench.configure(settings(), {}, `flow = ${id}`);
    const end = await bench.run({ what: "login" });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(end.text).toContain(`show the flow ${id}: the flow ${id} was deleted, or this login may not see it`);
  });

  test("a flow's consents are those of the collections that its destination, and input-file, name", async () => {
    const mapped = globus.collection("mapped").id;
    const flow = deployed("one");
    await bench.run({ what: "login" });
    bench.configure(`[destination one]\nkind = flow\nflow = one\ncollection = ${mapped}\n`);
    const scopes = async (): Promise<string> => {
      const shown = bench.shown.length;
      const end = await bench.run({ what: "login", flow: "one", force: true });
      expect(end, end.text).toMatchObject({ status: EXIT.done });
      return SignInBench.scopesIn(bench.shown[shown] ?? "")[0] ?? "";
    };
    const whole = `${flowScope(flow)}[*${TRANSFER_SCOPE}[*${mappedAccess()}]]`;
    expect(await scopes()).toBe(whole);
    const file = join(bench.folder, "input.json");
    writeFileSync(file, JSON.stringify({ extra: [{ place: { id: mapped, path: "/data" } }] }));
    bench.configure("", {}, `input-file = ${file}`);
    expect(await scopes()).toBe(whole);
    writeFileSync(file, "no JSON");
    expect(await scopes()).toBe(`${flowScope(flow)}[*${TRANSFER_SCOPE}]`);
  });

  test("a collection that no setting names is let in by the command that a refusal says, also for a flow of another form", async () => {
    const id = globus.flows.deploy({
      title: "wraps another",
      definition: { StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 1, End: true } } },
      starters: ["all_authenticated_users"],
      viewers: ["public"],
    });
    bench.configure("");
    await bench.run({ what: "login" });
    const shown = bench.shown.length;
    await bench.run({ what: "login", flow: id, collection: [globus.collection("mapped").id] });
    expect(SignInBench.scopesIn(bench.shown[shown] ?? "")[0]).toBe(
      `${flowScope(id)}[*${TRANSFER_SCOPE}[*${mappedAccess()}]]`,
    );
  });

  test("an application that Globus does not know is said with what to correct", async () => {
    bench.configure("", { "client-id": "11111111-2222-4333-8444-555555555555" });
    bench.answer = () => "0123456789abcdef";
    const end = await bench.run({ what: "login" });
    expect(end.status).toBe(EXIT.failed);
    expect(end.text).toContain(
      "Globus knows no application 11111111-2222-4333-8444-555555555555 that people log in with",
    );
  });

  test("a service account needs no login: it is tried, and a wrong secret is said", async () => {
    const { clientId, secret } = globus.serviceAccount;
    const file = join(bench.folder, "secret");
    writeFileSync(file, secret, { mode: 0o600 });
    bench.configure("", { "client-id": clientId, "client-secret-file": file });
    bench.isTerminal = false;
    const end = await bench.run({ what: "login" });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(end.text).toContain(
      `The service account ${clientId} needs no login: it has tokens for Globus Transfer, Globus Auth, Globus Flows.`,
    );
    const flow = deployed("one");
    expect((await bench.run({ what: "login", flow: "one" })).text).toContain("it has tokens for the flow one.");
    expect((await bench.run({ what: "login", flow })).status).toBe(EXIT.done);
    const who = (await bench.run({ what: "whoami" })).text;
    expect(who).toContain(`${clientId}@clients.auth.globus.org`);
    expect(who).toMatch(/Globus Transfer:\n {2}\S+:all\n {2}its token holds until \S+, renewed by itself/);
    const json = JSON.parse((await bench.run({ what: "whoami", json: true })).text) as object;
    expect(json).toMatchObject({
      resourceServers: [
        { resourceServer: TRANSFER_SERVER, scopes: [TRANSFER_SCOPE], isRenewed: true },
        { resourceServer: AUTH_SERVER },
      ],
    });
    writeFileSync(file, "wrong", { mode: 0o600 });
    expect((await bench.run({ what: "login" })).text).toContain("Globus does not accept the service account");
  });
});

describe("whoami and logout", () => {
  test("whoami says who, through which application, for what and how long, as text and as JSON", async () => {
    expect(await bench.run({ what: "whoami" })).toMatchObject({
      status: EXIT.failed,
      text: expect.stringContaining("Nobody is logged in: run `globus-ioc login`.") as string,
    });
    await bench.run({ what: "login" });
    const { status, text } = await bench.run({ what: "whoami" });
    expect(status).toBe(EXIT.done);
    expect(text).toContain(`Marie Curie (curie@globusid.org), through the application ${globus.nativeClientId}`);
    expect(text).toContain(`Globus Transfer:\n  ${TRANSFER_SCOPE}\n`);
    expect(text).toContain(", renewed by itself");
    const json = JSON.parse((await bench.run({ what: "whoami", json: true })).text) as object;
    expect(json).toMatchObject({
      identity: { id: globus.person.id, username: globus.person.username },
      clientId: globus.nativeClientId,
      resourceServers: expect.arrayContaining([
        expect.objectContaining({ resourceServer: TRANSFER_SERVER, scopes: [TRANSFER_SCOPE], isRenewed: true }),
      ]) as unknown,
    });
    expect(JSON.stringify(json)).not.toContain((await bench.store.read()).get(TRANSFER_SERVER)?.refreshToken);
  });

  test("logout ends the tokens at Globus, and takes them out of the file; of one flow only its own", async () => {
    await bench.run({ what: "login" });
    const flow = deployed("one");
    await bench.run({ what: "login", flow });
    const { accessToken } = (await bench.store.read()).get(TRANSFER_SERVER)!;
    expect(await bench.run({ what: "logout", flow: "one" })).toMatchObject({ status: EXIT.done });
    expect(await servers()).toEqual(SERVERS.toSorted());
    const end = await bench.run({ what: "logout" });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(await servers()).toEqual([]);
    const headers = { Authorization: `Bearer ${accessToken}` };
    expect((await fetch(`${globus.url}/v0.10/task_list`, { headers })).status).toBe(401);
    expect((await bench.run({ what: "logout" })).text).toContain("Nobody is logged in");
  });

  test("where Globus does not answer, logout takes the login out of the file, and says that it still holds there", async () => {
    await bench.run({ what: "login" });
    await globus.misbehave({ down: "refused" });
    const end = await bench.run({ what: "logout" });
    expect(end, end.text).toMatchObject({ status: EXIT.partial });
    expect(end.text).toContain("end it at https://app.globus.org/settings/consents");
    expect(await servers()).toEqual([]);
  });
});

describe("collections", () => {
  test("search, show and ls find the id that globus.conf wants, and say what it takes", async () => {
    await bench.run({ what: "login" });
    const { id } = globus.collection("mapped");
    const found = await bench.run({ what: "collection search", words: ["map"], json: true });
    expect(JSON.parse(found.text)).toMatchObject({
      collections: [expect.objectContaining({ id, name: "mapped", isMapped: true })],
    });
    expect((await bench.run({ what: "collection search", words: ["mapped"] })).text).toContain(`mapped:\n  ${id}\n`);
    const shown = await bench.run({ what: "collection show", id });
    expect(shown.text).toContain("mapped collection");
    expect(shown.text).toContain(`--collection ${id}`);
    const listed = await bench.run({ what: "collection ls", place: `${id}:/data` });
    expect(listed.text).toContain("scan 1.h5  5 bytes");
    expect((await bench.run({ what: "collection ls", place: "x" })).text).toContain("is not a UUID");
    expect((await bench.run({ what: "collection search", words: [" "] })).status).toBe(EXIT.usage);
  });

  test("they say the command where nobody is logged in", async () => {
    const end = await bench.run({ what: "collection search", words: ["x"] });
    expect(end.status).toBe(EXIT.failed);
    expect(end.text).toContain("has no Globus login for Globus Transfer: run `globus-ioc login`.");
  });
});

describe("PAL-XFEL's token file", () => {
  const file = (): string => join(bench.home, ".globus-flows-tokens.json");
  const palScopes = ["manage_flows", "view_flows", "run", "run_status", "run_manage"]
    .map((name) => `https://auth.globus.org/scopes/eec9b274-0c81-4334-bdc2-54e90e689b9a/${name}`)
    .join(" ");
  const palRecord = (refresh_token: string | null, scope = palScopes) => ({
    scope,
    access_token: "theirs",
    refresh_token,
    expires_at_seconds: 1,
    resource_server: FLOWS_SERVER,
    token_type: "Bearer",
  });
  function leave(document: unknown): string {
    const text = typeof document === "string" ? document : JSON.stringify(document);
    writeFileSync(file(), text, { mode: 0o600 });
    return text;
  }

  test.each([
    ["SDK 3", (records: object) => ({ by_rs: records, format_version: "1.0", "globus-sdk.version": "3.41.0" })],
    [
      "SDK 4",
      (records: object) => ({ data: { DEFAULT: records }, format_version: "2.0", "globus-sdk.version": "4.1.0" }),
    ],
  ])("of %s is taken over as far as it holds; the rest is asked for; it stays as it is", async (_sdk, document) => {
    const flow = deployed("theirs");
    const text = leave(
      document({
        [FLOWS_SERVER]: palRecord(globus.loginFor(palScopes)),
        [flow]: { ...palRecord(globus.loginFor(flowScope(flow)), flowScope(flow)), resource_server: flow },
      }),
    );
    const end = await bench.run({ what: "login" });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(end.text).toContain(
      `The login for Globus Flows and the flow ${flow} was taken over from ${file()}, which stays as it is.`,
    );
    expect(SignInBench.scopesIn(bench.shown[0] ?? "").join(" ")).not.toContain("eec9b274");
    expect(await servers()).toEqual([...SERVERS, flow].toSorted());
    expect(readFileSync(file(), "utf8")).toBe(text);
  });

  test("is taken over by an IOC too, where nobody has logged in here; after logout it is not", async () => {
    leave({ by_rs: { [FLOWS_SERVER]: palRecord(globus.loginFor(palScopes)) }, format_version: "1.0" });
    const said: string[] = [];
    const { auth } = bench.open((sentence) => said.push(sentence));
    expect(await auth.token(FLOWS_SERVER, {})).toMatch(/^Ag/);
    expect(said).toEqual([`The login for Globus Flows was taken over from ${file()}, which stays as it is.`]);
    await bench.run({ what: "logout" });
    await expect(bench.open().auth.token(FLOWS_SERVER, {})).rejects.toThrow("has no Globus login for Globus Flows");
  });

  test("is asked for again where Globus could not be asked", async () => {
    leave({ by_rs: { [FLOWS_SERVER]: palRecord(globus.loginFor(palScopes)) }, format_version: "1.0" });
    const { auth } = bench.open();
    await globus.misbehave({ down: "refused" });
    await expect(auth.token(FLOWS_SERVER, {})).rejects.toThrow("connection refused");
    await globus.misbehave({});
    expect(await auth.token(FLOWS_SERVER, {})).toMatch(/^Ag/);
  });

  test.each([
    [
      "of another application",
      { by_rs: { [FLOWS_SERVER]: palRecord("another's") }, format_version: "1.0" },
      "is another application's than client-id, or is over, and was not taken over.",
    ],
    [
      "without a refresh token",
      { by_rs: { [FLOWS_SERVER]: palRecord(null) }, format_version: "1.0" },
      "cannot be renewed, and was not taken over.",
    ],
    [
      "of another version",
      { data: {}, format_version: "3.0" },
      'is of version "3.0", and versions 1.0 and 2.0 are known, and nothing was taken over from it.',
    ],
    [
      "of another form",
      { hello: 1 },
      "has another form than Python's SDK gives it, and nothing was taken over from it.",
    ],
    ["that is no JSON", "tokens!", "is no JSON, and nothing was taken over from it."],
    ["with nothing of use", { by_rs: {}, format_version: "1.0" }, "has no login that is of use here."],
  ])("%s is said, and the login is made as usual", async (_what, document, said) => {
    leave(document);
    bench.answer = copyCode;
    const end = await bench.run({ what: "login" });
    expect(end, end.text).toMatchObject({ status: EXIT.done });
    expect(end.text).toContain(said);
    expect(await servers()).toEqual(SERVERS.toSorted());
  });
});
