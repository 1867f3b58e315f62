import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { ActionError } from "../../src/base/errors.ts";
import { EXIT, UsageError } from "../../src/cli/exit-status.ts";
import { type LedgerRequest, runLedger } from "../../src/cli/ledger-command.ts";
import { createLedger } from "../../src/services/ledger/ledger.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { inZone } from "../support/in-zone.ts";
import { needPeers, peerPath, ROOT } from "../support/peers/real-peers.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

let home: string;
let folder: string;
let clock: Clock;
beforeEach(async () => {
  clock = systemClock;
  home = await mkdtemp(join(tmpdir(), "ledger-command-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  folder = join(home, ".local/state/globus-ioc");
});

async function write(count: number): Promise<void> {
  const ledger = createLedger({ path: folder, owner: { pid: 1, host: "station1" } });
  for (let i = 0; i < count; i++)
    await ledger.putMailed("E", `a${i}@x.example`, { state: "sent", at: "2026-03-01T12:00:00Z" });
  await ledger.close();
}
async function damage(): Promise<void> {
  const name = (await readdir(join(folder, "mail"))).find((one) => one.endsWith(".log"))!;
  const bytes = await readFile(join(folder, "mail", name));
  bytes[20]! ^= 1;
  await writeFile(join(folder, "mail", name), bytes);
}
async function run(request: Partial<LedgerRequest>, answer?: string): Promise<{ status: number; text: string }> {
  const lines: string[] = [];
  const dialogue = {
    isTerminal: answer !== undefined,
    write: (line: string) => void lines.push(line),
    ask: () => Promise.resolve(answer ?? ""),
  };
  const environment = { HOME: home };
  const setZone = (zone: string): void => {
    if (zone !== "") process.env["TZ"] = zone;
  };
  const status = await runLedger({ what: undefined, ...request }, { environment, setZone, clock, dialogue });
  return { status, text: lines.join("\n") };
}

test("a whole ledger is told as whole, and is left alone by recover", async () => {
  await write(2);
  const said = { status: EXIT.done, text: `The ledger ${folder} is whole: 2 addresses are known in it.` };
  expect(await run({})).toEqual(said);
  expect(await run({ what: "recover", yes: true })).toEqual(said);
});

test("the ledger is the one that globus.conf names", async () => {
  folder = join(home, "other");
  await write(1);
  await writeFile(join(home, "globus.conf"), `[ledger]\npath = ${folder}\n`);
  expect((await run({ config: join(home, "globus.conf") })).text).toBe(
    `The ledger ${folder} is whole: 1 address is known in it.`,
  );
});

test("a damaged ledger is told with what is damaged and what to do, and nothing is changed", async () => {
  await write(3);
  await damage();
  const { status, text } = await run({});
  expect(status).toBe(EXIT.failed);
  expect(text).toMatch(
    /is damaged: \d+\.log has a wrong checksum or length at byte 0\.\n2 addresses .*\n.*ledger recover/,
  );
  expect((await run({})).text).toBe(text);
});

test("recover goes on when a person says yes, and keeps the damaged files", async () => {
  await write(3);
  await damage();
  expect((await run({ what: "recover" }, "no")).text).toMatch(/Nothing was changed\.$/);
  const { status, text } = await run({ what: "recover" }, "yes");
  expect(status).toBe(EXIT.done);
  expect(text).toContain(`The damaged files are kept in ${folder}/mail.damaged-`);
  expect((await run({})).text).toBe(`The ledger ${folder} is whole: 2 addresses are known in it.`);
});

test("a ledger that another process has open is not called damaged for files that change: that process is named", async () => {
  await write(3);
  const ledger = createLedger({ path: folder, owner: { pid: 4711, host: "station1", prefix: "2bmb:Globus:" } });
  onTestFinished(() => ledger.close());
  await ledger.open();
  await rm(join(folder, "mail", "CURRENT")); // as while LevelDB replaces it
  for (const what of ["check", "recover"]) {
    const error = await failureOf(run({ what, yes: true }), ActionError);
    expect(error.message).toMatch(
      /^The ledger \S+ is held by the IOC 2bmb:Globus:, process 4711 on station1: .* end that process first/,
    );
  }
});

test("the damaged files are named by the facility's time", async () => {
  await write(3);
  await damage();
  const config = join(home, "globus.conf");
  await writeFile(config, "[general]\ntime-zone = Pacific/Kiritimati\n");
  clock = new FakeClock(Date.UTC(2026, 2, 1, 12));
  await inZone("America/Chicago", async () => {
    expect((await run({ what: "recover", config, yes: true })).text).toContain(
      `${folder}/mail.damaged-20260302-020000.`,
    );
  });
});

test("without a terminal recover needs --yes", async () => {
  await write(3);
  await damage();
  const error = await failureOf(run({ what: "recover" }), UsageError);
  expect(error.message).toContain("say globus-ioc ledger recover --yes");
  expect((await run({ what: "recover", yes: true })).status).toBe(EXIT.done);
});

test.skipIf(needPeers("python3").missing).each([
  ["Ctrl-C", "\x03"],
  ["Ctrl-D", "\x04"],
])("%s at the question changes nothing, and is no failure of the program", async (_key, typed) => {
  await write(3);
  await damage();
  const exercise = [join(ROOT, "test/peers/at_terminal.py"), JSON.stringify([["(yes/no)? ", typed]])];
  const args = [...exercise, process.execPath, join(ROOT, "dist/main.js"), "ledger", "recover"];
  const { code, stdout } = await runPeer(peerPath("python3"), args, { env: { HOME: home }, cwd: home });
  expect(code).toBe(EXIT.failed);
  expect(stdout).toMatch(/Nothing was changed\.\s*$/);
  expect((await run({})).status).toBe(EXIT.failed);
});

test("where there is no ledger yet, none is called whole", async () => {
  const said = `There is no ledger in ${folder} yet: no e-mail and no scan was sent with it. Another globus.conf, or another user, has another ledger.`;
  for (const what of ["check", "recover"]) expect(await run({ what })).toEqual({ status: EXIT.done, text: said });
});

test("another word than check and recover is refused", async () => {
  await failureOf(run({ what: "delete" }), UsageError);
});
