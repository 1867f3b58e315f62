import { expect, test } from "vitest";
import { isDead } from "../../../src/controller/transfers/queue-states.ts";
import { ScanCounts } from "../../../src/controller/transfers/scan-counts.ts";
import { isProven, isUnderWay, needsPerson, type ScanQueue } from "../../../src/controller/transfers/scan-queue.ts";
import { type Bench, started } from "./transfers-fixture.ts";

function queueOf({ transfers }: Bench): ScanQueue {
  if (transfers.running === undefined) throw new Error("no queue");
  return transfers.running.road.queue;
}

test("what is counted change by change is what a look at all scans would count, before and after a restart", async () => {
  const bench = await started();
  let counts = await ScanCounts.of(queueOf(bench)); // from the first change on
  const files = Array.from({ length: 30 }, (_, index) => bench.scan(`s${index}`, 100 + index));
  bench.copier.poison = /s[1-4]\./;
  bench.tasks.loses = /s7/;
  for (const [index, file] of files.entries()) {
    bench.announce(file, index % 9 === 0 ? { aborted: "it was stopped" } : {});
    await bench.pass(2);
    if (index === 20) bench.source.tree.put(files[2] ?? "", 5000, 9000);
    if (index === 21) bench.announce(files[2] ?? "");
    if (index === 22) bench.announce("/data/2026-03/gone.h5");
  }
  const counted = () => {
    const queue = queueOf(bench);
    const scans = [...queue.scans.values()];
    const sends = scans.flatMap((one) => [...one.sends.values()].map((send) => ({ send, bytes: one.scan.bytes ?? 0 })));
    const ours = scans.filter(({ scan }) => scan.state !== "left" && scan.tags?.exp === "2026-03-Levy-1014288");
    const at = (name: string) => sends.filter(({ send }) => send.destination === name);
    const looked = {
      underWay: scans.filter(isUnderWay).length,
      failed: scans.filter(needsPerson).length,
      oldest: scans.find(isUnderWay)?.scan.id,
      dead: at("archive").filter(({ send }) => isDead(send)).length,
      open: queue.openSends("petrel").size,
      proven: at("petrel").reduce((sum, { send, bytes }) => sum + (send.state === "verified" ? bytes : 0), 0),
      experiment: { scans: ours.length, proven: ours.filter(isProven).length },
    };
    const told = {
      underWay: counts.underWay,
      failed: counts.needingPerson,
      oldest: counts.oldest,
      dead: counts.of("archive").dead,
      open: counts.of("petrel").open,
      proven: counts.of("petrel").bytesProven,
      experiment: counts.ofExperiment("2026-03-Levy-1014288"),
    };
    return { looked, told, viewed: bench.view };
  };
  for (const _ of ["as it runs", "after a restart"]) {
    const { looked, told, viewed } = counted();
    expect(told).toEqual(looked);
    expect(looked.underWay).toBeGreaterThan(0);
    expect(looked.experiment.proven).toBeGreaterThan(0);
    expect(viewed).toMatchObject({ depth: looked.underWay, failed: looked.failed });
    await bench.stop();
    await bench.start();
    counts = await ScanCounts.of(queueOf(bench));
  }
});
