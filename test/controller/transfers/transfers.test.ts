import { describe, expect, test } from "vitest";
import { orAbort } from "../../../src/base/or-abort.ts";
import { type CallOptions, UnavailableError } from "../../../src/controller/ports/call.ts";
import { FakeSource, RULES } from "../../support/fakes/fake-transfers.ts";
import { type Bench, started, TAGS } from "./transfers-fixture.ts";

test("a scan that ends is proven at every destination", async () => {
  const bench = await started();
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect(bench.copier.arrived).toEqual(new Map([["/2026-03/a1.h5", 1]]));
  expect(bench.tasks.arrivals).toEqual(new Map([["/2-BM/2026-03/a1.h5", 1]]));
  expect(bench.view.archive).toMatchObject({
    verified: "Yes",
    message: "a1 is proven at archive and petrel.",
    missing: 0,
  });
  expect(bench.view).toMatchObject({ state: "Idle", depth: 0, lastDone: "a1", lastQueued: "a1" });
});

test("weakness 9: a file that still grows is not sent before it has come to rest", async () => {
  const bench = await started();
  const file = bench.scan("a1", 10);
  bench.announce(file);
  for (let second = 0; second < 20; second++) {
    await bench.pass(1);
    bench.source.tree.put(file, 10 + second, 1000 + second);
  }
  expect(bench.stateOf(file)).toEqual({});
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect(bench.copier.found.files.get("/2026-03/a1.h5")?.bytes).toBe(29);
});

test("a process that ends at any moment loses no scan and sends none twice", async () => {
  for (let second = 0; second < 30; second++) {
    const bench = await started();
    const file = bench.scan("a1");
    bench.announce(file);
    await bench.pass(second);
    await bench.stop();
    await bench.start();
    bench.announce(file); // as the trigger does for what ended while nobody watched
    await bench.pass(60);
    expect(bench.stateOf(file), `stopped after ${second} s`).toEqual({ archive: "verified", petrel: "verified" });
    expect(bench.tasks.arrivals, `stopped after ${second} s`).toEqual(new Map([["/2-BM/2026-03/a1.h5", 1]]));
    expect([...(bench.transfers.running?.road.queue.scans.keys() ?? [])], `stopped after ${second} s`).toHaveLength(1);
  }
});

test("a submission whose answer was lost is repeated, and is one task", async () => {
  const bench = await started();
  bench.tasks.losesAnswer = 3;
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(300);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect(bench.tasks.taskById.size).toBe(1);
});

test("a destination that is down holds up no other, is asked now and then, and gets all scans in order of age", async () => {
  const bench = await started();
  bench.copier.failure = new UnavailableError("/archive is not mounted.");
  const files = Array.from({ length: 30 }, (_, index) => bench.scan(`s${String(index).padStart(2, "0")}`));
  for (const file of files) bench.announce(file);
  await bench.pass(3600);
  for (const file of files) expect(bench.stateOf(file)).toEqual({ archive: "queued", petrel: "verified" });
  expect(bench.copier.copies).toBeLessThan(40);
  expect(bench.said.filter((one) => one.startsWith("M"))).toEqual([
    "MAJOR Nothing goes to archive now: /archive is not mounted.",
  ]);
  expect(bench.view.destinations[0]).toMatchObject({
    state: "Trouble",
    message: "/archive is not mounted.",
    queued: 30,
  });
  bench.copier.failure = undefined;
  await bench.pass(400);
  for (const file of files) expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect(bench.said).toContain("NO_ALARM archive works again.");
  expect([...bench.copier.arrived.keys()].slice(1)).toEqual([...bench.copier.arrived.keys()].slice(1).sort());
});

test("a scan that cannot be sent blocks no other, and a person decides about it", async () => {
  const bench = await started();
  bench.copier.poison = /bad/;
  const [bad, good] = [bench.scan("bad"), bench.scan("good")];
  bench.announce(bad);
  bench.announce(good);
  await bench.pass(60);
  expect(bench.stateOf(good)).toEqual({ archive: "verified", petrel: "verified" });
  await bench.pass(1000);
  expect(bench.stateOf(bad)).toEqual({ archive: "dead", petrel: "verified" });
  expect(bench.view).toMatchObject({ state: "Trouble", failed: 1 });
  bench.copier.poison = undefined;
  expect(await bench.transfers.retry()).toBe(1);
  await bench.pass(20);
  expect(bench.stateOf(bad)).toEqual({ archive: "verified", petrel: "verified" });
});

test("a scan with which a destination seems to be down, while others get through, is to blame itself", async () => {
  const bench = await started();
  const file = bench.scan("cut");
  const copy = bench.copier.copy.bind(bench.copier);
  bench.copier.copy = async (parcel) => {
    if (parcel.manifest.files.some(({ path }) => path.startsWith("cut")))
      throw new UnavailableError("The connection broke.");
    return copy(parcel);
  };
  bench.announce(file);
  for (let index = 0; index < 6; index++) {
    await bench.pass(100);
    const other = bench.scan(`other${index}`);
    bench.announce(other);
    await bench.pass(10);
    expect(bench.stateOf(other)["archive"], "at once").toBe("verified");
  }
  expect(bench.stateOf(file)["archive"]).toBe("dead");
});

test("weakness 24: a byte that is lost on the way is named, and the scan is not proven", async () => {
  const bench = await started();
  bench.copier.loses = 1;
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(15);
  expect(bench.view.archive).toMatchObject({
    verified: "No",
    missing: 1,
    files: ['archive: "a1.h5" has 999 bytes instead of 1000'],
  });
  expect(bench.view.archive.message).toContain("999 bytes instead of 1000");
});

test("a scan that is written again under its name is sent again, and the older version no more", async () => {
  const bench = await started();
  const file = bench.scan("a1", 100);
  bench.announce(file);
  await bench.pass(40);
  bench.source.tree.put(file, 200, 9000);
  bench.announce(file);
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect(bench.copier.found.files.get("/2026-03/a1.h5")?.bytes).toBe(200);
  bench.announce(file);
  await bench.pass(40);
  expect(bench.tasks.taskById.size).toBe(2);
});

describe("aborted scans", () => {
  test.each([
    ["send", {}, undefined],
    ["mark", {}, "it was stopped"],
    ["leave", undefined, undefined],
  ] as const)("%s", async (aborted, sent, mark) => {
    const bench = await started((one) => {
      one.rules = { ...RULES, aborted };
    });
    const file = bench.scan("a1");
    bench.announce(file, { aborted: "it was stopped" });
    await bench.pass(40);
    const [scan] = [...(bench.transfers.running?.road.queue.scans.values() ?? [])];
    expect(bench.stateOf(file)).toEqual(sent === undefined ? {} : { archive: "verified", petrel: "verified" });
    expect(scan?.scan.state).toBe(sent === undefined ? "left" : "ready");
    if (sent !== undefined) expect(scan?.scan.aborted).toBe(mark);
  });
});

test("another login sends nothing of what is under way, and says which login is needed", async () => {
  const bench = await started();
  bench.tasks.seconds = 1e6;
  bench.announce(bench.scan("a1"));
  await bench.pass(30);
  await bench.stop();
  bench.tasks.login = "somebody else";
  await bench.start();
  bench.announce(bench.scan("a2"));
  await bench.pass(60);
  expect(bench.tasks.taskById.size).toBe(1);
  expect(bench.said).toContainEqual(expect.stringMatching(/^MAJOR Nothing goes to petrel now: .*log in as me/));
  bench.tasks.login = "me";
  bench.tasks.seconds = 5;
  await bench.pass(400);
  expect(bench.stateOf("/data/2026-03/a2.h5")["petrel"]).toBe("verified");
});

test("small scans share a task, and a scan that has failed goes alone", async () => {
  const bench = await started();
  for (let index = 0; index < 7; index++) bench.announce(bench.scan(`s${index}`));
  await bench.pass(40);
  expect(bench.tasks.taskById.size).toBe(1);
  const [task] = bench.tasks.taskById.values();
  expect(task?.submission.items).toHaveLength(7);
  expect(task?.submission.label).toMatch(/^\d{8}T\d{9}Z-[0-9a-f]{2} s0 s1 s2/);
});

test("a task that would never end is ended, and its scan is retried", async () => {
  const bench = await started();
  bench.tasks.seconds = 1e6;
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(20);
  for (const task of bench.tasks.taskById.values())
    task.report = { isOk: false, niceStatus: "FILE_NOT_FOUND", faults: 3 };
  await bench.pass(140);
  expect(bench.stateOf(file)["petrel"]).toBe("failed");
  expect(bench.said.some((one) => /was ended: .*no longer at the source/.test(one))).toBe(true);
  bench.tasks.seconds = 5;
  await bench.pass(200);
  expect(bench.stateOf(file)["petrel"]).toBe("verified");
});

test("a paused task says why, and one that an administrator has cancelled is not begun anew", async () => {
  const bench = await started();
  bench.tasks.seconds = 1e6;
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(20);
  const [task] = bench.tasks.taskById.values();
  if (task === undefined) throw new Error("no task");
  task.report = { isPaused: true, isOk: false, niceStatus: "PAUSED" };
  await bench.pass(5);
  expect(bench.view.destinations[1]?.message).toBe("paused by an administrator: maintenance.");
  task.end = bench.clock.now();
  task.report = { state: "FAILED", cancelledByAdmin: "too much" };
  await bench.pass(400);
  expect(bench.stateOf(file)["petrel"]).toBe("dead");
  expect(bench.view.scans[0]?.reason).toContain("an administrator has cancelled it (too much)");
});

test("while the ledger takes nothing, nothing is sent, and all is sent afterwards", async () => {
  const bench = await started();
  const file = bench.scan("a1");
  bench.ledger.failure = new UnavailableError("The ledger failed: no space is left.");
  bench.announce(file);
  await bench.pass(60);
  expect(bench.copier.copies + bench.tasks.taskById.size).toBe(0);
  bench.ledger.failure = undefined;
  await bench.pass(60);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});

test("a webhook and a mail server that never answer hold up no data", async () => {
  const silence = ({ signal = new AbortController().signal }: CallOptions): Promise<never> =>
    orAbort(new Promise<never>(() => {}), signal);
  const never = { tell: (_: string, options: CallOptions) => silence(options), open: silence };
  const bench = await started((one) => {
    one.rules = { ...RULES, tells: { webhook: true, mailFailed: true, mailVerified: true } };
    const mail = {
      mailer: never,
      from: "ioc@x.example",
      to: ["anne@x.example"],
      label: "2-BM",
      retry: "press QueueRetry",
    };
    one.told = { webhook: never, mail };
  });
  const files = ["a1", "a2", "a3"].map((name) => bench.scan(name));
  for (const file of files) bench.announce(file);
  await bench.pass(120);
  for (const file of files) expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect(bench.transfers.running?.road.queue.notes.size).toBe(9);
});

test("nothing new is sent while the queue is paused", async () => {
  const bench = await started();
  bench.transfers.hold({ isPaused: true, isDry: false });
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(60);
  expect(bench.stateOf(file)).toEqual({ archive: "queued", petrel: "queued" });
  expect(bench.view.state).toBe("Paused");
  bench.transfers.hold({ isPaused: false, isDry: false });
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});

test("1,000 scans for three destinations, one of them down for an hour: few questions, then all in order of age", {
  timeout: 120_000, // an hour, second by second
}, async () => {
  const bench = await started((one) => {
    const tape = { name: "tape", kind: "copy", template: "{rel}", copier: one.tape, writesManifest: false } as const;
    one.destinations = [...one.destinations, tape];
  });
  bench.tape.failure = new UnavailableError("tape.example.org does not answer.");
  const files = Array.from({ length: 1000 }, (_, index) => bench.scan(`s${String(index).padStart(4, "0")}`));
  for (const file of files) bench.announce(file);
  await bench.pass(3600);
  const states = files.map((file) => bench.stateOf(file));
  expect(
    states.every(
      ({ archive, petrel, tape: last }) => archive === "verified" && petrel === "verified" && last === "queued",
    ),
  ).toBe(true);
  const questions = bench.tape.copies;
  expect(questions, "15 s, then twice as long each time up to 300 s, less up to half").toBeLessThan(30);
  const requests = bench.tasks.requests.length;
  expect(
    bench.tasks.requests.filter((one) => one === "submit"),
    "50 scans share a task",
  ).toHaveLength(20);
  bench.tape.failure = undefined;
  await bench.pass(400);
  expect(files.every((file) => bench.stateOf(file)["tape"] === "verified")).toBe(true);
  expect(bench.tape.copies).toBe(1000 + questions);
  const order = [...bench.tape.arrived.keys()];
  expect(order.slice(1), "but for the scan that has asked").toEqual(order.slice(1).sort());
  expect([...bench.tape.arrived.values()].every((times) => times === 1)).toBe(true);
  expect(bench.tasks.requests).toHaveLength(requests);
});

describe("scans that are sent from TomoScan's copy", () => {
  const original = "/data/2026-03/Levy/a1.h5";
  const begun = async (): Promise<Bench> => {
    const bench = await started((one) => {
      one.original = new FakeSource("detector");
    });
    bench.original?.tree.put(original, 1000);
    bench.original?.tree.put("/data/2026-03/Levy/a1.config", 10);
    return bench;
  };

  test.each([
    ["the last two folders", "/data/copies/2026-03/Levy/a1.h5"],
    ["the file alone", "/data/copies/a1.h5"],
  ])("wait until the copy of %s is as large as the original", async (_way, copy) => {
    const bench = await begun();
    bench.announce(original, { copiesTo: "beamline@analysis:/data/copies/" });
    await bench.pass(20);
    expect(bench.view.scans[0]).toMatchObject({ state: "Waiting", reason: "TomoScan's copy of it has not come yet" });
    bench.source.tree.put(copy, 400);
    await bench.pass(60);
    expect(bench.view.scans[0]?.reason).toBe('the copy of "a1.h5" has 400 of 1000 bytes');
    bench.source.tree.put(copy, 1000);
    await bench.pass(120);
    expect(bench.stateOf(original)).toEqual({ archive: "verified", petrel: "verified" });
    expect([...bench.copier.arrived.keys()]).toEqual([copy.replace("/data", "")]);
  });

  test("say so where TomoScan copies nothing", async () => {
    const bench = await begun();
    bench.announce(original);
    await bench.pass(20);
    expect(bench.view.scans[0]?.reason).toContain("CopyToAnalysisDir is off");
  });
});

test("a scan that comes before anybody knows the tag waits for it where its place is by the tag", async () => {
  const bench = await started((one) => {
    one.destinations = one.destinations.map((row) => ({ ...row, template: "{exp}" }));
  });
  const file = bench.scan("a1");
  bench.transfers.announce({ file, trigger: "tomoscan" });
  await bench.pass(20);
  expect(bench.view.scans[0]?.reason).toBe("nobody knows yet which experiment is tagged");
  bench.transfers.tags = TAGS;
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect(bench.view.archive).toMatchObject({ scans: 1, proven: 1 });
});

test("a scan is sent though nobody knows the tag where no place is by the tag", async () => {
  const bench = await started();
  const file = bench.scan("a1");
  bench.transfers.announce({ file, trigger: "tomoscan" });
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});

test("a scan whose file does not come is given up after a while, and a person may retry it", async () => {
  const bench = await started();
  const file = "/data/2026-03/late.h5";
  bench.announce(file);
  await bench.pass(3700);
  expect(bench.view).toMatchObject({ state: "Trouble", failed: 1, depth: 0 });
  expect(bench.said.at(-1)).toMatch(/^MAJOR late.h5 is not sent: there is no .*, for 6\d minutes\.$/);
  bench.source.tree.put(file, 5);
  await bench.transfers.retry();
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});

const sizesOf = (bench: Bench, path: string) => [
  bench.copier.found.files.get(path)?.bytes,
  bench.tasks.destination.files.get(`/2-BM${path}`)?.bytes,
];

test("a version that comes back is sent again, and those before it stay as they are", async () => {
  const bench = await started();
  for (const [content, bytes] of [
    ["A", 1000],
    ["B", 2000],
    ["A", 1000],
  ] as const) {
    bench.announce(bench.scan("a1", bytes), { content });
    await bench.pass(60);
    expect(sizesOf(bench, "/2026-03/a1.h5")).toEqual([bytes, bytes]);
  }
  const { looks } = bench.source;
  bench.announce(bench.scan("a1"), { content: "A" });
  await bench.pass(60);
  expect(bench.source.looks).toBe(looks);
});

test("a version that comes back while another is on its way is sent to where that one has arrived", async () => {
  const bench = await started();
  const file = bench.scan("a1", 1000);
  bench.announce(file);
  await bench.pass(60);
  bench.tasks.refuses = new UnavailableError("Globus gave no answer.");
  bench.announce(bench.scan("a1", 2000));
  await bench.pass(30);
  expect(bench.stateOf(file)).toMatchObject({ archive: "verified" });
  const { road } = bench.transfers.running ?? {};
  bench.scan("a1", 1000);
  await road?.lookAnew([...(road.queue.scans.keys() ?? [])].at(-1) ?? "", "petrel", "its files have changed");
  bench.tasks.refuses = undefined;
  await bench.pass(600);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect(sizesOf(bench, "/2026-03/a1.h5")).toEqual([1000, 1000]);
});

test("a file outside the source's top directory is not sent, and said", async () => {
  const bench = await started();
  for (const one of ["archive", "petrel"]) bench.announce("/database/a1.h5", { destinations: [one], content: one });
  await bench.pass(5);
  expect(bench.said).toEqual([
    'MINOR a1.h5 is not sent: "/database/a1.h5" does not lie below /data of detector ([source] in globus.conf).',
  ]);
  expect(bench.view.failed).toBe(1);
});

test("what a person drops is not sent", async () => {
  const bench = await started();
  bench.transfers.hold({ isPaused: true, isDry: false });
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(20);
  expect(await bench.transfers.running?.drop(({ file: one }) => one === file, "Dropped.")).toBe(1);
  bench.transfers.hold({ isPaused: false, isDry: false });
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "dropped", petrel: "dropped" });
  expect(bench.copier.copies + bench.tasks.taskById.size).toBe(0);
});

test("a ledger that cannot be read is told, and read again until it can be", async () => {
  const bench = await started((one) => {
    one.ledger.failure = new UnavailableError("The ledger is held by process 1 on here.");
  });
  expect(bench.said).toEqual([]);
  await bench.pass(3);
  expect(bench.said).toEqual(["MAJOR No scan is sent: The ledger is held by process 1 on here."]);
  const file = bench.scan("a1");
  bench.announce(file);
  bench.ledger.failure = undefined;
  await bench.pass(80);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});

test.each([
  ["/data/2026-03/2026-03-Levy-1014288/a1.h5", "2026-03-Levy-1014288"],
  ["/data/2026-03/Levy/a1.h5", "2026-03-Levy-1014288"],
  ["/data/2026-02/Curie/a1.h5", ""],
])(
  "a scan %s that ended while nobody watched is of the tagged experiment only if its path says so",
  async (file, exp) => {
    const bench = await started();
    bench.transfers.tags = TAGS;
    bench.source.tree.put(file, 10);
    bench.transfers.announce({ file, trigger: "tomoscan", mayBeOld: true });
    await bench.pass(40);
    const [queued] = [...(bench.transfers.running?.road.queue.scans.values() ?? [])];
    expect(queued?.scan.tags?.exp).toBe(exp);
    expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  },
);

test("after a restart the last scan of TomoScan, which is proven, stays proven, and nothing new is seen", async () => {
  const bench = await started();
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(40);
  await bench.stop();
  await bench.start();
  bench.transfers.announce({ file, trigger: "tomoscan", mayBeOld: true });
  for (let second = 0; second < 30; second++) {
    await bench.pass(1);
    expect(bench.view.archive.message).toBe("a1 is proven at archive and petrel.");
    expect([bench.view.depth, bench.view.scans.length]).toEqual([0, 1]);
  }
});

test("after a restart a scan of a tree that was sent as the watch sees it is not looked at again", async () => {
  const bench = await started();
  const file = bench.scan("a1");
  bench.announce(file, { content: "as seen" });
  await bench.pass(40);
  await bench.stop();
  await bench.start();
  bench.source.failure = new UnavailableError("The detector is asked.");
  bench.source.looks = 0;
  bench.transfers.announce({ file, trigger: "tree", mayBeOld: true, content: "as seen" });
  await bench.pass(30);
  expect(bench.source.looks).toBe(0);
  bench.transfers.announce({ file, trigger: "tree", mayBeOld: true, content: "another" });
  await bench.pass(30);
  expect(bench.source.looks).toBeGreaterThan(0);
});

test("after a restart a file that was written again meanwhile is sent, also when its host answers late", async () => {
  const bench = await started();
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(40);
  await bench.stop();
  bench.source.tree.put(file, 2000, 9000);
  bench.source.failure = new UnavailableError("The detector does not answer.");
  await bench.start();
  bench.transfers.announce({ file, trigger: "tomoscan", mayBeOld: true });
  await bench.pass(30);
  expect(bench.view.depth).toBe(0);
  bench.source.failure = undefined;
  bench.transfers.tags = TAGS;
  await bench.pass(120);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect(bench.copier.found.files.get("/2026-03/a1.h5")?.bytes).toBe(2000);
});

test("what a watch tells of anew is not looked at again, also where nobody knows its experiment", async () => {
  const bench = await started();
  bench.transfers.tags = TAGS;
  const told = (content: string) => bench.transfers.announce({ file, trigger: "quiet", mayBeOld: true, content });
  const file = bench.scan("a1");
  bench.announce(file); // by TomoScan, before the watch was on
  await bench.pass(40);
  told("A");
  await bench.pass(40);
  await bench.stop();
  const { looks } = bench.source;
  await bench.start();
  bench.transfers.tags = TAGS;
  told("A");
  await bench.pass(40);
  expect(bench.source.looks).toBe(looks);
  bench.scan("a1", 2000);
  told("B");
  await bench.pass(40);
  expect(sizesOf(bench, "/2026-03/a1.h5")).toEqual([2000, 2000]);
});

test("a folder that belongs to a scan's file is proven with it", async () => {
  const bench = await started();
  const file = bench.scan("a1");
  bench.source.tree.put("/data/2026-03/a1_more/deep/x.txt", 5);
  bench.announce(file);
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});
