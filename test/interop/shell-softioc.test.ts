/** The same records and shell commands to epics-base's softIoc and to our shell: they print the same. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { isolatedServer } from "../../src/ca/ca-config.ts";
import { runIoc } from "../../src/cli/ioc-command.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { epicsEnvironment, freePort } from "../support/peers/epics-environment.ts";
import { needPeers, PYTHON, ROOT } from "../support/peers/real-peers.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

const DB = `
record(ao, "$(P)f") { field(VAL, "1.23456789012345") field(DESC, "an ao") field(PREC, "3") field(EGU, "mm") info(autosaveFields, "VAL") alias("$(P)alias") }
record(ao, "$(P)big") { field(VAL, "1e20") field(HIHI, "-0.000012345") field(OUT, "$(P)f PP MS") }
record(longout, "$(P)l") { field(VAL, "-5") field(FLNK, "$(P)f") field(DOL, "$(P)f.VAL") }
record(bo, "$(P)b") { field(ZNAM, "Off") field(ONAM, "On") }
record(mbbo, "$(P)m") { field(VAL, 1) field(ZRST, "a") field(ONST, "b b") }
record(stringin, "$(P)s") { field(VAL, "hello \\"w\\"\\\\") }
record(ai, "$(P)slow") { field(SCAN, "10 second") }
record(calc, "$(P)c") { field(CALC, "A+1") field(INPA, "$(P)f NPP MSI") field(INPB, {const:3}) }
record(waveform, "$(P)d") { field(FTVL, DOUBLE) field(NELM, 20) field(INP, [1,2.5,3.14159265358979,4,5,6,7,8]) }
record(waveform, "$(P)w") { field(FTVL, SHORT) field(NELM, 20) field(INP, [1,-2]) }
record(waveform, "$(P)i") { field(FTVL, LONG) field(NELM, 20) field(INP, [1,-2,300000,4,5,6,7,8]) }
record(waveform, "$(P)u") { field(FTVL, UCHAR) field(NELM, 20) field(INP, [65,66,200]) }
record(waveform, "$(P)t") { field(FTVL, STRING) field(NELM, 20) field(INP, ["ab","c\\"d"]) }
record(waveform, "$(P)e") { field(FTVL, FLOAT) field(NELM, 20) }
alias("$(P)b", "$(P)b2")
`;

/** Printed to the letter. */
const LINES: readonly string[] = [
  "dbl",
  "dbl mbbo VAL",
  'dbl ao "VAL DESC"',
  "dbla",
  "dbli",
  "dbli nothing*",
  "dbnr",
  'dbgrep "x:?"',
  ..."f big l b m s slow c d w i u t e f.SCAN f.DTYP f.PREC f.DISP f.NAME f.NAME$ f.RTYP l.OUT l.FLNK l.DOL b2 alias.EGU"
    .split(" ")
    .map((pv) => `dbgf x:${pv}`),
  "dbpf x:f 3",
  "dbpf x:f 1e-7",
  "dbpf x:f -1234567.891",
  "dbpf x:l 0x10",
  "dbpf x:l -3",
  "dbpf x:b On",
  "dbpf x:m 0",
  'dbpf x:m "b b"',
  'dbpf x:f.DESC "hello world"',
  'dbpf x:f.SCAN "2 second"',
  'dbpf x:w "[3,4,-5]"',
  "dbpf x:d 7",
  "dbpf x:t \"['x','y z']\"",
  "dbpf x:e [0.1,2]",
  "dbpf x:f.PREC -3",
  "scanppl",
  "scanppl 10",
  "echo 'a b' c",
  'echo "x\\ty\\x41\\101"',
  "postEvent 1",
];
/** What each field of ours says, softIoc says too; it has some more. */
const RECORDS: readonly string[] = ["f", "big", "l", "b", "m", "s", "slow", "c", "d"].map((name) => `dbpr x:${name} 3`);
/** Compared by meaning elsewhere, or not at all: the clock, and pointers. */
const LEFT_OUT = /^(?:TIME|VAL *: (?:PTR|\d+ of))/;

const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ARGUMENTS = ["-m", "P=x:", "-d", join(folder, "test.db")] as const;
const MARK = "=====";
const INPUT = [...LINES, ...RECORDS].map((line) => `echo ${MARK}\n${line}\n`).join("");

/** What stands behind each mark: one text for each line of INPUT. */
function answers(output: string): string[] {
  const plain = output.replaceAll("\x1b[0m", "").replace(/\x1b\[[\d;]*m/g, "");
  return plain.replaceAll("epics> ", "").split(`${MARK}\n`).slice(1);
}

async function softIoc(): Promise<string[]> {
  const script = join(ROOT, "test/peers/softioc.py");
  const env = epicsEnvironment(await freePort());
  return answers((await runPeer(PYTHON, [script, ...ARGUMENTS], { input: INPUT, env })).stdout);
}

async function ours(): Promise<string[]> {
  let output = "";
  const stdout = new PassThrough();
  stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString("utf8");
  });
  const stderr = new PassThrough();
  stderr.resume();
  await runIoc({
    args: ARGUMENTS,
    environment: {},
    stdin: Readable.from([INPUT]),
    stdout,
    stderr,
    signal: AbortSignal.timeout(20_000),
    clock: new FakeClock(),
    log: silentLog,
    server: isolatedServer(),
  });
  return answers(output);
}

/** `NAME: value` items of a dbpr listing. */
const items = (listing: string): string[] =>
  listing
    .split("\n")
    .flatMap((line) => line.split(/(?<= )(?=[A-Z0-9]{1,7} *: )/))
    .map((item) => item.trim())
    .filter((item) => item !== "" && !LEFT_OUT.test(item));

describe.skipIf(needPeers("softIoc").missing)("softIoc and our shell print the same for", () => {
  let theirs: readonly string[] = [];
  let own: readonly string[] = [];
  beforeAll(async () => {
    writeFileSync(join(folder, "test.db"), DB);
    [theirs, own] = await Promise.all([softIoc(), ours()]);
  }, 60_000);

  test("as many lines", () =>
    expect([theirs.length, own.length]).toEqual([theirs.length, LINES.length + RECORDS.length]));

  test.each(LINES.map((line, index) => [line, index] as const))("%s", (_, index) => {
    expect(own[index]).toBe(theirs[index]);
  });

  test.each(RECORDS.map((line, index) => [line, index + LINES.length] as const))("%s", (_, index) => {
    const said = items(theirs[index] ?? "");
    expect(said.length).toBeGreaterThan(20);
    expect(items(own[index] ?? "").filter((item) => !said.includes(item))).toEqual([]);
  });
});
