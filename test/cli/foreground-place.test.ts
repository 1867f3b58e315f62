/** What `transfer` and `transfer-scan` refuse before anything is queued, by what is on the disk. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { UsageError } from "../../src/cli/exit-status.ts";
import { checkPlaces } from "../../src/cli/foreground-place.ts";
import { type ForegroundRequest, foregroundPlan } from "../../src/cli/foreground-plan.ts";
import { NO_TAGS } from "../../src/controller/transfers/scan-path.ts";
import { failureOf } from "../support/failure-of.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "foreground-place-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, "S/s1/in"), { recursive: true });
  writeFileSync(join(home, "S/s1/data.h5"), "data");
  symlinkSync(join(home, "S"), join(home, "link"));
});

const check = (request: ForegroundRequest): Promise<void> =>
  checkPlaces(request, foregroundPlan(request, { HOME: home }), () => NO_TAGS);
const transfer = (source: string, to: string): Promise<void> =>
  check({ what: "transfer", sourcePath: join(home, source), destPath: join(home, to) });
const scan = (folder: string, base: string, destLayout = ""): Promise<void> =>
  check({ what: "transfer-scan", scanDir: join(home, folder), destBase: join(home, base), destLayout });
const refusal = async (made: Promise<void>): Promise<string> => (await failureOf(made, UsageError)).message;

describe("transfer", () => {
  test.each([
    ["S/s1", "S/s1", "is what is to be sent itself"],
    ["S/s1", "link/s1", "is what is to be sent itself"],
    ["S/s1", "S", "holds what is to be sent"],
    ["S/s1", "link", "holds what is to be sent"],
    ["S/s1", "S/s1/in", "lies inside of what is to be sent"],
    ["S/s1", "link/s1/new/er", "lies inside of what is to be sent"],
    ["S/s1/data.h5", "S/s1/data.h5", "is what is to be sent itself"],
    ["S/s1/data.h5", "link/s1/", "is what is to be sent itself"],
  ])("of %s to %s is refused", async (source, to, problem) => {
    expect(await refusal(transfer(source, to))).toMatch(
      new RegExp(`^--dest-path leads to ".*", which ${problem} \\(".*"\\): name another folder\\.$`),
    );
  });

  test("to a place beside the source is none of these", async () => {
    for (const to of ["S/s", "S/s11", "T/s1", "T"]) await transfer("S/s1", to);
    await transfer("S/s1/data.h5", "S/");
  });

  test("of what is not there, or cannot be sent, is refused", async () => {
    expect(await refusal(transfer("S/s2", "T"))).toBe(`--source-path "${home}/S/s2" is not there.`);
    symlinkSync("round", join(home, "round"));
    expect(await refusal(transfer("round", "T"))).toContain("cannot be looked at");
    expect(await refusal(check({ what: "transfer", sourcePath: "/dev/null", destPath: join(home, "null") }))).toBe(
      '--source-path "/dev/null" is neither a file nor a folder and cannot be sent.',
    );
  });
});

describe("transfer-scan", () => {
  test("of a file is refused, with the command that sends one", async () => {
    expect(await refusal(scan("S/s1/data.h5", "T"))).toBe(
      `--scan-dir "${home}/S/s1/data.h5" is a file: name the folder of a scan, or send the file with globus-ioc transfer.`,
    );
  });

  test("onto the scan itself is refused, whatever the layout", async () => {
    expect(await refusal(scan("S/s1", "S"))).toContain("--dest-base leads to");
    expect(await refusal(scan("S/s1", "S", "s1/in"))).toContain("lies inside of what is to be sent");
    await scan("S/s1", "S", "{exp}/rawData");
  });
});
