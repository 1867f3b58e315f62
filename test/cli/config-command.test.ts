import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { BUILT_IN_SERVERS, SETTINGS, type SettingTable } from "../../src/config/settings.ts";
import { fakeSite, runCli } from "../support/fakes/fake-cli.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-config-"));
  file = join(folder, "globus.conf");
});
afterEach(() => rmSync(folder, { recursive: true }));

const config = (...args: readonly string[]) => runCli(["config", "--config", file, ...args], fakeSite({}));

test("a file with every key is written, for its owner alone, and read back it says what the defaults say", async () => {
  expect(await config()).toMatchObject({ status: 0, err: "" });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, "utf8");
  for (const table of Object.values<SettingTable>(SETTINGS))
    for (const [key, row] of Object.entries(table)) {
      expect(text).toContain(`# ${row.meaning} It is ${row.kind.wanted}.\n${row.fallback === "" ? "# " : ""}${key} =`);
    }
  const read = parseConfig(text, file, "/home/op");
  expect(read).toEqual(parseConfig("", file, "/home/op"));
  expect(read.servers.map(({ name }) => name)).toEqual(Object.keys(BUILT_IN_SERVERS));
});

test("an example of a destination stands in it, and is one without its comment signs", async () => {
  await config();
  const text = readFileSync(file, "utf8");
  expect(text).toContain("\n# [destination archive]\n");
  const [before = "", example = ""] = text.split(/(?=^# \[destination archive\]$)/m);
  const read = parseConfig(before + example.replace(/^# (?=\[|[a-z-]+ =)/gm, ""), file, "/home/op");
  expect(read.destinations).toMatchObject([{ name: "archive", kind: "folder", top: "", path: "{rel}" }]);
});

test("the settings that were given stand in it, also one with a per cent sign, and an empty one", async () => {
  await config("--beamline", "2-BM-A,B", "--title", "100% steel", "--identity-file", "");
  const read = parseConfig(readFileSync(file, "utf8"), file, "/home/op");
  expect(read.scheduling.beamline).toBe("2-BM-A,B");
  expect(read.manual.title).toBe("100% steel");
  expect(read.ssh["identity-file"]).toBe("");
});

test("a file that exists is left as it is, unless --force is given", async () => {
  writeFileSync(file, "mine");
  const refused = await config("--beamline", "2-BM");
  expect([refused.status, refused.err]).toEqual([
    2,
    `config: Usage. ${file} exists and was left as it is; give --force to write it anew.\n`,
  ]);
  expect(readFileSync(file, "utf8")).toBe("mine");
  expect((await config("--beamline", "2-BM", "--force")).status).toBe(0);
  expect(readFileSync(file, "utf8")).toContain("beamline = 2-BM\n");
});

test("a setting that is wrong is told in its own words, and nothing is written", async () => {
  const { status, err } = await config("--detector-port", "x");
  expect([status, err]).toEqual([2, 'config: Usage. --detector-port = "x" is not a port from 1 to 65535.\n']);
  expect(() => statSync(file)).toThrow();
});

test("no other command changes the configuration file", async () => {
  writeFileSync(file, "[general]\nlog-directory =\n");
  await runCli(["init", "--config", file, "--beamline", "2-BM"], fakeSite({}));
  expect(readFileSync(file, "utf8")).toBe("[general]\nlog-directory =\n");
});

test("DMagic's options of [site] are options: a whole prefix is both of its parts, and the collection is the one of the Data Management servers", async () => {
  const uuid = "33333333-3333-4333-8333-333333333333";
  const run = await config(
    "--tomoscan-prefix",
    "99id:Scan:",
    "--globus-server-uuid",
    uuid,
    "--globus-server-top-dir",
    "/gdata/99ID",
  );
  expect(run.status).toBe(0);
  const settings = parseConfig(readFileSync(file, "utf8"), file, "/home/op");
  expect([settings.epics["ioc-prefix"], settings.epics["tomoscan-prefix"]]).toEqual(["99id:", "Scan:"]);
  expect(settings.servers.map(({ name, uuid: own, top }) => [name, own, top])).toEqual([
    ["voyager", uuid, "/gdata/99ID"],
    ["petrel", "", "/"],
  ]);
});
