/**
 * The transfer queue, whole, with a real ledger, real folders and the simulated Globus over HTTP, while something is
 * wrong with each of them: what is said of it, and that all arrives once, byte for byte, when it is right again.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { sleep } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import type { TransferSite } from "../../src/controller/transfers/rules.ts";
import { isProven } from "../../src/controller/transfers/scan-queue.ts";
import { Transfers } from "../../src/controller/transfers/transfers.ts";
import { TransfersLook, type TransfersView } from "../../src/controller/transfers/transfers-view.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { makeTemporaryFolder } from "../../src/sandbox/temporary-folder.ts";
import { createServiceAccount } from "../../src/services/globus/auth.ts";
import { createGlobusCall } from "../../src/services/globus/call.ts";
import { createTransferTasks } from "../../src/services/globus/transfer-tasks.ts";
import { createGlobusTransport, type GlobusTransport, globusServiceUrls } from "../../src/services/globus/transport.ts";
import { createQueueLedger } from "../../src/services/ledger/queue-ledger.ts";
import { createFolderCopier } from "../../src/services/scans/copiers.ts";
import { createMountedSource } from "../../src/services/scans/sources.ts";
import { workHere } from "../../src/services/scans/work.ts";
import { mountSmallDisk } from "../support/failing-disk.ts";
import { RULES } from "../support/fakes/fake-transfers.ts";
import { swiftClock } from "../support/fakes/swift-clock.ts";
import { needPeers } from "../support/peers/real-peers.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 30_000 });

const FLOW = "20000000-0000-4000-8000-00000000000f";
const TAGS = { exp: "2026-03-Levy-1014288", ym: "2026-03", last: "Levy", gup: "1014288" };
const clock = swiftClock(30);
const WAIT = { timeout: 20_000, interval: 20 };

let folder: string;
let globus: GlobusService;
let transport: GlobusTransport;
let ledgerPath: string;
let destination: string;
let transfers: Transfers;
let look: TransfersLook | undefined;
let said: string[];
let stop: () => Promise<void>;

beforeEach(async () => {
  const made = await makeTemporaryFolder();
  folder = made.path;
  onTestFinished(() => made.remove());
  for (const name of ["source", "archive", "petrel"]) mkdirSync(join(folder, name));
  globus = await startGlobusService({
    clock,
    queuedSeconds: 1,
    collections: [
      { name: "source", folder: join(folder, "source") },
      { name: "petrel", folder: join(folder, "petrel") },
      { name: "flows only", flowPolicy: { destination: FLOW } },
    ],
  });
  const { url } = globus;
  for (const [name, value] of Object.entries(globusServiceUrls({ auth: url, transfer: url, flows: url, compute: url })))
    vi.stubEnv(name, value);
  transport = createGlobusTransport({ clock });
  ledgerPath = join(folder, "ledger");
  destination = "petrel";
  said = [];
});
afterEach(async () => {
  await stop();
  vi.unstubAllEnvs();
  await transport.close();
  await globus.close();
});

function siteOf(): TransferSite {
  const { clientId, secret } = globus.serviceAccount;
  const secretFile = join(folder, "secret");
  writeFileSync(secretFile, secret, { mode: 0o600 });
  const login = createServiceAccount({ clientId, secretFile }, transport);
  const source = createMountedSource(
    { name: "detector", top: join(folder, "source"), belongs: [] },
    clock,
    workHere(clock),
  );
  const archive = createFolderCopier({ top: join(folder, "archive"), source }, clock, workHere(clock));
  return {
    ledger: createQueueLedger({ path: ledgerPath, owner: { pid: process.pid, host: "test" } }),
    source: { source, collection: { id: globus.collection("source").id, path: "/" } },
    destinations: [
      { name: "archive", kind: "copy", template: "{rel}", copier: archive, writesManifest: false },
      {
        name: "petrel",
        kind: "globus",
        template: "{rel}",
        collection: globus.collection(destination).id,
        top: "/",
      },
    ],
    tasks: createTransferTasks({
      call: createGlobusCall(login, transport),
      tokens: login,
      login: { clientId, isServiceAccount: true },
      nameOf: (id) => (id === globus.collection("source").id ? "source" : destination),
      heard: () => transport.heard,
      encrypt: false,
    }),
    rules: { ...RULES, settleSeconds: 2, batchSeconds: 2, stuckSeconds: 60, attempts: 5 },
  };
}

function start(): void {
  const site = siteOf();
  transfers = new Transfers({
    clock,
    log: silentLog,
    random: Math.random,
    say: (sentence, severity = "NO_ALARM") => void said.push(`${severity} ${sentence}`),
    site,
  });
  transfers.tags = TAGS;
  const abort = new AbortController();
  const ended = transfers.run(abort.signal).catch((thrown: unknown) => {
    if (!abort.signal.aborted) throw thrown;
  });
  look = undefined;
  stop = async () => {
    abort.abort(new Error("stopped"));
    await ended;
    await site.ledger.close();
  };
}

/** Writes a scan and announces it. @returns its path below the source's top */
function scan(name: string, bytes = 3000): string {
  const file = join(folder, "source", "2026-03", name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.alloc(bytes, createHash("sha256").update(name).digest()));
  transfers.announce({ file, trigger: "test", tags: TAGS });
  return `2026-03/${name}`;
}

function view(): TransfersView {
  const { running } = transfers;
  if (running === undefined) throw new Error(transfers.trouble ?? "no queue yet");
  look ??= new TransfersLook(running);
  return look.look(TAGS.exp);
}
const until = (what: () => boolean): Promise<unknown> => vi.waitUntil(what, WAIT);
const proven = (count: number): Promise<unknown> =>
  until(() => [...(transfers.running?.road.queue.scans.values() ?? [])].filter(isProven).length === count);
const isTold = (part: string): boolean =>
  transfers.running !== undefined &&
  [view().message, ...view().destinations.map(({ message }) => message)].some((message) => message.includes(part));

function expectArrived(...paths: readonly string[]): void {
  for (const path of paths) {
    const sent = readFileSync(join(folder, "source", path));
    for (const place of ["archive", "petrel"]) expect(readFileSync(join(folder, place, path)).equals(sent)).toBe(true);
  }
  const sources = globus.transfers.flatMap((one) => one.sources);
  expect(new Set(sources).size, "submitted once each").toBe(sources.length);
}

describe("HTTP", () => {
  test.each([
    ["429 with Retry-After", { on: "/transfer", unavailable: { status: 429, times: 2, retryAfterSeconds: 20 } }],
    ["503 with Retry-After", { on: "/submission_id", unavailable: { status: 503, times: 2, retryAfterSeconds: 20 } }],
    ["a proxy's page with 502", { on: "/transfer", htmlPage: { status: 502 }, times: 8 }],
    ["a POST that is cut", { on: "/transfer", down: "reset", times: 3 }],
    ["a POST whose answer is lost", { on: "/transfer", answerLost: true, times: 8 }],
    ["half an answer", { on: "/transfer", halfBody: true, times: 3 }],
    ["a list of tasks that is cut", { on: "/task_list", halfBody: true, times: 8 }],
    ["a listing that is refused", { on: "/ls", unavailable: { status: 502, times: 8 } }],
  ] as const)("%s: the scan arrives once", async (_, faults) => {
    await globus.misbehave(faults);
    start();
    const path = scan("a1.h5");
    await proven(1);
    expectArrived(path);
    expect(view()).toMatchObject({ state: "Idle", failed: 0 });
    const asked = globus.requests.filter((request) => request.path.includes(faults.on));
    expect(asked.length, "the fault has struck").toBeGreaterThan(1);
  });
});

describe("a collection", () => {
  test("that is offline is named, its task waits, and all arrives when it is back", async () => {
    const back = globus.addFault("petrel", { code: "ENDPOINT_ERROR" });
    start();
    const path = scan("a1.h5");
    await until(() => isTold("a collection does not answer: see to its host and its Globus Connect"));
    back();
    await proven(1);
    expectArrived(path);
  });

  test("whose quota is used up ends the task at once, says so, and gets the scan when there is room", async () => {
    const back = globus.addFault("petrel", { code: "QUOTA_EXCEEDED" });
    start();
    const path = scan("a1.h5");
    await until(() => isTold("the quota at the destination is used up: make room there, or have it raised"));
    back();
    await transfers.retry();
    await proven(1);
    expect(readdirSync(join(folder, "petrel", "2026-03"))).toEqual(["a1.h5"]);
    expect(readFileSync(join(folder, "petrel", path)).equals(readFileSync(join(folder, "source", path)))).toBe(true);
  });

  test("that takes data through a flow alone says so before anything is submitted", async () => {
    destination = "flows only";
    start();
    scan("a1.h5");
    await until(() => isTold(`takes transfers as a destination through its flow ${FLOW} alone`));
    expect(globus.transfers).toEqual([]);
    expect(globus.requests.filter(({ path }) => path.endsWith("/submission_id"))).toEqual([]);
  });

  test("that an administrator has paused says the administrator's words, and goes on", async () => {
    const release = globus.pauseCollection("petrel", "Maintenance until noon.");
    start();
    const path = scan("a1.h5");
    await until(() => isTold("Maintenance until noon"));
    release();
    await proven(1);
    expectArrived(path);
  });
});

describe("a task", () => {
  test("that an administrator has cancelled is dead, in the administrator's words, and not begun anew", async () => {
    globus.addFault("petrel", { code: "ENDPOINT_ERROR" });
    start();
    scan("a1.h5");
    await until(() => globus.transfers.length === 1);
    globus.cancelTask(globus.transfers[0]?.id ?? "", "Too much for us.");
    await until(() => view().failed === 1);
    expect(view().scans[0]?.reason).toContain("Too much for us");
    expect(globus.transfers).toHaveLength(1);
  });

  test("whose login is over in its middle is followed again by itself with a new token", async () => {
    globus.addFault("petrel", { code: "ENDPOINT_ERROR", times: 3 });
    start();
    const path = scan("a1.h5");
    await until(() => globus.transfers.length === 1);
    globus.expireTokens();
    await proven(1);
    expectArrived(path);
  });

  test("that is INACTIVE says that it waits for a person, and goes on", async () => {
    const back = globus.addFault("petrel", { code: "ENDPOINT_ERROR" });
    start();
    const path = scan("a1.h5");
    await until(() => globus.transfers.length === 1);
    const id = globus.transfers[0]?.id ?? "";
    await until(() => (transfers.running?.watch?.now.size ?? 0) > 0);
    globus.suspendTask(id);
    await until(() => isTold("waits for a person: the Globus login is over"));
    back();
    globus.resumeTask(id);
    await proven(1);
    expectArrived(path);
  });

  test("of which one file vanishes at the source is ended; the others are proven, and none goes twice", async () => {
    const back = globus.addFault("petrel", { code: "ENDPOINT_ERROR" });
    start();
    transfers.hold({ isPaused: true, isDry: false }); // until one task can take all three
    const paths = ["a1.h5", "a10.h5", "A1.h5"].map((name) => scan(name));
    await until(() => transfers.running !== undefined && view().destinations[1]?.queued === 3);
    transfers.hold({ isPaused: false, isDry: false });
    await until(() => globus.transfers.length === 1);
    expect(globus.transfers[0]?.sources).toHaveLength(3);
    rmSync(join(folder, "source", paths[0] ?? ""));
    back();
    await proven(2);
    writeFileSync(join(folder, "source", paths[0] ?? ""), "again");
    await transfers.retry();
    await proven(3);
    for (const path of paths)
      expect(readFileSync(join(folder, "petrel", path)).equals(readFileSync(join(folder, "source", path)))).toBe(true);
  });
});

test("names with blanks, Korean, quotes, percent signs and newlines arrive under themselves", async () => {
  start();
  const names = ["a 1.h5", "시료/스캔 1.h5", `it's "one".h5`, "100%25 ?#&.h5", "two\nlines.h5", "-rf.h5", "~.h5"];
  const paths = names.map((name) => scan(name));
  await proven(names.length);
  expectArrived(...paths);
  expect(said.filter((one) => one.includes("\n"))).toEqual([]);
});

describe("the ledger", () => {
  test("from a newer version is refused with a sentence, and taken when it is right again", async () => {
    start();
    const path = scan("a1.h5");
    await proven(1);
    await stop();
    const { ClassicLevel } = await import("classic-level");
    const level = new ClassicLevel(join(ledgerPath, "queue"));
    await level.put("z\u0000new", "{}");
    await level.close();
    start();
    await until(() => transfers.trouble?.includes("which is no record of this version") === true);
    expect(transfers.trouble).toContain("use the newer version that wrote it");
    await stop();
    await level.open();
    await level.del("z\u0000new");
    await level.close();
    start();
    await proven(1);
    expectArrived(path);
  });

  test("whose database is damaged is refused, names the way on, and is left as it is", async () => {
    start();
    scan("a1.h5");
    await proven(1);
    await stop();
    const log = readdirSync(join(ledgerPath, "queue")).find((name) => name.endsWith(".log")) ?? "";
    const file = join(ledgerPath, "queue", log);
    const bytes = readFileSync(file);
    bytes.fill(0xff, 40, 80);
    writeFileSync(file, bytes);
    start();
    await until(() => transfers.trouble?.includes("is damaged") === true);
    expect(transfers.trouble).toContain("globus-ioc ledger recover");
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test("that lost the list of a scan's files makes it anew", async () => {
    start();
    transfers.hold({ isPaused: true, isDry: false });
    const path = scan("a1.h5");
    await until(() => transfers.running !== undefined && view().scans[0]?.state === "Queued");
    rmSync(join(ledgerPath, "manifests"), { recursive: true });
    transfers.hold({ isPaused: false, isDry: false });
    await proven(1);
    expectArrived(path);
  });

  test("that another process has is refused with its name, and read when it is free", async () => {
    start();
    await until(() => transfers.running !== undefined);
    const [first, stopFirst] = [transfers, stop];
    start();
    await until(() => transfers.trouble !== undefined);
    expect(transfers.trouble).toMatch(/^The ledger .* is held by process \d+ on test/);
    expect(first.running).toBeDefined();
    await stopFirst();
    await until(() => transfers.running !== undefined);
    const path = scan("a1.h5");
    await proven(1);
    expectArrived(path);
  });

  test.skipIf(needPeers("root").missing)("on a full disk sends nothing, and goes on when there is room", async () => {
    const disk = await mountSmallDisk(2 * 1024 * 1024);
    onTestFinished(() => disk.remove());
    ledgerPath = disk.path;
    start();
    const first = scan("a1.h5");
    await proven(1);
    await disk.fill();
    const paths = Array.from({ length: 20 }, (_, index) => scan(`b${index}.h5`));
    await sleep(clock, 15); // in which all could be sent
    expect(transfers.running?.pending).toBeGreaterThan(0);
    expect(readdirSync(join(folder, "archive", "2026-03")).length).toBeLessThan(21);
    await disk.empty();
    await proven(21);
    expectArrived(first, ...paths);
  });
});
