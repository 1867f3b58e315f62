/** The shell's commands for log servers and the put log: what they refuse, where lines go, what they tell. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createLog } from "../../../src/base/log.ts";
import { isolatedServer } from "../../../src/ca/ca-config.ts";
import { elementsAt } from "../../../src/database/read.ts";
import { loadRecords } from "../../../src/dbfile/load.ts";
import { registerIocCommands } from "../../../src/ioc/commands/all.ts";
import { Ioc } from "../../../src/ioc/ioc.ts";
import { WorkingDirectory } from "../../../src/ioc/working-directory.ts";
import { Shell } from "../../../src/iocsh/shell.ts";
import { MemoryNetwork } from "../../support/engine/memory-network.ts";
import { FakeClock } from "../../support/fakes/fake-clock.ts";

const RECORDS = `
record(ao, "A") { field(VAL, "1") }
record(ao, "B") {}
record(stringout, "Last") {}
record(waveform, "LastLine") { field(FTVL, "CHAR") field(NELM, "300") }
`;

class Site {
  readonly clock = new FakeClock(Date.UTC(2026, 2, 3, 8));
  readonly network = new MemoryNetwork(this.clock);
  readonly environment: Record<string, string | undefined> = {};
  /** What the IOC's log says, and what commands print. */
  readonly log: string[] = [];
  readonly printed: string[] = [];
  readonly ioc: Ioc;
  readonly shell: Shell;

  constructor() {
    const { clock, network, environment } = this;
    const print = (line: string): void => void this.printed.push(line.replace(/\n$/, ""));
    const log = createLog("ioc", (line) => this.log.push(line));
    this.ioc = new Ioc({ clock, log, network, environment, print, server: isolatedServer(5070) });
    this.shell = new Shell(environment, {
      print,
      printError: print,
      readScript: () => "",
      openOutput: () => ({ write: () => undefined, close: () => Promise.resolve() }),
      clock,
      signal: new AbortController().signal,
    });
    registerIocCommands(this.shell, { ioc: this.ioc, directory: new WorkingDirectory("/") });
    loadRecords(this.ioc.database, { file: "test.db", text: RECORDS }, { macros: () => undefined });
  }
  /** @returns the lines that a log server on this port gets */
  async serve(port: number): Promise<{ readonly lines: string[] }> {
    const lines: string[] = [];
    await this.network.listen({ host: "127.0.0.1", port }, (stream) => {
      stream.onData = (chunk) => lines.push(...chunk.toString().trimEnd().split("\n"));
    });
    return { lines };
  }
  /** Runs lines, and lets the network do its part. */
  async run(...lines: readonly string[]): Promise<void> {
    for (const line of lines) await this.shell.runCommand(line);
    await this.clock.advanceAsync(0);
  }
  /** A put that a rule with TRAPWRITE let pass. */
  put(pv: string, value: number): void {
    const by = { user: "op1", host: "ws1", peer: "10.0.0.5:4000" };
    this.ioc.database.put(this.ioc.database.find(pv)!, value, { by, isTrapped: true });
  }
}

/** Of a line of the text form, what is behind the time. */
const withoutTime = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/\S+ \S+ /, ""));

test("puts go to each log server of the list, once their burst is over, and to those added later", async () => {
  const site = new Site();
  const [one, two, three] = [await site.serve(7011), await site.serve(7012), await site.serve(7013)];
  await site.run("iocInit", 'caPutLogInit "127.0.0.1 127.0.0.1:7012"');
  site.put("A", 2);
  site.put("B", 3);
  await site.run("caPutLogInit 127.0.0.1:7013");
  await site.clock.advanceAsync(5);
  expect(withoutTime(one.lines)).toEqual(["ws1 op1 A new=2 old=1", "ws1 op1 B new=3 old=0"]);
  expect(two.lines).toEqual(one.lines);
  expect(withoutTime(three.lines)).toEqual(["ws1 op1 B new=3 old=0"]);
});

test("both forms may run beside each other, each with its servers, prefix, time and properties", async () => {
  const site = new Site();
  const [text, json] = [await site.serve(7011), await site.serve(7012)];
  site.environment["EPICS_CA_JSON_PUT_LOG_ADDR"] = "127.0.0.1:7012";
  await site.run(
    "iocLogPrefix 2bm:",
    "caPutLogInit 127.0.0.1 2",
    'caPutJsonLogInit "" 2',
    "caPutLogSetTimeFmt %s",
    "caPutJsonLogAddMetadata ioc 2bmGlobus",
    "caPutJsonLogAddMetadata gone soon",
    "caPutJsonLogAddMetadata gone",
    "iocInit",
  );
  site.put("A", 1);
  await site.clock.advanceAsync(0.1);
  expect(text.lines).toEqual(["2bm:1772524800 ws1 op1 A new=1 old=1"]);
  expect(json.lines).toEqual([
    expect.stringMatching(/^2bm:\{"date":.*"user":"op1","ioc":"2bmGlobus","pv":"A","new":1\.0,"old":1\.0}$/),
  ]);
});

test("without a log server the lines are in the IOC's log", async () => {
  const site = new Site();
  await site.run('caPutLogInit "" 2', "iocInit");
  site.put("A", 2);
  expect(site.log.at(-1)).toMatch(/^ioc: \S+ \S+ ws1 op1 A new=2 old=1$/);
});

test("the mode can change, and with -1 no put is looked at", async () => {
  const site = new Site();
  const { lines } = await site.serve(7011);
  await site.run("iocInit", "caPutLogInit 127.0.0.1 2");
  site.put("A", 2);
  await site.run("caPutLogReconf -1");
  expect(site.ioc.database.putTrapped.size).toBe(0);
  site.put("A", 3);
  await site.run("caPutLogReconf 0 0.5");
  site.put("A", 3);
  site.put("B", 4);
  await site.clock.advanceAsync(0.6);
  expect(withoutTime(lines)).toEqual(["ws1 op1 A new=2 old=1", "ws1 op1 B new=4 old=0"]);
});

test("the last line can be shown in a PV of this IOC, and one that is not there is told of once", async () => {
  const site = new Site();
  site.environment["EPICS_AS_PUT_LOG_PV"] = "LastLine";
  await site.run("iocInit", "caPutLogInit 127.0.0.1 2");
  site.put("A", 2);
  const { database } = site.ioc;
  const shown = Buffer.from(elementsAt(database.find("LastLine")!, "CHAR", 300) as Int8Array).toString();
  expect(shown).toMatch(/ ws1 op1 A new=2 old=1/);
  site.environment["EPICS_AS_PUT_LOG_PV"] = "Last";
  site.put("A", 3);
  expect(database.getStrings(database.find("Last")!)[0]).toHaveLength(39);
  site.environment["EPICS_AS_PUT_LOG_PV"] = "Nowhere";
  const before = site.log.length;
  for (const value of [4, 5]) site.put("A", value);
  expect(site.log.slice(before)).toEqual([
    "warn: ioc: The put log is not shown in a PV: there is no PV Nowhere in this IOC.",
  ]);
});

test("the end of the IOC sends what waits for its burst", async () => {
  const site = new Site();
  const { lines } = await site.serve(7011);
  await site.run("iocInit", "caPutLogInit 127.0.0.1");
  for (const value of [2, 5, 3]) site.put("A", value);
  const end = site.ioc.stop();
  await site.clock.advanceAsync(1);
  await end;
  expect(withoutTime(lines)).toEqual(["ws1 op1 A new=3 old=1 min=2 max=5"]);
  expect(site.clock.pending).toBe(0);
});

test("caPutLogShow tells the mode, the puts and each server; with 2 what waits for it", async () => {
  const site = new Site();
  await site.serve(7011);
  await site.run('caPutLogInit "127.0.0.1 127.0.0.1:7012" 2 3', "iocInit");
  site.put("A", 2);
  site.printed.length = 0;
  await site.run("caPutLogShow 2");
  expect(site.printed.map((line) => line.replace(/^ {2}\S+ \S+/, "  …"))).toEqual([
    "caPutLog mode: 2, each put",
    "Burst seconds: 3",
    "Puts: 1",
    "Log server 127.0.0.1:7011: connected",
    "Connections made: 1, lines lost: 0",
    "Lines that wait: 1",
    "  … ws1 op1 A new=2 old=1",
    "Log server 127.0.0.1:7012: not connected",
    "Connections made: 0, lines lost: 0",
    "Lines that wait: 1",
    "  … ws1 op1 A new=2 old=1",
  ]);
});

test("what the IOC logs goes to the server of iocLogInit, with the prefix, unless it is switched off", async () => {
  const site = new Site();
  const { lines } = await site.serve(7004);
  Object.assign(site.environment, { EPICS_IOC_LOG_INET: "127.0.0.1" });
  await site.run("iocLogPrefix 2bm:", "iocLogInit", "iocLogInit", "iocInit");
  site.ioc.log.warn("one");
  site.ioc
    .heard(
      "globus",
      createLog("globus", () => {}),
    )
    .info("two");
  await site.run("setIocLogDisable 1");
  site.ioc.log.warn("three");
  await site.run("setIocLogDisable 0");
  const trouble = site.ioc.troubles.of("something");
  trouble.begins("Four fails.");
  await site.clock.advanceAsync(0.1);
  expect(lines.filter((line) => !line.includes("log server"))).toEqual([
    "2bm:warn: ioc: one",
    "2bm:globus: two",
    "2bm:error: ioc: Four fails.",
  ]);
  expect(site.printed).toContain("iocLogInit: the log goes to 127.0.0.1:7004 already.");
});

describe("a put log that can log nothing says so once, with what to do", () => {
  const OFF =
    "access security is off: name a file with asSetFilename before iocInit, with TRAPWRITE in its WRITE rules";

  test.each([
    ["in a running IOC", ["iocInit", "caPutLogInit", "caPutLogInit"]],
    ["before iocInit", ["caPutLogInit", "iocInit"]],
  ])("%s", async (_when, lines) => {
    const site = new Site();
    await site.run(...lines);
    expect(site.log).toEqual([`warn: ioc: caPutLogInit logs no put: ${OFF}.`]);
  });

  test.each([
    [
      "RULE(1, WRITE)",
      (file: string) => [
        `warn: ioc: caPutLogInit logs no put: no rule of ${file} says TRAPWRITE: add it to the WRITE rules, and say asInit.`,
      ],
    ],
    ["RULE(1, WRITE, TRAPWRITE)", () => []],
  ])("with the rule %s", async (rule, warnings) => {
    const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "test.acf");
    writeFileSync(file, `ASG(DEFAULT) { ${rule} }`);
    const site = new Site();
    await site.run(`asSetFilename "${file}"`, "iocInit", "caPutLogInit");
    expect(site.log).toEqual(warnings(file));
  });
});

test("where access security judges hosts by their addresses, the log names these", async () => {
  const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "test.acf"), "ASG(DEFAULT) { RULE(1, WRITE, TRAPWRITE) }");
  const site = new Site();
  await site.run("var asCheckClientIP 1", `asSetFilename "${folder}/test.acf"`, "iocInit", 'caPutLogInit "" 2');
  site.put("A", 2);
  expect(site.log.at(-1)).toMatch(/ 10\.0\.0\.5 op1 A new=2 old=1$/);
});

test("var shows and sets what base's variables are here", async () => {
  const site = new Site();
  await site.run("var iocLogDisable 1", "var", "var asCheckClientIP 1", "var asCheckClientIP", "var caPutLogDebug 1");
  expect(site.printed).toEqual([
    "asCheckClientIP = 0",
    "iocLogDisable = 1",
    "asCheckClientIP = 1",
    "var caPutLogDebug has no effect: this IOC has no such variable.",
  ]);
  await expect(site.run("var iocLogDisable 2")).rejects.toThrow('var iocLogDisable "2": the value is 0 or 1.');
});

describe("is refused, with what to do", () => {
  test.each([
    ['caPutLogInit "host:x"', 'caPutLogInit: "host:x" is no log server: write host or host:port.'],
    ['caPutLogInit ":7011"', 'caPutLogInit: ":7011" is no log server: write host or host:port.'],
    ['caPutLogInit "a:1:2"', 'caPutLogInit: "a:1:2" is no log server: write host or host:port.'],
    ["caPutLogInit h 7", "caPutLogInit: 7 is no mode: -1 nothing, 0 changes, 1 all puts, 2 without joining bursts."],
    ["caPutJsonLogInit h 0 -3", "caPutJsonLogInit: -3 is no time for a burst: give seconds above 0."],
    ["caPutLogReconf 1", "caPutLogReconf: there is no such log: say caPutLogInit first."],
    ["caPutJsonLogShow", "caPutJsonLogShow: there is no such log: say caPutJsonLogInit first."],
    ['caPutLogSetTimeFmt "%H:%q"', 'caPutLogSetTimeFmt: "%q" stands for nothing here: use % with a A b B'],
    [`caPutLogSetTimeFmt "${"x".repeat(61)}"`, "must be one line of at most 60 characters."],
    ["caPutJsonLogAddMetadata pv x", 'caPutJsonLogAddMetadata: each line has its own "pv": take another name.'],
    ["iocLogInit", "iocLogInit: EPICS_IOC_LOG_INET names no host: set it with epicsEnvSet before."],
    ['iocLogPrefix "a\x07b"', 'iocLogPrefix: "a\\u0007b" has a sign that ends a line: leave it out.'],
    ["setIocLogDisable 2", "setIocLogDisable: 2 is neither 0 nor 1."],
  ])("%s", async (line, sentence) => {
    const site = new Site();
    await expect(site.run(line)).rejects.toThrow(sentence);
    expect(site.ioc.database.putTrapped.size).toBe(0);
  });

  test("another prefix, a port that is none, and properties without end", async () => {
    const site = new Site();
    await site.run("iocLogPrefix one", "iocLogPrefix one");
    await expect(site.run("iocLogPrefix two")).rejects.toThrow('iocLogPrefix: the prefix is "one", and stays');
    Object.assign(site.environment, { EPICS_IOC_LOG_INET: "127.0.0.1", EPICS_IOC_LOG_PORT: "70000" });
    await expect(site.run("iocLogInit")).rejects.toThrow('iocLogInit: EPICS_IOC_LOG_PORT "70000" is no port');
    for (let i = 0; i < 20; i++) await site.run(`caPutJsonLogAddMetadata p${i} x`);
    await expect(site.run("caPutJsonLogAddMetadata p20 x")).rejects.toThrow("p20 would be property 21");
  });
});
