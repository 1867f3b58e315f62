/** What the transfer queue does with everything that goes wrong: named, counted, retried or refused by rule. */
import { NEVER, VirtualTimeScheduler } from "rxjs";
import { describe, expect, test } from "vitest";
import { sleep } from "../../../src/base/clock.ts";
import { ActionError } from "../../../src/base/errors.ts";
import { silentLog } from "../../../src/base/log.ts";
import {
  AccessDeniedError,
  AlreadyExistsError,
  NoRoomError,
  UnavailableError,
} from "../../../src/controller/ports/call.ts";
import type { CopyOptions } from "../../../src/controller/ports/destinations.ts";
import { Journal } from "../../../src/controller/run/journal.ts";
import type { Transfers } from "../../../src/controller/transfers/transfers.ts";
import { watchTransfers } from "../../../src/controller/transfers/transfers-watch.ts";
import { FakeControllerPvs } from "../../support/fakes/fake-beamline.ts";
import { RULES } from "../../support/fakes/fake-transfers.ts";
import { Bench, started, TAGS } from "./transfers-fixture.ts";

const YEAR = 365 * 86_400;
const BOTH = { archive: "verified", petrel: "verified" };
const taskOf = (bench: Bench, index = 0) => {
  const task = [...bench.tasks.taskById.values()][index];
  if (task === undefined) throw new Error("no task");
  return task;
};

/** Copies of such names go on until they are ended, or let go. @returns lets them go */
function heldCopies(bench: Bench, name: RegExp): () => void {
  const copy = bench.copier.copy.bind(bench.copier);
  const held = { names: name };
  bench.copier.copy = async (parcel, options?: CopyOptions) => {
    while (parcel.manifest.files.some(({ path }) => held.names.test(path))) {
      await sleep(bench.clock, 1, options?.signal);
      options?.onProgress?.({ bytes: 1, files: 0 });
      options?.signal?.throwIfAborted();
    }
    return copy(parcel);
  };
  return () => {
    held.names = /^$/;
  };
}

describe("the source", () => {
  test("a lane with a scan that is looked at anew waits without turning", async () => {
    const bench = await started();
    const file = bench.scan("a1");
    bench.copier.poison = /a1/;
    bench.announce(file);
    await bench.pass(13);
    expect(bench.stateOf(file)["archive"]).toBe("failed");
    const { running } = bench.transfers;
    const [id = ""] = [...(running?.road.queue.scans.keys() ?? [])];
    bench.source.failure = new UnavailableError("The detector does not answer.");
    await running?.road.lookAnew(id, "petrel", "it has changed");
    bench.clock.step(600); // behind the time of the next attempt
    expect(running?.laneOf("archive")?.next()).toEqual({ waitSeconds: Infinity });
  });

  test("a file that vanishes between the gate and the sending is a failure of each destination, and comes back", async () => {
    const bench = await started((one) => {
      one.rules = { ...RULES, giveUpSeconds: 60 };
    });
    bench.transfers.hold({ isPaused: true, isDry: false });
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(20);
    expect(bench.stateOf(file)).toEqual({ archive: "queued", petrel: "queued" });
    bench.source.tree.files.delete(file);
    bench.transfers.hold({ isPaused: false, isDry: false });
    await bench.pass(300);
    expect(bench.view).toMatchObject({ state: "Trouble", failed: 1, depth: 0 });
    expect(bench.view.scans[0]).toMatchObject({ state: "Failed" });
    expect(bench.view.scans[0]?.reason).toContain("There is no /data/2026-03/a1.h5 on detector");
    bench.source.tree.put(file, 1000);
    expect(await bench.transfers.retry()).toBe(1);
    await bench.pass(60);
    expect(bench.stateOf(file)).toEqual(BOTH);
    expect(bench.view).toMatchObject({ failed: 0, depth: 0 });
  });

  test("a scan written again while its first version is in a task leaves nothing open behind", async () => {
    const bench = await started();
    bench.tasks.seconds = 60;
    const file = bench.scan("a1", 100);
    bench.announce(file);
    await bench.pass(20);
    expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "submitted" });
    bench.source.tree.put(file, 200, 9000);
    bench.announce(file);
    await bench.pass(400);
    expect(bench.stateOf(file)).toEqual(BOTH);
    expect(bench.tasks.destination.files.get("/2-BM/2026-03/a1.h5")?.bytes).toBe(200);
    expect(bench.view).toMatchObject({ state: "Idle", depth: 0, failed: 0 });
    expect(bench.view.destinations.map(({ queued }) => queued)).toEqual([0, 0]);
    await bench.stop();
    await bench.start();
    expect(bench.view.destinations.map(({ queued }) => queued)).toEqual([0, 0]);
    expect(bench.view.archive).toMatchObject({ scans: 1, proven: 1 });
  });
});

describe("the clock", () => {
  test.each([
    ["forth", YEAR],
    ["back", -YEAR],
  ])("that jumps a year %s holds up no scan, and ids stay in order", async (_, seconds) => {
    const bench = await started();
    bench.copier.poison = /a1/;
    const first = bench.scan("a1");
    bench.announce(first);
    await bench.pass(15);
    expect(bench.stateOf(first)["archive"]).toBe("failed");
    const second = bench.scan("a2");
    bench.announce(second);
    await bench.pass(8);
    bench.clock.step(seconds);
    bench.copier.poison = undefined;
    await bench.pass(60);
    expect(bench.stateOf(first)).toEqual(BOTH);
    expect(bench.stateOf(second)).toEqual(BOTH);
    const third = bench.scan("a3");
    bench.announce(third);
    await bench.pass(40);
    expect(bench.stateOf(third)).toEqual(BOTH);
    const ids = [...(bench.transfers.running?.road.queue.scans.keys() ?? [])];
    expect(ids).toEqual([...ids].sort());
    expect(bench.view).toMatchObject({ state: "Idle", lastDone: "a3", oldest: 0 });
  });
});

describe("the ledger", () => {
  test("a lost list of files is made anew from the source, and the scans beside it are not held up", async () => {
    const bench = await started();
    bench.transfers.hold({ isPaused: true, isDry: false });
    const files = ["a1", "a2", "a3"].map((name) => bench.scan(name));
    for (const file of files) bench.announce(file);
    await bench.pass(10);
    const [id = ""] = [...(bench.transfers.running?.road.queue.scans.keys() ?? [])];
    bench.ledger.loseManifest(id);
    bench.transfers.hold({ isPaused: false, isDry: false });
    await bench.pass(60);
    for (const file of files) expect(bench.stateOf(file)).toEqual(BOTH);
    expect([...bench.tasks.arrivals.values()]).toEqual([1, 1, 1]);
  });

  test("a list of files that is lost while its scan is in a task keeps no other scan from its proof", async () => {
    const bench = await started();
    bench.tasks.seconds = 30;
    const files = ["a1", "a2", "a3"].map((name) => bench.scan(name));
    for (const file of files) bench.announce(file);
    await bench.pass(20);
    const [id = ""] = [...(bench.transfers.running?.road.queue.scans.keys() ?? [])];
    bench.ledger.loseManifest(id);
    await bench.pass(25);
    expect(files.slice(1).map((file) => bench.stateOf(file))).toEqual([BOTH, BOTH]);
    await bench.pass(60);
    expect(bench.stateOf(files[0] ?? "")).toEqual(BOTH);
  });

  test("a copy of an older version that ends when the newer was found proves nothing", async () => {
    const bench = await started();
    const copy = bench.copier.copy.bind(bench.copier);
    let end = (): void => {};
    const held = new Promise<void>((resolve) => {
      end = resolve;
    });
    bench.copier.copy = async (parcel) => {
      const copied = await copy(parcel);
      await held;
      return copied;
    };
    const file = bench.scan("a1", 100);
    bench.announce(file);
    await bench.pass(8); // its copy has begun
    bench.source.tree.put(file, 200, 9000);
    await bench.pass(40); // Globus' task has ended, and the gate has found the newer version
    end();
    await bench.pass(40);
    expect(bench.stateOf(file)).toEqual(BOTH);
    expect(bench.copier.found.files.get("/2026-03/a1.h5")?.bytes).toBe(200);
  });

  test("QueueRetry on a ledger that takes nothing is told, and costs nothing else", async () => {
    const bench = new Bench();
    bench.copier.poison = /a1/;
    const pvs = new FakeControllerPvs();
    const { clock } = bench;
    const faults: unknown[] = [];
    let transfers: Transfers | undefined;
    const watch = watchTransfers({
      site: bench.site,
      clock,
      log: silentLog,
      random: () => 0.5,
      onRunning: (running) => {
        transfers = running;
      },
      triggers: [],
    })({
      pvs,
      journal: new Journal({ clock, log: silentLog, pvs }),
      experiment$: NEVER,
      isRunning: () => false,
      ended$: NEVER,
      clock,
      scheduler: new VirtualTimeScheduler(),
    }).subscribe({ error: (thrown) => faults.push(thrown) });
    await bench.pass(1);
    transfers?.announce({ file: bench.scan("a1"), trigger: "test", tags: TAGS });
    await bench.pass(15);
    bench.ledger.failure = new UnavailableError("The ledger failed: no space is left.");
    pvs.putFromOutside("QueueRetry", 1);
    await bench.pass(1);
    expect(pvs.get("LastError")).toContain("QueueRetry: The ledger failed: no space is left.");
    bench.ledger.failure = undefined;
    bench.copier.poison = undefined;
    pvs.putFromOutside("QueueRetry", 1);
    await bench.pass(20);
    expect(pvs.get("Message")).toContain("a1 is proven at archive and petrel.");
    expect(faults).toEqual([]);
    watch.unsubscribe();
  });
});

describe("a person", () => {
  const drop = (bench: Bench): Promise<number | undefined> =>
    bench.transfers.running?.drop(() => true, "given up") ?? Promise.resolve(undefined);

  test("who drops a scan while its submission is under way has dropped it", async () => {
    const bench = await started();
    const answer = bench.tasks.holdAnswer();
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(20);
    expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "submitting" });
    expect(await drop(bench)).toBe(1);
    answer();
    await bench.pass(60);
    expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "dropped" });
    expect(bench.transfers.running?.road.queue.submissions.size).toBe(0);
  });

  test("who drops a scan that Globus then refuses has dropped it", async () => {
    const bench = await started();
    const answer = bench.tasks.holdAnswer();
    bench.tasks.refuses = new ActionError("Globus does not like it.");
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(20);
    await drop(bench);
    answer();
    await bench.pass(200);
    expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "dropped" });
  });

  test("who drops a scan that is in a task ends the task, and frees the way of another login", async () => {
    const bench = await started();
    bench.tasks.seconds = 1e6;
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(20);
    await drop(bench);
    await bench.pass(10);
    expect(taskOf(bench).report.state).toBe("FAILED");
    expect(bench.stateOf(file)["petrel"]).toBe("dropped");
    expect(bench.transfers.running?.road.queue.submissions.size).toBe(0);
  });

  test("who drops what another login has submitted can send with the new login", async () => {
    const bench = await started();
    bench.tasks.seconds = 1e6;
    const first = bench.scan("a1");
    bench.announce(first);
    await bench.pass(20);
    await bench.stop();
    bench.tasks.login = "somebody else";
    await bench.start();
    const second = bench.scan("a2");
    bench.announce(second);
    await bench.pass(60);
    expect(bench.view.destinations[1]?.message).toContain("drop its scans with globus-ioc queue drop");
    await bench.transfers.running?.drop(({ file }) => file === first, "given up");
    bench.tasks.seconds = 5;
    await bench.pass(400);
    expect(bench.stateOf(second)["petrel"]).toBe("verified");
    expect(bench.tasks.requests).not.toContain("cancel");
  });

  test("who drops a scan that waits for its source is not asked again by QueueRetry", async () => {
    const bench = await started();
    bench.announce("/data/2026-03/gone.h5");
    await bench.pass(20);
    await drop(bench);
    await bench.transfers.retry();
    await bench.pass(20);
    expect(bench.view).toMatchObject({ state: "Idle", depth: 0, failed: 0 });
  });

  test("who drops a scan that is being copied ends the copy, and the next scan goes", async () => {
    const bench = await started();
    const file = bench.scan("a1");
    heldCopies(bench, /a1/);
    bench.announce(file);
    await bench.pass(10);
    expect(
      bench.transfers.running?.isCopied([...(bench.transfers.running?.road.queue.scans.keys() ?? [])][0] ?? ""),
    ).toBe(true);
    await drop(bench);
    const other = bench.scan("a2");
    bench.announce(other);
    await bench.pass(40);
    expect(bench.stateOf(file)["archive"]).toBe("dropped");
    expect(bench.stateOf(other)).toEqual(BOTH);
    expect([...bench.copier.arrived.keys()]).toEqual(["/2026-03/a2.h5"]);
  });

  test("who pauses before the ledger was read sends nothing of what it holds", async () => {
    const bench = await started();
    bench.announce(bench.scan("a1"));
    await bench.pass(3);
    await bench.stop();
    const sent = bench.tasks.taskById.size + bench.copier.copies;
    bench.isPausedAtStart = true;
    await bench.start();
    await bench.pass(60);
    expect(bench.tasks.taskById.size + bench.copier.copies).toBe(sent);
    expect(bench.view).toMatchObject({ state: "Paused", depth: 1 });
    bench.transfers.hold({ isPaused: false, isDry: false });
    await bench.pass(40);
    expect(bench.stateOf("/data/2026-03/a1.h5")).toEqual(BOTH);
  });

  test("who stops the IOC in mid-copy and in mid-submission loses nothing, and nothing is said", async () => {
    const bench = await started();
    const file = bench.scan("a1");
    const go = heldCopies(bench, /a1/);
    bench.tasks.holdAnswer();
    bench.announce(file);
    await bench.pass(20);
    await bench.stop();
    go();
    expect(bench.said.filter((one) => !one.startsWith("NO_ALARM"))).toEqual([]);
    bench.tasks.holdAnswer()();
    await bench.start();
    await bench.pass(60);
    expect(bench.stateOf(file)).toEqual(BOTH);
    expect([...bench.tasks.arrivals.values()]).toEqual([1]);
  });

  test("who presses QueueRetry 100 times asks a destination that is down a few times", async () => {
    const bench = await started();
    bench.copier.failure = new UnavailableError("/archive is not mounted.");
    bench.announce(bench.scan("a1"));
    await bench.pass(30);
    const before = bench.copier.copies;
    for (let time = 0; time < 100; time++) await bench.transfers.retry();
    await bench.pass(10);
    expect(bench.copier.copies).toBeGreaterThan(before);
    expect(bench.copier.copies - before).toBeLessThan(5);
  });
});

describe("a destination", () => {
  test("that is no longer in globus.conf is named, and its scans can be dropped or sent when it is back", async () => {
    const bench = await started();
    bench.tasks.seconds = 1e6;
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(20);
    await bench.stop();
    const all = bench.destinations;
    bench.destinations = all.slice(0, 1);
    await bench.start();
    await bench.pass(5);
    expect(bench.view).toMatchObject({ state: "Trouble", failed: 1, depth: 0 });
    expect(bench.view.archive.message).toContain("[destination petrel]");
    expect(bench.said.filter((one) => one.includes("[destination petrel]"))).toHaveLength(1);
    await bench.stop();
    bench.destinations = all;
    bench.tasks.seconds = 5;
    await bench.start();
    await bench.transfers.retry();
    await bench.pass(60);
    expect(bench.stateOf(file)).toEqual(BOTH);
    await bench.stop();
    bench.destinations = all.slice(0, 1);
    await bench.start();
    await bench.pass(5);
    expect(bench.view, "what is proven is closed").toMatchObject({ state: "Idle", failed: 0 });
  });

  test("without room holds up its scans, says so once, and gets them when there is room", async () => {
    const bench = await started();
    bench.copier.failure = new NoRoomError("/archive has no room left: make room there.");
    const files = ["a1", "a2", "a3"].map((name) => bench.scan(name));
    for (const file of files) bench.announce(file);
    await bench.pass(600);
    expect(bench.said.filter((one) => one.startsWith("MAJOR"))).toEqual([
      "MAJOR Nothing goes to archive now: /archive has no room left: make room there.",
    ]);
    for (const file of files) expect(bench.stateOf(file)).toEqual({ archive: "queued", petrel: "verified" });
    bench.copier.failure = undefined;
    await bench.pass(310);
    for (const file of files) expect(bench.stateOf(file)).toEqual(BOTH);
  });

  test("that asks for a pause of ten minutes is left alone for ten minutes, and never for longer than an hour", async () => {
    const bench = await started();
    const submits = (): number => bench.tasks.requests.filter((one) => one === "submit").length;
    bench.tasks.refuses = new UnavailableError("Globus is busy.", { retryAfterSeconds: 600 });
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(590);
    expect(submits()).toBe(1);
    bench.tasks.refuses = new UnavailableError("Globus is busy.", { retryAfterSeconds: 1e9 });
    await bench.pass(60);
    expect(submits()).toBe(2);
    bench.tasks.refuses = undefined;
    await bench.pass(3600);
    expect(bench.stateOf(file)).toEqual(BOTH);
    expect(bench.tasks.taskById.size).toBe(1);
  });

  test("that says Conflict is asked again until the other transfer is over, and no attempt is counted", async () => {
    const bench = await started();
    bench.tasks.refuses = new AlreadyExistsError("The same is under way already.");
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(3600);
    expect(bench.stateOf(file)["petrel"]).not.toBe("dead");
    bench.tasks.refuses = undefined;
    await bench.pass(3600);
    expect(bench.stateOf(file)).toEqual(BOTH);
    expect(bench.tasks.taskById.size).toBe(1);
  });
});

describe("a task", () => {
  test("whose end takes a while is ended once", async () => {
    const bench = await started();
    bench.tasks.seconds = 1e6;
    bench.tasks.cancelsLater = true;
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(20);
    taskOf(bench).report = { isOk: false, niceStatus: "QUOTA_EXCEEDED", faults: 3 };
    await bench.pass(200);
    expect(bench.tasks.requests.filter((one) => one === "cancel")).toHaveLength(1);
    expect(bench.said.filter((one) => one.includes("was ended"))).toHaveLength(1);
    expect(bench.said.find((one) => one.includes("was ended"))).toContain("make room there");
  });

  test("that Globus does not show for a moment is not sent again; one that stays away is", async () => {
    const bench = await started();
    bench.tasks.seconds = 30;
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(18);
    const [[id, task] = ["", taskOf(bench)]] = [...bench.tasks.taskById];
    bench.tasks.taskById.delete(id);
    await bench.pass(10);
    bench.tasks.taskById.set(id, task);
    await bench.pass(60);
    expect(bench.stateOf(file)).toEqual(BOTH);
    expect([...bench.tasks.arrivals.values()]).toEqual([1]);
    const other = bench.scan("a2");
    bench.announce(other);
    await bench.pass(18);
    bench.tasks.taskById.clear();
    await bench.pass(70);
    expect(bench.view.scans[0]?.reason).toContain("Globus no longer has the task");
    await bench.pass(200);
    expect(bench.stateOf(other)).toEqual(BOTH);
  });

  test("of which one scan's file does not arrive proves the others, and sends that one alone again", async () => {
    const bench = await started();
    const files = ["a1", "a2", "a3"].map((name) => bench.scan(name));
    for (const file of files) bench.announce(file);
    bench.tasks.loses = /a2/;
    await bench.pass(30);
    expect(files.map((file) => bench.stateOf(file)["petrel"])).toEqual(["verified", "failed", "verified"]);
    expect(bench.view.scans.find(({ name }) => name === "a2")?.reason).toContain('"a2.h5" is missing');
    bench.tasks.loses = undefined;
    await bench.pass(60);
    expect(files.map((file) => bench.stateOf(file))).toEqual([BOTH, BOTH, BOTH]);
    expect([...bench.tasks.arrivals]).toEqual([
      ["/2-BM/2026-03/a1.h5", 1],
      ["/2-BM/2026-03/a3.h5", 1],
      ["/2-BM/2026-03/a2.h5", 1],
    ]);
  });

  test("that waits for a person says so, and goes on when it may", async () => {
    const bench = await started();
    const file = bench.scan("a1");
    bench.tasks.seconds = 60;
    bench.announce(file);
    await bench.pass(18);
    taskOf(bench).report = { state: "INACTIVE", isOk: false, niceStatus: "EXPIRED_CREDENTIALS" };
    await bench.pass(300);
    expect(bench.view.destinations[1]?.message).toContain("log in again");
    expect(bench.stateOf(file)["petrel"]).toBe("submitted");
    taskOf(bench).report = {};
    await bench.pass(60);
    expect(bench.stateOf(file)).toEqual(BOTH);
    expect(bench.tasks.taskById.size).toBe(1);
  });

  test("that was not done at its deadline is tried again", async () => {
    const bench = await started();
    bench.tasks.seconds = 1e6;
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(20);
    expect(Date.parse(taskOf(bench).submission.deadline) - taskOf(bench).at).toBe(24 * 3_600_000);
    taskOf(bench).end = bench.clock.now();
    taskOf(bench).report = { state: "FAILED", fatal: { code: "EXPIRED", description: "deadline" } };
    bench.tasks.seconds = 5;
    await bench.pass(5);
    expect(bench.view.scans[0]?.reason).toContain("deadline");
    await bench.pass(100);
    expect(bench.stateOf(file)).toEqual(BOTH);
  });
});

test("a folder is proven again behind the manifest.json of its earlier version; its own is never replaced", async () => {
  const bench = await started((one) => {
    one.destinations = one.destinations.map((row) => (row.kind === "copy" ? { ...row, writesManifest: true } : row));
  });
  const put = (name: string, bytes: number): void => bench.source.tree.put(`/data/2026-03/run1/${name}`, bytes, bytes);
  put("x.tif", 100);
  bench.announce("/data/2026-03/run1");
  await bench.pass(40);
  expect([...bench.copier.written.keys()]).toEqual(["/2026-03/run1/manifest.json"]);
  put("y.tif", 200);
  bench.announce("/data/2026-03/run1");
  await bench.pass(40);
  expect(bench.stateOf("/data/2026-03/run1")).toEqual(BOTH);
  bench.source.tree.put("/data/2026-03/run2/manifest.json", 5);
  bench.announce("/data/2026-03/run2");
  await bench.pass(40);
  expect(bench.stateOf("/data/2026-03/run2")).toEqual(BOTH);
  expect(bench.copier.found.files.get("/2026-03/run2/manifest.json")?.bytes).toBe(5);
  expect([...bench.copier.written.keys()].at(-1)).toBe("/2026-03/run2/globus-ioc-manifest.json");
});

describe("a transfer by hand", () => {
  const asked = {
    sourceCollection: "src",
    sourcePath: "/~/a1.h5",
    destinationCollection: "dest",
    destinationPath: "/~/2-BM/a1.h5",
    label: "by hand",
  };

  test("that Globus does not allow is over when it is told, and is not submitted later", async () => {
    const bench = await started();
    bench.tasks.refuses = new AccessDeniedError("Globus does not allow it.");
    await expect(bench.transfers.running?.asked?.submit(asked, {})).rejects.toThrow("does not allow it");
    bench.tasks.refuses = undefined;
    await bench.pass(600);
    expect(bench.tasks.taskById.size).toBe(0);
    expect(bench.transfers.running?.road.queue.submissions.size).toBe(0);
  });

  test("whose answer is lost is one task", async () => {
    const bench = await started();
    bench.tasks.losesAnswer = 1;
    await expect(bench.transfers.running?.asked?.submit(asked, {})).rejects.toThrow("no answer");
    await bench.pass(60);
    expect(bench.tasks.taskById.size).toBe(1);
    expect(taskOf(bench).submission.items).toEqual([
      { source: "/~/a1.h5", destination: "/~/2-BM/a1.h5", isFolder: false },
    ]);
  });
});

test("while all is proven nobody is asked anything", async () => {
  const bench = await started();
  for (let index = 0; index < 200; index++) bench.announce(bench.scan(`s${index}`));
  await bench.pass(200);
  expect(bench.view).toMatchObject({ state: "Idle", depth: 0 });
  const before = [bench.tasks.requests.length, bench.copier.copies, bench.source.looks, bench.ledger.puts];
  await bench.pass(600);
  expect([bench.tasks.requests.length, bench.copier.copies, bench.source.looks, bench.ledger.puts]).toEqual(before);
  expect(bench.clock.pending).toBe(0);
});

test("scans named a1, a10 and A1 at once, with spaces, Korean and quotes, are each proven under their own name", async () => {
  const bench = await started();
  const names = ["a1", "a10", "A1", "a 1", "스캔 1", `it's "one"`, "a1.h5"];
  const files = names.map((name) => bench.scan(name));
  for (const file of files) bench.announce(file);
  await bench.pass(60);
  for (const file of files) expect(bench.stateOf(file), file).toEqual(BOTH);
  expect([...bench.copier.arrived.keys()].sort()).toEqual(names.map((name) => `/2026-03/${name}.h5`).sort());
  expect([...bench.tasks.arrivals.values()].every((times) => times === 1)).toBe(true);
});

test("one scan in several spellings of its path is one scan", async () => {
  const bench = await started();
  const file = bench.scan("a1");
  bench.announce("/data//2026-03/./a1.h5");
  bench.announce("/data/2026-03/a1.h5/");
  await bench.pass(60);
  bench.announce("/data/2026-03//a1.h5");
  await bench.pass(60);
  expect(bench.stateOf(file)).toEqual(BOTH);
  expect(bench.transfers.running?.road.queue.scans.size).toBe(1);
});
