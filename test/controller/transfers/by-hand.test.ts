import { expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import type { DeskAnswer, DeskRequest } from "../../../src/controller/ports/queue-desk.ts";
import type { Drop, HandScan, ScanDrops } from "../../../src/controller/ports/scan-drops.ts";
import { createQueueDesk, runningDesk } from "../../../src/controller/transfers/queue-desk.ts";
import { readTrigger } from "../../../src/controller/transfers/triggers/tree-trigger.ts";
import { FakeSource } from "../../support/fakes/fake-transfers.ts";
import { type Bench, started, TAGS } from "./transfers-fixture.ts";

class FakeDrops implements ScanDrops {
  readonly folder = "/ledger/drop";
  readonly files = new Map<string, HandScan | string>();
  readonly aside: string[] = [];
  looks = 0;
  failure: Error | undefined;
  /** Thrown by remove. */
  sticks: Error | undefined;
  look(): Promise<readonly Drop[]> {
    this.looks++;
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return Promise.resolve(
      [...this.files].map(([name, one]) => (typeof one === "string" ? { name, problem: one } : { name, scan: one })),
    );
  }
  remove(name: string): Promise<void> {
    if (this.sticks !== undefined) return Promise.reject(this.sticks);
    this.files.delete(name);
    return Promise.resolve();
  }
  setAside(name: string): Promise<string> {
    this.files.delete(name);
    this.aside.push(name);
    return Promise.resolve(`/ledger/drop/refused/${name}`);
  }
}

async function dropping(drops: FakeDrops, change: (bench: Bench) => void = () => {}): Promise<Bench> {
  return started((bench) => {
    bench.drops = drops;
    change(bench);
  });
}
const files = (bench: Bench): readonly string[] =>
  [...(bench.transfers.running?.road.queue.scans.values() ?? [])].map(({ scan }) => scan.file);

test("a scan of the drop folder is sent as any other, and its file goes when it is in the ledger", async () => {
  const drops = new FakeDrops();
  const bench = await dropping(drops, (one) => {
    drops.files.set("a", { file: one.scan("a1"), destinations: ["archive"] });
  });
  bench.transfers.tags = { exp: "E", ym: "", last: "", gup: "" };
  await bench.pass(20);
  expect(bench.stateOf("/data/2026-03/a1.h5")).toEqual({ archive: "verified" });
  expect(drops.files.size).toBe(0);
  expect(bench.said).toContain("NO_ALARM globus-ioc trigger: a1.h5 is taken from /ledger/drop.");
});

test("a file that a kill has left behind is found in the ledger: the scan is sent once", async () => {
  const drops = new FakeDrops();
  drops.sticks = new ActionError("/ledger/drop/a cannot be removed: it is read-only");
  const bench = await dropping(drops, (one) => {
    drops.files.set("a", { file: one.scan("a1") });
  });
  bench.transfers.tags = { exp: "E", ym: "", last: "", gup: "" };
  await bench.pass(40);
  expect(drops.looks).toBeGreaterThan(3);
  expect(bench.said.filter((one) => one.includes("cannot be removed"))).toHaveLength(1);
  await bench.stop();
  drops.sticks = undefined;
  await bench.start();
  bench.transfers.tags = { exp: "E", ym: "", last: "", gup: "" };
  await bench.pass(40);
  expect(drops.files.size).toBe(0);
  expect([...bench.copier.arrived.values()].every((count) => count === 1)).toBe(true);
  expect([...bench.tasks.arrivals.values()].every((count) => count === 1)).toBe(true);
  expect(files(bench)).toHaveLength(1);
});

test.each([
  ["it holds no scan", "it holds no scan"],
  [{ file: "/etc/passwd" }, '"/etc/passwd" does not lie below /data of detector ([source] in globus.conf)'],
  [{ file: "/data" }, '"/data" does not lie below /data of detector ([source] in globus.conf)'],
  [{ file: "/data/../etc/x" }, '"/data/../etc/x" is no absolute path without ".."'],
  [{ file: "data/x" }, '"data/x" is no absolute path without ".."'],
  [{ file: "/data/\u001b[2Jx" }, '"/data/\\u001b[2Jx" is no absolute path without ".."'],
  [{ file: `/data/${"x".repeat(300)}` }, "has a part that is no name of a file"],
  [{ file: "/data/x", destinations: ["tape"] }, 'there is no destination "tape": name one of archive, petrel'],
  [{ file: "/data/x", destinations: [] }, "no destination is named"],
])("what cannot be taken is named and set aside: %j", async (content, problem) => {
  const drops = new FakeDrops();
  drops.files.set("f", content);
  const bench = await dropping(drops);
  await bench.pass(5);
  expect(files(bench)).toEqual([]);
  expect(drops.aside).toEqual(["f"]);
  expect(bench.said).toHaveLength(1);
  expect(bench.said[0]).toMatch(
    /^MINOR "f" of \/ledger\/drop is not taken: .*It lies in "\/ledger\/drop\/refused\/f"\.$/,
  );
  expect(bench.said[0]).toContain(problem);
});

test("where TomoScan's copies are sent nobody knows where the copy of a scan is that a person names", async () => {
  const drops = new FakeDrops();
  drops.files.set("f", { file: "/data/2026-03/a1.h5" });
  const bench = await dropping(drops, (one) => {
    one.original = new FakeSource("writer");
  });
  await bench.pass(5);
  expect(drops.aside).toEqual(["f"]);
  expect(bench.said[0]).toContain(
    "scans are sent from TomoScan's copies on detector (host = analysis in [source]), and only TomoScan says where those are",
  );
});

test("a scan waits in the drop folder while the ledger takes nothing", async () => {
  const drops = new FakeDrops();
  const bench = await dropping(drops);
  bench.ledger.failure = new ActionError("The disk is full.");
  drops.files.set("a", { file: bench.scan("a1") });
  await bench.pass(10);
  expect(drops.files.size).toBe(1);
  bench.ledger.failure = undefined;
  await bench.pass(10);
  expect(drops.files.size).toBe(0);
  expect(files(bench)).toEqual(["/data/2026-03/a1.h5"]);
});

test("a folder that cannot be read is told once, and holds nothing up", async () => {
  const drops = new FakeDrops();
  drops.failure = new ActionError("The drop folder /ledger/drop cannot be read: permission denied");
  const bench = await dropping(drops);
  await bench.pass(20);
  expect(bench.said).toEqual(["MAJOR The drop folder /ledger/drop cannot be read: permission denied."]);
  drops.failure = undefined;
  drops.files.set("a", { file: bench.scan("a1") });
  await bench.pass(5);
  expect(drops.files.size).toBe(0);
});

const MARKED = readTrigger({
  name: "raw",
  root: "/data/live",
  scans: "{exp:ue_*|ms_*}/rawData/{scan:*_DIR}",
  exclude: ["scratch/"],
  complete: "marker .done",
});
const RAW = "/data/live/ue_251023_FXL/rawData";

test.each([
  [`${RAW}/a_DIR`, `${RAW}/a_DIR`],
  [`${RAW}/a_DIR/detector1/x.h5`, `${RAW}/a_DIR`],
  [`${RAW}/a_DIR/detector1/.done`, `${RAW}/a_DIR`],
  [`${RAW}//a_DIR/./`, `${RAW}/a_DIR`],
  [`${RAW}/notes.txt`, `${RAW}/notes.txt`],
  ["/data/2026-03/a1.h5", "/data/2026-03/a1.h5"],
])("weakness 5, by hand: %s means the scan that it lies in, if it lies in one", async (file, scan) => {
  const drops = new FakeDrops();
  drops.files.set("f", { file, destinations: ["archive"] });
  const bench = await dropping(drops, (one) => {
    one.trees = [MARKED];
  });
  await bench.pass(5);
  expect(files(bench)).toEqual([scan]);
  expect(bench.said[0]).toContain(`globus-ioc trigger: ${scan.replace(/.*\//, "")} is taken`);
});

const HOLDS = `is no scan, but a folder of scans, which are ${MARKED.pattern.text} below /data/live (trigger raw)`;
test.each([
  [RAW, HOLDS],
  [`${RAW}/`, HOLDS],
  ["/data/live/ms_260101_FXS", HOLDS],
  ["/data/live", HOLDS],
  [`${RAW}/.done`, "is a marker (trigger raw), and no scan"],
  [`${RAW}/a_DIR.done`, "is a marker (trigger raw), and no scan"],
])("weakness 6, by hand: %s is refused", async (file, problem) => {
  const drops = new FakeDrops();
  drops.files.set("f", { file });
  const bench = await dropping(drops, (one) => {
    one.trees = [MARKED];
  });
  await bench.pass(5);
  expect(files(bench)).toEqual([]);
  expect(bench.said[0]).toContain(problem);
  expect(await ask(bench, { ask: "trigger", scans: [{ file }] })).toMatchObject({
    end: { isDone: false, message: expect.stringContaining(problem) as string },
  });
});

test("the desk says which scan is sent for a file in it, and sends it once", async () => {
  const bench = await started((one) => {
    one.trees = [MARKED];
  });
  const inside = [{ file: `${RAW}/a_DIR/x.h5` }, { file: `${RAW}/a_DIR/y.h5` }];
  expect(await ask(bench, { ask: "trigger", scans: inside })).toMatchObject({
    end: {
      isDone: true,
      message: `1 scan is taken, and sent once at rest; a version that is known already is sent no second time. "${RAW}/a_DIR/x.h5" lies in a_DIR: that is sent, whole.`,
    },
  });
  expect(files(bench)).toEqual([`${RAW}/a_DIR`]);
});

test("a scan by hand is of the experiment that its path names by a trigger's pattern, and waits for no tag", async () => {
  const drops = new FakeDrops();
  drops.files.set("f", { file: `${RAW}/a_DIR` });
  const bench = await dropping(drops, (one) => {
    one.trees = [MARKED];
    one.destinations = one.destinations.map((row) => ({ ...row, template: "{exp}" }));
    one.source.tree.put(`${RAW}/a_DIR/x.h5`, 10);
  });
  await bench.pass(20);
  expect([...bench.copier.found.files.keys()]).toEqual(["/ue_251023_FXL/a_DIR/x.h5"]);
});

test.each([
  ["/data/2026-03/Levy/a1.h5", TAGS.exp],
  ["/data/2025-11-Other/old.h5", ""],
])("%s is of the tagged experiment only where its path says so", async (file, exp) => {
  const drops = new FakeDrops();
  drops.files.set("a", { file });
  const bench = await dropping(drops, (one) => one.source.tree.put(file, 10));
  bench.transfers.tags = TAGS;
  await bench.pass(20);
  expect([...(bench.transfers.running?.road.queue.scans.values() ?? [])][0]?.scan).toMatchObject({
    state: "ready",
    tags: { exp },
  });
});

test("a scan that was given up while it waited is taken by hand", async () => {
  const bench = await started();
  bench.transfers.tags = TAGS;
  const file = bench.scan("a1");
  bench.source.failure = new ActionError("The detector does not answer.");
  bench.announce(file, { mayBeOld: true });
  await bench.pass(5);
  await bench.transfers.running?.drop(() => true, "given up");
  bench.source.failure = undefined;
  await ask(bench, { ask: "trigger", scans: [{ file }] });
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});

async function ask(bench: Bench, request: DeskRequest): Promise<DeskAnswer | undefined> {
  const { running } = bench.transfers;
  const desk = createQueueDesk(() => (running === undefined ? "There is none" : runningDesk(running)));
  const answers: DeskAnswer[] = [];
  for await (const answer of desk.answer(request)) answers.push(answer);
  return answers.at(-1);
}

test("the desk takes scans by hand, and none where one of them cannot be taken", async () => {
  const bench = await started();
  const one = bench.scan("a1");
  expect(await ask(bench, { ask: "trigger", scans: [{ file: one }, { file: "/etc/passwd" }] })).toMatchObject({
    end: { isDone: false, message: expect.stringContaining("Nothing was taken: ") as string },
  });
  expect(files(bench)).toEqual([]);
  const taken = { end: { isDone: true, message: expect.stringMatching(/^1 scan is taken, and sent once/) as string } };
  expect(await ask(bench, { ask: "trigger", scans: [{ file: one }] })).toMatchObject(taken);
  expect(await ask(bench, { ask: "trigger", scans: [{ file: `${one}/` }] })).toMatchObject(taken);
  expect(files(bench)).toEqual([one]);
  expect(bench.said.filter((said) => said === "NO_ALARM globus-ioc trigger: 1 scan is taken: a1.h5.")).toHaveLength(2);
  bench.ledger.failure = new ActionError("The disk is full.");
  expect(await ask(bench, { ask: "trigger", scans: [{ file: bench.scan("a2") }] })).toMatchObject({
    end: { isDone: false, message: expect.stringContaining("The ledger takes no scan now") as string },
  });
});
