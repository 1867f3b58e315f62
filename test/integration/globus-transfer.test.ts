/** Directories on a Globus collection, against the simulated Globus in every mood. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { AccessDeniedError, NotFoundError, UnavailableError } from "../../src/controller/ports/call.ts";
import type { DirectoryTree } from "../../src/controller/ports/directories.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { createPersonLogin, createServiceAccount, type GlobusAuth } from "../../src/services/globus/auth.ts";
import { createGlobusCall } from "../../src/services/globus/call.ts";
import type { GlobusCollection } from "../../src/services/globus/collection.ts";
import { createGlobusTree } from "../../src/services/globus/directories.ts";
import { LoginNeededError } from "../../src/services/globus/errors.ts";
import { TRANSFER_SERVER } from "../../src/services/globus/scopes.ts";
import { createTokenStore } from "../../src/services/globus/token-store.ts";
import { createGlobusTransport, type GlobusTransport, globusServiceUrls } from "../../src/services/globus/transport.ts";
import { failureOf } from "../support/failure-of.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

const TOP = "/2-BM";
const PARTS = ["2026-03", "2026-03-Curie-90210"];
const [MONTH, EXPERIMENT] = [`${TOP}/2026-03/`, `${TOP}/2026-03/2026-03-Curie-90210/`];
let clock: ImpatientClock;
let globus: GlobusService;
let transport: GlobusTransport;
let folder: string;
let auth: GlobusAuth;

beforeEach(async () => {
  clock = new ImpatientClock();
  globus = await startGlobusService({
    clock,
    collections: [{ name: "petrel", folders: [TOP], files: { [`${TOP}/2026-04`]: 5 } }],
  });
  const { url } = globus;
  for (const [name, value] of Object.entries(globusServiceUrls({ auth: url, transfer: url, flows: url, compute: url })))
    vi.stubEnv(name, value);
  transport = createGlobusTransport({ clock, random: () => 0 });
  folder = await mkdtemp(join(tmpdir(), "globus-transfer-"));
  const secretFile = join(folder, "secret");
  await writeFile(secretFile, globus.serviceAccount.secret, { mode: 0o600 });
  auth = createServiceAccount({ clientId: globus.serviceAccount.clientId, secretFile }, transport);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await transport.close();
  await globus.close();
  await rm(folder, { recursive: true });
});

const tree = (changes: Partial<GlobusCollection> = {}): DirectoryTree =>
  createGlobusTree({
    collectionId: globus.collection("petrel").id,
    name: "petrel",
    top: TOP,
    call: createGlobusCall(auth, transport),
    ...changes,
  });
const asked = (operation: string) =>
  globus.requests.filter(({ path }) => path.endsWith(`/${operation}`)).map(({ detail }) => detail);
const exists = (path: string) => globus.collection("petrel").files.at(path)?.type;

test("makes each missing level in order", async () => {
  expect(await tree().makeDirectories(PARTS, {})).toBe("Created");
  expect(asked("mkdir")).toEqual([MONTH, EXPERIMENT]);
  expect(exists(EXPERIMENT)).toBe("dir");
});

test("a directory that exists is no error, and is told from one that was made", async () => {
  await tree().makeDirectories(["2026-03"], {});
  expect(await tree().makeDirectories(PARTS, {})).toBe("Created");
  expect(await tree().makeDirectories(PARTS, {})).toBe("Exists");
  expect(clock.waits).toEqual([]);
});

test("a file in the way is an error", async () => {
  const failure = await failureOf(tree().makeDirectories(["2026-04"], {}), ActionError);
  expect(failure.message).toBe(`${TOP}/2026-04/ exists on petrel but is not a directory: remove or rename it there.`);
});

test("a missing top directory is named, also when nothing is to be made", async () => {
  const sentence =
    "The top directory /99-ID does not exist on petrel: make it there, or correct the top directory in the configuration.";
  const failure = await failureOf(tree({ top: "/99-ID" }).makeDirectories(PARTS, {}), NotFoundError);
  expect(failure.message).toBe(sentence);
  const empty = await failureOf(tree({ top: "/99-ID" }).makeDirectories([], {}), NotFoundError);
  expect(empty.message).toBe(sentence);
  expect(await tree().makeDirectories([], {})).toBe("Exists");
});

test("a denied path is an error and stops the work", async () => {
  globus.faults.deniedBelow = `${TOP}/2026-03`;
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), AccessDeniedError);
  expect(failure.message).toMatch(
    /^Globus did not make \/2-BM\/2026-03\/ on petrel: give the login's identity the permission there \(EndpointPermissionDenied: .*; request \S+\)\.$/,
  );
  expect(asked("mkdir")).toHaveLength(1);
});

test("a collection whose server fails is not asked again", async () => {
  globus.faults.endpointError = true;
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), UnavailableError);
  expect(failure.message).toContain("the collection's own server failed");
  expect(failure.mayHaveHappened).toBe(true);
  expect(asked("mkdir")).toHaveLength(1);
});

test("an unknown collection is named by its id", async () => {
  const collectionId = "00000000-0000-4000-8000-000000000000";
  const failure = await failureOf(tree({ collectionId }).makeDirectories(PARTS, {}), NotFoundError);
  expect(failure.message).toContain(`No such endpoint '${collectionId}'`);
});

test.each([429, 503] as const)(
  "status %i is obeyed: the request is repeated after the time that Globus names",
  async (status) => {
    await globus.misbehave({ on: "mkdir", unavailable: { status, times: 2, retryAfterSeconds: 3 } });
    expect(await tree().makeDirectories(PARTS, {})).toBe("Created");
    expect(clock.waits).toEqual([3, 3]);
  },
);

test("a gateway's page is repeated with growing waits, then given up in a sentence", async () => {
  await globus.misbehave({ on: "mkdir", htmlPage: { status: 502 } });
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), UnavailableError);
  expect(failure.message).toContain("status 502 with an HTML page");
  expect(clock.waits).toEqual([0.25, 0.5, 1, 2, 4]);
});

test("a page with status 200 is no success", async () => {
  await globus.misbehave({ on: "mkdir", htmlPage: { status: 200 } });
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), UnavailableError);
  expect(failure.message).toContain("where JSON was expected");
});

test.each([{ down: "reset" }, { halfBody: true }] as const)(
  "a connection that breaks (%j) is a failure after six attempts",
  async (fault) => {
    await globus.misbehave({ on: "mkdir", ...fault });
    const failure = await failureOf(tree().makeDirectories(PARTS, {}), UnavailableError);
    expect(failure.message).toContain("the connection broke");
    expect(asked("mkdir")).toHaveLength(6);
  },
);

test("Globus down is a failure", async () => {
  await globus.misbehave({ down: "refused" });
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), UnavailableError);
  expect(failure.message).toContain("connection refused");
});

test("a silent Globus is given up after the time limit", async () => {
  await transport.close();
  transport = createGlobusTransport({
    clock,
    timeoutSeconds: 60,
    retry: { attempts: 1, firstWaitSeconds: 1, longestWaitSeconds: 1, withinSeconds: 1 },
  });
  await globus.misbehave({ on: "mkdir", slowSeconds: 3600 });
  const outcome = failureOf(tree().makeDirectories(PARTS, {}), UnavailableError);
  await globus.arrived("mkdir");
  clock.advance(61);
  const failure = await outcome;
  expect(failure.message).toContain("no answer within 60 s");
  expect(failure.mayHaveHappened).toBe(true);
});

test("an abort ends a call that waits", async () => {
  await globus.misbehave({ on: "mkdir", slowSeconds: 3600 });
  const abort = new AbortController();
  const reason = new ActionError("Abort was pressed");
  const outcome = tree().makeDirectories(PARTS, { signal: abort.signal });
  const rejected = expect(outcome).rejects.toBe(reason);
  await globus.arrived("mkdir");
  abort.abort(reason);
  await rejected;
});

test("a token that ended early is renewed once, and the request repeated", async () => {
  await tree().makeDirectories(["2026-03"], {});
  globus.expireTokens();
  expect(await tree().makeDirectories(PARTS, {})).toBe("Created");
  expect(globus.requests.filter(({ detail }) => detail === "client_credentials")).toHaveLength(2);
});

test("a service that refuses every token needs a person after one renewal", async () => {
  globus.faults.refusesTokens = true;
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), LoginNeededError);
  expect(failure.message).toContain("AuthenticationFailed");
  expect(asked("mkdir")).toHaveLength(2);
});

test("a service account gives itself a consent that is missing, once for all", async () => {
  globus.faults.consentRequired = true;
  expect(await tree().makeDirectories(PARTS, {})).toBe("Created");
  expect(asked("mkdir")).toEqual([MONTH, MONTH, EXPERIMENT]);
  expect(await tree().makeDirectories(PARTS, {})).toBe("Exists");
});

test("a person is told which consent is missing", async () => {
  globus.faults.consentRequired = true;
  const store = createTokenStore(join(folder, "tokens.json"));
  const now = clock.now();
  const scope = "urn:globus:auth:scope:transfer.api.globus.org:all";
  await store.put([
    {
      resourceServer: TRANSFER_SERVER,
      accessToken: "x",
      scope,
      obtained: now,
      expires: now,
      refreshToken: globus.loginFor(scope),
    },
  ]);
  auth = createPersonLogin({ clientId: globus.nativeClientId, store }, transport);
  const failure = await failureOf(tree().makeDirectories(PARTS, {}), LoginNeededError);
  const { id } = globus.collection("petrel");
  expect(failure.message).toContain(`all[*https://auth.globus.org/scopes/${id}/data_access]`);
  expect(failure.message).toContain(`run \`globus-ioc login --collection ${id}\``);
  expect(asked("mkdir")).toHaveLength(1);
});

test.each(["", "..", "a/b", "a\r\nb"])("refuses the name %j before it asks Globus", async (part) => {
  const failure = await failureOf(tree().makeDirectories([part], {}), ActionError);
  expect(failure.message).toContain(`The directory name ${JSON.stringify(part)} for petrel`);
  expect(globus.requests).toEqual([]);
});

test("refuses an id that is none and a top directory that leads elsewhere", () => {
  expect(() => tree({ collectionId: "petrel" })).toThrow(
    'The id "petrel" of the Globus collection petrel is not a UUID.',
  );
  expect(() => tree({ top: "data" })).toThrow("must be an absolute path");
});

test("all services are always pointed at together", () => {
  const urls = {
    auth: "https://a.example",
    transfer: "https://t.example:8443",
    flows: "https://f.example/",
    compute: "https://c.example",
  };
  expect(globusServiceUrls(urls)).toEqual({
    GLOBUS_SDK_SERVICE_URL_AUTH: "https://a.example",
    GLOBUS_SDK_SERVICE_URL_TRANSFER: "https://t.example:8443",
    GLOBUS_SDK_SERVICE_URL_FLOWS: "https://f.example/",
    GLOBUS_SDK_SERVICE_URL_COMPUTE: "https://c.example",
  });
  for (const flows of ["https://proxy.example/globus", ""])
    expect(() => globusServiceUrls({ ...urls, flows })).toThrow(
      `flows-url = ${JSON.stringify(flows)} must be https://host[:port], without a path`,
    );
});
