/** A full disk under each of the things that the IOC keeps: who was mailed, the settings, the log. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, vi } from "vitest";
import { caseOf } from "./command-cases.ts";
import { comeToStart, judgeEnd, openBench, quickSaves, settled } from "./kills.ts";
import { noSmallDisk, SmallDisk } from "./small-disk.ts";
import { Tally } from "./tally.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 60_000 });
if (noSmallDisk !== undefined) process.stderr.write(`The full disk is not tried: ${noSmallDisk}.\n`);
const email = caseOf("Email", "voyager");
describe.skipIf(noSmallDisk !== undefined)("a full disk", () => {
  test("under the ledger stops Email with a sentence, and nobody is mailed twice when there is room again", async () => {
    using disk = new SmallDisk();
    const tally = new Tally("full disk under the ledger");
    const bench = await openBench({ settings: () => ({ ledger: [`path = ${disk.folder}`] }) });
    await using _ = bench.beamline;
    const { pvs, site } = bench.beamline;
    for (let time = 1; time <= 3; time++) {
      const where = `time ${time}`;
      await comeToStart(bench, email);
      tally.tried++;
      disk.fill();
      await pvs.put("Email", 1);
      const message = await pvs.text("EmailMessage");
      if (!message.includes(disk.folder))
        tally.find("untrue", where, [`EmailMessage does not name the ledger: ${message}`]);
      disk.empty();
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
    using disk = new SmallDisk();
    const tally = new Tally("full disk under the settings");
    const bench = await openBench({
      script: (text) => quickSaves(text).replace("$(AUTOSAVE_DIR=autosave-$(P)$(R))", disk.folder),
    });
    await using _ = bench.beamline;
    const { pvs, site } = bench.beamline;
    tally.tried++;
    disk.fill();
    await pvs.put("EmailSubject", "Put on a full disk");
    await pvs
      .until("LastError", (text) => text.includes(disk.folder))
      .catch(() => {
        tally.find("untrue", "full", ["LastError does not tell that the settings are not saved"]);
      });
    disk.empty();
    await site.restartIoc(undefined, "SIGTERM");
    const subject = await pvs.text("EmailSubject");
    if (subject !== "Put on a full disk") tally.find("lost", "room again", [`EmailSubject is ${subject}`]);
    tally.close();
  });

  test("under the log is told, commands go on, and the log goes on when there is room again", async () => {
    using disk = new SmallDisk();
    const tally = new Tally("full disk under the log");
    const bench = await openBench({ settings: () => ({ general: [`log-directory = ${disk.folder}`] }) });
    await using _ = bench.beamline;
    const { pvs } = bench.beamline;
    const list = caseOf("ListEsafs", "voyager");
    await comeToStart(bench, list);
    tally.tried++;
    disk.fill();
    await pvs.put("ListEsafs", 1);
    await judgeEnd(bench, list, ["Done"], { tally, where: "full" });
    await pvs
      .until("LastError", (text) => text.includes(disk.folder))
      .catch(() => {
        tally.find("untrue", "full", ["LastError does not tell that no log file is kept"]);
      });
    disk.empty();
    const mark = "after the disk was full";
    const isLogged = (): boolean =>
      readdirSync(disk.folder).some((name) => readFileSync(join(disk.folder, name), "utf8").includes(mark));
    await pvs.put("ManualExperiment", mark);
    for (let time = 0; time < LOG_ATTEMPTS && !isLogged(); time++) await pvs.put("TagManual", 1);
    if (!isLogged()) tally.find("lost", "room again", ["the log has no line behind the full disk"]);
    tally.close();
  });
});
/** Commands, each with a line in the log, until the log must have begun again. */
const LOG_ATTEMPTS = 20;
