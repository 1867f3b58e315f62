/** What was decided, or was another's, before: through a restart, another login, and another globus.conf. */

import { expect, test } from "vitest";
import { ActionError } from "../../../src/base/errors.ts";
import { NotFoundError, UnavailableError } from "../../../src/controller/ports/call.ts";
import { RULES } from "../../support/fakes/fake-transfers.ts";
import { type Bench, started } from "./transfers-fixture.ts";

const scansOf = (bench: Bench) =>
  [...(bench.transfers.running?.road.queue.scans.values() ?? [])].map(({ scan }) => scan);

test("a scan that was given up while it waited is not sent when TomoScan is connected anew", async () => {
  const bench = await started();
  bench.source.failure = new UnavailableError("detector does not answer.");
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(10);
  await bench.transfers.running?.drop(() => true, "given up");
  bench.source.failure = undefined;
  bench.announce(file, { mayBeOld: true });
  await bench.pass(60);
  expect(scansOf(bench)).toMatchObject([{ state: "left", reason: "given up" }]);
  expect(bench.copier.copies).toBe(0);
  bench.announce(file); // TomoScan has written it again
  await bench.pass(60);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});

test.each(["given up while it waited", "given up when it was lost"])(
  "what a watch sees was %s: it is not sent when the watch tells of it anew, but once it has changed",
  async (how) => {
    const isLost = how.includes("lost");
    const bench = await started((one) => {
      if (isLost) one.rules = { ...RULES, giveUpSeconds: 1 };
    });
    const file = bench.scan("a1");
    bench.source.failure = isLost ? new NotFoundError("It is not there.") : new UnavailableError("No answer.");
    bench.announce(file, { content: "A" });
    await bench.pass(30);
    expect(scansOf(bench)).toMatchObject([{ state: isLost ? "lost" : "waiting" }]);
    await bench.transfers.running?.drop(() => true, "given up");
    bench.source.failure = undefined;
    await bench.stop();
    await bench.start();
    for (const trigger of ["marker", "quiet"]) bench.announce(file, { content: "A", trigger });
    await bench.pass(60);
    expect(scansOf(bench)).toMatchObject([{ state: "left", reason: "given up" }]);
    expect(bench.copier.copies).toBe(0);
    bench.announce(file, { content: "B" });
    await bench.pass(60);
    expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  },
);

test("a scan of TomoScan that was given up is not sent when a watch tells of it for the first time", async () => {
  const bench = await started();
  const file = bench.scan("a1");
  bench.source.failure = new UnavailableError("detector does not answer.");
  bench.announce(file);
  await bench.pass(10);
  await bench.transfers.running?.drop(() => true, "given up");
  bench.source.failure = undefined;
  bench.announce(file, { content: "A" });
  await bench.pass(60);
  expect(scansOf(bench)).toMatchObject([{ state: "left" }]);
  bench.announce(file, { content: "B" });
  await bench.pass(60);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});

test("a scan that was lost is sent when a watch sees its files again", async () => {
  const bench = await started((one) => {
    one.rules = { ...RULES, giveUpSeconds: 1 };
  });
  const file = "/data/2026-03/a1.h5";
  bench.announce(file, { content: "A" });
  await bench.pass(30);
  expect(scansOf(bench)).toMatchObject([{ state: "lost" }]);
  bench.scan("a1");
  bench.announce(file, { content: "A" });
  await bench.pass(60);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});

test("a scan that was aborted and left is not sent when TomoScan is connected anew, and no longer says so", async () => {
  const bench = await started((one) => {
    one.rules = { ...RULES, aborted: "leave" };
  });
  const file = bench.scan("a1");
  bench.announce(file, { aborted: "AbortScan was set" });
  await bench.pass(5);
  bench.announce(file, { mayBeOld: true });
  bench.announce(file, { mayBeOld: true, aborted: "it has too few frames" });
  await bench.pass(60);
  expect(scansOf(bench)).toMatchObject([{ state: "left" }]);
  expect(bench.copier.copies).toBe(0);
});

test("QueueRetry queues nothing for a destination that globus.conf no longer has", async () => {
  const bench = await started();
  bench.copier.failure = new UnavailableError("/archive is not mounted.");
  const file = bench.scan("a1");
  bench.announce(file);
  await bench.pass(40);
  await bench.stop();
  const { destinations } = bench;
  bench.destinations = destinations.filter(({ name }) => name !== "archive");
  await bench.start();
  expect(bench.stateOf(file)).toEqual({ archive: "dead", petrel: "verified" });
  expect(await bench.transfers.retry()).toBe(0);
  await bench.pass(10);
  expect(bench.stateOf(file)["archive"]).toBe("dead");
  await bench.stop();
  bench.destinations = destinations;
  bench.copier.failure = undefined;
  await bench.start();
  expect(await bench.transfers.retry()).toBe(1);
  await bench.pass(30);
  expect(bench.stateOf(file)["archive"]).toBe("verified");
});

test("where a command in the foreground has the queue, sentences name its ledger and no PV", async () => {
  const bench = await started((one) => {
    one.told = { foreground: { ledger: "/var/x" } };
    one.rules = { ...RULES, attempts: 1 };
  });
  const told = (): string[] => bench.said.splice(0).filter((one) => !one.startsWith("NO_ALARM"));
  bench.copier.failure = new ActionError("No space is left on /archive.");
  bench.announce(bench.scan("a1"));
  await bench.pass(60);
  expect(told()).toEqual([
    "MAJOR a1 is not sent to archive any more (globus-ioc queue retry --all --ledger /var/x): No space is left on /archive.",
  ]);
  bench.announce("/elsewhere/a2.h5");
  await bench.pass(1);
  expect(told()).toEqual([
    'MINOR a2.h5 is not sent: "/elsewhere/a2.h5" does not lie below /data of detector, from where this command sends.',
  ]);
  bench.copier.failure = new UnavailableError("/archive is not mounted.");
  bench.announce(bench.scan("a3"));
  await bench.pass(30);
  await bench.stop();
  bench.destinations = bench.destinations.filter(({ name }) => name !== "archive");
  await bench.start();
  expect(told().at(-1)).toBe(
    "MAJOR 1 scan was to go to archive: this command sends elsewhere: give the earlier one again, or drop the scan (globus-ioc queue drop SCAN --ledger /var/x).",
  );
});

test("what another login has begun, and a person has given up piece by piece, is never submitted", async () => {
  const bench = await started((one) => {
    one.tasks.refuses = new UnavailableError("Globus gave no answer.");
  });
  const files = [bench.scan("a1"), bench.scan("a2")];
  for (const file of files) bench.announce(file);
  await bench.pass(30);
  expect(bench.transfers.running?.road.queue.submissions.size).toBe(1);
  await bench.stop();
  bench.tasks.login = "somebody else";
  bench.tasks.refuses = undefined;
  await bench.start();
  for (const file of files) await bench.transfers.running?.drop((scan) => scan.file === file, "given up");
  await bench.pass(300);
  expect(bench.tasks.taskById.size).toBe(0);
  expect(bench.transfers.running?.road.queue.submissions.size).toBe(0);
});

test("while another login's task is under way, who looks is told which login is needed", async () => {
  const bench = await started();
  bench.tasks.seconds = 1e6;
  bench.announce(bench.scan("a1"));
  await bench.pass(30);
  await bench.stop();
  bench.tasks.login = "somebody else";
  await bench.start();
  await bench.pass(10);
  expect(bench.transfers.running?.watch?.trouble).toContain("log in as me");
  bench.tasks.login = "me";
  await bench.pass(10);
  expect(bench.transfers.running?.watch?.trouble).toBeUndefined();
});

test("a scan whose host was away for long is not lost at the first look that does not find it", async () => {
  const bench = await started((one) => {
    one.rules = { ...RULES, giveUpSeconds: 60 };
  });
  bench.source.failure = new UnavailableError("detector does not answer.");
  const file = "/data/2026-03/a1.h5";
  bench.announce(file);
  await bench.pass(600);
  bench.source.failure = undefined; // its file is not seen yet
  await bench.pass(61);
  expect(scansOf(bench)).toMatchObject([{ state: "waiting" }]);
  await bench.pass(200);
  expect(scansOf(bench)).toMatchObject([{ state: "lost" }]);
});

test("the proof of an older version says nothing of the one that was written meanwhile", async () => {
  const bench = await started();
  const file = bench.scan("a1", 100);
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { tasks } = bench;
  const list = tasks.list.bind(tasks);
  tasks.list = async (...asked) => {
    const found = await list(...asked);
    await gate;
    return found;
  };
  bench.announce(file);
  await bench.pass(40);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "submitted" });
  const { road } = bench.transfers.running ?? {};
  bench.source.tree.put(file, 200, 9000);
  await road?.lookAnew(scansOf(bench)[0]?.id ?? "", "petrel", "its files have changed");
  await bench.pass(7);
  go();
  await bench.pass(60);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect([...tasks.taskById.keys()]).toHaveLength(2);
});
