/** Access rules and identities: the service against the simulated Globus. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import type { AccessRules } from "../../src/controller/ports/access-rules.ts";
import { AccessDeniedError, NotFoundError, UnavailableError } from "../../src/controller/ports/call.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { PEOPLE } from "../../src/sandbox/people.ts";
import { createGlobusAccess, type GlobusAccessSettings } from "../../src/services/globus/access.ts";
import { createServiceAccount, type GlobusAuth } from "../../src/services/globus/auth.ts";
import { createGlobusCall } from "../../src/services/globus/call.ts";
import { LoginNeededError } from "../../src/services/globus/errors.ts";
import { createGlobusTransport, type GlobusTransport, globusServiceUrls } from "../../src/services/globus/transport.ts";
import { failureOf } from "../support/failure-of.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

const TOP = "/2-BM/";
const PARTS = ["2026-03", "2026-03-Noether-1014288"];
const DIRECTORY = "/2-BM/2026-03/2026-03-Noether-1014288/";
const NOETHER = "emmy.noether@example.org";

let globus: GlobusService;
let transport: GlobusTransport;
let folder: string;
let auth: GlobusAuth;

beforeEach(async () => {
  const clock = new ImpatientClock();
  globus = await startGlobusService({ clock, collections: [{ name: "petrel", folders: [TOP] }] });
  const { url } = globus;
  for (const [name, value] of Object.entries(globusServiceUrls({ auth: url, transfer: url, flows: url, compute: url })))
    vi.stubEnv(name, value);
  transport = createGlobusTransport({ clock, random: () => 0 });
  folder = await mkdtemp(join(tmpdir(), "globus-access-"));
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

const access = (changes: Partial<GlobusAccessSettings> = {}): AccessRules =>
  createGlobusAccess({
    collectionId: globus.collection("petrel").id,
    name: "petrel",
    top: TOP,
    call: createGlobusCall(auth, transport),
    provision: false,
    ...changes,
  });
const rules = () => globus.collection("petrel").rules;
const ruleFor = (principal: string, path = DIRECTORY, type: "identity" | "group" = "identity") =>
  rules().push({
    id: `rule-${rules().length}`,
    principal_type: type,
    principal,
    path,
    permissions: "r",
    created: 0,
  });

test("a person who is granted may read exactly the directory, and is listed by name", async () => {
  expect(await access().grant(PARTS, NOETHER, {})).toBe("Created");
  expect(rules()).toMatchObject([{ path: DIRECTORY, permissions: "r", principal_type: "identity" }]);
  expect(await access().list(PARTS, {})).toEqual([
    {
      id: rules()[0]?.id,
      identity: rules()[0]?.principal,
      username: NOETHER,
      name: "Emmy Noether",
      email: PEOPLE.pi.email,
      path: DIRECTORY,
      permissions: "r",
    },
  ]);
});

test("a second grant finds the first, also under other letters, and adds nothing", async () => {
  await access().grant(PARTS, NOETHER, {});
  expect(await access().grant(PARTS, "Emmy.Noether@Example.org", {})).toBe("Exists");
  expect(rules()).toHaveLength(1);
});

test("a rule for the same directory that is written with other rights counts as well", async () => {
  await access().grant(PARTS, NOETHER, {});
  Object.assign(rules()[0] as object, { permissions: "rw" });
  expect(await access().grant(PARTS, NOETHER, {})).toBe("Exists");
});

test("only the rules of this very directory are told", async () => {
  await access().grant(PARTS, NOETHER, {});
  await access().grant([PARTS[0] as string], NOETHER, {});
  await access().grant([...PARTS, "raw"], NOETHER, {});
  expect((await access().list(PARTS, {})).map(({ path }) => path)).toEqual([DIRECTORY]);
  expect((await access().list([], {})).map(({ path }) => path)).toEqual([]);
});

test("what is revoked is gone, and revoking it again finds nothing", async () => {
  await access().grant(PARTS, NOETHER, {});
  const [rule] = await access().list(PARTS, {});
  await access().revoke(rule?.id as string, {});
  expect(rules()).toEqual([]);
  await failureOf(access().revoke(rule?.id as string, {}), NotFoundError);
});

test("a name that Globus does not know is an error with advice, and makes no rule", async () => {
  const failure = await failureOf(access().grant(PARTS, "nobody@nowhere.example", {}), NotFoundError);
  expect(failure.message).toMatch(/^Globus knows nobody as nobody@nowhere\.example: .*provision = True/);
  expect(rules()).toEqual([]);
});

test("with provision Globus makes an identity for a name that it does not know", async () => {
  expect(await access({ provision: true }).grant(PARTS, "new@nowhere.example", {})).toBe("Created");
  expect((await access().list(PARTS, {}))[0]).toMatchObject({ username: "new@nowhere.example" });
});

test("an identity that cannot be looked up, a group and everybody are listed as what they are", async () => {
  ruleFor("00000000-0000-4000-8000-000000000001");
  ruleFor("00000000-0000-4000-8000-000000000002", DIRECTORY, "group");
  expect((await access().list(PARTS, {})).map(({ username }) => username)).toEqual([
    "00000000-0000-4000-8000-000000000001",
    "group 00000000-0000-4000-8000-000000000002",
  ]);
});

test("the identities of many rules are looked up 50 at a time", async () => {
  for (let i = 0; i < 120; i++) ruleFor(`00000000-0000-4000-8000-${String(i).padStart(12, "0")}`);
  expect(await access().list(PARTS, {})).toHaveLength(120);
  expect(globus.requests.filter(({ path }) => path.endsWith("/identities"))).toHaveLength(3);
});

test("without the access_manager role the sentence names the role and the collection", async () => {
  globus.faults.lacksAccessManager = true;
  const failure = await failureOf(access().grant(PARTS, NOETHER, {}), AccessDeniedError);
  expect(failure.message).toBe(
    `Globus did not let ${NOETHER} read ${DIRECTORY} on petrel: the login's identity needs the access_manager role on petrel; its owner can give it.`,
  );
  await failureOf(access().list(PARTS, {}), AccessDeniedError);
});

test("a mapped collection is told from a guest collection", async () => {
  globus.faults.isMapped = true;
  const failure = await failureOf(access().list(PARTS, {}), AccessDeniedError);
  expect(failure.message).toContain(
    "petrel is not a guest collection, and only those have access rules; set uuid in [server petrel] of globus.conf to one, or share = False",
  );
});

test("a full collection is named with its limit", async () => {
  for (let i = 0; i < 1000; i++) ruleFor(`00000000-0000-4000-8000-${String(i).padStart(12, "0")}`, "/elsewhere/");
  const failure = await failureOf(access().grant(PARTS, NOETHER, {}), AccessDeniedError);
  expect(failure.message).toContain("petrel has 1000 access rules, and Globus allows 1000; take old ones away");
});

test("a refusal that the collection does not explain stands as it is", async () => {
  const collectionId = "00000000-0000-4000-8000-000000000000";
  const failure = await failureOf(access({ collectionId }).list(PARTS, {}), NotFoundError);
  expect(failure.message).toContain(`No such endpoint '${collectionId}'`);
});

test("a login that is refused needs a person, and the collection is not asked for reasons", async () => {
  globus.faults.refusesTokens = true;
  await failureOf(access().list(PARTS, {}), LoginNeededError);
  expect(globus.requests.filter(({ path }) => !path.endsWith("/token"))).toHaveLength(2);
});

test("an Auth that is down is a failure of its own", async () => {
  await access().list(PARTS, {});
  await globus.misbehave({ on: "identities", htmlPage: { status: 200 } });
  await failureOf(access().grant(PARTS, NOETHER, {}), UnavailableError);
  expect(rules()).toEqual([]);
});

test.each(["..", "a/b", "", "a\nb"])(
  "the part %j leaves the tree and is refused before anybody is asked",
  async (part) => {
    for (const work of [access().list([part], {}), access().grant([part], NOETHER, {})]) {
      const failure = await failureOf(work, ActionError);
      expect(failure.message).toContain(`The directory name ${JSON.stringify(part)} for petrel`);
    }
    expect(globus.requests).toEqual([]);
  },
);

test.each(["noether", "a@b,c@d", "a b@c", "a@b\r\nX: y"])(
  "the user name %j is none and is not sent",
  async (username) => {
    const failure = await failureOf(access().grant(PARTS, username, {}), ActionError);
    expect(failure.message).toContain("is not a Globus user name");
    expect(globus.requests).toEqual([]);
  },
);

test("an abort ends the call that waits", async () => {
  await globus.misbehave({ on: "access", slowSeconds: 3600 });
  const abort = new AbortController();
  const reason = new ActionError("Abort was pressed");
  const rejected = expect(access().grant(PARTS, NOETHER, { signal: abort.signal })).rejects.toBe(reason);
  await globus.arrived("access");
  abort.abort(reason);
  await rejected;
});
