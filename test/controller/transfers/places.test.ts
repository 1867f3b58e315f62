/** No scan takes another's place at a destination. */
import { expect, test } from "vitest";
import type { DestinationRow } from "../../../src/controller/transfers/rules.ts";
import { RULES } from "../../support/fakes/fake-transfers.ts";
import { type Bench, started } from "./transfers-fixture.ts";

/** All scans of an experiment in one folder. */
const inOneFolder = (bench: Bench): void => {
  bench.destinations = bench.destinations.map((row): DestinationRow => ({ ...row, template: "{exp}" }));
};
const put = (bench: Bench, file: string, bytes: number): string => {
  bench.source.tree.put(file, bytes);
  bench.announce(file);
  return file;
};
const reasonOf = (bench: Bench, file: string): string =>
  [...(bench.transfers.running?.road.queue.ofFile(file).at(-1)?.sends.values() ?? [])][0]?.reason ?? "";

test.each([0, 60])(
  "of two scans of one name and one place, %i s apart, the first is sent, and a person decides about the other",
  async (seconds) => {
    const bench = await started(inOneFolder);
    const first = put(bench, "/data/sample1/a1.h5", 1000);
    await bench.pass(seconds);
    const second = put(bench, "/data/sample2/a1.h5", 2000);
    await bench.pass(120);
    expect(bench.stateOf(first)).toEqual({ archive: "verified", petrel: "verified" });
    expect(bench.stateOf(second)).toEqual({ archive: "dead", petrel: "dead" });
    expect(reasonOf(bench, second)).toBe(
      '"2026-03-Levy-1014288/a1.h5" at archive is the place of "/data/sample1/a1.h5", another scan: rename one of them, or let the destination\'s path tell them apart, as {rel} does.',
    );
    expect(bench.copier.copies).toBe(1);
    expect(bench.tasks.taskById.size).toBe(1);
    await bench.transfers.running?.retry();
    await bench.pass(120);
    expect(bench.stateOf(second)).toEqual({ archive: "dead", petrel: "dead" });
  },
);

test("a scan that was moved at the source is the same, and versions of a file have one place", async () => {
  const bench = await started(inOneFolder);
  put(bench, "/data/scan/a1.h5", 1000);
  await bench.pass(60);
  bench.source.tree.files.clear();
  bench.source.tree.put("/data/exp/a1.h5", 1000);
  bench.announce("/data/exp/a1.h5");
  await bench.pass(60);
  expect(bench.stateOf("/data/exp/a1.h5")).toEqual({ archive: "verified", petrel: "verified" });
  put(bench, "/data/exp/a1.h5", 3000);
  await bench.pass(60);
  expect(bench.stateOf("/data/exp/a1.h5")).toEqual({ archive: "verified", petrel: "verified" });
});

test("a scan whose files the ledger has lost keeps its place, and the other is not looked at anew for ever", async () => {
  const bench = await started(inOneFolder);
  const first = put(bench, "/data/sample1/a1.h5", 1000);
  await bench.pass(60);
  bench.ledger.loseManifest(bench.transfers.running?.road.queue.ofFile(first)[0]?.scan.id ?? "");
  const second = put(bench, "/data/sample2/a1.h5", 1000);
  await bench.pass(120);
  expect(bench.stateOf(second)).toEqual({ archive: "dead", petrel: "dead" });
});

test("the place of a scan that was given up is free", async () => {
  const bench = await started((one) => {
    inOneFolder(one);
    one.isPausedAtStart = true;
    one.rules = { ...RULES, settleSeconds: 1 };
  });
  put(bench, "/data/sample1/a1.h5", 1000);
  await bench.pass(10);
  await bench.transfers.running?.drop(() => true, "given up");
  bench.transfers.hold({ isPaused: false, isDry: false });
  const second = put(bench, "/data/sample2/a1.h5", 2000);
  await bench.pass(60);
  expect(bench.stateOf(second)).toEqual({ archive: "verified", petrel: "verified" });
});
