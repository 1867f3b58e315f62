import { expect, test } from "vitest";
import { inspectSource, type SourceFiles, type SourceLook } from "../../src/base/source-look.ts";
import type { TreeEntry } from "../../src/base/tree-count.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

const never = () => new Promise<never>(() => {});
/** Lists a file of 5 bytes, and then says nothing more. */
async function* stuck(): AsyncGenerator<readonly TreeEntry[]> {
  yield [{ name: "a", kind: "file", bytes: 5 }];
  await never();
}

function look(files: Partial<SourceFiles>, changes: Partial<SourceLook> = {}) {
  const clock = new FakeClock();
  const closed: string[] = [];
  const report = inspectSource({
    host: "data",
    top: "/data",
    parts: ["exp"],
    limits: { entries: 100, depth: 2, seconds: 10 },
    clock,
    open: async () => ({
      isDirectory: async () => true,
      realpath: async (path) => path,
      list: async function* () {
        yield [];
      },
      close: async () => void closed.push("closed"),
      ...files,
    }),
    remarkOn: () => undefined,
    isLocal: () => false,
    ...changes,
  });
  return { clock, report, closed };
}

test("a host that does not answer is UNKNOWN once the time of a look is over, and closed", async () => {
  const { clock, report, closed } = look({ isDirectory: never });
  await clock.advanceAsync(10);
  await expect(report).resolves.toEqual({
    state: "UNKNOWN",
    files: 0,
    bytes: 0,
    remark: "data gave no answer about /data/exp within 10 s",
  });
  expect(closed).toEqual(["closed"]);
});

test("a host that cannot be reached is UNKNOWN after the same time", async () => {
  const open = (until: AbortSignal) =>
    new Promise<never>((_, reject) => until.addEventListener("abort", () => reject(new Error("cut off"))));
  const { clock, report } = look({}, { open });
  await clock.advanceAsync(10);
  await expect(report).resolves.toMatchObject({ remark: "data gave no answer about /data/exp within 10 s" });
});

test("a host that falls silent while it lists leaves what was counted", async () => {
  const { clock, report, closed } = look({ list: stuck });
  await clock.advanceAsync(10);
  await expect(report).resolves.toEqual({ state: "OK", files: 1, bytes: 5, remark: "there is more than was counted" });
  expect(closed).toEqual(["closed"]);
});

test("an abort ends a look at a host that does not answer, and closes it", async () => {
  const abort = new AbortController();
  const { clock, report, closed } = look({ isDirectory: never }, { signal: abort.signal });
  report.catch(() => undefined);
  await clock.advanceAsync(1);
  abort.abort(new Error("called off"));
  await expect(report).rejects.toThrow("called off");
  expect(closed).toEqual(["closed"]);
});

test("a look that ends in time leaves no timer", async () => {
  const { clock, report } = look({});
  await expect(report).resolves.toMatchObject({ state: "EMPTY" });
  expect(clock.pending).toBe(0);
});
