/**
 * The IOC command as an operator uses it: options, scripts and the shell, all in memory but for the files and a server
 * on loopback.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { isolatedServer } from "../../src/ca/ca-config.ts";
import { runIoc } from "../../src/cli/ioc-command.ts";
import { shellCommand } from "../../src/iocsh/shell-command.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const DB = `
record(ao, "$(P)ao") { field(VAL, "1.5") field(DESC, "an \\"ao\\"") field(PREC, "3") alias("$(P)alias") info(autosaveFields, "VAL") }
record(bo, "$(P)bo") { field(ZNAM, "Off") field(ONAM, "On") field(SCAN, "1 second") }
record(waveform, "$(P)wf") { field(FTVL, "SHORT") field(NELM, "5") }
record(stringin, "$(P)si") { field(VAL, "°C") }
`;

interface Run {
  readonly args: readonly string[];
  /** Files in the folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** What is typed. */
  readonly input?: string;
  readonly environment?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly extraCommands?: Parameters<typeof runIoc>[0]["extraCommands"];
  readonly ready?: Parameters<typeof runIoc>[0]["ready"];
}

async function run({ args, files = {}, input = "", environment = {}, ...rest }: Run) {
  for (const [name, text] of Object.entries({ "a.db": DB, ...files })) writeFileSync(join(folder, name), text);
  const output: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };
  const collect = (name: "stdout" | "stderr"): PassThrough => {
    const stream = new PassThrough();
    stream.on("data", (chunk: Buffer) => {
      output[name] += chunk.toString("utf8");
    });
    return stream;
  };
  const variables: Record<string, string | undefined> = { ...environment };
  const status = await runIoc({
    args,
    environment: variables,
    stdin: Readable.from([input]),
    stdout: collect("stdout"),
    stderr: collect("stderr"),
    signal: AbortSignal.timeout(10_000),
    clock: new FakeClock(),
    log: silentLog,
    server: isolatedServer(),
    directory: folder,
    ...rest,
  });
  const lines = (text: string): string[] => text.replace(/\n$/, "").split("\n");
  return { status, out: lines(output.stdout), err: lines(output.stderr), environment: variables };
}

/** What the typed lines print, in an IOC with the records of DB and prefix `x:`. */
async function typed(...input: string[]): Promise<string[]> {
  const { out, err } = await run({ args: ["-m", "P=x:", "-d", "a.db"], input: `${input.join("\n")}\n` });
  return [...out.slice(2), ...err].filter((line) => line !== "");
}

describe("options", () => {
  test("-m holds for the -d behind it, and iocInit follows", async () => {
    const { out, status, environment } = await run({
      args: ["-m", "P=x:", "-d", "a.db", "-m", "P=y:", "-d", "a.db"],
      input: "dbl ao\n",
    });
    expect(out).toEqual([
      "Starting iocInit",
      "iocRun: All initialization complete",
      "x:ao",
      "x:alias",
      "y:ao",
      "y:alias",
    ]);
    expect(Number(environment["RSRV_SERVER_PORT"])).toBeGreaterThan(0);
    expect(status).toBe(0);
  });
  test("-S stays until it is ended", async () => {
    const stop = new AbortController();
    const ready = (): void => stop.abort();
    const { status, out } = await run({
      args: ["-S", "-m", "P=x:", "-d", "a.db"],
      input: "dbl\n",
      signal: stop.signal,
      ready,
    });
    expect([status, out.at(-1)]).toEqual([0, "iocRun: All initialization complete"]);
  });
  test("-a names the access security file, with the macros before it", async () => {
    const { status, err, out } = await run({
      args: ["-m", "P=x:,WHO=olga", "-a", "x.acf", "-d", "a.db"],
      files: { "x.acf": "UAG(ops) {$(WHO)}\nASG(DEFAULT) {RULE(1,READ) RULE(1,WRITE) {UAG(ops)}}" },
      input: "aspuag\n",
    });
    expect([status, err, out]).toEqual([0, [""], expect.arrayContaining(["UAG(ops) {olga}"])]);
  });
  test("asInit with a wrong file says that the rules are those from before, and what is wrong", async () => {
    const { status, err, out } = await run({
      args: ["-a", "x.acf", "-m", "P=x:", "-d", "a.db"],
      files: { "x.acf": "ASG(DEFAULT) {RULE(1,READ)}", "y.acf": "ASG(DEFAULT) {RULE(1,WRITE) {UAG(ops)}}" },
      input: "asSetFilename y.acf\nasInit\nasprules\n",
    });
    expect(err.join()).toMatch(
      /asInit has changed nothing, the rules are those from before: .*y\.acf:1:\d+: there is no UAG/,
    );
    expect([status, out]).toEqual([0, expect.arrayContaining(["\tRULE(1,READ,NOTRAPWRITE)"])]);
  });
  test("an access security file that is not there, or wrong, ends it with a sentence", async () => {
    const missing = await run({ args: ["-a", "x.acf", "-m", "P=x:", "-d", "a.db"] });
    const wrong = await run({
      args: ["-a", "x.acf", "-m", "P=x:", "-d", "a.db"],
      files: { "x.acf": "ASG(DEFAULT) {RULE(1,WRITE) {UAG(ops)}}" },
    });
    expect([missing.status, wrong.status]).toEqual([1, 1]);
    expect(missing.err.join()).toMatch(
      /the access security file cannot be read: there is no such file.* at \/.*x\.acf/,
    );
    expect(wrong.err.join()).toMatch(/x\.acf:1:\d+: there is no UAG\(ops\)/);
  });
  test.each([["-q"], ["-d"], ["a.cmd", "b.cmd"]])("%s is not understood", async (...args) => {
    expect((await run({ args })).status).toBe(2);
  });
  test("a file that does not load ends it with everything that is wrong", async () => {
    const bad = "record(ao,x){field(XX,1)}\nrecord(nosuch,y){}\n";
    const { status, err } = await run({ args: ["-d", "bad.db"], files: { "bad.db": bad } });
    expect(status).toBe(1);
    expect(err.filter((line) => line.includes("error:"))).toHaveLength(2);
    expect(err.at(-1)).toBe("ERROR: Failed to load bad.db: 2 errors.");
  });
});

describe("a start-up script", () => {
  test("sets, loads, starts; is echoed as softIoc does it", async () => {
    const { out, status } = await run({
      args: ["st.cmd"],
      files: {
        "st.cmd":
          '# comment\n#- silent\nepicsEnvSet("P","x:")\nepicsEnvSet Q $(P)y\n\ndbLoadRecords("a.db","P=$(P)")\niocInit\ndbgf("$(P)ao")\n',
      },
    });
    expect(out).toEqual([
      "# comment",
      'epicsEnvSet("P","x:")',
      "epicsEnvSet Q x:y",
      'dbLoadRecords("a.db","P=x:")',
      "iocInit",
      "Starting iocInit",
      "iocRun: All initialization complete",
      'dbgf("x:ao")',
      "DBF_DOUBLE:         1.5       ",
    ]);
    expect(status).toBe(0);
  });
  test("that breaks off on an error ends the IOC", async () => {
    const { status, err } = await run({ args: ["st.cmd"], files: { "st.cmd": "on error break\nnosuch 1\niocInit\n" } });
    expect(status).toBe(1);
    expect(err[0]).toBe("ERROR st.cmd line 2: Command nosuch not found.");
  });
  test("that cannot be read is named", async () => {
    const { status, err } = await run({ args: ["none.cmd"] });
    expect([status, err[0]]).toEqual([
      1,
      expect.stringMatching(
        /^ERROR: The script none\.cmd cannot be read: there is no such file or folder \(ENOENT\) at \/.*none\.cmd$/,
      ),
    ]);
  });
  test("loads templates, and files that include others", async () => {
    const { out, err } = await run({
      args: ["st.cmd"],
      files: {
        "st.cmd": 'dbLoadTemplate("t.sub","Q=z:")\ndbl\n',
        "t.sub": 'file "$(T=t).db" { pattern {P,N} {"$(Q)" 1} {y: 2} }\n',
        "t.db": 'include "u.db"\n',
        "u.db": 'record(ao,"$(P)$(N)"){}\n',
      },
    });
    expect(out.slice(-2)).toEqual(["z:1", "y:2"]);
    expect(err).toEqual([""]);
  });
  test("finds files where EPICS_DB_INCLUDE_PATH says, and after cd", async () => {
    mkdirSync(join(folder, "db"));
    writeFileSync(join(folder, "db", "far.db"), "record(ao,far){}\n");
    writeFileSync(join(folder, "db", "near.db"), 'include "far.db"\n');
    const script = "dbLoadRecords far.db\ncd db\ndbLoadRecords near.db\ndbLoadRecords none.db\ndbl\n";
    const environment = { EPICS_DB_INCLUDE_PATH: "nowhere:db" };
    const { out, err } = await run({ args: ["st.cmd"], files: { "st.cmd": script }, environment });
    expect(out.at(-1)).toBe("far");
    expect(err).toEqual(["ERROR st.cmd line 4: The file none.db is not found; looked in nowhere, db, .."]);
  });
  test("pauses and goes on", async () => {
    const script = "iocRun\niocInit\niocPause\niocPause\niocRun\n";
    const { out, err } = await run({ args: ["st.cmd"], files: { "st.cmd": script } });
    expect(out.filter((line) => line.includes(": "))).toEqual([
      "iocRun: All initialization complete",
      "iocPause: IOC suspended",
      "iocRun: IOC restarted",
    ]);
    expect(err).toEqual([
      "ERROR st.cmd line 1: iocRun: the IOC is loading, not paused.",
      "ERROR st.cmd line 4: iocPause: the IOC is paused, not running.",
    ]);
  });
  test("gets commands from outside", async () => {
    const { out } = await run({
      args: [],
      input: "hello world 3\nhelp hello\n",
      extraCommands: ({ ioc }) => [
        shellCommand({
          name: "hello",
          arguments: [
            { name: "whom", kind: "text" },
            { name: "times", kind: "integer" },
          ],
          help: "Greets.",
          run: ({ print }, whom, times) => print(`${whom} ${times} ${ioc.state}`),
        }),
      ],
    });
    expect(out).toEqual(["world 3 loading", "hello 'whom' 'times'", "    Greets."]);
  });
});

describe("commands print what softIoc prints", () => {
  test.each<[string, string[]]>([
    ["dbl", ["x:ao", "x:alias", "x:bo", "x:si", "x:wf"]],
    ['dbl ao "VAL DESC NOPE"', ['x:ao, "1.5", "an "ao"", ', 'x:alias, "1.5", "an "ao"", ']],
    ["dbla", ["x:alias -> x:ao"]],
    ["dbgrep x:?o", ["x:ao", "x:bo"]],
    ["dbli auto*", ['x:ao info(autosaveFields, "VAL")']],
    [
      "dbnr",
      [
        "Records  Aliases  Record Type",
        "     1        1    ao",
        "     1        0    bo",
        "     1        0    stringin",
        "     1        0    waveform",
        "Total 4 records, 1 aliases",
      ],
    ],
    ["dbgf x:bo", ['DBF_STRING:         "Off"     ']],
    ["dbgf x:wf", ["DBF_SHORT[0]: (empty)         "]],
    ["dbgf x:si", ['DBF_STRING:         "\\xc2\\xb0C"         ']],
    ['dbpf x:wf "[1,-2]"', ["DBF_SHORT[2]:       1 = 0x1   -2 = 0xfffe         "]],
    ["dbpf x:ao 1e20", ["DBF_DOUBLE:         1e+20     "]],
    ["dbpf x:ao.PREC -3", ["DBF_SHORT:          -3 = 0xfffd         "]],
    ['dbpf x:ao.DESC "a b"', ['DBF_STRING:         "a b"     ']],
    ["scanppl", ["Records with SCAN = '1 second' (0 over-runs):", "    x:bo                        "]],
    [
      "dbpr x:ao 0",
      [
        'AMSG:               ASG :               DESC: an "ao"       DISA: 0             ',
        "DISV: 1             NAME: x:ao          NAMSG:              OMOD: 0             ",
        "OVAL: 1.5           RBV : 0             RVAL: 0             SEVR: NO_ALARM      ",
        "STAT: UDF           TPRO: 0             VAL : 1.5           ",
      ],
    ],
    ["casr", ["Channel Access Server V4.13", "No clients connected."]],
    ["postEvent 1", []],
    [
      "myApp_registerRecordDeviceDriver pdbbase",
      ["registerRecordDeviceDriver is not needed: the record types are built in."],
    ],
    ["epicsEnvSet A 1\nepicsEnvShow A", ["A=1"]],
    ["echo 'a \"b\"' c", ['a "b"']],
  ])("%s", async (line, printed) => expect(await typed(line)).toEqual(printed));

  test("casr 1 names the addresses", async () => {
    const lines = await typed("casr 1");
    expect(lines.slice(2).map((line) => line.replace(/\d+\.\d+\.\d+\.\d+:\d+/, "ADDRESS"))).toEqual([
      "CAS-TCP server on ADDRESS with",
      expect.stringMatching(/^ {4}CAS-UDP unicast name server on ADDRESS$/),
      "Sending CAS-beacons to no address.",
    ]);
  });
});

describe("mistakes at the prompt are one sentence", () => {
  test.each([
    ["dbgf x:none", "ERROR: PV x:none not found."],
    ["dbgf", "ERROR: dbgf needs an argument: the record or PV."],
    ["dba", "ERROR: dba needs an argument: the record or PV."],
    ["dbpf", "ERROR: dbpf needs an argument: the record or PV."],
    ["dbpf x:ao", "ERROR: dbpf needs a value for x:ao.VAL."],
    ["dbpr", "ERROR: dbpr needs an argument: the record."],
    ["dbtr", "ERROR: dbtr needs an argument: the record."],
    ["dbgrep", "ERROR: dbgrep needs an argument: the pattern."],
    ["dbLoadRecords", "ERROR: dbLoadRecords needs an argument: the file."],
    ["dbLoadTemplate", "ERROR: dbLoadTemplate needs an argument: the substitution file."],
    ["cd", "ERROR: cd needs an argument: the folder."],
    ["epicsEnvSet", "ERROR: epicsEnvSet needs an argument: the name."],
    ["epicsEnvSet A", "ERROR: epicsEnvSet needs a value for A."],
    ["epicsEnvUnset", "ERROR: epicsEnvUnset needs an argument: the name."],
    ["iocshCmd", "ERROR: iocshCmd needs an argument: the line."],
    ["iocshRun", "ERROR: iocshRun needs an argument: the line."],
    ["iocshLoad", "ERROR: iocshLoad needs an argument: the script."],
    ["postEvent", "ERROR: postEvent needs an argument: the event."],
    ["create_monitor_set", "ERROR: create_monitor_set needs an argument: the request file."],
    ["manual_save", "ERROR: manual_save needs an argument: the request file."],
    ["dbpr x:ao abc", 'ERROR: "abc" is no integer; it is to be the level.'],
    ["dbll", "ERROR: Command dbll not found. Did you mean dbl?"],
    ["echo $(NOPE)", "ERROR: macro NOPE is undefined; the line is not run: echo $(NOPE)"],
    ['echo "a', "ERROR: Unbalanced quote."],
    ["iocInit", "ERROR: iocInit runs once only; this IOC has been initialized."],
    ["dbLoadRecords a.db P=z:", "ERROR: Records cannot be loaded after iocInit."],
    ['system "ls"', 'ERROR: system does not run "ls": this IOC starts no programs for a script.'],
    ["asInit", "ERROR: asInit: access security is off: say asSetFilename before iocInit."],
    ["astac x:nosuch olga room", "ERROR: astac: x:nosuch is no PV of this IOC."],
    ["var asCheckClientIP 2", 'ERROR: var asCheckClientIP "2": the value is 0 or 1.'],
    [
      "cd nowhere",
      expect.stringMatching(
        /^ERROR: The folder nowhere cannot be entered: there is no such file or folder \(ENOENT\) at \/.*nowhere$/,
      ),
    ],
    ["dbpf x:ao abc", expect.stringMatching(/^ERROR: dbpf: .*abc/)],
    ["< none.cmd", expect.stringMatching(/^ERROR: The script none\.cmd cannot be read/)],
    ["dbl nosuch", "ERROR: There is no record type nosuch."],
  ])("%s", async (line, sentence) => expect((await typed(line))[0]).toEqual(sentence));
});

test("output goes to a file, or behind what it holds", async () => {
  await typed("dbl ao > list.txt", "echo more >> list.txt");
  expect(readFileSync(join(folder, "list.txt"), "utf8")).toBe("x:ao\nx:alias\nmore\n");
});

test.each([
  [
    "without its records",
    { P: "x:", TOP: "/nowhere" },
    "ERROR st.cmd line 12: The file globus.db is not found; looked in /nowhere/db, ..",
  ],
  [
    "without a prefix",
    { TOP: "/nowhere" },
    'ERROR st.cmd line 6: macro P is undefined; the line is not run: epicsEnvSet("P", "$(P)")',
  ],
])("the shipped st.cmd ends with status 1 %s", async (_, environment, sentence) => {
  const shipped = readFileSync(new URL("../../iocBoot/iocGlobus/st.cmd", import.meta.url), "utf8");
  const { status, err, out } = await run({ args: ["st.cmd"], files: { "st.cmd": shipped }, environment });
  expect(status).toBe(1);
  expect(err).toEqual([sentence, "st.cmd: the error policy is break."]);
  expect(out.join("\n")).not.toContain("iocInit");
});
