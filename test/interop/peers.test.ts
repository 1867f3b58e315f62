/** The test support itself: the reference IOC starts, answers, obeys its shell and leaves nothing behind. */
import { describe, expect, test } from "vitest";
import { needPeers } from "../support/peers/real-peers.ts";
import { startSoftIoc } from "../support/peers/soft-ioc.ts";
import { runPeer, runPython } from "../support/peers/spawn-peer.ts";

const DB = `record(ao, "$(P)x") { field(PREC, "3") }`;

describe.skipIf(needPeers("softIoc", "caproto").missing)("the reference IOC", () => {
  test("is up when its first record answers, and its shell sets a field", async () => {
    await using ioc = await startSoftIoc({ db: DB });
    ioc.type(`dbpf ${ioc.prefix}x 2.5`);
    await ioc.process.said(/DBF_DOUBLE:\s+2\.5/);
    expect(ioc.process.hasExited).toBe(false);
  });

  test("ends when it is stopped, with all that it started", async () => {
    const ioc = await startSoftIoc({ db: DB });
    await ioc.stop();
    expect(() => process.kill(-ioc.process.pid, 0)).toThrow();
  });

  test("is named with all it said when it cannot start", async () => {
    await expect(startSoftIoc({ db: `record(nosuchtype, "$(P)x") {}` })).rejects.toThrow(/nosuchtype/);
  });
});

describe.skipIf(needPeers("softIoc").missing)("a Python script", () => {
  test("that fails is an error with its words", async () => {
    await expect(runPython("softioc.py", ["--nonsense"])).rejects.toThrow(/unrecognized arguments: --nonsense/);
  });
});

describe("a program", () => {
  test("that ends leaves nothing behind that it has started", async () => {
    const { stdout } = await runPeer("sh", ["-c", "sleep 1000 & echo $!"]);
    const left = Number(stdout);
    expect(left).toBeGreaterThan(0);
    expect(await isGone(left)).toBe(true);
  });

  test("that does not end in time is named with its time", async () => {
    await expect(runPeer("sleep", ["1000"], { timeoutSeconds: 0.1 })).rejects.toThrow(
      "sleep 1000 had not ended after 0.1 s",
    );
  });

  test("that does not exist is named", async () => {
    const { code, stderr } = await runPeer("no-such-program", []);
    expect(code).not.toBe(0);
    expect(stderr).toContain("no-such-program");
  });
});

/** Whether a killed process has ended, which may take a moment; "Z" is one that nobody has collected yet. */
async function isGone(pid: number): Promise<boolean> {
  const look = `case "$(ps -o stat= -p ${pid})" in ""|Z*) exec echo gone;; esac; sleep 0.1`;
  const { stdout } = await runPeer("sh", ["-c", `for i in 1 2 3 4 5 6 7 8 9; do ${look}; done`]);
  return stdout === "gone\n";
}
