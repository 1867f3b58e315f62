/**
 * The same scripts with errors in them to softIoc and to our IOC: both run the same lines and end with the same status.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { isolatedServer } from "../../src/ca/ca-config.ts";
import { runIoc } from "../../src/cli/ioc-command.ts";
import { FakeClock } from "../support/fakes/fake-clock.ts";
import { epicsEnvironment, freePort } from "../support/peers/epics-environment.ts";
import { needPeers, PYTHON, ROOT } from "../support/peers/real-peers.ts";
import { runPeer } from "../support/peers/spawn-peer.ts";

/** What breaks, and how it is run. */
const PARTS: Readonly<Record<string, string>> = {
  part: 'on error break\ndbLoadRecords("missing.db")\necho never',
  careless: 'dbLoadRecords("missing.db")\necho careless',
  middle: "on error break\n< part\necho never",
  ends: "on error break\nexit\necho never",
  macro: "on error break\necho $(NOSUCH)\necho never",
  unknown: "on error break\nnosuch 1 2\necho never",
  quote: 'on error break\necho "open\necho never',
  policy: "on error break\non error continue\nnosuch\necho went on",
};

const CALLS: readonly string[] = [
  "< part",
  'iocshLoad("part")',
  "iocshCmd('iocshLoad part')",
  "iocshRun('iocshLoad part')",
  "< nofile",
  "< careless",
  "< middle",
  "< ends",
  "< macro",
  "< unknown",
  "< quote",
  "< policy",
  'iocshLoad("middle")',
  "nosuch",
  'dbLoadRecords("missing.db")',
  "iocshCmd('nosuch')",
  "iocshCmd('on error continue')",
  "iocshLoad('nofile')",
];
const SCRIPTS = CALLS.flatMap((call) => [`${call}\necho outer`, `on error break\n${call}\necho outer`]);

interface Outcome {
  readonly said: readonly string[];
  readonly status: number | null;
}

const WORDS = ["never", "careless", "outer", "went on"];
const saidIn = (output: string): string[] => output.split("\n").filter((line) => WORDS.includes(line.trim()));

async function softIoc(folder: string): Promise<Outcome> {
  const env = epicsEnvironment(await freePort());
  const { code, stdout } = await runPeer(PYTHON, [join(ROOT, "test/peers/softioc.py"), "st.cmd"], { env, cwd: folder });
  return { said: saidIn(stdout), status: code };
}

async function ours(folder: string): Promise<Outcome> {
  let output = "";
  const stdout = new PassThrough().on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const status = await runIoc({
    args: ["st.cmd"],
    environment: {},
    stdin: Readable.from([""]),
    stdout,
    stderr: new PassThrough().resume(),
    signal: AbortSignal.timeout(20_000),
    clock: new FakeClock(),
    log: silentLog,
    server: isolatedServer(),
    directory: folder,
  });
  return { said: saidIn(output), status };
}

describe.skipIf(needPeers("softIoc").missing)("an error in a script", () => {
  test.each(SCRIPTS)("leads to the same: %j", async (script) => {
    const folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
    try {
      for (const [name, text] of Object.entries({ ...PARTS, "st.cmd": script })) {
        writeFileSync(join(folder, name), `${text}\n`);
      }
      expect(await ours(folder)).toEqual(await softIoc(folder));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
