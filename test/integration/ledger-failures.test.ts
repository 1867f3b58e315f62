import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { createLedger, type Ledger } from "../../src/services/ledger/ledger.ts";
import type { LedgerOptions } from "../../src/services/ledger/place.ts";
import { type LevelDatabase, openClassic } from "../../src/services/ledger/store.ts";
import { mountSmallDisk, writeLedgerOnFailingDisk, writeLedgerUntilKilled } from "../support/failing-disk.ts";
import { failureOf } from "../support/failure-of.ts";
import { needPeers } from "../support/peers/real-peers.ts";

const SENT = { state: "sent", at: "2026-03-01T12:00:00Z" } as const;
const addresses = (numbers: readonly number[]): string[] => numbers.map((one) => `a${one}@x.example`).sort();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ledger-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});
function ledger(changes: Partial<LedgerOptions> = {}): Ledger {
  const made = createLedger({ path: folder, owner: { pid: 1, host: "station1" }, ...changes });
  onTestFinished(() => made.close());
  return made;
}
const known = async (one: Ledger): Promise<string[]> => [...(await one.mailed("E")).keys()].sort();

/** A LevelDB whose calls fail when the test says so. */
class FailingLevel {
  readonly calls: string[] = [];
  failing: keyof LevelDatabase | undefined;
  readonly open = (at: string): LevelDatabase => {
    let real: LevelDatabase; // opens itself soon after it was made
    const call = async <T>(name: keyof LevelDatabase, work: () => Promise<T>): Promise<T> => {
      this.calls.push(name);
      if (name === this.failing) throw new Error(`IO error: ${name}: No space left on device`);
      return work();
    };
    return {
      open: (options) => call("open", () => (real = openClassic(at)).open(options)),
      close: () => call("close", () => real.close()),
      put: (key, value, options) => call("put", () => real.put(key, value, options)),
      batch: (changes, options) => call("batch", () => real.batch(changes, options)),
      iterator: (range) => {
        const iterator = real.iterator(range);
        return {
          all: () => call("iterator", () => iterator.all()),
          nextv: (count) => call("iterator", () => iterator.nextv(count)),
          close: () => iterator.close(),
        };
      },
    };
  };
}

test("after a write that failed the database is closed and opened anew before the next call", async () => {
  const level = new FailingLevel();
  const made = ledger({ openLevel: level.open });
  await made.putMailed("E", "a0@x.example", SENT);
  level.failing = "put";
  const error = await failureOf(made.putMailed("E", "a1@x.example", SENT), ActionError);
  expect(error.message).toBe(`The ledger ${folder} failed: IO error: put: No space left on device`);
  level.failing = undefined;
  level.calls.length = 0;
  await made.putMailed("E", "a2@x.example", SENT);
  expect(level.calls).toEqual(["close", "open", "put"]);
  expect(await known(made)).toEqual(addresses([0, 2]));
});

test("a record that is not understood is told at each look, and the database stays open", async () => {
  const level = new FailingLevel();
  let written: LevelDatabase | undefined;
  const made = ledger({ openLevel: (at) => (written = level.open(at)) });
  await made.open();
  await written?.put("E\u0000a0@x.example", "{}", { sync: true });
  level.calls.length = 0;
  for (let look = 0; look < 3; look++)
    expect((await failureOf(made.mailed("E"), ActionError)).message).toContain("holds {}, which is no record");
  expect(level.calls).toEqual(["iterator", "iterator", "iterator"]);
});

test.each(["open", "close", "batch", "iterator", "put"] as const)(
  "while %s fails every call is refused with a sentence, and the first one after that succeeds",
  async (failing) => {
    const level = new FailingLevel();
    const made = ledger({ openLevel: level.open });
    if (failing !== "batch" && failing !== "iterator") {
      await made.putMailed("E", "a0@x.example", SENT);
      level.failing = "put";
      await failureOf(made.putMailed("E", "a1@x.example", SENT), ActionError);
    }
    level.failing = failing;
    for (let i = 0; i < 3; i++) {
      const error = await failureOf(made.putMailed("E", "a2@x.example", SENT), ActionError);
      expect(error.message).toContain(`The ledger ${folder} `);
      expect(error.message).toContain(`IO error: ${failing}: No space left on device`);
    }
    level.failing = undefined;
    await made.putMailed("E", "a3@x.example", SENT);
    expect(await known(made)).toContain("a3@x.example");
  },
);

test("what is being sent stays so when the ledger is opened anew by the process that sends it", async () => {
  const level = new FailingLevel();
  const made = ledger({ openLevel: level.open });
  await made.putMailed("E", "a0@x.example", { ...SENT, state: "sending" });
  level.failing = "put";
  await failureOf(made.putMailed("E", "a0@x.example", SENT), ActionError);
  level.failing = undefined;
  expect((await made.mailed("E")).get("a0@x.example")?.state).toBe("sending");
  await made.close();
  expect((await ledger().mailed("E")).get("a0@x.example")?.state).toBe("uncertain");
});

test("a failing ledger is told once when it begins and once when it works again", async () => {
  const told: string[] = [];
  const trouble = { begins: (said: string) => told.push(`- ${said}`), ends: (said: string) => told.push(`+ ${said}`) };
  const level = new FailingLevel();
  const made = ledger({ openLevel: level.open, trouble });
  level.failing = "open";
  await failureOf(made.open(), ActionError);
  level.failing = undefined;
  await made.open();
  expect(told).toEqual([
    `- The ledger ${folder} cannot be opened: IO error: open: No space left on device; set path in the [ledger] section of globus.conf.`,
    `+ The ledger ${folder} works again.`,
  ]);
});

describe.skipIf(needPeers("prlimit").missing)("with a limit on the size of files", () => {
  test("every acknowledged write is found after a restart, though every tenth one was torn", async () => {
    const { acknowledged, sentences } = await writeLedgerOnFailingDisk(folder, 200);
    expect(acknowledged).toHaveLength(180);
    for (const sentence of sentences)
      expect(sentence).toMatch(/^The ledger \S+ failed: IO error: \S+: File too large$/);
    expect(await known(ledger())).toEqual(expect.arrayContaining(addresses(acknowledged)));
  }, 120_000);
});

describe.skipIf(needPeers("root").missing)("on a small disk", () => {
  test("a full disk refuses every write with a sentence; with room again the ledger goes on by itself, and nothing is lost", async () => {
    const disk = await mountSmallDisk(1024 * 1024);
    onTestFinished(() => disk.remove());
    const made = ledger({ path: disk.path });
    const put = (one: number) => made.putMailed("E", `a${one}@x.example`, SENT);
    for (let i = 0; i < 100; i++) await put(i);
    await disk.fill();
    let failed = 0;
    for (let i = 100; i < 200; i++) await put(i).catch(() => failed++);
    expect(failed).toBeGreaterThan(0);
    const error = await failureOf(put(200), ActionError);
    expect(error.message).toMatch(/^The ledger \S+ (failed|cannot be opened): .*No space left on device/);
    await disk.empty();
    await put(201);
    const before = await known(made);
    await made.close();
    expect(before).toEqual(expect.arrayContaining(addresses([...Array.from({ length: 100 }, (_, one) => one), 201])));
    expect(await known(ledger({ path: disk.path }))).toEqual(before);
  });

  test("a process that is killed while its disk is filling up loses nothing that it acknowledged", async () => {
    const disk = await mountSmallDisk(1024 * 1024);
    onTestFinished(() => disk.remove());
    await disk.fill(48 * 1024);
    const acknowledged = await writeLedgerUntilKilled(disk.path, 150);
    expect(acknowledged.length).toBeGreaterThanOrEqual(150);
    await disk.empty();
    expect(await known(ledger({ path: disk.path }))).toEqual(expect.arrayContaining(addresses(acknowledged)));
  });
});
