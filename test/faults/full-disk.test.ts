/** A full disk under each of the things that the IOC keeps: who was mailed, the settings, the log. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, onTestFinished, test, vi } from "vitest";
import { createLedger } from "../../src/services/ledger/ledger.ts";
import { mountSmallDisk, type SmallDisk, writeLedgerOnFailingDisk } from "../support/failing-disk.ts";
import { needPeers } from "../support/peers/real-peers.ts";
import { comeToStart, judgeEnd, openBench, quickSaves, settled } from "./bench.ts";
import { caseOf } from "./command-cases.ts";
import { Tally } from "./tally.ts";
import { absent } from "./world.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 60_000 });
const email = caseOf("Email", "voyager");
describe.skipIf(needPeers("root").missing)("a full disk", () => {
  let disk: SmallDisk;
  beforeEach(async () => {
    disk = await mountSmallDisk(DISK_BYTES);
  });
  afterEach(() => disk.remove());

  test("under the ledger stops Email with a sentence, and nobody is mailed twice when there is room again", async () => {
    const tally = new Tally("full disk under the ledger");
    const bench = await openBench({ settings: () => ({ ledger: [`path = ${disk.path}`] }) });
    await using _ = bench.beamline;
    const { pvs, site } = bench.beamline;
    for (let time = 1; time <= 3; time++) {
      const where = `time ${time}`;
      await comeToStart(bench, email);
      tally.tried++;
      await disk.fill();
      await pvs.put("Email", 1);
      const message = await pvs.text("EmailMessage");
      if (!message.includes(disk.path))
        tally.find("untrue", where, [`EmailMessage does not name the ledger: ${message}`]);
      await disk.empty();
      await email.inputs?.(bench);
      await pvs.put("Email", 1);
      await judgeEnd(bench, email, ["Done", "Partial", "Rejected"], { tally, where });
      await site.restartIoc();
      await settled(bench);
      await pvs.put("EmailMode", 1);
      await pvs.put("PreviewEmail", 1);
      await pvs.use("EmailArm", (pv) => pv.put(1));
      await pvs.put("Email", 1);
      tally.find("doubled", `${where}, after a kill`, email.doubled?.(bench) ?? []);
    }
    tally.close();
  });

  test("under the settings is told, and what was put is saved when there is room again", async () => {
    const tally = new Tally("full disk under the settings");
    const bench = await openBench({
      script: (text) => quickSaves(text).replace("$(AUTOSAVE_DIR=autosave-$(P)$(R))", disk.path),
    });
    await using _ = bench.beamline;
    const { pvs, site } = bench.beamline;
    tally.tried++;
    await disk.fill();
    await pvs.put("EmailSubject", "Put on a full disk");
    await pvs
      .until("LastError", (text) => text.includes(disk.path))
      .catch(() => {
        tally.find("untrue", "full", ["LastError does not tell that the settings are not saved"]);
      });
    await disk.empty();
    await site.restartIoc(undefined, "SIGTERM");
    const subject = await pvs.text("EmailSubject");
    if (subject !== "Put on a full disk") tally.find("lost", "room again", [`EmailSubject is ${subject}`]);
    tally.close();
  });

  test("under the log is told, commands go on, and the log goes on when there is room again", async () => {
    const tally = new Tally("full disk under the log");
    const bench = await openBench({ settings: () => ({ general: [`log-directory = ${disk.path}`] }) });
    await using _ = bench.beamline;
    const { pvs } = bench.beamline;
    const list = caseOf("ListEsafs", "voyager");
    await comeToStart(bench, list);
    tally.tried++;
    await disk.fill();
    const isTold = async (): Promise<boolean> => (await pvs.text("LastError")).includes("log-directory");
    // The log's last block on the disk still has room.
    for (let time = 0; time < LOG_ATTEMPTS && !(await isTold()); time++) await pvs.put("ListEsafs", 1);
    await judgeEnd(bench, list, ["Done"], { tally, where: "full" });
    if (!(await isTold())) tally.find("untrue", "full", ["LastError does not tell that no log file is kept"]);
    await disk.empty();
    const mark = "after the disk was full";
    const isLogged = (): boolean =>
      readdirSync(disk.path).some((name) => readFileSync(join(disk.path, name), "utf8").includes(mark));
    await pvs.put("ManualExperiment", mark);
    await pvs.put("TagManual", 1);
    await vi.waitUntil(isLogged, LOG_BEGINS_AGAIN).catch(() => {
      tally.find("lost", "room again", ["the log has no line behind the full disk"]);
    });
    tally.close();
  });
});
const LEDGER_WRITES = 10_000;
const DISK_BYTES = 1024 * 1024;
/** Commands, each with a line in the log, until the disk's last block must be full. */
const LOG_ATTEMPTS = 100;
/** The log looks every ten seconds whether there is room again. */
const LOG_BEGINS_AGAIN = { timeout: 60_000, interval: 100 };

test.skipIf(needPeers("prlimit").missing)(
  "no write of the ledger that was acknowledged is lost though every tenth one is torn",
  async () => {
    const tally = new Tally("ledger, every tenth write torn");
    const folder = mkdtempSync(join(tmpdir(), "globus-ioc-ledger-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    tally.tried = LEDGER_WRITES;
    const { acknowledged, sentences } = await writeLedgerOnFailingDisk(folder, LEDGER_WRITES);
    const ledger = createLedger({ path: folder, owner: { pid: process.pid, host: "test" } });
    onTestFinished(() => ledger.close());
    const found = await ledger.mailed("E");
    tally.find(
      "lost",
      "after a restart",
      absent(
        acknowledged.map((one) => `a${one}@x.example`),
        [...found.keys()],
      ),
    );
    const silent = LEDGER_WRITES - acknowledged.length - sentences.length;
    if (silent !== 0) tally.find("untrue", "while writing", [`${silent} writes neither acknowledged nor refused`]);
    tally.close();
  },
);
