import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type DaqKind, FILES_A_SECOND } from "../../../src/sandbox/dm/daq.ts";
import { DmDaqs } from "../../../src/sandbox/dm/daqs.ts";
import { DmSources } from "../../../src/sandbox/dm/sources.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const DIRECTORY = "/data/e";
interface Counts {
  readonly status: string;
  readonly countFiles: number;
  readonly nCompletedFiles: number;
}
interface Step {
  readonly seconds: number;
  readonly newFiles: number;
  readonly stop: boolean;
}

/** What one that takes existing files shows after each step. */
function run(kind: DaqKind, steps: readonly Step[]): readonly Counts[] {
  const clock = new FakeClock();
  const sources = new DmSources(undefined);
  const daqs = new DmDaqs(clock, sources);
  let files = 0;
  daqs.start({
    kind,
    experimentName: "e",
    stationName: "2BM",
    storageDirectory: "/gdata/e",
    dataDirectory: DIRECTORY,
    task: { processExistingFiles: true },
  });
  return steps.map(({ seconds, newFiles, stop }) => {
    clock.advance(seconds);
    files += newFiles;
    sources.filesByDirectory.set(DIRECTORY, files);
    if (stop) daqs.stopDaq("e", DIRECTORY);
    return daqs.list(kind)[0] as unknown as Counts;
  });
}

const step = fc.record({
  seconds: fc.double({ min: 0, max: 5, noNaN: true }),
  newFiles: fc.nat(10),
  stop: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

test("whatever happens, a DAQ never takes more than there is or than its pace allows, and nothing after its end", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const seen = run("daq", steps);
      let before: Counts = { status: "running", countFiles: 0, nCompletedFiles: 0 };
      for (const [index, now] of seen.entries()) {
        const taken = now.nCompletedFiles - before.nCompletedFiles;
        expect(now.countFiles).toBeGreaterThanOrEqual(before.countFiles);
        expect(now.nCompletedFiles).toBeLessThanOrEqual(now.countFiles);
        expect(taken).toBeGreaterThanOrEqual(0);
        expect(taken).toBeLessThanOrEqual((steps[index]?.seconds ?? 0) * FILES_A_SECOND + 1);
        if (before.status === "done") expect(now).toEqual(before);
        before = now;
      }
      const stopped = steps.findIndex(({ stop }) => stop);
      expect(before.status === "running").toBe(stopped < 0);
    }),
  );
});

test("a DAQ that is stopped still takes what it has found, and nothing that comes later", () => {
  const seen = run("daq", [
    { seconds: 1, newFiles: 12, stop: true },
    { seconds: 1, newFiles: 5, stop: false },
    { seconds: 5, newFiles: 5, stop: false },
  ]);
  expect(seen.map(({ status, nCompletedFiles }) => [status, nCompletedFiles])).toEqual([
    ["finalizing", 0],
    ["finalizing", 5],
    ["done", 12],
  ]);
});
