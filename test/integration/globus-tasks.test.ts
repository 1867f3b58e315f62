/** Transfers between collections, against the simulated Globus: submitted once, followed, and proven file by file. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  NotFoundError,
  UnavailableError,
} from "../../src/controller/ports/call.ts";
import type { Submission, TaskReport, TransferTasks } from "../../src/controller/ports/transfer-tasks.ts";
import { wordsFor } from "../../src/controller/transfers/task-words.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { createPersonLogin, createServiceAccount } from "../../src/services/globus/auth.ts";
import { createGlobusCall } from "../../src/services/globus/call.ts";
import { LoginNeededError } from "../../src/services/globus/errors.ts";
import { AUTH_SERVER } from "../../src/services/globus/scopes.ts";
import { createTokenStore } from "../../src/services/globus/token-store.ts";
import { createTransferTasks } from "../../src/services/globus/transfer-tasks.ts";
import { createGlobusTransport, type GlobusTransport, globusServiceUrls } from "../../src/services/globus/transport.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";

const FLOW = "20000000-0000-4000-8000-00000000000f";
/** What names of files at a beamline are like. */
const ODD_FILES: Readonly<Record<string, string>> = {
  "with blank.h5": "blank",
  "시료/스캔 1.h5": "korean",
  'quo"ted\nline.h5': "newline",
  "a+b%20&c=d?#.h5": "signs",
};
/** The simulated Globus lives by this; the waits between our attempts are over at once, by a clock of their own. */
let clock: FakeClock;
let globus: GlobusService;
let transport: GlobusTransport;
let folder: string;
let transfers: TransferTasks;

beforeEach(async () => {
  clock = new FakeClock();
  const scans = Object.entries(ODD_FILES).map(([name, content]) => [`/data/scan_001/${name}`, content] as const);
  globus = await startGlobusService({
    clock,
    collections: [
      { name: "detector", files: { ...Object.fromEntries(scans), "/data/scan_002.h5": "one file" } },
      { name: "archive", folders: ["/2-BM"] },
      { name: "flows only", flowPolicy: { destination: FLOW } },
    ],
  });
  const { url } = globus;
  for (const [name, value] of Object.entries(globusServiceUrls({ auth: url, transfer: url, flows: url, compute: url })))
    vi.stubEnv(name, value);
  transport = createGlobusTransport({ clock: new ImpatientClock(), random: () => 0 });
  folder = await mkdtemp(join(tmpdir(), "globus-tasks-"));
  const { clientId, secret } = globus.serviceAccount;
  const secretFile = join(folder, "secret");
  await writeFile(secretFile, secret, { mode: 0o600 });
  const tokens = createServiceAccount({ clientId, secretFile }, transport);
  const names = new Map(["detector", "archive", "flows only"].map((name) => [idOf(name), name]));
  transfers = createTransferTasks({
    call: createGlobusCall(tokens, transport),
    tokens,
    login: { clientId, isServiceAccount: true },
    nameOf: (id) => names.get(id) ?? id,
    heard: () => transport.heard,
    encrypt: false,
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await transport.close();
  await globus.close();
  await rm(folder, { recursive: true });
});

const idOf = (name: string): string => globus.collection(name).id;
const posts = (): number => globus.requests.filter(({ path }) => path === "/v0.10/transfer").length;
const submissionOf = async (changes: Partial<Submission> = {}): Promise<Submission> => ({
  id: await transfers.submissionId({}),
  label: "a1b2 scan_001",
  sourceCollection: idOf("detector"),
  destinationCollection: idOf("archive"),
  items: [{ source: "/data/scan_001", destination: "/2-BM/scan_001", isFolder: true }],
  deadline: new Date(clock.now() + 3600_000).toISOString(),
  ...changes,
});
async function reportOf(task: string): Promise<TaskReport> {
  const report = (await transfers.tasks([task], {})).get(task);
  if (report === undefined) throw new Error(`no report of ${task}`);
  return report;
}
/** The report of a task after so many seconds. */
async function later(task: string, seconds: number): Promise<TaskReport> {
  clock.advance(seconds);
  return await reportOf(task);
}

/** What a person's login with these scopes can do. */
async function asPerson(scope: string): Promise<TransferTasks> {
  const [now, refreshToken] = [clock.now(), globus.loginFor(scope)];
  const store = createTokenStore(join(folder, "tokens.json"));
  const ended = { accessToken: "over", scope, obtained: now, expires: now, refreshToken };
  await store.put([{ resourceServer: AUTH_SERVER, ...ended }]);
  const clientId = globus.nativeClientId;
  const tokens = createPersonLogin({ clientId, store }, transport);
  const login = { clientId, isServiceAccount: false };
  return createTransferTasks({
    call: createGlobusCall(tokens, transport),
    tokens,
    login,
    nameOf: String,
    heard: () => transport.heard,
    encrypt: false,
  });
}

test("the owner is the person whose login it is, by whatever scopes beside openid", async () => {
  const owner = `the identity ${globus.person.id} through the application ${globus.nativeClientId}`;
  expect(await (await asPerson("openid")).owner({})).toBe(owner);
  expect(await (await asPerson("openid profile email")).owner({})).toBe(owner);
  await failureOf((await asPerson("profile email")).owner({}), LoginNeededError);
});

test("a folder arrives with every name as it is, and is proven by what arrived and what is listed", async () => {
  const task = await transfers.submit(await submissionOf(), {});
  expect(await reportOf(task)).toMatchObject({ state: "ACTIVE", label: "a1b2 scan_001", ahead: 0 });
  expect(await later(task, 120)).toMatchObject({ state: "SUCCEEDED", isOk: true, filesTransferred: 4, faults: 0 });
  const names = Object.keys(ODD_FILES).toSorted();
  const arrived = (await transfers.arrived(task, {})).map(({ destination }) => destination);
  expect(arrived.toSorted()).toEqual(names.map((name) => `/2-BM/scan_001/${name}`));
  const found = await transfers.list(idOf("archive"), "/2-BM/scan_001", true, {});
  const listed = Object.fromEntries(found.map(({ path, bytes }) => [path, bytes]));
  expect(listed).toEqual(Object.fromEntries(names.map((name) => [name, ODD_FILES[name]?.length])));
  const shallow = (await transfers.list(idOf("archive"), "/2-BM/scan_001/", false, {})).map(({ path }) => path);
  expect(shallow.toSorted()).toEqual(names.filter((name) => !name.includes("/")));
});

test("times are kept, to the second", async () => {
  const [source] = await transfers.list(idOf("detector"), "/data", false, {});
  const items = [{ source: "/data/scan_002.h5", destination: "/2-BM/scan_002.h5", isFolder: false }];
  const task = await transfers.submit(await submissionOf({ items }), {});
  expect((await later(task, 120)).state).toBe("SUCCEEDED");
  const [there] = await transfers.list(idOf("archive"), "/2-BM", false, {});
  expect(there?.modified).toBe(source?.modified);
  expect(there).toMatchObject({ path: "scan_002.h5", bytes: 8 });
});

test("the same submission again gives the same task", async () => {
  const submission = await submissionOf();
  const task = await transfers.submit(submission, {});
  expect(await transfers.submit(submission, {})).toBe(task);
  clock.advance(120);
  expect(await transfers.submit(submission, {})).toBe(task);
});

test("a submission whose answer is lost each time is one task", async () => {
  const submission = await submissionOf();
  await globus.misbehave({ on: "/transfer", halfBody: true });
  const failure = await failureOf(transfers.submit(submission, {}), UnavailableError);
  expect(failure.mayHaveHappened).toBe(true);
  expect(posts()).toBe(6);
  await globus.misbehave({});
  const task = await transfers.submit(submission, {});
  expect((await later(task, 120)).filesTransferred).toBe(4);
  // With another id the same is a second transfer, in which there is nothing left to send.
  const again = await transfers.submit(await submissionOf(), {});
  expect(again).not.toBe(task);
  expect(await later(again, 120)).toMatchObject({ state: "SUCCEEDED", filesSkipped: 4, filesTransferred: 0 });
  expect(await transfers.arrived(again, {})).toEqual([]);
});

test("a file that changed but not in size and time is sent again", async () => {
  await transfers.submit(await submissionOf(), {});
  clock.advance(120);
  const { files } = globus.collection("detector");
  const changed = "/data/scan_001/with blank.h5";
  files.put(changed, "BLANK", files.at(changed)?.modified ?? 0);
  const again = await transfers.submit(await submissionOf(), {});
  expect(await later(again, 120)).toMatchObject({ state: "SUCCEEDED", filesTransferred: 1, filesSkipped: 3 });
  expect(await transfers.arrived(again, {})).toEqual([{ destination: "/2-BM/scan_001/with blank.h5" }]);
});

test("an identical transfer that is under way is told as such", async () => {
  await transfers.submit(await submissionOf(), {});
  const failure = await failureOf(transfers.submit(await submissionOf(), {}), AlreadyExistsError);
  expect(failure.message).toMatch(
    /^Globus did not transfer "a1b2 scan_001" from detector to archive: the same is under way already \(Conflict: /,
  );
});

test("tasks that wait know how many are before them", async () => {
  globus.addFault("archive", { code: "GC_NOT_CONNECTED" }); // none ends
  const tasks: string[] = [];
  for (let i = 0; i < 5; i++) {
    const items = [{ source: "/data/scan_002.h5", destination: `/2-BM/${i}.h5`, isFolder: false }];
    tasks.push(await transfers.submit(await submissionOf({ items }), {}));
    clock.advance(0.1);
  }
  // Transfer tells times to the second: those of one second are not told apart.
  clock.advance(1);
  const items = [{ source: "/data/scan_002.h5", destination: "/2-BM/last.h5", isFolder: false }];
  const last = await transfers.submit(await submissionOf({ items }), {});
  const before = globus.requests.length;
  const reports = await transfers.tasks([...tasks, last], {});
  expect(globus.requests.length - before).toBeLessThanOrEqual(2);
  expect(reports.get(last)?.ahead).toBe(5);
});

test("a task is cancelled once", async () => {
  const task = await transfers.submit(await submissionOf(), {});
  expect(await transfers.cancel(task, {})).toBe(true);
  expect(await transfers.cancel(task, {})).toBe(false);
  expect(await reportOf(task)).toMatchObject({ state: "FAILED", fatal: { code: "CANCELED" } });
  await failureOf(transfers.cancel("00000000-0000-4000-8000-000000000000", {}), NotFoundError);
});

test("what administrators do to a task is told in their words", async () => {
  const task = await transfers.submit(await submissionOf(), {});
  const release = globus.pauseTask(task, "Disk is being\nreplaced");
  const releaseAll = globus.pauseCollection("archive", "Maintenance until noon");
  expect((await later(task, 60)).isPaused).toBe(true);
  expect(await transfers.pauseMessage(task, {})).toBe("Maintenance until noon; Disk is being replaced");
  release();
  releaseAll();
  expect(await transfers.pauseMessage(task, {})).toBe("");
  globus.cancelTask(task, "Too large", "destination");
  expect(await reportOf(task)).toMatchObject({ state: "FAILED", cancelledByAdmin: "Too large" });
});

test.each([
  ["GC_NOT_CONNECTED", "offline"],
  ["PERMISSION_DENIED", "destination"],
  ["CONNECTION_RESET", "passing"],
] as const)("trouble %s shows in the report, and is of kind %s", async (code, kind) => {
  const heal = globus.addFault("archive", { code });
  const task = await transfers.submit(await submissionOf(), {});
  const report = await later(task, 60);
  expect(report).toMatchObject({ state: "ACTIVE", isOk: false, niceStatus: code });
  expect(report.faults).toBeGreaterThan(0);
  expect(wordsFor(report.niceStatus)?.kind).toBe(kind);
  heal();
  expect((await later(task, 3000)).state).toBe("SUCCEEDED");
});

test("a quota that is used up ends the task", async () => {
  globus.addFault("archive", { code: "QUOTA_EXCEEDED" });
  const task = await transfers.submit(await submissionOf(), {});
  const report = await later(task, 60);
  expect(report).toMatchObject({ state: "FAILED", fatal: { code: "QUOTA_EXCEEDED" } });
  expect(wordsFor(report.fatal?.code ?? "")?.kind).toBe("destination");
});

test("a source that is gone, and a login that is over, are told", async () => {
  globus.collection("detector").files.remove("/data/scan_001");
  const gone = await transfers.submit(await submissionOf(), {});
  expect(await later(gone, 60)).toMatchObject({ state: "ACTIVE", isOk: false, niceStatus: "FILE_NOT_FOUND" });
  globus.suspendTask(gone);
  expect((await reportOf(gone)).state).toBe("INACTIVE");
});

test("a task that is not done at its deadline has failed", async () => {
  globus.addFault("archive", { code: "GC_NOT_CONNECTED" });
  const task = await transfers.submit(await submissionOf(), {});
  expect(await later(task, 3700)).toMatchObject({ state: "FAILED", fatal: { code: "EXPIRED" } });
});

test("what is at a path is told, or is not there", async () => {
  const detector = idOf("detector");
  expect(await transfers.typeOf(detector, "/data/scan_001", {})).toBe("folder");
  expect(await transfers.typeOf(detector, "/data/scan_001/", {})).toBe("folder");
  expect(await transfers.typeOf(detector, '/data/scan_001/quo"ted\nline.h5', {})).toBe("file");
  await failureOf(transfers.typeOf(detector, "/data/none", {}), NotFoundError);
  await failureOf(transfers.list(detector, "/data/none", true, {}), NotFoundError);
});

test("a collection that is offline, or lets nobody in, is told when it is listed", async () => {
  const heal = globus.addFault("archive", { code: "GC_NOT_CONNECTED" });
  await failureOf(transfers.list(idOf("archive"), "/2-BM", true, {}), UnavailableError);
  heal();
  globus.faults.deniedBelow = "/2-BM";
  await failureOf(transfers.list(idOf("archive"), "/2-BM", true, {}), AccessDeniedError);
});

test("a consent that a service account can give itself is given", async () => {
  globus.faults.consentRequired = true;
  expect(await transfers.list(idOf("detector"), "/data", false, {})).toHaveLength(1);
});

test("a collection that takes transfers through a flow alone is told before anything is sent", async () => {
  const refusal = await transfers.refusal(idOf("flows only"), "destination", {});
  expect(refusal).toContain(`flows only takes transfers as a destination through its flow ${FLOW} alone`);
  expect(await transfers.refusal(idOf("flows only"), "source", {})).toBeUndefined();
  expect(await transfers.refusal(idOf("archive"), "destination", {})).toBeUndefined();
  const submission = await submissionOf({ destinationCollection: idOf("flows only") });
  await failureOf(transfers.submit(submission, {}), AccessDeniedError);
});

test("a label that Globus would not take, and items that it would not, do no harm", async () => {
  const task = await transfers.submit(await submissionOf({ label: `  a1b2 ${"긴 이름\n".repeat(60)}` }), {});
  expect((await reportOf(task)).label.startsWith("a1b2 긴 이름 긴 이름")).toBe(true);
  const bad = await submissionOf({ items: [] });
  const before = posts();
  await failureOf(transfers.submit(bad, {}), ActionError);
  expect(posts()).toBe(before);
});
