import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openMail } from "../../src/assemble/email.ts";
import { Problems } from "../../src/assemble/parts.ts";
import { silentLog } from "../../src/base/log.ts";
import { ConfigError, parseConfig } from "../../src/config/config.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

async function open(conf: (home: string) => string, environment: (home: string) => Record<string, string>) {
  const home = await mkdtemp(join(tmpdir(), "home-"));
  onTestFinished(() => rm(home, { recursive: true }));
  const closers: (() => Promise<void> | void)[] = [];
  const problems = new Problems();
  const settings = parseConfig(conf(home), join(home, "globus.conf"), home);
  const parts = { settings, environment: environment(home), clock: new FakeClock(), log: silentLog, problems, closers };
  const mail = openMail(parts, { host: "station1", prefix: "2bmb:Globus:" });
  onTestFinished(async () => {
    for (const close of closers) await close();
  });
  return { home, mail, problems };
}

test.each<[string, string, (home: string) => Record<string, string>, string]>([
  ["[ledger] path", "[ledger]\npath = mine\n", (home) => ({ HOME: home }), "mine"],
  ["$XDG_STATE_HOME", "", (home) => ({ HOME: home, XDG_STATE_HOME: join(home, "state") }), "state/globus-ioc"],
  ["the home folder", "", (home) => ({ HOME: home }), ".local/state/globus-ioc"],
])(
  "the ledger lies at %s, is made at its first use, and says whose it is",
  async (_where, conf, environment, folder) => {
    const { home, mail } = await open(() => conf, environment);
    expect(existsSync(join(home, folder))).toBe(false);
    await mail.ledger.mailed("2026-03-A-1");
    expect(JSON.parse(await readFile(join(home, folder, "owner.json"), "utf8"))).toEqual({
      pid: process.pid,
      host: "station1",
      prefix: "2bmb:Globus:",
    });
  },
);

test("a file of certificates that is not there is a problem of the settings, told at the start", async () => {
  const { problems } = await open(
    () => "[email]\nsmtp-ca-file = nowhere.pem\n",
    (home) => ({ HOME: home }),
  );
  expect(() => problems.throwIfAny()).toThrow(ConfigError);
  expect(() => problems.throwIfAny()).toThrow(/^\[email\]: smtp-ca-file = .*nowhere\.pem does not exist/);
});
