import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Owner, OwnerFile, thisProcess } from "../../src/base/owner-file.ts";
import { failureOf } from "../support/failure-of.ts";
import { atEachStep } from "../support/fakes/failing-files.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "owner-"));
  path = join(folder, "x.owner");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const owned = (owner: Partial<Owner> = {}): Owner => ({ ...thisProcess(), ...owner });
const leave = (owner: Partial<Owner>): void => writeFileSync(path, JSON.stringify(owned(owner)));
const holder = (): Owner => JSON.parse(readFileSync(path, "utf8")) as Owner;

test("a process claims what nobody has, claims it again, and gives it back", async () => {
  const file = new OwnerFile(path);
  expect(await file.claim()).toBeUndefined();
  expect(await file.claim()).toBeUndefined();
  expect(holder()).toEqual(thisProcess());
  await file.release();
  expect(readdirSync(folder)).toEqual([]);
});

test("what another process on this host has is its own while it runs, and is taken over when it was killed", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const ended = once(child, "exit");
  const stat = `/proc/${child.pid}/stat`;
  const started = existsSync(stat) ? readFileSync(stat, "utf8").split(" ")[21]! : "";
  leave({ pid: child.pid!, started });
  const file = new OwnerFile(path);
  expect(await file.claim()).toMatchObject({ pid: child.pid });
  await file.release();
  expect(holder().pid).toBe(child.pid);
  child.kill("SIGKILL");
  await ended;
  expect(await file.claim()).toBeUndefined();
  expect(holder()).toEqual(thisProcess());
});

test.each<[string, Partial<Owner>]>([
  ["a process whose number another one has now", { pid: process.ppid, started: "1" }],
  ["this process's own number in an earlier life", { started: "1" }],
  ["a container that had another name", { host: "0a1b2c3d4e5f", pid: 1, started: "1" }],
  ["a process before the host was started again", { boot: "another boot" }],
  ["a process that is gone, where the system tells no start times", { pid: 2 ** 22 + 1, started: "" }],
])("what %s left is taken over", async (_, owner) => {
  leave(owner);
  expect(await new OwnerFile(path).claim()).toBeUndefined();
  expect(holder()).toEqual(thisProcess());
  expect(readdirSync(folder)).toEqual(["x.owner"]);
});

test.each<[string, Partial<Owner>]>([
  ["another host", { host: "otherhost", boot: "another boot" }],
  ["another host of the same name", { machine: "another machine", boot: "another boot" }],
])("what a process on %s has is its own: nobody can see whether that process runs", async (_, owner) => {
  leave(owner);
  expect(await new OwnerFile(path).claim()).toEqual(owned(owner));
});

test("what a container took over from one that still runs is told to that one, and stays with the later", async () => {
  const first = new OwnerFile(path);
  await first.claim();
  const later = owned({ host: "0a1b2c3d4e5f", pid: 1, started: "1" });
  writeFileSync(path, JSON.stringify(later));
  expect(await first.claim()).toEqual(later);
  expect(holder()).toEqual(later);
});

test("a taker on another host that did not end is named, with the file to remove", async () => {
  leave({ started: "1" });
  writeFileSync(`${path}.taking`, JSON.stringify(owned({ host: "otherhost", boot: "another boot", pid: 4711 })));
  const failure = await failureOf(new OwnerFile(path).claim(), Error);
  expect(failure.message).toBe(
    `process 4711 on otherhost takes ${path} over and does not end; if that process is gone, remove ${path}.taking`,
  );
});

test("a file of a taker that no process wrote is removed", async () => {
  writeFileSync(path, "{");
  writeFileSync(`${path}.taking`, "");
  expect(await new OwnerFile(path).claim()).toBeUndefined();
  expect(readdirSync(folder)).toEqual(["x.owner"]);
});

test("what was left of an earlier claim that was cut short goes with the next one", async () => {
  const left = `${path}.0123456789ab.tmp`;
  writeFileSync(left, "{");
  utimesSync(left, 1, 1);
  await new OwnerFile(path).claim();
  expect(readdirSync(folder)).toEqual(["x.owner"]);
});

test("a file that no process wrote is nobody's", async () => {
  writeFileSync(path, "{");
  expect(await new OwnerFile(path).claim()).toBeUndefined();
});

test("of many that take over at once one alone has it", async () => {
  for (let round = 0; round < 20; round++) {
    const selves = Array.from({ length: 8 }, (_, index) => owned({ host: `host${index}` }));
    writeFileSync(path, "{");
    const results = await Promise.all(selves.map((self) => new OwnerFile(path, { self }).claim()));
    const winners = selves.filter((_, index) => results[index] === undefined);
    expect(winners).toEqual([holder()]);
    expect(readdirSync(folder)).toEqual(["x.owner"]);
    rmSync(path);
  }
});

test("a disk that fails at any step leaves no half of an owner and nothing beside it", async () => {
  const steps = await atEachStep(async (files, step) => {
    leave({ started: "1" });
    const result = await new OwnerFile(path, { files: files.calls }).claim().catch((error: Error) => error.message);
    expect(
      readdirSync(folder).filter((name) => name !== "x.owner"),
      step,
    ).toEqual([]);
    if (result !== undefined) expect(result).toMatch(/^ENOSPC/);
  });
  expect(steps).toBeGreaterThan(4);
});
