import { describe, expect, test } from "vitest";
import { UnavailableError } from "../../../src/controller/ports/call.ts";
import type { Reconciled } from "../../../src/controller/transfers/reconcile.ts";
import { readTrigger } from "../../../src/controller/transfers/triggers/tree-trigger.ts";
import { FakeQueueLedger, RULES } from "../../support/fakes/fake-transfers.ts";
import { type Bench, started, TAGS } from "./transfers-fixture.ts";

interface Told {
  readonly sums: Reconciled;
  readonly lines: readonly string[];
}

async function reconciled(bench: Bench, isEnqueued: boolean): Promise<Told> {
  const { running } = bench.transfers;
  if (running === undefined) throw new Error("no queue yet");
  const lines: string[] = [];
  const { signal } = new AbortController();
  const onLine = (line: string): void => void lines.push(line);
  return { sums: await running.reconcile({ isEnqueued, signal, onLine, onProgress: () => {} }), lines };
}

/** Everything that was sent, as often as it was. */
const sent = ({ copier, tasks }: Bench): number =>
  [...copier.arrived.values(), ...tasks.arrivals.values()].reduce((sum, one) => sum + one, 0);

async function withScans(count: number): Promise<{ readonly bench: Bench; readonly scans: readonly string[] }> {
  const bench = await started();
  const scans = Array.from({ length: count }, (_, index) => bench.scan(`s${String(index).padStart(3, "0")}`));
  return { bench, scans };
}

async function loseLedger(bench: Bench): Promise<void> {
  await bench.stop();
  bench.ledger = new FakeQueueLedger();
  await bench.start();
}

test("the ledger is lost after 50 scans of which 2 were not sent: 48 are adopted, exactly 2 sent", async () => {
  const { bench, scans } = await withScans(50);
  for (const scan of scans.slice(0, 48)) bench.announce(scan);
  await bench.pass(60);
  expect(sent(bench)).toBe(2 * 48);
  await loseLedger(bench);
  const { copies } = bench.copier;

  const plan = await reconciled(bench, false);
  expect(plan.sums).toMatchObject({ found: 50, proven: 48, missing: 2, adopted: 0, queued: 0 });
  expect(bench.transfers.running?.road.queue.scans.size).toBe(0);
  expect(plan.lines.at(-1)).toBe(
    '/data/2026-03/s049.h5: archive: 1 file is not as sent: "s049.h5" is missing; petrel: 1 file is not as sent: "s049.h5" is missing',
  );

  const { sums } = await reconciled(bench, true);
  expect(sums).toMatchObject({ found: 50, proven: 48, missing: 2, adopted: 48, queued: 2 });
  await bench.pass(60);
  expect(bench.copier.copies - copies).toBe(2);
  expect(sent(bench)).toBe(2 * 50);
  expect([...bench.copier.arrived.values(), ...bench.tasks.arrivals.values()].every((times) => times === 1)).toBe(true);
  for (const scan of scans) expect(bench.stateOf(scan)).toEqual({ archive: "verified", petrel: "verified" });

  expect((await reconciled(bench, true)).sums).toMatchObject({ found: 50, proven: 50, adopted: 0, queued: 0 });
  await bench.pass(60);
  expect(sent(bench)).toBe(2 * 50);
});

describe("scans that a watch tells of to a ledger that was lost", () => {
  async function toldAgain(bench: Bench, scans: readonly string[]): Promise<void> {
    for (const scan of scans) bench.announce(scan, { trigger: "marker", content: `of ${scan}` });
    await bench.pass(120);
  }

  test("48 of 50 are adopted, and exactly 2 sent, before anybody can reconcile", async () => {
    const { bench, scans } = await withScans(50);
    for (const scan of scans.slice(0, 48)) bench.announce(scan);
    await bench.pass(60);
    await loseLedger(bench);
    const { copies } = bench.copier;
    bench.tasks.requests.length = 0;
    await toldAgain(bench, scans);
    expect(bench.copier.copies - copies).toBe(2);
    expect(sent(bench)).toBe(2 * 50);
    expect([...bench.copier.arrived.values(), ...bench.tasks.arrivals.values()].every((times) => times === 1)).toBe(
      true,
    );
    for (const scan of scans) expect(bench.stateOf(scan)).toEqual({ archive: "verified", petrel: "verified" });
    expect(bench.said).toContain(
      "NO_ALARM s000 is proven at archive and petrel without being sent: it was there already.",
    );
    expect(bench.tasks.requests.filter((what) => what === "list").length).toBeLessThan(5);
    expect((await reconciled(bench, true)).sums).toMatchObject({ found: 50, proven: 50, adopted: 0, queued: 0 });
  });

  test("one that a destination has otherwise, or not at all, is sent there; so is what cannot be looked at", async () => {
    const { bench, scans } = await withScans(2);
    bench.copier.found.put("/2026-03/s000.h5", 1000);
    bench.tasks.destination.put("/2-BM/2026-03/s000.h5", 999);
    const list = bench.copier.list.bind(bench.copier);
    bench.copier.list = async () => {
      bench.copier.list = list;
      throw new UnavailableError("The archive is away.");
    };
    await toldAgain(bench, scans.slice(0, 1));
    expect(bench.copier.copies).toBe(1);
    bench.copier.found.put("/2026-03/s001.h5", 1000);
    await toldAgain(bench, scans.slice(1));
    expect(bench.copier.copies).toBe(1);
    expect([...bench.tasks.arrivals.keys()]).toEqual(["/2-BM/2026-03/s000.h5", "/2-BM/2026-03/s001.h5"]);
    for (const scan of scans) expect(bench.stateOf(scan)).toEqual({ archive: "verified", petrel: "verified" });
  });

  test("a new one is looked for nowhere before it is sent", async () => {
    const { bench } = await withScans(0);
    const file = bench.scan("new");
    bench.source.tree.put(file, 1000, bench.clock.now() - 200_000);
    await bench.transfers.finish(); // nothing is sent, and so nothing proven
    await toldAgain(bench, [file]);
    expect([bench.copier.lists, bench.tasks.requests]).toEqual([0, []]);
  });
});

test("each folder of a destination is listed once", async () => {
  const { bench } = await withScans(120);
  const { lists } = bench.copier;
  bench.tasks.requests.length = 0;
  await reconciled(bench, false);
  expect([bench.copier.lists - lists, bench.tasks.requests]).toEqual([1, ["list"]]);
});

test("a scan that one destination has is sent to the other alone", async () => {
  const { bench, scans } = await withScans(1);
  bench.copier.found.put("/2026-03/s000.h5", 1000);
  expect((await reconciled(bench, true)).sums).toMatchObject({ missing: 1, adopted: 0, queued: 1 });
  await bench.pass(60);
  expect(bench.stateOf(scans[0] ?? "")).toEqual({ archive: "verified", petrel: "verified" });
  expect([bench.copier.copies, bench.tasks.taskById.size]).toEqual([0, 1]);
});

test("a scan that grows after it was found at a destination is sent there again", async () => {
  const { bench, scans } = await withScans(1);
  bench.copier.found.put("/2026-03/s000.h5", 1000);
  await reconciled(bench, true);
  bench.scan("s000", 2000);
  await bench.pass(60);
  expect(bench.stateOf(scans[0] ?? "")).toEqual({ archive: "verified", petrel: "verified" });
  expect(bench.copier.copies).toBe(1);
});

describe("what cannot be found out stays as it is:", () => {
  test("a destination that does not answer", async () => {
    const { bench } = await withScans(3);
    bench.copier.listFailure = new UnavailableError("The archive is away.");
    const { sums, lines } = await reconciled(bench, true);
    expect(sums).toMatchObject({ unknown: 3, adopted: 0, queued: 0 });
    expect(lines[0]).toMatch(/^\/data\/2026-03\/s000\.h5: archive: The archive is away; petrel: 1 file is not as sent/);
    expect(bench.copier.lists).toBe(1);
    await bench.pass(60);
    expect(sent(bench)).toBe(0);
  });

  test("an experiment that only the lost ledger knew", async () => {
    const { bench } = await withScans(1);
    await bench.stop();
    bench.destinations = bench.destinations.map((row) => ({ ...row, template: "{ym}/{exp}" }));
    await bench.start();
    const { sums, lines } = await reconciled(bench, true);
    expect(sums).toMatchObject({ unknown: 1, adopted: 0, queued: 0 });
    expect(lines[0]).toContain("its path {ym}/{exp} names the experiment, and nobody knows {ym} of this scan");
  });

  test("but an experiment that the path names, and the destinations of its trigger, are known", async () => {
    const { bench, scans } = await withScans(3);
    await bench.stop();
    const trigger = readTrigger({
      name: "files",
      root: "/data",
      scans: "{ym:????-??}/{file:*.h5}",
      exclude: [],
      complete: "quiet 30",
    });
    bench.trees = [{ ...trigger, destinations: ["archive"] }];
    bench.destinations = bench.destinations.map((row) => ({ ...row, template: "of {ym}" }));
    await bench.start();
    for (const name of ["s000", "s001"]) bench.copier.found.put(`/of 2026-03/${name}.h5`, 1000);
    expect((await reconciled(bench, true)).sums).toMatchObject({
      found: 3,
      proven: 2,
      adopted: 2,
      missing: 1,
      queued: 1,
    });
    await bench.pass(60);
    for (const scan of scans) expect(bench.stateOf(scan)).toEqual({ archive: "verified" });
    expect(bench.copier.copies).toBe(1);
    expect(bench.copier.found.files.has("/of 2026-03/s002.h5")).toBe(true);
    expect((await reconciled(bench, true)).sums).toMatchObject({ found: 3, proven: 3, queued: 0 });
  });

  test("a file that was written a moment ago", async () => {
    const { bench } = await withScans(1);
    const now = bench.clock.now();
    bench.source.tree.put("/data/2026-03/s000.h5", 1000, now);
    bench.copier.found.put("/2026-03/s000.h5", 1000, now);
    bench.tasks.destination.put("/2-BM/2026-03/s000.h5", 1000, now);
    expect((await reconciled(bench, true)).sums).toMatchObject({ proven: 1, adopted: 0, queued: 0 });
  });
});

describe("of scans in the ledger", () => {
  test("one that a destination has lost is told, and sent again where that is asked for", async () => {
    const { bench, scans } = await withScans(2);
    for (const scan of scans) bench.announce(scan);
    await bench.pass(60);
    bench.copier.found.files.delete("/2026-03/s001.h5");
    const { sums, lines } = await reconciled(bench, false);
    expect(sums).toMatchObject({ proven: 1, missing: 1, queued: 0 });
    expect(lines).toEqual(['/data/2026-03/s001.h5: archive: 1 file is not as sent: "s001.h5" is missing']);
    await reconciled(bench, true);
    await bench.pass(10);
    expect(bench.copier.arrived.get("/2026-03/s001.h5")).toBe(2);
    expect(bench.tasks.arrivals.get("/2-BM/2026-03/s001.h5")).toBe(1);
  });

  test("one that another trigger sent to a further destination is looked for there, too, and announced once", async () => {
    const { bench, scans } = await withScans(1);
    const [file = ""] = scans;
    bench.announce(file, { destinations: ["archive"], content: "as seen" });
    await bench.pass(60);
    const again = (): void => bench.announce(file, { destinations: ["petrel"], content: "as seen", trigger: "other" });
    again();
    await bench.pass(60);
    bench.tasks.destination.files.clear();
    const { sums, lines } = await reconciled(bench, false);
    expect(sums).toMatchObject({ found: 1, proven: 0, missing: 1 });
    expect(lines).toEqual([`${file}: petrel: 1 file is not as sent: "s000.h5" is missing`]);
    await bench.stop();
    await bench.start();
    const { looks } = bench.source;
    again();
    await bench.pass(60);
    expect(bench.source.looks).toBe(looks);
  });

  test("one that Globus left as it was, with another time, is proven, is freed, and is missing once it changes", async () => {
    const bench = await started((one) => {
      one.rules = { ...RULES, mayPrune: true };
      one.tasks.keeps = /s000/;
    });
    const file = bench.scan("s000");
    const there = "/2-BM/2026-03/s000.h5";
    bench.tasks.destination.put(there, 1000, 500_000);
    bench.copier.found.put("/2026-03/s000.h5", 1000);
    expect((await reconciled(bench, true)).sums).toMatchObject({ missing: 1, queued: 1 });
    await bench.pass(60);
    expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
    expect(bench.tasks.arrivals.size).toBe(0);
    await bench.stop();
    await bench.start();
    expect((await reconciled(bench, true)).sums).toMatchObject({ proven: 1, missing: 0, queued: 0 });

    bench.tasks.destination.put(there, 1000, 600_000);
    expect((await reconciled(bench, false)).lines).toEqual([
      `${file}: petrel: 1 file is not as sent: "s000.h5" has another time`,
    ]);
    bench.tasks.destination.put(there, 1000, 500_000);
    bench.clock.advance(15 * 86_400);
    const { signal } = new AbortController();
    const more = { days: 14, isPlan: false, signal, onLine: () => {}, onSums: () => {} };
    expect(await bench.transfers.running?.prune(more)).toMatchObject({ scans: 1 });
  });

  test("a file under the name of a scan that was deleted is another scan, whose experiment nobody knows", async () => {
    const bench = await started((one) => {
      one.rules = { ...RULES, mayPrune: true };
    });
    const file = bench.scan("001");
    bench.announce(file);
    await bench.pass(60);
    bench.clock.advance(15 * 86_400);
    const { signal } = new AbortController();
    const more = { days: 14, isPlan: false, signal, onLine: () => {}, onSums: () => {} };
    expect(await bench.transfers.running?.prune(more)).toMatchObject({ scans: 1 });
    expect((await reconciled(bench, true)).sums).toMatchObject({ found: 0 });

    bench.scan("001", 777);
    const { sums, lines } = await reconciled(bench, true);
    expect(sums).toMatchObject({ found: 1, proven: 0, missing: 1, queued: 0 });
    expect(lines[0]).toMatch(
      /001\.h5: archive: .*has 1000 bytes instead of 777; petrel: .*; Prune deleted an older scan/,
    );
    await bench.pass(60);
    expect(bench.copier.found.files.get("/2026-03/001.h5")?.bytes).toBe(1000);

    bench.copier.found.put("/2026-03/001.h5", 777);
    bench.tasks.destination.put("/2-BM/2026-03/001.h5", 777);
    expect((await reconciled(bench, true)).sums).toMatchObject({ proven: 1, adopted: 1 });
    const versions = bench.transfers.running?.road.queue.ofFile(file);
    expect(versions?.map(({ scan }) => [scan.bytes, scan.freed?.isWhole, scan.tags?.exp])).toEqual([
      [1000, true, TAGS.exp],
      [777, undefined, ""],
    ]);
    expect((await reconciled(bench, true)).sums).toMatchObject({ found: 1, proven: 1, adopted: 0 });
  });

  test("one that has changed on the disk is another version, which is sent", async () => {
    const { bench, scans } = await withScans(1);
    bench.announce(scans[0] ?? "");
    await bench.pass(60);
    bench.scan("s000", 3000);
    expect((await reconciled(bench, true)).sums).toMatchObject({ missing: 1, queued: 1 });
    await bench.pass(60);
    expect(bench.copier.found.files.get("/2026-03/s000.h5")?.bytes).toBe(3000);
    const versions = bench.transfers.running?.road.queue.ofFile(scans[0] ?? "");
    expect(versions?.map(({ scan }) => scan.tags)).toEqual([TAGS, TAGS]);
  });

  test("one that is gone from the disk and from a destination is told, and nothing is queued", async () => {
    const { bench, scans } = await withScans(1);
    bench.announce(scans[0] ?? "");
    await bench.pass(60);
    bench.source.tree.files.clear();
    bench.copier.found.files.clear();
    const { sums, lines } = await reconciled(bench, true);
    expect(sums).toMatchObject({ found: 1, missing: 1, queued: 0 });
    expect(lines[0]).toMatch(/it is gone from the disk; archive: 1 file is not as sent/);
  });

  test("what was given up, and what is under way, is left alone", async () => {
    const { bench, scans } = await withScans(2);
    bench.announce(scans[0] ?? "");
    await bench.pass(60);
    bench.copier.failure = new UnavailableError("down");
    const late = bench.scan("late");
    bench.announce(late);
    await bench.pass(10);
    await bench.transfers.running?.drop(({ file }) => file === late, "given up");
    bench.announce(scans[1] ?? "");
    await bench.pass(20);
    expect((await reconciled(bench, true)).sums).toMatchObject({ proven: 1, left: 1, underWay: 1, queued: 0 });
  });
});

test("nothing more is queued once Testing is set", async () => {
  const { bench } = await withScans(2);
  const list = bench.copier.list.bind(bench.copier);
  bench.copier.list = (parcel) => {
    bench.transfers.hold({ isPaused: false, isDry: true });
    return list(parcel);
  };
  await expect(reconciled(bench, true)).rejects.toThrow("Ended, since Testing is Yes: ");
  expect(bench.transfers.running?.road.queue.scans.size).toBe(0);
});

test("nothing is queued in a dry run, and a second one is refused while the first compares", async () => {
  const { bench } = await withScans(1);
  bench.transfers.hold({ isPaused: false, isDry: true });
  await expect(reconciled(bench, true)).rejects.toThrow("Testing is Yes: nothing is queued");
  const first = reconciled(bench, false);
  await expect(reconciled(bench, false)).rejects.toThrow("Reconcile is under way");
  expect((await first).sums.found).toBe(1);
});

test("10,000 scans are compared with one listing of each folder and little at once", async () => {
  const { bench } = await withScans(10_000);
  // The fake's own look goes through all files.
  bench.source.look = (scan) =>
    Promise.resolve({
      folder: "/data/2026-03",
      isFolder: false,
      files: [{ path: scan.slice("/data/2026-03/".length), bytes: 1000, modified: 1000 }],
    });
  bench.copier.lists = 0;
  bench.tasks.requests.length = 0;
  const { sums, lines } = await reconciled(bench, false);
  expect(sums).toMatchObject({ found: 10_000, missing: 10_000 });
  expect(lines).toHaveLength(10_000);
  expect(bench.tasks.requests).toEqual(["list"]);
  expect(bench.copier.lists).toBe(50);
});
