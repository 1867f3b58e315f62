/** The limit of open files, and what it leaves for clients. */
import { expect, test } from "vitest";
import { descriptorProblem, isOutOfDescriptors, limitIn, roomForClients } from "../../src/base/descriptors.ts";

const limits = (soft: string): string => `Limit                     Soft Limit           Hard Limit           Units
Max processes             1024                 4096                 processes
Max open files            ${soft.padEnd(21)}524288               files
Max locked memory         8388608              8388608              bytes
`;

test("the soft limit is read as Linux writes it", () => {
  expect([limitIn(limits("1024")), limitIn(limits("unlimited")), limitIn("")]).toEqual([
    1024,
    Number.POSITIVE_INFINITY,
    undefined,
  ]);
});

test("a limit with which nothing works is said with what to do", () => {
  expect(descriptorProblem(96)).toMatch(/^globus-ioc may have 96 files open and needs 256: .*ulimit -n.*\.$/);
  expect([256, Number.POSITIVE_INFINITY, undefined].map(descriptorProblem)).toEqual([undefined, undefined, undefined]);
});

test.each([
  [undefined, 2048],
  [Number.POSITIVE_INFINITY, 2048],
  [20_000, 2048],
  [1024, 896],
  [256, 128],
  [100, 1],
])("of %s open files, clients get %s of the 2048 that they may have", (limit, circuits) => {
  const room = roomForClients(limit, 2048);
  expect(room.circuits).toBe(circuits);
  expect(room.warning === undefined).toBe(circuits === 2048);
});

test("one descriptor too many is recognized behind whatever wraps it", () => {
  const system = Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" });
  expect(isOutOfDescriptors(new Error("cannot load", { cause: system }))).toBe(true);
  expect([new Error("ENOENT"), undefined, "EMFILE"].some(isOutOfDescriptors)).toBe(false);
});
