/** The drop folder of a ledger: what is written is read once; what is torn or hostile is told, and goes aside. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { createDropFolder, dropFolder, dropScan } from "../../src/services/ledger/drop-folder.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

let ledger: string;
let clock: FakeClock;
beforeEach(() => {
  ledger = join(mkdtempSync(join(tmpdir(), "drop-")), "ledger");
  onTestFinished(() => rmSync(join(ledger, ".."), { recursive: true, force: true }));
  clock = new FakeClock();
});
const NAME = "20260301T120000000Z-0123456789ab.json";
const place = (name: string): string => join(dropFolder(ledger), name);
const put = (name: string, text: string | Buffer): void => {
  mkdirSync(dropFolder(ledger), { recursive: true, mode: 0o700 });
  writeFileSync(place(name), text);
};

test("scans lie there in their order, for their user alone, until they are removed", async () => {
  const drops = createDropFolder(ledger, clock);
  expect(await drops.look()).toEqual([]);
  const first = await dropScan(ledger, { file: "/data/한국 1.h5" }, clock);
  clock.advance(1);
  await dropScan(ledger, { file: "/data/a2", destinations: ["archive"] }, clock);
  expect((statSync(first).mode & 0o777).toString(8)).toBe("600");
  expect((statSync(dropFolder(ledger)).mode & 0o777).toString(8)).toBe("700");
  const found = await drops.look();
  expect(found.map((one) => "scan" in one && one.scan)).toEqual([
    { file: "/data/한국 1.h5" },
    { file: "/data/a2", destinations: ["archive"] },
  ]);
  for (const { name } of found) await drops.remove(name);
  expect(readdirSync(dropFolder(ledger))).toEqual([]);
});

test.each([
  ["torn", NAME, '{"file":"/da', "it holds no scan"],
  ["empty", NAME, "", "it holds no scan"],
  ["another's key", NAME, '{"file":"/data/a","run":"rm"}', "it holds no scan"],
  ["no text", NAME, Buffer.from([0x7b, 0xff, 0x7d]), "its text is no UTF-8"],
  ["too large", NAME, `{"file":"/${"a".repeat(70_000)}"}`, "it has 70012 bytes"],
  ["another name", "x\n.json", '{"file":"/data/a"}', "it is no whole file of globus-ioc trigger"],
])("a file is refused, and set aside under a name of its own: %s", async (_what, name, text, problem) => {
  put(name, text);
  const drops = createDropFolder(ledger, clock);
  expect(await drops.look()).toEqual([{ name, problem }]);
  expect(await drops.setAside(name)).toBe(join(dropFolder(ledger), "refused", name));
  expect(await drops.look()).toEqual([]);
  put(name, text);
  expect(await drops.setAside(name)).toBe(join(dropFolder(ledger), "refused", `${name}.2`));
});

test("a link, a folder and a file that a killed process has left half written are no scans", async () => {
  put("20260301T120000000Z-0123456789ac.json.0123456789ab.tmp", '{"file":"/da');
  put("other", "");
  symlinkSync("/dev/zero", place(NAME));
  mkdirSync(place("20260301T120000000Z-0123456789ad.json"));
  const drops = createDropFolder(ledger, clock);
  const written = place("20260301T120000000Z-0123456789ac.json.0123456789ab.tmp");
  const at = (ageSeconds: number): void => utimesSync(written, clock.now() / 1000, clock.now() / 1000 - ageSeconds);
  at(5);
  expect((await drops.look()).map(({ name }) => name)).toEqual([
    NAME,
    "20260301T120000000Z-0123456789ad.json",
    "other",
  ]);
  at(3601);
  const found = await drops.look();
  expect(found).toHaveLength(4);
  expect(found.every((one) => "problem" in one)).toBe(true);
});

test("a folder to which others can write is believed nothing", async () => {
  await dropScan(ledger, { file: "/data/a" }, clock);
  chmodSync(dropFolder(ledger), 0o722);
  const { message } = await failureOf(createDropFolder(ledger, clock).look(), ActionError);
  expect(message).toBe(
    `Others can write to ${dropFolder(ledger)}, and nothing is taken from there: run chmod 700 ${dropFolder(ledger)}`,
  );
});

test("a ledger that cannot be made is told with its path", async () => {
  mkdirSync(join(ledger, ".."), { recursive: true });
  writeFileSync(ledger, "");
  const { message } = await failureOf(dropScan(ledger, { file: "/data/a" }, clock), ActionError);
  expect(message).toContain(`The drop folder ${dropFolder(ledger)} cannot be written: `);
});
