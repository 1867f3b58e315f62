/** Whether what is printed is kept where others may read it. */
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isKept } from "../../src/base/kept-output.ts";

function opened(path: string): number {
  const descriptor = openSync(path, "w");
  onTestFinished(() => closeSync(descriptor));
  return descriptor;
}

test("a file keeps it, a device does not", () => {
  const folder = mkdtempSync(join(tmpdir(), "kept-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(isKept({}, opened(join(folder, "log")))).toBe(true);
  expect(isKept({}, opened("/dev/null"))).toBe(false);
});

test("systemd's journal keeps it, where it is this output and not an inherited word", () => {
  const output = opened("/dev/null");
  const { dev, ino } = fstatSync(output);
  expect(isKept({ JOURNAL_STREAM: `${dev}:${ino}` }, output)).toBe(true);
  expect(isKept({ JOURNAL_STREAM: `${dev}:${ino + 1}` }, output)).toBe(false);
});

test("procServ keeps it, and shows it to all who connect", () => {
  expect(isKept({ PROCSERV_INFO: "PID=1;SERVICE=x" }, opened("/dev/null"))).toBe(true);
});

test("nobody keeps what goes nowhere", () => {
  expect(isKept({}, 999_999)).toBe(false);
});
