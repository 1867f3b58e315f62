/** A bug of ours costs the one command or watch that it is in. */
import { tap } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { COMMAND_STATES } from "../../../src/controller/pvs/commands.ts";
import { AGAIN_SECONDS } from "../../../src/controller/run/faults.ts";
import { Bench } from "../wiring-fixture.ts";

const NAME = "2026-03-Noether-1014288";

let bench: Bench;
beforeEach(() => {
  vi.useFakeTimers();
  bench = new Bench([
    ({ pvs, experiment$ }) => experiment$.pipe(tap((one) => pvs.put("DaqList", one?.name ?? "none"))),
  ]);
});
afterEach(async () => {
  await bench.stop();
  vi.useRealTimers();
});

/** Starts Dirs, and waits until it is over. @returns its state and how its put-callback ended */
async function dirs(): Promise<{ state: string | undefined; end: string | undefined }> {
  bench.pvs.putFromOutside("Dirs", 1);
  await bench.wait(0);
  return { state: COMMAND_STATES[Number(bench.pvs.get("DirsStatus"))], end: bench.pvs.ends.at(-1) };
}
/** That the log has the stack, and operators and the program's health the sentence. */
function expectTold(where: string, pv: string): void {
  expect(bench.errors).toContainEqual(expect.stringMatching(new RegExp(`^TypeError: a bug at ${pv}\\n +at .*\\.ts`)));
  expect(bench.pvs.get("Log")).toContain(`MAJOR ${where}: Internal error: a bug at ${pv}.`);
  expect(bench.health.fault?.sentence).toBe(`${where}: Internal error: a bug at ${pv}.`);
}

test.each(["RequestId", "ActiveCommand", "Status"])(
  "a command whose beginning cannot be shown in %s runs all the same, and the next one, too",
  async (pv) => {
    await bench.tag();
    bench.pvs.faulty.add(pv);
    expect(await dirs()).toEqual({ state: "Done", end: "Dirs:ok" });
    expectTold("Dirs", pv);
    bench.pvs.ends.length = 0;
    expect(await dirs()).toEqual({ state: "Done", end: "Dirs:ok" });
  },
);

test.each(["DirsMessage", "DirsTime"])(
  "a command whose end cannot be shown in %s ends, its put-callback with an error, and runs again",
  async (pv) => {
    await bench.tag();
    bench.pvs.faulty.add(pv);
    expect(await dirs()).toEqual({ state: "Done", end: "Dirs:error" });
    expectTold("Dirs", pv);
    expect(bench.pvs.get("Message")).toBe(`Dirs: Internal error: a bug at ${pv}.`);
    expect(bench.pvs.get("Busy")).toBe(0);
    expect(await dirs()).toEqual({ state: "Done", end: "Dirs:ok" });
  },
);

test("a command that cannot be set back to 0 is over: it starts again", async () => {
  await bench.tag();
  bench.pvs.faulty.add("Dirs");
  bench.pvs.ends.length = 0;
  expect((await dirs()).state).toBe("Done");
  expect(bench.pvs.ends).toEqual([]);
  expectTold("Dirs", "Dirs");
  expect(await dirs()).toEqual({ state: "Done", end: "Dirs:ok" });
});

test("a run that cannot say what it does fails, and the next one does not", async () => {
  await bench.tag();
  bench.pvs.faulty.add("Message");
  expect(await dirs()).toEqual({ state: "Failed", end: "Dirs:error" });
  expect(bench.pvs.get("DirsMessage")).toBe("Internal error: a bug at Message.");
  expect(await dirs()).toEqual({ state: "Done", end: "Dirs:ok" });
});

test("a fault that cannot be told in Message either is in the log, and the commands go on", async () => {
  await bench.tag();
  const put = bench.pvs.put.bind(bench.pvs);
  bench.pvs.put = (suffix, value) => {
    if (suffix === "Message") bench.pvs.faulty.add(suffix);
    put(suffix, value);
  };
  expect(await dirs()).toEqual({ state: "Failed", end: "Dirs:error" });
  expect(bench.errors).toContainEqual(expect.stringContaining("TypeError: a bug at Message"));
  bench.pvs.put = put;
  expect(await dirs()).toEqual({ state: "Done", end: "Dirs:ok" });
});

test("a watch begins anew after a while, and the other watches and the commands go on", async () => {
  bench.pvs.faulty.add("DaqList");
  await bench.tag();
  expectTold("A watch", "DaqList");
  expect(bench.watched.at(-1)).toBe(NAME);
  expect(await dirs()).toEqual({ state: "Done", end: "Dirs:ok" });
  expect(bench.pvs.get("DaqList")).toBe("");
  await bench.wait(AGAIN_SECONDS);
  expect(bench.pvs.get("DaqList")).toBe(NAME);
});

test.each(["TagMessage", "ExperimentName", "DetectorDir"])(
  "the tag is shown after a while where %s did not take it, and the commands go on",
  async (pv) => {
    bench.pvs.faulty.add(pv);
    await bench.tag();
    expectTold("The PVs of the tag", pv);
    expect(await dirs()).toEqual({ state: "Done", end: "Dirs:ok" });
    await bench.wait(AGAIN_SECONDS);
    expect(bench.pvs.get("ExperimentName")).toBe(NAME);
    expect(bench.pvs.get("TagMessage")).toBe(`The experiment is ${NAME}.`);
    expect(bench.pvs.get("DetectorDir")).toBe(`/data/${NAME}`);
  },
);

test("the signs of life and Abort outlive a fault", async () => {
  bench.pvs.faulty.add("Watchdog");
  await bench.wait(1);
  expectTold("The signs of life", "Watchdog");
  await bench.wait(AGAIN_SECONDS);
  expect(bench.pvs.get("Watchdog")).toBe(5);
  bench.pvs.faulty.add("Message");
  bench.pvs.putFromOutside("Abort", 1);
  bench.pvs.putFromOutside("Abort", 1);
  expect(bench.pvs.get("Message")).toBe("Nothing is running that could be aborted.");
});

test("a bug in an action is told as a fault of the program", async () => {
  await bench.tag();
  bench.collection.failure = new TypeError("x is undefined");
  bench.pvs.putFromOutside("Init", 1);
  await bench.wait(0);
  expect(bench.pvs.get("InitMessage")).toBe("Internal error: x is undefined.");
  expect(bench.health.fault?.sentence).toBe("Init: Internal error: x is undefined.");
});
