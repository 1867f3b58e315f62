import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dataHost, directoryTargets } from "../../src/assemble/hosts.ts";
import { type PartOptions, Problems } from "../../src/assemble/parts.ts";
import { silentLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hosts-"));
});
afterEach(() => rm(folder, { recursive: true }));

const options = (text: string, environment: Record<string, string> = {}): PartOptions => ({
  settings: parseConfig(text, join(folder, "globus.conf"), folder),
  environment,
  clock: new FakeClock(),
  log: silentLog,
  closers: [],
  problems: new Problems(),
});
/** The data host of these settings, on a machine called `station1`. */
const chosen = (text: string, environment: Record<string, string> = {}) =>
  dataHost(options(text, environment), "station1.example.org");
const local = (keys: string, ssh = "") => `[local]\n${keys}\n[ssh]\nknown-hosts-file = none\n${ssh}\n`;

test("is the analysis host with its directory and its port, where nothing else is set", async () => {
  const host = chosen(
    local("analysis = analysis1\nanalysis-user-name = user99id\nanalysis-top-dir = /data", "analysis-port = 2222"),
  );
  expect(host).toMatchObject({ name: "analysis1:2222", top: "/data" });
});

test("is another host with another directory, where the settings say so", () => {
  const host = chosen(
    local(
      "data-host = store1\ndata-user-name = user99id\ndata-top-dir = /data/2BM",
      "data-port = 2022\nanalysis-port = 2222",
    ),
  );
  expect(host).toMatchObject({ name: "store1:2022", top: "/data/2BM" });
});

test.each(["localhost", "127.0.0.1", "station1", "Station1.example.org"])(
  "%s is this machine, and is looked at without SSH",
  async (name) => {
    const host = chosen(local(`data-host = ${name}\ndata-top-dir = ${folder}`));
    await expect(host.inspect([], {})).resolves.toMatchObject({ state: "EMPTY" });
  },
);

test("a port of its own makes even this machine one for SSH", async () => {
  const host = chosen(
    local(
      `data-host = 127.0.0.1\ndata-user-name = user99id\ndata-top-dir = ${folder}`,
      "data-port = 1\nidentity-file = none",
    ),
  );
  await expect(host.inspect([], {})).resolves.toMatchObject({
    state: "UNKNOWN",
    remark: expect.stringContaining("SSH key file") as unknown,
  });
});

test("without a key and without an agent every look says so", async () => {
  const host = chosen(local("data-host = store1\ndata-user-name = user99id\ndata-top-dir = /data", "identity-file ="));
  await expect(host.inspect([], {})).resolves.toMatchObject({
    state: "UNKNOWN",
    remark: expect.stringContaining("there is no SSH key for store1: set identity-file") as unknown,
  });
});

test("with DMagic's file, which names no host, nobody goes to another beamline's: what is missing is said", async () => {
  const dmagic = "[site]\nbeamline = 2-BM-A,B\n";
  for (const [index, side] of ["detector", "analysis"].entries()) {
    const making = directoryTargets(options(dmagic))[index]?.tree.makeDirectories(["x"], {});
    await expect(making).rejects.toThrow(
      `no host is set: set ${side}, ${side}-user-name and ${side}-top-dir in the [local]`,
    );
  }
  await expect(chosen(dmagic).inspect([], {})).resolves.toMatchObject({
    state: "UNKNOWN",
    remark: expect.stringContaining("set data-host, data-user-name and data-top-dir") as unknown,
  });
});
