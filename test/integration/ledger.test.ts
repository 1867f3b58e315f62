import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { ClassicLevel } from "classic-level";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { ActionError } from "../../src/base/errors.ts";
import { createLedger, type Ledger } from "../../src/services/ledger/ledger.ts";
import { LedgerLockedError, type LedgerOptions } from "../../src/services/ledger/place.ts";
import { failureOf } from "../support/failure-of.ts";
import { ROOT } from "../support/peers/real-peers.ts";

const AT = "2026-03-01T12:00:00Z";
const OWNER = { pid: 4711, host: "station1", prefix: "2bmb:Globus:" };

let folder: string;
beforeEach(async () => {
  const parent = await mkdtemp(join(tmpdir(), "ledger-"));
  folder = join(parent, "state", "globus-ioc");
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
});
function ledger(changes: Partial<LedgerOptions> = {}): Ledger {
  const made = createLedger({ path: folder, owner: OWNER, ...changes });
  onTestFinished(() => made.close());
  return made;
}

test("what was put is there when the ledger is opened again, by experiment", async () => {
  const first = ledger();
  await first.putMailed("2026-03-A-1", "a@x.example", { state: "sent", at: AT });
  await first.putMailed("2026-03-A-1", "b@x.example", { state: "refused", at: AT, reason: "550 no" });
  await first.putMailed("2026-03-A-12", "a@x.example", { state: "sent", at: AT });
  await first.close();
  expect(await ledger().mailed("2026-03-A-1")).toEqual(
    new Map([
      ["a@x.example", { state: "sent", at: AT }],
      ["b@x.example", { state: "refused", at: AT, reason: "550 no" }],
    ]),
  );
});

test("what was being sent when the ledger was last open is uncertain", async () => {
  const first = ledger();
  await first.putMailed("E", "a@x.example", { state: "sending", at: AT });
  expect((await first.mailed("E")).get("a@x.example")?.state).toBe("sending");
  await first.close();
  expect(await ledger().mailed("E")).toEqual(new Map([["a@x.example", { state: "uncertain", at: AT }]]));
});

test("a second process is told who holds the ledger, and gets it once it is closed", async () => {
  const first = ledger();
  await first.open();
  const second = ledger({ owner: { pid: 1, host: "other" } });
  const error = await failureOf(second.open(), LedgerLockedError);
  expect(error.owner).toEqual(OWNER);
  expect(error.message).toBe(
    `The ledger ${folder} is held by the IOC 2bmb:Globus:, process 4711 on station1: send the e-mail through it, or set another path in the [ledger] section of globus.conf`,
  );
  await first.close();
  await second.open();
  expect(JSON.parse(await readFile(join(folder, "owner.json"), "utf8"))).toEqual({ pid: 1, host: "other" });
});

test("a holder that cannot be read is another process", async () => {
  const first = ledger();
  await first.open();
  await writeFile(join(folder, "owner.json"), "{");
  const error = await failureOf(ledger().open(), LedgerLockedError);
  expect(error.owner).toBeUndefined();
  expect(error.message).toContain("is held by another process");
});

test.each([
  [0x6969, "NFS"],
  [0xfe534d42, "SMB2"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x65735546, "FUSE"],
])("a file system of type 0x%s is refused by name, and nothing is written there", async (type, name) => {
  const refused = ledger({ fileSystemType: async () => type });
  const error = await failureOf(refused.putMailed("E", "a@x.example", { state: "sent", at: AT }), ActionError);
  expect(error.message).toContain(`The ledger ${folder} lies on a network file system (${name}`);
  expect(error.message).toContain("set path in the [ledger] section");
  await expect(readFile(join(folder, "owner.json"))).rejects.toThrow("ENOENT");
});

test("a folder that cannot be made is named, and may be put right while the program runs", async () => {
  const parent = join(folder, "..", "..");
  await writeFile(join(parent, "state"), "a file");
  const made = ledger();
  await expect(made.open()).rejects.toThrow(`The ledger ${folder} cannot be made: `);
  await rm(join(parent, "state"));
  await expect(made.open()).resolves.toBeUndefined();
});

test.each([
  ["of a newer version", '{"state":"bounced","at":"2026-03-01T12:00:00Z"}'],
  ["that is no JSON", "{"],
])("a record %s is told as what it is, and the ledger is not used", async (_, record) => {
  await mkdir(folder, { recursive: true });
  const database = new ClassicLevel(join(folder, "mail"));
  await database.put("E\u0000a@x.example", record);
  await database.close();
  const error = await failureOf(ledger().open(), ActionError);
  expect(error.message).toBe(
    `The ledger ${folder} holds ${record}, which is no record of this version: use the newer version that wrote it, or leave it out with \`globus-ioc ledger recover\``,
  );
});

test("a record of a newer version that is long leaves room for what to do", async () => {
  await mkdir(folder, { recursive: true });
  const database = new ClassicLevel(join(folder, "mail"));
  await database.put("E\u0000a@x.example", `{"state":"bounced","why":"${"x".repeat(5000)}\u202e"}`);
  await database.close();
  const { message } = await failureOf(ledger().open(), ActionError);
  expect(message.length).toBeLessThan(600);
  expect(message).toMatch(/x…, which is no record of this version: use the newer version that wrote it/);
});

test("everything that was acknowledged is there after the process was killed in the middle of its writing", async () => {
  const program = `
    import { createLedger } from ${JSON.stringify(pathToFileURL(join(ROOT, "dist/services/ledger/ledger.js")).href)};
    const ledger = createLedger({ path: ${JSON.stringify(folder)}, owner: { pid: process.pid, host: "child" } });
    for (let i = 0; ; i++) {
      await ledger.putMailed("E", "a" + i + "@x.example", { state: i % 2 === 0 ? "sent" : "sending", at: ${JSON.stringify(AT)} });
      console.log(i);
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  let acknowledged = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line);
    if (acknowledged >= 60) child.kill("SIGKILL");
  }
  await ended;
  expect(acknowledged).toBeGreaterThanOrEqual(60);
  const mailed = await ledger().mailed("E");
  for (let i = 0; i <= acknowledged; i++)
    expect(mailed.get(`a${i}@x.example`)?.state, `record ${i}`).toBe(i % 2 === 0 ? "sent" : "uncertain");
});
