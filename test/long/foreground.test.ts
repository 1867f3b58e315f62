/** `globus-ioc transfer` and `transfer-scan` as programs, without an IOC: to folders, and through sandbox Globus. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { sleep, systemClock } from "../../src/base/clock.ts";
import { EXIT } from "../../src/cli/exit-status.ts";
import { type GlobusService, startGlobusService } from "../../src/sandbox/globus/service.ts";
import { makeTemporaryFolder } from "../../src/sandbox/temporary-folder.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type PeerProcess, runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000 });
const SCAN = "dat/ue_251023_FXL/rawData/251023_alignment_00001_DIR";

let globus: GlobusService;
beforeAll(async () => {
  globus = await startGlobusService({
    clock: systemClock,
    queuedSeconds: 0.1,
    collections: [{ name: "ffs" }, { name: "backup", folders: ["/backup"] }],
  });
});
afterAll(() => globus.close());

/** Of one test: /home, /ffs with a scan, /backup. */
let place: string;
beforeEach(async () => {
  const made = await makeTemporaryFolder();
  onTestFinished(() => made.remove());
  place = made.path;
  for (const folder of ["home", "backup", join("ffs", SCAN, "detector1"), join("ffs", SCAN, "ScanInfo")])
    mkdirSync(join(place, folder), { recursive: true });
  writeFileSync(join(place, "ffs", SCAN, "detector1/001.h5"), Buffer.alloc(300_000, "a"));
  writeFileSync(join(place, "ffs", SCAN, "ScanInfo/한국.h5"), Buffer.alloc(20_000, "b"));
  const { clientId, secret } = globus.serviceAccount;
  writeFileSync(join(place, "secret"), secret, { mode: 0o600 });
  writeFileSync(
    join(place, "globus.conf"),
    `[globus-auth]\nclient-id = ${clientId}\nclient-secret-file = ${join(place, "secret")}\nauth-url = ${globus.url}\ntransfer-url = ${globus.url}\n[transfers]\nbatch-seconds = 0.1\nwatch-seconds = 0.2\n`,
  );
  const folder = globus.collection("ffs").folder;
  for (const old of [join(folder, "dat"), join(globus.collection("backup").folder, "backup")])
    rmSync(old, { recursive: true, force: true });
  mkdirSync(join(globus.collection("backup").folder, "backup"));
  cpSync(join(place, "ffs/dat"), join(folder, "dat"), { recursive: true, preserveTimestamps: true });
});
const environment = (): Record<string, string> => ({ ...inheritedEnvironment(), HOME: join(place, "home") });
const words = (line: readonly string[]): string[] => [join(ROOT, "dist/main.js"), ...line, "--settle-seconds", "0.1"];
const run = (...line: string[]) => runPeer(process.execPath, words(line), { env: environment() });
const started = (line: readonly string[], ready: RegExp): Promise<PeerProcess> =>
  spawnPeer(process.execPath, words(line), { env: environment(), line: ready });
const ends = (): string[] => [
  "--source-collection",
  globus.collection("ffs").id,
  "--dest-collection",
  globus.collection("backup").id,
  "--config",
  join(place, "globus.conf"),
];

/** Files by path, with their bytes. */
function filesOf(folder: string): Record<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const entries = found.map((one) => join(one.parentPath, one.name));
  return Object.fromEntries(entries.map((file) => [file.slice(folder.length + 1), readFileSync(file, "latin1")]));
}
const scanFiles = (): Record<string, string> => filesOf(join(place, "ffs", SCAN));

describe("to a folder", () => {
  const scan = (...more: string[]) =>
    run("transfer-scan", "--scan-dir", `${join(place, "ffs", SCAN)}/`, "--dest-base", join(place, "backup"), ...more);

  test("a scan is there byte for byte, with no globus.conf and no Globus; a second time nothing is sent", async () => {
    const first = await scan();
    expect(first, first.stdout + first.stderr).toMatchObject({ code: EXIT.done, stderr: "" });
    const copy = join(place, "backup/ue_251023_FXL/rawData/251023_alignment_00001_DIR");
    expect(filesOf(copy)).toEqual(scanFiles());
    const again = await scan("--json");
    expect(JSON.parse(again.stdout)).toMatchObject({
      command: "transfer-scan",
      exitStatus: EXIT.done,
      message: expect.stringMatching(/before, and has not changed: nothing was sent\.$/) as string,
    });
    writeFileSync(join(place, "ffs", SCAN, "detector1/002.h5"), "more");
    expect((await scan()).stdout).toContain("3 files, 320004 bytes.");
    expect(filesOf(copy)).toEqual(scanFiles());
  });

  test("weakness 23: what happened is in a log file, a failure too", async () => {
    await scan();
    const [log = ""] = readdirSync(join(place, "home/logs"));
    expect(readFileSync(join(place, "home/logs", log), "utf8")).toMatch(
      / - INFO: globus-ioc transfer-scan .*\n(.*\n)*.* - INFO: transfer-scan: Done\. /,
    );
    const failed = await run(
      "transfer",
      "--source-path",
      join(place, "ffs", SCAN),
      "--dest-path",
      inTheWay(),
      "--log-directory",
      join(place, "other"),
      "--config",
      withOneAttempt(),
    );
    expect(failed).toMatchObject({ code: EXIT.failed });
    const [other = ""] = readdirSync(join(place, "other"));
    expect(readFileSync(join(place, "other", other), "utf8")).toContain(
      " - ERROR: transfer: Failed. 251023_alignment_00001_DIR is not sent: ",
    );
  });
  const withOneAttempt = (): string => {
    writeFileSync(join(place, "short.conf"), "[transfers]\nattempts = 1\n");
    return join(place, "short.conf");
  };
  const inTheWay = (): string => {
    writeFileSync(join(place, "backup/x"), "no folder");
    return join(place, "backup/x");
  };

  test("weakness 25: a failure ends with 1, a wrong command line with 2", async () => {
    const failed = await run(
      "transfer",
      "--source-path",
      join(place, "ffs", SCAN),
      "--dest-path",
      inTheWay(),
      "--config",
      withOneAttempt(),
    );
    expect(failed).toMatchObject({
      code: EXIT.failed,
      stderr: expect.stringContaining("transfer: Failed. 251023_alignment_00001_DIR is not sent: ") as string,
    });
    const absent = await run(
      "transfer",
      "--source-path",
      join(place, "nothing"),
      "--dest-path",
      join(place, "backup/y"),
    );
    expect(absent).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining("is not there.") as string });
    expect((await run("transfer-scan", "--scan-dir")).code).toBe(EXIT.usage);
    expect((await run("transfer-scan", "--scan-dir", "/", "--dest-base", place)).code).toBe(EXIT.usage);
  });

  test("what cannot be sent yet is told at once", async () => {
    mkdirSync(join(place, "empty"));
    const line = ["transfer", "--source-path", join(place, "empty"), "--dest-path", join(place, "backup/empty")];
    const waiting = await spawnPeer(process.execPath, words(line), { env: environment(), line: /The ledger is/ });
    await vi.waitFor(() => expect(waiting.stderr).toMatch(/empty waits: .+\./), { timeout: 20_000, interval: 100 });
    writeFileSync(join(place, "empty/a.h5"), "a");
    expect((await waiting.exited).code, waiting.stderr).toBe(EXIT.done);
    expect(readFileSync(join(place, "backup/empty/a.h5"), "utf8")).toBe("a");
  });

  test("a dry run needs nothing but the folder, and leaves nothing behind", async () => {
    const dry = await run("transfer-scan", "--scan-dir", join(place, "ffs", SCAN), "--dry-run");
    expect(dry).toMatchObject({ code: EXIT.done, stderr: "" });
    expect(dry.stdout).toContain(
      "Would send 251023_alignment_00001_DIR (2 files, 320000 bytes) to /backup/ue_251023_FXL/rawData/251023_alignment_00001_DIR.\n",
    );
    expect(readdirSync(join(place, "home"))).toEqual([]);
    const asked = await run("transfer", "--source-path", "/~/a", "--dest-path", "/b", ...ends(), "--dry-run");
    expect(asked.stdout).toContain(`Would ask Globus to transfer ${globus.collection("ffs").id}:/~/a to `);
  });

  test("weakness 16: a scan whose path names no experiment goes to unsorted, or where it is said, also afterwards", async () => {
    cpSync(join(place, "ffs", SCAN), join(place, "live/a_00001_DIR"), { recursive: true });
    const base = join(place, "backup");
    const send = async (...more: string[]): Promise<string> => {
      const scanDir = join(place, "live/a_00001_DIR");
      const done = await run("transfer-scan", "--scan-dir", scanDir, "--dest-base", base, ...more);
      expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done });
      return done.stdout;
    };
    await send();
    expect(await send("--experiment", "ms_260101_FXS")).toContain("2 files, 320000 bytes.");
    expect(await send("--experiment", "ms_260101_FXS")).toContain("nothing was sent");
    expect(await send("--experiment", "ms_260101_FXS", "--dest-layout", "{exp}/live")).toContain(
      "2 files, 320000 bytes.",
    );
    const folders = ["ms_260101_FXS/live", "ms_260101_FXS/rawData", "unsorted/rawData"];
    for (const folder of folders) expect(filesOf(join(base, folder, "a_00001_DIR"))).toEqual(scanFiles());
  });

  test("one ledger is sent from to several places: the end tells of the one that was asked for", async () => {
    const ledger = join(place, "ledger");
    await scan("--ledger", ledger);
    const other = await scan("--ledger", ledger, "--dest-layout", "{exp}");
    expect(other.stdout, other.stderr).toContain("{exp}/: 2 files, 320000 bytes.");
    expect(filesOf(join(place, "backup/ue_251023_FXL/251023_alignment_00001_DIR"))).toEqual(scanFiles());
    expect((await scan("--ledger", ledger)).stdout).toContain("nothing was sent");
  });

  test("what has failed for good is tried again by the same command, and by a watch that begins", async () => {
    const copy = join(place, "backup/ue_251023_FXL");
    writeFileSync(copy, "in the way");
    writeFileSync(join(place, "once.conf"), "[transfers]\nattempts = 1\n");
    const config = ["--config", join(place, "once.conf")];
    const watch = (): ReturnType<typeof run> => {
      writeFileSync(join(place, "ffs", SCAN, ".done"), "");
      const watchdir = join(place, "ffs/dat/ue_251023_FXL/rawData");
      return run("watch", "--watchdir", watchdir, "--dest-base-path", join(place, "backup"), "--once", ...config);
    };
    for (const [command, code] of [
      [() => scan(...config), EXIT.failed],
      [watch, EXIT.partial],
    ] as const) {
      const failed = await command();
      expect(failed, failed.stdout + failed.stderr).toMatchObject({ code });
      rmSync(copy, { recursive: true });
      const again = await command();
      expect(again, again.stdout + again.stderr).toMatchObject({ code: EXIT.done });
      expect(filesOf(join(copy, "rawData/251023_alignment_00001_DIR"))).toMatchObject(scanFiles());
      rmSync(copy, { recursive: true });
      writeFileSync(copy, "in the way");
      writeFileSync(join(place, "ffs", SCAN, "detector1/002.h5"), "more"); // another version
    }
  });

  test("one ledger is one process's: the second is told at once who has it, and the scan can be put in there", async () => {
    const ledger = join(place, "ledger");
    mkdirSync(join(place, "ffs/dat/not_yet")); // without a file
    const waits = await started(
      [
        "transfer-scan",
        "--scan-dir",
        join(place, "ffs/dat/not_yet"),
        "--dest-base",
        join(place, "backup"),
        "--ledger",
        ledger,
      ],
      /The ledger is /,
    );
    const second = await scan("--ledger", ledger);
    expect(second.code).toBe(EXIT.failed);
    expect(second.stderr).toContain(`The ledger ${ledger} is held by process ${waits.pid} on `);
    expect(second.stderr).toContain(`globus-ioc trigger SCAN --ledger ${ledger} puts a scan in there`);
    waits.kill("SIGTERM");
    expect(await waits.exited).toEqual({ code: EXIT.failed, signal: null });
    expect(waits.stderr).toContain("transfer-scan: Cancelled. Ended by SIGTERM.");
    expect(waits.stderr).toContain(`is kept in ${ledger}: the same command goes on with it.`);
  });
});

describe("through Globus", () => {
  const arrived = (folder: string): string => join(globus.collection("backup").folder, folder);
  const scan = (): string[] => [
    "transfer-scan",
    "--scan-dir",
    join(place, "ffs", SCAN),
    "--path-map",
    `${join(place, "ffs")}=/`,
    ...ends(),
  ];

  test("transfer sends a folder of a collection, and waits for the task's end", async () => {
    const done = await run("transfer", "--source-path", `/${SCAN}`, "--dest-path", "/backup/scan001/", ...ends());
    expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done });
    expect(done.stdout).toMatch(/Globus has the task [0-9a-f-]{36}: https:\/\/app\.globus\.org\/activity\//);
    expect(filesOf(arrived("backup/scan001"))).toEqual(scanFiles());
  });

  test("transfer-scan sends below the experiment, and proves it; weakness 20: with the consent that a mapped collection wants", async () => {
    globus.faults.consentRequired = true;
    onTestFinished(() => {
      globus.faults.consentRequired = false;
    });
    const done = await run(...scan());
    expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done, stderr: "" });
    expect(filesOf(arrived("backup/ue_251023_FXL/rawData/251023_alignment_00001_DIR"))).toEqual(scanFiles());
  });

  test("a scan of which a file was there before, by other means and with another time, is proven", async () => {
    const there = arrived("backup/ue_251023_FXL/rawData/251023_alignment_00001_DIR/detector1");
    mkdirSync(there, { recursive: true });
    cpSync(join(place, "ffs", SCAN, "detector1/001.h5"), join(there, "001.h5"));
    utimesSync(join(there, "001.h5"), 1, 1);
    const done = await run(...scan());
    expect(done, done.stdout + done.stderr).toMatchObject({ code: EXIT.done, stderr: "" });
  });

  test("killed at any moment and started again, a scan is sent once, and a transfer by hand too", async () => {
    const ours = (): number => globus.transfers.length;
    for (const line of [
      scan(),
      ["transfer", "--source-path", `/${SCAN}`, "--dest-path", "/backup/killed", ...ends()],
    ]) {
      rmSync(arrived("backup"), { recursive: true, force: true });
      mkdirSync(arrived("backup"));
      const before = ours();
      const ledger = join(place, `ledger${before}`);
      const pausing = globus.pauseCollection("backup", "later");
      const first = await started([...line, "--ledger", ledger], /The ledger is /);
      while (ours() === before) await sleep(systemClock, 0.02);
      first.kill("SIGKILL");
      await first.exited;
      pausing();
      const second = await run(...line, "--ledger", ledger);
      expect(second, second.stdout + second.stderr).toMatchObject({ code: EXIT.done });
      expect(ours(), JSON.stringify([globus.transfers.slice(before), second.stdout])).toBe(before + 1);
    }
    expect(filesOf(arrived("backup/killed"))).toEqual(scanFiles());
  });

  test("weakness 15: where a person would have to log in, it ends with 2 and a sentence, and asks nobody", async () => {
    const line = [
      "transfer",
      "--source-path",
      `/${SCAN}`,
      "--dest-path",
      "/backup/x",
      ...ends(),
      "--client-secret-file",
      "",
      "--client-id",
      globus.nativeClientId,
      "--token-store",
      join(place, "tokens.json"),
    ];
    const needed = await run(...line);
    expect(needed.code, needed.stdout + needed.stderr).toBe(EXIT.usage);
    expect(needed.stderr).toContain("Globus wants a person to log in, and nothing was sent. ");
    expect(needed.stderr).toContain(
      "tokens.json has no Globus login for Globus Transfer: run `globus-ioc login`. Then start it again;",
    );
  });

  test("weakness 28: a login that is refused for a while holds the queue, and the same process goes on", async () => {
    globus.faults.refusesTokens = true;
    const waits = await started([...scan(), "--ledger", join(place, "ledger28")], /Nothing goes to /);
    globus.faults.refusesTokens = false;
    await runPeer(
      process.execPath,
      [join(ROOT, "dist/main.js"), "queue", "retry", "--all", "--ledger", join(place, "ledger28")],
      { env: environment() },
    );
    expect(await waits.exited, waits.stdout + waits.stderr).toEqual({ code: EXIT.done, signal: null });
  });

  test("a task that fails ends with 1 and Globus' own word", async () => {
    const failed = await run("transfer", "--source-path", "/dat/none", "--dest-path", "/backup/none", ...ends());
    expect(failed.code, failed.stdout).toBe(EXIT.failed);
    expect(existsSync(arrived("backup/none"))).toBe(false);
  });
});

describe("watch", () => {
  const raw = (): string => join(place, "ffs/dat/ue_251023_FXL/rawData");
  const SCANS = ["251023_alignment_00001_DIR", "251023_alignment_00002_DIR", "251023_alignment_00003_DIR"] as const;
  const watch = (...more: string[]): string[] => ["watch", "--watchdir", raw(), "--sweep-seconds", "0.3", ...more];
  const mark = (scan: string, name = ".done"): void => writeFileSync(join(raw(), scan, name), "");

  test("a dry run needs nothing but the tree; weakness 5, weakness 6: it climbs from a marker to its scan, and starts nothing at the root", async () => {
    mark(SCANS[0], "detector1/x.done");
    mark(".", ".done");
    const dry = await run(...watch("--dry-run", "--once"));
    expect(dry.code, dry.stdout + dry.stderr).toBe(EXIT.done);
    expect(dry.stdout).toContain(`Would send ${join(raw(), SCANS[0])} (2 files, 320000 bytes), since the marker`);
    expect(dry.stderr).toContain("lies in no scan and starts nothing");
    expect(dry.stdout.match(/Would send/g)).toHaveLength(1);
    expect(readdirSync(join(place, "home"))).toEqual([]);
  });

  test("a tree that is not there is a failure, also in a dry run", async () => {
    const line = ["watch", "--watchdir", join(place, "unmounted"), "--once"];
    for (const more of [["--dry-run"], ["--dest-base-path", join(place, "backup")]]) {
      const failed = await run(...line, ...more);
      expect(failed, failed.stdout + failed.stderr).toMatchObject({ code: EXIT.failed });
      expect(failed.stderr).toMatch(/watch: Failed\. .*unmounted/);
    }
  });

  test("weakness 1, weakness 2, weakness 8: scans go below their experiment, once each, through a kill; SIGTERM ends it with 0", async () => {
    for (const scan of SCANS.slice(1)) cpSync(join(raw(), SCANS[0]), join(raw(), scan), { recursive: true });
    mark(SCANS[0]);
    mark(SCANS[0], "detector1/y.complete");
    const line = watch("--dest-base-path", join(place, "backup"), "--ledger", join(place, "ledger"));
    const first = await started(line, new RegExp(`${SCANS[0]} is proven`));
    first.kill("SIGKILL");
    await first.exited;
    expect(first.stdout.match(/ is queued for /g)).toHaveLength(1);
    mark(SCANS[0], ".complete"); // a sign that comes late is no change of the scan
    mark(SCANS[1]);
    const second = await started(line, new RegExp(`${SCANS[1]} is proven`));
    writeFileSync(join(raw(), SCANS[2], "tmp"), "");
    renameSync(join(raw(), SCANS[2], "tmp"), join(raw(), SCANS[2], "scan.done"));
    await second.said(new RegExp(`${SCANS[2]} is proven`));
    second.kill("SIGTERM");
    expect(await second.exited, second.stderr).toEqual({ code: EXIT.done, signal: null });
    expect(second.stdout).not.toContain(`${SCANS[0]} is `);
    for (const scan of SCANS)
      expect(Object.keys(filesOf(join(place, "backup/ue_251023_FXL/rawData", scan)))).toEqual(
        expect.arrayContaining(Object.keys(scanFiles()).filter((name) => !/done|complete/.test(name))),
      );
  });

  test("scans that are quiet go without a marker, and a canary in the tree is none; a section says how", async () => {
    const config = join(place, "quiet.conf");
    writeFileSync(config, "[trigger calm]\nkind = quiet\nscans = {scan:*_DIR}\nsweep-seconds = 0.3\n");
    const line = ["watch", "--watchdir", raw(), "--dest-base-path", join(place, "backup")];
    const calm = ["--config", config, "--trigger", "calm", "--quiet-seconds", "1", "--canary", raw()];
    const program = await started([...line, ...calm], new RegExp(`${SCANS[0]} is proven`));
    program.kill("SIGTERM");
    expect(await program.exited, program.stderr).toEqual({ code: EXIT.done, signal: null });
    expect(program.stderr).not.toContain("did not see");
    expect(readdirSync(join(place, "backup/ue_251023_FXL/rawData"))).toEqual([SCANS[0]]);
    expect(readdirSync(raw())).toEqual([SCANS[0]]);
  });

  test("weakness 10: while Globus is down scans are taken, and sent when it is back", async () => {
    const folder = globus.collection("ffs").folder;
    for (const scan of SCANS) {
      if (scan !== SCANS[0]) cpSync(join(raw(), SCANS[0]), join(raw(), scan), { recursive: true });
      mark(scan);
    }
    cpSync(join(place, "ffs/dat"), join(folder, "dat"), { recursive: true, preserveTimestamps: true });
    await globus.misbehave({ on: "/submission_id", htmlPage: { status: 200 } }); // asked once; a break is tried for 15 s
    onTestFinished(() => globus.misbehave({}));
    const line = watch("--once", "--dest-base-path", "/backup", "--path-map", `${join(place, "ffs")}=/`, ...ends());
    const program = await started([...line, "--ledger", join(place, "ledger")], /Nothing goes to /);
    for (const scan of SCANS) await program.said(new RegExp(`${scan} is queued`));
    await globus.misbehave({});
    await runPeer(
      process.execPath,
      [join(ROOT, "dist/main.js"), "queue", "retry", "--all", "--ledger", join(place, "ledger")],
      { env: environment() },
    );
    expect(await program.exited, program.stdout + program.stderr).toEqual({ code: EXIT.done, signal: null });
    expect(program.stdout).toContain("watch: Done. 3 scans are proven.");
  });
});
