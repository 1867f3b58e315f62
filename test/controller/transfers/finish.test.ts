/** An end in order: the step under way is finished, and the rest is kept. */
import { expect, test } from "vitest";
import { started, turn } from "./transfers-fixture.ts";

test("what is asked of Globus is answered before the end; nothing new is begun, and the next process sends the rest", async () => {
  const bench = await started();
  bench.rules = { ...bench.rules, batchScans: 1 };
  await bench.stop();
  await bench.start();
  const [first, second] = [bench.scan("a1"), bench.scan("a2")];
  const answer = bench.tasks.holdAnswer();
  bench.announce(first);
  bench.announce(second);
  while (!bench.tasks.requests.includes("submit")) await bench.pass(1);
  let isOver = false;
  const over = bench.transfers.finish().finally(() => {
    isOver = true;
  });
  await turn();
  expect(isOver).toBe(false);
  answer();
  await over;
  await bench.pass(3);
  expect(bench.stateOf(first)["petrel"]).toBe("submitted");
  expect(bench.stateOf(second)["petrel"]).toBe("queued");
  await bench.stop();
  await bench.start();
  await bench.pass(60);
  for (const file of [first, second]) expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
  expect([...bench.tasks.arrivals.values()].every((count) => count === 1)).toBe(true);
});

test("a copy that takes longer than some seconds is left as it is, and begun again by the next process", async () => {
  const bench = await started();
  bench.tasks.seconds = 1;
  let goOn = (): void => {};
  bench.copier.gate = new Promise((resolve) => {
    goOn = resolve;
  });
  const file = bench.scan("a1");
  bench.announce(file);
  while (bench.copier.copies === 0) await bench.pass(1);
  const over = bench.transfers.finish();
  await bench.pass(10);
  await over;
  const stopped = bench.stop();
  goOn();
  await stopped;
  bench.copier.gate = undefined;
  await bench.start();
  await bench.pass(60);
  expect(bench.stateOf(file)).toEqual({ archive: "verified", petrel: "verified" });
});
