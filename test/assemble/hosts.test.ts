import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dataHost } from "../../src/assemble/hosts.ts";
import { Problems } from "../../src/assemble/parts.ts";
import { silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config.ts";
import { FakeClock } from "../support/fake-clock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hosts-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** The data host of these settings, on a machine called `arcturus`. */
const chosen = (text: string, environment: Record<string, string> = {}) =>
  dataHost(
    {
      settings: parseConfig(text, join(folder, "globus.conf"), folder),
      environment,
      clock: new FakeClock(),
      log: silentLog,
      closers: [],
      problems: new Problems(),
    },
    "arcturus.xray.aps.anl.gov",
  );
const local = (keys: string, ssh = "") => `[local]\n${keys}\n[ssh]\nknown-hosts-file = none\n${ssh}\n`;

test("is the analysis host with its directory and its port, where nothing else is set", async () => {
  const host = chosen(local("analysis = mach\nanalysis-top-dir = /data", "analysis-port = 2222"));
  expect(host).toMatchObject({ name: "mach:2222", top: "/data" });
});

test("is another host with another directory, where the settings say so", () => {
  const host = chosen(
    local("data-host = tomodata1\ndata-top-dir = /data/2BM", "data-port = 2022\nanalysis-port = 2222"),
  );
  expect(host).toMatchObject({ name: "tomodata1:2022", top: "/data/2BM" });
});

test.each(["localhost", "127.0.0.1", "arcturus", "Arcturus.xray.aps.anl.gov"])(
  "%s is this machine, and is looked at without SSH",
  async (name) => {
    const host = chosen(local(`data-host = ${name}\ndata-top-dir = ${folder}`));
    await expect(host.inspect([], {})).resolves.toMatchObject({ state: "EMPTY" });
  },
);

test("a port of its own makes even this machine one for SSH", async () => {
  const host = chosen(local(`data-host = 127.0.0.1\ndata-top-dir = ${folder}`, "data-port = 1\nidentity-file = none"));
  await expect(host.inspect([], {})).resolves.toMatchObject({
    state: "UNKNOWN",
    remark: expect.stringContaining("SSH key file") as unknown,
  });
});

test("without a key and without an agent every look says so", async () => {
  const host = chosen(local("data-host = tomodata1", "identity-file ="));
  await expect(host.inspect([], {})).resolves.toMatchObject({
    state: "UNKNOWN",
    remark: expect.stringContaining("there is no SSH key for tomodata1: set identity-file") as unknown,
  });
});
