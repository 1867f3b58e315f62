/** What is opened for a site is closed again when the settings turn out to be wrong. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { merge } from "rxjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openGlobus } from "../../src/assemble/globus.ts";
import { Problems } from "../../src/assemble/parts.ts";
import { openSite, type SiteOptions } from "../../src/assemble/site.ts";
import { createLog, silentLog } from "../../src/base/log.ts";
import { addFlowCommands } from "../../src/cli/flow-program.ts";
import { ConfigError, parseConfig } from "../../src/config/config.ts";
import { RejectedError } from "../../src/controller/run/outcome.ts";
import type { WatchContext } from "../../src/controller/run/watch.ts";
import type { Site } from "../../src/controller/site.ts";
import { MemoryNetwork } from "../support/engine/memory-network.ts";
import { failureOf } from "../support/failure-of.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { fakeRun } from "../support/fakes/fake-run.ts";

let folder: string;
let clock: FakeClock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-site-"));
  clock = new FakeClock();
});
afterEach(() => rmSync(folder, { recursive: true }));

const WITH_GLOBUS = "[globus-auth]\nclient-id = 00000000-0000-0000-0000-000000000001\n";
const ENDS = {
  SourceCollection: "11111111-1111-4111-8111-111111111111",
  SourcePath: "/data/a1.h5",
  DestCollection: "22222222-2222-4222-8222-222222222222",
  DestPath: "/a1.h5",
};
const WRONG_CA_FILE =
  "[dm]\nstation = 99ID\nbackend = http\nds-url = https://127.0.0.1:1\nlogin-file = /login\nca-file = /no/such.pem\n";

const open = (text: string, changes: Partial<SiteOptions> = {}): Site =>
  openSite({
    settings: parseConfig(text, join(folder, "globus.conf"), folder),
    environment: { HOME: folder },
    user: "op",
    host: "ws1",
    clock,
    log: silentLog,
    ...changes,
  });

test("a Globus login is looked after while its watch runs, and not before", () => {
  const settings = parseConfig(WITH_GLOBUS, join(folder, "globus.conf"), folder);
  const parts = { settings, environment: {}, clock, log: silentLog, closers: [], problems: new Problems() };
  const { watches } = openGlobus(parts);
  expect(clock.pending).toBe(0);
  const watching = merge(...watches.map((watch) => watch({} as WatchContext))).subscribe();
  expect(clock.pending).toBe(1);
  watching.unsubscribe();
  expect(clock.pending).toBe(0);
});

test("a site with Globus does nothing by itself", async () => {
  const site = open(WITH_GLOBUS);
  expect(clock.pending).toBe(0);
  await site.close();
});

test.each(["FlowRun", "FlowMonitor", "FlowCancel", "FlowResume", "FlowRespond", "TransferRun"] as const)(
  "without an IOC %s says what there is instead",
  async (name) => {
    const site = open(WITH_GLOBUS);
    const failure = await failureOf(site.actions[name]?.run(fakeRun(ENDS)) ?? Promise.resolve(), RejectedError);
    expect(failure.message).toContain("an IOC's: start it, and give --ioc");
    const commands = [...failure.message.matchAll(/`globus-ioc flow (\w+)`/g)].map(([, command]) => command);
    expect(commands).toEqual(name === "TransferRun" ? [] : ["run", "monitor"]);
    const program = new Command();
    addFlowCommands(program, "", () => Promise.resolve());
    const flow = program.commands.find((command) => command.name() === "flow");
    expect(flow?.commands.map((command) => command.name())).toEqual(expect.arrayContaining(commands));
    await site.close();
  },
);

test("nothing stays open where the settings are wrong, although Globus was opened before that showed", () => {
  expect(() => open(WITH_GLOBUS + WRONG_CA_FILE)).toThrow(ConfigError);
  expect(() => open(WITH_GLOBUS + WRONG_CA_FILE)).toThrow("[dm]: ca-file = /no/such.pem does not exist");
  expect(clock.pending).toBe(0);
});

test.each(["folder", "ssh\nhost = tape.example.org\nuser = op"])(
  "a destination without a directory is refused, and not sent to the top of a disk: %j",
  (kind) => {
    const text = `[local]\ndetector-top-dir = /data\n[destination archive]\nkind = ${kind}\n`;
    expect(() => open(text)).toThrow("[destination archive]: top is not set");
  },
);

test("an environment that tells Node to check no certificate is warned of at the start", async () => {
  const lines: string[] = [];
  const log = createLog("globus", (line) => lines.push(line));
  const environment = { HOME: folder, NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  await open("", { environment, log }).close();
  expect(lines).toEqual([expect.stringMatching(/^warn: globus: NODE_TLS_REJECT_UNAUTHORIZED=0 .* take it out/)]);
});

test("a host in EPICS_CA_ADDR_LIST that does not exist is warned of with its variable when TomoScan is looked for", async () => {
  const lines: string[] = [];
  const environment = { HOME: folder, EPICS_CA_ADDR_LIST: "ioc1", EPICS_CA_AUTO_ADDR_LIST: "NO" };
  const log = createLog("globus", (line) => lines.push(line));
  const find = () => Promise.reject(new Error("getaddrinfo ENOTFOUND ioc1"));
  const network = new MemoryNetwork(clock);
  const site = open("[epics]\nioc-prefix = 99id:\n", { environment, log, find, network });
  expect(lines).toEqual([]);
  const following = site.beamline.text$("99id:TomoScan:UserBadge").subscribe();
  await clock.advanceAsync(0);
  expect(lines).toContainEqual(expect.stringMatching(/EPICS_CA_ADDR_LIST: .*"ioc1"/));
  following.unsubscribe();
  const closed = site.close();
  await clock.advanceAsync(1);
  await closed;
});
