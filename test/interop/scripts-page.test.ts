/** The scripts of docs/scripts.md, as they stand there, against the simulated beamline. Those whose library is no peer are compiled at least. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { needPeers, PYTHON, peerPath, ROOT } from "../support/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/simulated-beamline.ts";
import { type Finished, runPeer } from "../support/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const PAGE = readFileSync(join(ROOT, "docs/scripts.md"), "utf8");
const blocks = (language: string): string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map(([, code]) => code ?? "");
/** What is asked of a library that `npm run peers` brings. */
const PEERS = { pyepics: /^import epics$/m, caproto: /^from caproto\./m } as const;

let site: SimulatedBeamline;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "globus-ioc-test-"));
  site = await startSimulatedBeamline();
});
afterAll(async () => {
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A script with the prefix of this test's IOC. */
function written(code: string, name: string, prefix = site.prefix): string {
  const file = join(folder, name);
  writeFileSync(file, code.replaceAll("2bmb:Globus:", prefix));
  return file;
}
const run = (program: string, file: string, env: Readonly<Record<string, string>> = {}): Promise<Finished> =>
  runPeer(program, [file], { env: { ...site.env, ...env } });

test("the shell's lines end with 0, and with 1 where a command is refused", async () => {
  const [code = ""] = blocks("sh");
  const own = join(folder, "globus-ioc");
  writeFileSync(own, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, "dist/main.js")}" "$@"\n`);
  chmodSync(own, 0o755);
  const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const done = await run("/bin/sh", written(`set -e\n${code}`, "done.sh"), env);
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toMatch(/DirsMessage .*was made\./);
  const refused = await run("/bin/sh", written(`set -e\n${code}`.replaceAll("Init 1", "Delete 1"), "refused.sh"), env);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("Deleting is off") as unknown });
});

describe.each(Object.entries(PEERS))("with %s", (peer, asks) => {
  const missing = needPeers(peer as keyof typeof PEERS).missing;
  const code = blocks("python").find((one) => asks.test(one)) ?? "";

  test.skipIf(missing)("the script says how it ended", async () => {
    const done = await run(PYTHON, written(code, `${peer}_done.py`));
    expect(done.stderr.replace(/^\*\*\*\*.*\n/gm, "")).toBe("");
    expect(done.stdout).toContain(`Experiment ${site.experimentName}`);
  });
  test.skipIf(missing)("the script stops, with the IOC's words, where a command is refused", async () => {
    const refused = await run(PYTHON, written(code.replaceAll("Init", "Delete"), `${peer}_refused.py`));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/RuntimeError: Delete: .*Deleting is off/);
  });
});

test.skipIf(needPeers("python3").missing)("every script is Python", async () => {
  const codes = blocks("python");
  expect(codes).toHaveLength(5);
  for (const [index, code] of codes.entries()) {
    const compiled = await runPeer(peerPath("python3"), ["-m", "py_compile", written(code, `s${index}.py`)]);
    expect(compiled, code).toMatchObject({ code: 0, stderr: "" });
  }
});
