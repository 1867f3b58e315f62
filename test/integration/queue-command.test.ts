/** `globus-ioc queue` on a real ledger that no IOC has, and beside processes that have it without a door. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import { EXIT } from "../../src/cli/exit-status.ts";
import { type QueueRequest, runQueue } from "../../src/cli/queue-command.ts";
import type { QueueChange, QueueLedger, ScanRecord, SendRecord } from "../../src/controller/ports/queue-ledger.ts";
import type { LedgerOptions } from "../../src/services/ledger/place.ts";
import { createQueueLedger } from "../../src/services/ledger/queue-ledger.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { ImpatientClock } from "../support/fakes/impatient-clock.ts";
import { needPeers, peerPath, ROOT } from "../support/peers/real-peers.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

const HOST = "station1";
let home: string;
let folder: string;
let clock: Clock;
let abort: AbortController;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "queue-command-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  folder = join(home, ".local/state/globus-ioc");
  clock = new ImpatientClock();
  abort = new AbortController();
});

const ID = "20260301T120000000Z-a";
const scan = (index: number, more: Partial<ScanRecord> = {}): QueueChange => ({
  scan: {
    id: ID + index,
    file: `/data/a${index}.h5`,
    state: "ready",
    seen: Date.UTC(2026, 2, 1, 11),
    trigger: "tomoscan",
    tags: { exp: "2026-03-Levy-1", ym: "2026-03", last: "Levy", gup: "1" },
    signature: "s",
    files: 1,
    bytes: 10,
    ...more,
  },
});
const send = (index: number, state: SendRecord["state"], more: Partial<SendRecord> = {}): QueueChange => ({
  send: { scan: ID + index, destination: "archive", state, attempts: 0, at: Date.UTC(2026, 2, 1, 11), ...more },
});

function ledger(owner: LedgerOptions["owner"] = { pid: 4711, host: HOST }): QueueLedger {
  const made = createQueueLedger({ path: folder, owner });
  onTestFinished(() => made.close());
  return made;
}
async function fill(...changes: readonly QueueChange[]): Promise<void> {
  const made = ledger();
  await made.put(changes);
  await made.keepManifest(`${ID}1`, {
    folder: "/data",
    isFolder: false,
    files: [{ path: "a\u001b[31m\n1.h5", bytes: 10, modified: 0 }],
  });
  await made.close();
}
const three = (): Promise<void> =>
  fill(
    scan(1),
    send(1, "verified"),
    scan(2),
    send(2, "dead", { attempts: 8, reason: "No room there." }),
    scan(3, { state: "waiting", reason: "it still grows" }),
  );
async function records(): Promise<Awaited<ReturnType<QueueLedger["read"]>>> {
  const made = ledger();
  const content = await made.read();
  await made.close();
  return content;
}

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}
/** @param answer a person's, at a terminal */
async function run(request: QueueRequest, answer?: string): Promise<Ended> {
  let [out, err] = ["", ""];
  const asked: string[] = [];
  const status = await runQueue(request, {
    environment: { HOME: home },
    setZone: () => {},
    clock,
    host: HOST,
    signal: abort.signal,
    isTerminal: false,
    out: (text) => (out += text),
    err: (text) => (err += text),
    dialogue: {
      isTerminal: answer !== undefined,
      write: () => {},
      ask: (question) => {
        asked.push(question);
        return Promise.resolve(answer);
      },
    },
  });
  return { status, out: asked.join("") + out, err };
}
const json = async (request: QueueRequest): Promise<Record<string, unknown>> => {
  const { status, out, err } = await run({ ...request, json: true });
  const object = JSON.parse(out) as Record<string, unknown>;
  expect(object["exitStatus"]).toBe(status);
  expect(err).toBe("");
  return object;
};

test("list shows the scans of a ledger that no IOC has, and leaves it for the next IOC", async () => {
  await three();
  const { status, out, err } = await run({ what: "list" });
  expect({ status, err }).toEqual({ status: EXIT.done, err: "" });
  expect(out).toBe(
    [
      "AGE  NAME  STATE     archive   REASON",
      "1 h  a1    Verified  verified",
      "1 h  a2    Failed    dead      No room there.",
      "1 h  a3    Waiting   -         it still grows",
      "queue list: Done. 3 scans.\n",
    ].join("\n"),
  );
  const next = ledger();
  expect((await next.read()).scans).toHaveLength(3);
});

test("list --json is one object with the scans; filters and states are obeyed", async () => {
  await three();
  expect(await json({ what: "list" })).toMatchObject({
    command: "queue list",
    state: "Done",
    scans: [{ name: "a1" }, { name: "a2", reason: "No room there." }, { name: "a3" }],
  });
  expect(await json({ what: "list", state: "FAILED" })).toMatchObject({ scans: [{ name: "a2" }] });
  expect(await json({ what: "list", name: "a?", last: 1 })).toMatchObject({
    scans: [{ name: "a3" }],
    message: "The newest 1 of 3 scans.",
  });
  expect(await json({ what: "list", state: "done" })).toMatchObject({ state: "Usage", exitStatus: EXIT.usage });
});

test("a table of many scans has the newest, and says so", async () => {
  await fill(...Array.from({ length: 250 }, (_, index) => scan(1000 + index)));
  const { out } = await run({ what: "list" });
  expect(out.split("\n")).toHaveLength(1 + 200 + 1 + 1);
  expect(out).toContain("The newest 200 of 250 scans.");
  expect((await json({ what: "list" }))["scans"]).toHaveLength(250);
});

test("show has the sends and the files, and no control character of theirs", async () => {
  await three();
  const { status, out } = await run({ what: "show", scan: "a1", files: 20 });
  expect(status).toBe(EXIT.done);
  expect(out).toContain("a1:\n  id: 20260301T120000000Z-a1\n  file: /data/a1.h5\n  state: Verified\n");
  expect(out).toContain("To archive:\n  state: verified since 2026-03-01 05:00:00\n");
  expect(out).toContain("a\\u001b[31m\\u000a1.h5");
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(await json({ what: "show", scan: "a2", files: 20 })).toMatchObject({
    scan: { row: { state: "Failed" }, files: expect.stringContaining("is missing or damaged") as string },
  });
});

test("a name that means several scans is listed with their ids, and nothing is done", async () => {
  await three();
  await fill(scan(4, { file: "/other/a2.h5", state: "waiting" }));
  const { status, out, err } = await run({ what: "drop", scans: ["a3", "a2"], yes: true });
  expect(status).toBe(EXIT.failed);
  expect(out).toContain(`${ID}2`);
  expect(out).toContain(`${ID}4`);
  expect(err).toBe('queue drop: Failed. "a2" means 2 scans: give the id of one. Nothing was done.\n');
  expect((await records()).scans.map(({ state }) => state)).toEqual(["ready", "ready", "waiting", "waiting"]);
});

test("retry and drop change what the next IOC finds", async () => {
  await three();
  expect(await run({ what: "retry", scans: ["a2"] })).toMatchObject({
    status: EXIT.done,
    out: "queue retry: Done. 1 scan is tried again.\n",
  });
  expect((await records()).sends.map(({ state, attempts }) => [state, attempts])).toEqual([
    ["verified", 0],
    ["queued", 0],
  ]);
  expect((await run({ what: "drop", scans: ["a2.h5", `${ID}3`], yes: true })).status).toBe(EXIT.done);
  const { scans, sends } = await records();
  expect(scans.map(({ state }) => state)).toEqual(["ready", "ready", "left"]);
  expect(sends[1]).toMatchObject({ state: "dropped", reason: "It was given up with globus-ioc queue drop." });
  expect((await run({ what: "retry", scans: [], all: true })).out).toContain("No scan has failed.");
});

test("drop asks at a terminal, and without one needs --yes", async () => {
  await three();
  const no = await run({ what: "drop", scans: ["a3"] }, "no");
  expect(no.status).toBe(EXIT.failed);
  expect(no.out).toContain("Give this scan up, and send nothing more of it (yes/no)? ");
  expect(no.err).toContain("Nothing was changed.");
  expect(await run({ what: "drop", scans: ["a3"] })).toMatchObject({ status: EXIT.usage, out: "" });
  expect(await json({ what: "drop", scans: ["a3"] })).toMatchObject({ state: "Usage" });
  expect((await records()).scans[2]?.state).toBe("waiting");
  expect((await run({ what: "drop", scans: ["a3"] }, "yes")).status).toBe(EXIT.done);
  expect((await records()).scans[2]?.state).toBe("left");
});

test("retry without scans, and with scans and --all, is a usage error", async () => {
  await three();
  expect((await run({ what: "retry", scans: [] })).status).toBe(EXIT.usage);
  expect((await run({ what: "retry", scans: ["a2"], all: true })).status).toBe(EXIT.usage);
  expect((await records()).sends[1]?.state).toBe("dead");
});

test("export writes every record as a line of JSON, to standard output or a new file of the user alone", async () => {
  await three();
  const { out, err, status } = await run({ what: "export" });
  expect({ err, status }).toEqual({ err: "", status: EXIT.done });
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const { scans, sends } = await records();
  expect(lines.flatMap(({ scan: one }) => one ?? [])).toEqual(scans);
  expect(lines.flatMap(({ send: one }) => one ?? [])).toEqual(sends);
  const file = join(home, "queue.jsonl");
  expect(await run({ what: "export", file })).toMatchObject({
    status: EXIT.done,
    out: "queue export: Done. 3 scans.\n",
  });
  expect(await readFile(file, "utf8")).toBe(out);
  expect(((await stat(file)).mode & 0o777).toString(8)).toBe("600");
  expect(await run({ what: "export", file })).toMatchObject({ status: EXIT.usage });
  expect(await readFile(file, "utf8")).toBe(out);
  expect((await run({ what: "export", file: join(home, "no/such/file") })).err).toMatch(/file cannot be written: /);
});

test("an export that fails leaves no file", async () => {
  await three();
  const held = ledger({ pid: 4711, host: HOST, prefix: "2bmb:Globus:" });
  await held.read();
  const file = join(home, "queue.jsonl");
  expect((await run({ what: "export", file })).status).toBe(EXIT.failed);
  expect(existsSync(file)).toBe(false);
});

test("where there is no queue yet nothing is made, and that is told", async () => {
  const said = `There is no transfer queue in ${folder} yet: no scan was seen with it. Another globus.conf, or another user, has another ledger.`;
  expect(await json({ what: "list" })).toMatchObject({ state: "Done", message: said, scans: [] });
  expect(await json({ what: "show", scan: "a1", files: 1 })).toMatchObject({ state: "Failed", message: said });
  expect(await json({ what: "retry", scans: [], all: true })).toMatchObject({ state: "Done", message: said });
  expect(existsSync(folder)).toBe(false);
});

test.each([
  [
    { pid: 4711, host: HOST, prefix: "2bmb:Globus:" },
    "is held by the IOC 2bmb:Globus:, process 4711 on station1, which does not answer at SOCKET: its log says why, or end it.",
  ],
  [{ pid: 4711, host: "other" }, "is held by process 4711 on other: run globus-ioc queue on other."],
])("a ledger that another process has without a door is told in one sentence: %j", async (owner, rest) => {
  await three();
  await ledger(owner).read();
  for (const request of [{ what: "list" }, { what: "drop", scans: ["a3"], yes: true }] as const) {
    const { status, err } = await run(request);
    expect(status).toBe(EXIT.failed);
    expect(err).toBe(
      `queue ${request.what}: Failed. The ledger ${folder} ${rest.replace("SOCKET", join(folder, "queue.sock"))}\n`,
    );
  }
});

test("a ledger that is held for a moment is waited for", async () => {
  await three();
  const held = ledger();
  await held.read();
  const fake = new FakeClock();
  clock = fake;
  const listed = json({ what: "list" });
  while (fake.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await held.close();
  fake.advance(1);
  expect(await listed).toMatchObject({ scans: [{ name: "a1" }, { name: "a2" }, { name: "a3" }] });
});

test("Ctrl-C ends the wait for a ledger", async () => {
  await three();
  await ledger().read();
  const fake = new FakeClock();
  clock = fake;
  const listed = json({ what: "list" });
  while (fake.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  abort.abort(new Error("Ended by SIGINT."));
  expect(await listed).toMatchObject({ state: "Cancelled", message: "Ended by SIGINT." });
});

test("a damaged ledger is refused with what to do", async () => {
  await three();
  await writeFile(join(folder, "queue", "CURRENT"), "MANIFEST-999999\n");
  const { status, err } = await run({ what: "list" });
  expect(status).toBe(EXIT.failed);
  expect(err).toMatch(/^queue list: Failed\. The ledger \S+ is damaged \(.+globus-ioc ledger recover.+\n$/);
});

test("the configuration that is named names the ledger, and one that is wrong is a usage error", async () => {
  folder = join(home, "other");
  await three();
  const config = join(home, "a.conf");
  await mkdir(home, { recursive: true });
  await writeFile(config, `[ledger]\npath = ${folder}\n`);
  expect(await json({ what: "list", config })).toMatchObject({ scans: [{}, {}, {}] });
  expect(await json({ what: "list", config: join(home, "missing.conf") })).toMatchObject({
    state: "Usage",
    exitStatus: EXIT.usage,
  });
});

const atTerminal = (steps: readonly (readonly [string, string])[], ...words: readonly string[]) =>
  runPeer(
    peerPath("python3"),
    [
      join(ROOT, "test/peers/at_terminal.py"),
      JSON.stringify(steps),
      process.execPath,
      join(ROOT, "dist/main.js"),
      "queue",
      ...words,
    ],
    { env: { HOME: home }, cwd: home },
  );

test.skipIf(needPeers("python3").missing)("the program asks at a terminal; Ctrl-C changes nothing", async () => {
  await three();
  const stopped = await atTerminal([["(yes/no)? ", "\x03"]], "drop", "a3");
  expect(stopped.code).toBe(EXIT.failed);
  expect((await records()).scans[2]?.state).toBe("waiting");
  expect((await atTerminal([["(yes/no)? ", "yes\n"]], "drop", "a3")).code).toBe(EXIT.done);
  expect((await records()).scans[2]?.state).toBe("left");
});

test("two programs at once both answer, and both decisions are kept", async () => {
  await three();
  await fill(scan(5, { state: "waiting" }));
  const program = (...words: string[]) =>
    runPeer(process.execPath, [join(ROOT, "dist/main.js"), "queue", ...words], { env: { HOME: home }, cwd: home });
  const ends = await Promise.all([program("drop", "a3", "--yes"), program("drop", "a5", "--yes"), program("list")]);
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect((await records()).scans.map(({ state }) => state)).toEqual(["ready", "ready", "left", "left"]);
});
