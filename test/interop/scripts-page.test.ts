/**
 * The scripts of docs/scripts.md, as they stand there, against the simulated beamline. Those whose library is no peer
 * are compiled at least.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { needPeers, PYTHON, peerPath, ROOT } from "../support/peers/real-peers.ts";
import { type SimulatedBeamline, startSimulatedBeamline } from "../support/peers/simulated-beamline.ts";
import { type Finished, type PeerProcess, runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

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

describe.skipIf(needPeers("pyepics", "caproto", "libca").missing)("the table of outcomes", () => {
  /** A row, by what XStatus says: what the put-callback, pyepics and caproto see. */
  const ROWS = new Map(
    [...PAGE.matchAll(/^\| (?!it ended|---)(.*) \|$/gm)].map(([, row = ""]) => {
      const [, state = "", callback = "", , pyepics = "", caproto = ""] = row.split(" | ");
      return [state, { callback: callback.replace(/,.*/, ""), pyepics, caproto }] as const;
    }),
  );
  const ESAF = "/esaf/";
  const LONG = 60;
  const SHORT = 0.2;
  const { put, state, until, close } = operatorOf(() => site);
  /** By the client library under them. */
  const peers = new Map<string, { readonly process: PeerProcess; asked: number }>();

  beforeAll(async () => {
    for (const [library, env] of Object.entries({ Debian: { PYEPICS_LIBCA: peerPath("libca") }, pyepics: {} })) {
      const file = join(ROOT, "test/peers/put_answers.py");
      peers.set(library, { process: await spawnPeer(PYTHON, [file], { env: { ...site.env, ...env } }), asked: 0 });
    }
    await put("Init", 1);
  });
  afterAll(async () => {
    await site.beamline.dm.misbehave({});
    await Promise.all([...peers.values()].map(({ process }) => process.stop()));
    await close();
  });

  async function ask(library: string, client: string, command: string, seconds: number): Promise<string> {
    const peer = peers.get(library)!;
    const number = ++peer.asked;
    peer.process.write(`${client} ${site.prefix}${command} ${seconds}\n`);
    const [, answer = ""] = await peer.process.said(new RegExp(`^answer ${number}: (.*)$`, "m"), LONG);
    return answer;
  }

  interface Way {
    /** Before each client asks, and once it has asked, until its answer is there. */
    readonly before?: () => Promise<unknown>;
    readonly meanwhile?: () => Promise<unknown>;
    readonly after?: () => Promise<unknown>;
    readonly seconds?: number;
    /** What XStatus says where the row's name does not. */
    readonly status?: string;
  }
  /** How each client sees a command end; each of them asks once. */
  async function seen(command: string, { before, meanwhile, after, seconds = LONG, status }: Way, row: string) {
    const one = async (library: string, client: string): Promise<string> => {
      await before?.();
      const [answer] = await Promise.all([ask(library, client, command, seconds), meanwhile?.()]);
      expect(await state(command)).toBe(status ?? row);
      await after?.();
      return answer;
    };
    const debian = await one("Debian", "libca");
    const callback = await one("pyepics", "libca");
    const answers = { pyepics: await one("pyepics", "pyepics"), caproto: await one("pyepics", "caproto") };
    expect(debian).toBe(callback);
    return { callback, ...answers };
  }

  /** ListEsafs asks a service that does not answer while the test runs. */
  const asked = (): number => site.beamline.dm.requests.filter(({ path }) => path.includes(ESAF)).length;
  let before = 0;
  const hold = async (): Promise<void> => {
    before = asked();
    await site.beamline.dm.misbehave({ on: ESAF, slowSeconds: 2 * LONG });
  };
  const asks = (): Promise<void> => site.beamline.dm.arrived(ESAF, before + 1);
  const ends = async (): Promise<void> => {
    await put("Abort", 1);
    await until("ActiveCommand", (names) => names === "");
  };
  const stopped = (suffix: string, value: number) => async (): Promise<void> => {
    await asks();
    await put(suffix, value);
  };
  const start = async (): Promise<void> => {
    await hold();
    void put("ListEsafs", 1); // completes with an error when it is aborted
    await asks();
  };

  test.each<[row: string, way: string, command: string, Way]>([
    ["Done", "in full", "Init", {}],
    ["Partial", "in part", "AddUser", { before: () => put("EditUserBadge", "219876,999999") }],
    ["Failed", "with nobody", "AddUser", { before: () => put("EditUserBadge", "999999") }],
    ["Rejected", "before it begins", "Delete", {}],
    ["Cancelled", "by 0", "ListEsafs", { before: hold, meanwhile: stopped("ListEsafs", 0) }],
    ["Cancelled", "by Abort", "ListEsafs", { before: hold, meanwhile: stopped("Abort", 1) }],
    ["of that run", "at once", "ListEsafs", { before: start, after: ends, status: "Running" }],
    ["Running", "later", "ListEsafs", { before: hold, meanwhile: asks, after: ends, seconds: SHORT }],
  ])("%s, %s, is seen as it says", async (row, _way, command, way) => {
    expect(ROWS.size).toBe(7);
    expect(await seen(command, way, row)).toEqual(ROWS.get(row));
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
