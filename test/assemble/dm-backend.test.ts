/** What is said when the way to Data Management is chosen; nobody is reached. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dmOverBackend } from "../../src/assemble/dm-backend.ts";
import { createLog } from "../../src/base/log.ts";
import { parseConfig } from "../../src/config/config.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dm-backend-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The warnings of a start with this dm.setup.sh. */
async function warnings(setup: string): Promise<readonly string[]> {
  const file = join(folder, "dm.setup.sh");
  writeFileSync(file, setup);
  const text = `[dm]\nstation = TEST\nbackend = python\nds-url = http://127.0.0.1:9\nsetup-file = ${file}\n`;
  const lines: string[] = [];
  const log = createLog("dm", (line) => lines.push(line));
  const noWeb = (): never => {
    throw new Error("not over HTTP");
  };
  const dm = dmOverBackend(
    { environment: {}, clock: new FakeClock(), log },
    parseConfig(text, "/etc/globus.conf", "/").dm,
    noWeb,
  );
  await dm.close();
  return lines.filter((line) => line.startsWith("warn: "));
}

test("a setup file of which Python gets everything is not warned of", async () => {
  expect(await warnings("export PYTHONPATH=/opt/dm/lib\n")).toEqual([]);
});

test("a path of the setup file that needs a shell is named, for Python does not get it", async () => {
  expect(await warnings("export PYTHONPATH=$(dm-home)/lib\n")).toEqual([
    expect.stringMatching(
      /^warn: dm: .*dm\.setup\.sh, .*PYTHONPATH.*; Python does not get it: write the whole value there$/,
    ),
  ]);
});
