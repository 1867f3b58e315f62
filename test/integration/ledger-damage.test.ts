import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ActionError, messageOf } from "../../src/base/errors.ts";
import { MAIL_DATABASE } from "../../src/services/ledger/files.ts";
import { createLedger, type Ledger } from "../../src/services/ledger/ledger.ts";
import { readLevelFolder } from "../../src/services/ledger/leveldb/folder.ts";
import { LedgerLockedError, type LedgerOptions } from "../../src/services/ledger/place.ts";
import { lookAtLedger, recoverLedger } from "../../src/services/ledger/recovery.ts";
import { LedgerDamagedError, openClassic } from "../../src/services/ledger/store.ts";
import { failureOf } from "../support/failure-of.ts";

const AT = "2026-03-01T12:00:00Z";
const OWNER = { pid: 4711, host: "station1", prefix: "2bmb:Globus:" };
const SENT = { state: "sent", at: AT } as const;

/** A database with tables, one of them compressed, a log of several blocks, and keys that were changed and deleted. */
let sample: string;
let expected: Map<string, string>;
beforeAll(async () => {
  sample = await mkdtemp(join(tmpdir(), "level-"));
  expected = new Map();
  const put = async (database: ClassicLevel, key: string, value: string): Promise<void> => {
    await database.put(key, value, { sync: true });
    expected.set(key, value);
  };
  for (let round = 0; round < 3; round++) {
    const database = new ClassicLevel(sample);
    for (let i = 0; i < 40; i++)
      await put(database, `E\u0000user${i}@x.example`, JSON.stringify({ ...SENT, round, i }));
    await database.del(`E\u0000user${round}@x.example`);
    expected.delete(`E\u0000user${round}@x.example`);
    if (round === 2) await put(database, "long", "0123456789".repeat(4000));
    await database.close();
  }
});
afterAll(() => rm(sample, { recursive: true, force: true }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ledger-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});
const at = (name: string): string => join(folder, "mail", name);
function ledger(changes: Partial<LedgerOptions> = {}): Ledger {
  const made = createLedger({ path: folder, owner: OWNER, ...changes });
  onTestFinished(() => made.close());
  return made;
}
/** A ledger that was written and closed. @returns the name of its log file */
async function written(count: number): Promise<string> {
  const made = ledger();
  for (let i = 0; i < count; i++) await made.putMailed("E", `a${i}@x.example`, SENT);
  await made.close();
  const logs = (await readdir(join(folder, "mail"))).filter((name) => name.endsWith(".log"));
  expect(logs).toHaveLength(1);
  return logs[0]!;
}
async function flip(file: string, byte: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[byte]! ^= 0x10;
  await writeFile(file, bytes);
}

test("what LevelDB wrote is read without it: changed, deleted, compressed, and longer than a block", async () => {
  const names = await readdir(sample);
  expect(names.some((name) => name.endsWith(".ldb"))).toBe(true);
  expect(await readLevelFolder(sample)).toEqual({ values: expected, damages: [] });
});

test("a flipped bit in any file is seen wherever it changes what is read", async () => {
  const files = (await readdir(sample)).filter((name) => /\.log$|\.ldb$|^MANIFEST|^CURRENT$/.test(name));
  let seen = 0;
  for (const name of files) {
    const whole = await readFile(join(sample, name));
    const step = Math.max(1, Math.floor(whole.length / 150));
    for (let byte = 0; byte < whole.length; byte += step) {
      await flip(join(sample, name), byte);
      const { values, damages } = await readLevelFolder(sample);
      if (damages.length > 0) seen++;
      else expect(values, `${name}, byte ${byte}`).toEqual(expected);
      await writeFile(join(sample, name), whole);
    }
  }
  expect(seen).toBeGreaterThan(300);
});

test("a log that was cut in the middle of its last record is in order, as a kill leaves it", async () => {
  const name = await written(3);
  const whole = await readFile(at(name));
  for (let length = 0; length < whole.length; length++) {
    await truncate(at(name), length);
    const { values, damages } = await readLevelFolder(join(folder, "mail"));
    expect(damages, `${length} bytes`).toEqual([]);
    expect(values.size).toBe(Math.floor((length * 3) / whole.length));
    await writeFile(at(name), whole);
  }
});

test("a record that was torn by a full disk, with later ones behind it, is told in a sentence, and nothing is read or written", async () => {
  const name = await written(9);
  const whole = await readFile(at(name));
  const record = whole.length / 9;
  await writeFile(at(name), Buffer.concat([whole.subarray(0, record * 4.5), whole.subarray(record * 5)]));
  const error = await failureOf(ledger().mailed("E"), LedgerDamagedError);
  expect(error.message).toBe(
    `The ledger ${folder} is damaged (${name} has a wrong checksum or length at byte ${record * 4}), so it may have forgotten whom e-mail reached, and none is sent before a person decides: \`globus-ioc ledger recover\` keeps the damaged files and goes on with what can be read of them`,
  );
  await failureOf(ledger().putMailed("E", "new@x.example", SENT), LedgerDamagedError);
  expect(await readFile(at(name))).toHaveLength(whole.length - record / 2);
});

test("a person's decision brings back every whole record, also those behind the damage, and the ledger goes on", async () => {
  const name = await written(9);
  const record = (await readFile(at(name))).length / 9;
  await flip(at(name), record * 4 + 20);
  const running = ledger();
  await failureOf(running.mailed("E"), LedgerDamagedError);
  expect(await lookAtLedger(folder, MAIL_DATABASE)).toEqual({
    exists: true,
    records: 8,
    problems: [`${name} has a wrong checksum or length at byte ${record * 4}`],
  });
  const { kept, records } = await recoverLedger(folder, MAIL_DATABASE, systemClock);
  expect(records).toBe(8);
  expect(await readdir(kept!)).toContain(name);
  const mailed = await running.mailed("E");
  expect([...mailed.keys()]).toEqual([0, 1, 2, 3, 5, 6, 7, 8].map((i) => `a${i}@x.example`));
  await running.putMailed("E", "a4@x.example", SENT);
  expect((await running.mailed("E")).size).toBe(9);
});

test.each([
  ["CURRENT", "CURRENT is missing"],
  ["MANIFEST", "MANIFEST-\\d+ is missing"],
  [".log", "\\d+\\.log is missing"],
  [".ldb", "\\d+\\.ldb is missing"],
])("a ledger without its %s is damaged, not new", async (which, sentence) => {
  await written(3);
  await written(3);
  const names = await readdir(join(folder, "mail"));
  await rm(at(names.find((name) => name.includes(which))!));
  const error = await failureOf(ledger().open(), LedgerDamagedError);
  expect(error.message).toMatch(new RegExp(`is damaged \\(${sentence}\\)`));
});

test("a folder in which a process was killed while it made the ledger is a new ledger", async () => {
  await mkdir(join(folder, "mail"));
  await writeFile(at("MANIFEST-000001"), "half");
  await writeFile(at("LOCK"), "");
  await expect(ledger().open()).resolves.toBeUndefined();
});

test("what LevelDB alone found damaged when it opened the ledger is told, then and ever after", async () => {
  await written(3);
  const openLevel = (path: string) => {
    const database = openClassic(path);
    const dropping = async (...options: Parameters<typeof database.open>) => {
      await database.open(...options);
      await writeFile(at("LOG"), "2026/03/01 (ignoring error) 000003.log: dropping 812 bytes; Corruption\n");
    };
    return { ...bound(database), open: dropping };
  };
  const sentence = "is damaged (LOG says that damaged records were dropped)";
  expect((await failureOf(ledger({ openLevel }).open(), LedgerDamagedError)).message).toContain(sentence);
  expect((await failureOf(ledger().open(), LedgerDamagedError)).message).toContain(sentence);
  await recoverLedger(folder, MAIL_DATABASE, systemClock);
  expect((await ledger().mailed("E")).size).toBe(3);
});
const bound = (database: ReturnType<typeof openClassic>): ReturnType<typeof openClassic> => ({
  open: (options) => database.open(options),
  close: () => database.close(),
  put: (key, value, options) => database.put(key, value, options),
  batch: (changes, options) => database.batch(changes, options),
  iterator: (range) => database.iterator(range),
});

test("records of a newer version can be left out by a person", async () => {
  await written(2);
  const database = new ClassicLevel(join(folder, "mail"));
  await database.put("E\u0000z@x.example", '{"state":"bounced"}');
  await database.close();
  expect((await lookAtLedger(folder, MAIL_DATABASE)).problems).toEqual(["1 of its 3 records are none of this version"]);
  await recoverLedger(folder, MAIL_DATABASE, systemClock);
  expect((await ledger().mailed("E")).size).toBe(2);
});

test("a recovery that was killed between its last two steps is told, and ends when it is called again", async () => {
  const name = await written(3);
  await flip(at(name), 20);
  const twin = `${folder}-twin`;
  onTestFinished(() => rm(twin, { recursive: true, force: true }));
  await cp(folder, twin, { recursive: true });
  await recoverLedger(twin, MAIL_DATABASE, systemClock);
  await rm(join(folder, "mail"), { recursive: true });
  await cp(join(twin, "mail"), join(folder, "mail.recovered"), { recursive: true });
  expect((await failureOf(ledger().open(), LedgerDamagedError)).message).toContain(
    "(a recovery of it was interrupted)",
  );
  expect(await recoverLedger(folder, MAIL_DATABASE, systemClock)).toEqual({ kept: undefined, records: 2 });
  expect((await ledger().mailed("E")).size).toBe(2);
});

test("a ledger that another process has open is held, however its files look just then", async () => {
  const holder = ledger();
  await holder.putMailed("E", "a@x.example", SENT);
  const names = await readdir(join(folder, "mail"));
  const log = names.find((name) => name.endsWith(".log"))!;
  await writeFile(at(log), "not a record of any kind", { flag: "a" });
  await failureOf(ledger().open(), LedgerLockedError);
  await failureOf(recoverLedger(folder, MAIL_DATABASE, systemClock), LedgerLockedError);
});

test.each(["CURRENT", "LOG", "LOG.old"])(
  "a named pipe in the place of %s is told, and nobody waits for a writer",
  async (name) => {
    await written(1);
    await rm(at(name), { force: true });
    expect(spawnSync("mkfifo", [at(name)]).status).toBe(0);
    expect(messageOf(await failureOf(ledger().mailed("E"), ActionError))).toBe(
      `The ledger ${folder} cannot be read: that is a named pipe at ${at(name)}`,
    );
  },
);
