/** The programs as services of systemd: what they say over NOTIFY_SOCKET, and whether the shipped units are right. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { EXIT } from "../../src/cli/exit-status.ts";
import { makeTemporaryFolder } from "../../src/sandbox/temporary-folder.ts";
import { inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 60_000 });

/** Whether a program is here; else the reason stands in the report. */
function has(program: string, ...words: string[]): boolean {
  const isHere = spawnSync(program, words, { stdio: "ignore" }).error === undefined;
  if (!isHere) process.stderr.write(`There is no ${program} on this machine: its tests are skipped.\n`);
  return isHere;
}

test.skipIf(!has("systemd-analyze", "--version")).each(["globus-ioc.service", "globus-watch.service"])(
  "systemd-analyze verify has nothing to say of %s, and it names no experiment",
  (unit) => {
    const file = join(ROOT, "iocBoot/iocGlobus", unit);
    const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  },
);

/** Receives datagrams, each as a line. */
const LISTENER = `
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", "\\0", 1) if sys.argv[1].startswith("@") else sys.argv[1])
print("listens", flush=True)
while True:
    data, ancillary, flags, address = s.recvmsg(4096, 4096)
    for level, kind, fds in ancillary: # systemd-notify waits until they are closed
        if kind == socket.SCM_RIGHTS: [os.close(fd) for fd in array.array("i", fds)]
    if data != b"BARRIER=1": print(data.decode().replace("\\n", " "), flush=True)
`;
const canNotify = has("systemd-notify", "--version") && has("python3", "--version");

/** A listener where systemd's socket would be, and what a program needs to say its words there. */
async function listening(kind: "path" | "abstract") {
  const made = await makeTemporaryFolder();
  onTestFinished(() => made.remove());
  const socket = kind === "path" ? join(made.path, "notify") : `@globus-ioc-test-${process.pid}-${Date.now()}`;
  for (const folder of ["backup", "scans/here"]) mkdirSync(join(made.path, folder), { recursive: true });
  writeFileSync(join(made.path, "scans/here/001.h5"), "data");
  writeFileSync(join(made.path, "listen.py"), LISTENER);
  const listener = await spawnPeer("python3", [join(made.path, "listen.py"), socket], { line: /listens/ });
  const send = (scan: string, line: RegExp) => {
    const words = ["--scan-dir", join(made.path, "scans", scan), "--dest-base", join(made.path, "backup")];
    return spawnPeer(
      process.execPath,
      [join(ROOT, "dist/main.js"), "transfer-scan", ...words, "--settle-seconds", "0.1"],
      { env: { ...inheritedEnvironment(), HOME: made.path, NOTIFY_SOCKET: socket, WATCHDOG_USEC: "900000" }, line },
    );
  };
  return { listener, send };
}

test.skipIf(!canNotify).each(["path", "abstract"] as const)(
  "a command in the foreground says that it works, again and again, and that it ends: socket by %s",
  async (kind) => {
    const { listener, send } = await listening(kind);
    const program = await send("not-yet", /The ledger is /);
    await listener.said(/(READY=1 STATUS=.* WATCHDOG=1\s+){3}/);
    program.kill("SIGTERM");
    await listener.said(/STOPPING=1/);
    expect((await program.exited).code).toBe(EXIT.failed);
    await listener.stop();
  },
);

test.skipIf(!canNotify)("a command that has done its work ends by itself, also under systemd", async () => {
  const { listener, send } = await listening("path");
  const program = await send("here", /here is proven/);
  expect(await program.exited, program.stdout + program.stderr).toEqual({ code: EXIT.done, signal: null });
  await listener.stop();
});
