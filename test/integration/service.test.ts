/** The programs as services of systemd: what they say over NOTIFY_SOCKET, and whether the shipped units are right. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { EXIT } from "../../src/cli/exit-status.ts";
import { makeTemporaryFolder } from "../../src/sandbox/temporary-folder.ts";
import { epicsEnvironment, freePort, inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { startIoc } from "../support/peers/soft-ioc.ts";
import { runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

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

/** Receives datagrams, each as a line; at the first READY=1 it connects to a port, if one is given. */
const LISTENER = `
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", "\\0", 1) if sys.argv[1].startswith("@") else sys.argv[1])
port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
print("listens", flush=True)
while True:
    data, ancillary, flags, address = s.recvmsg(4096, 4096)
    for level, kind, fds in ancillary: # systemd-notify waits until they are closed
        if kind == socket.SCM_RIGHTS: [os.close(fd) for fd in array.array("i", fds)]
    if data == b"BARRIER=1": continue
    if port and b"READY=1" in data:
        try: socket.create_connection(("127.0.0.1", port), 5).close(); print("it serves", flush=True)
        except OSError as failure: print("it does not serve:", failure, flush=True)
        port = 0
    print(data.decode().replace("\\n", " "), flush=True)
`;
const canNotify = has("systemd-notify", "--version") && has("python3", "--version");

/** A listener where systemd's socket would be, and what a program needs to say its words there. */
async function listening(kind: "path" | "abstract", ...ports: readonly number[]) {
  const made = await makeTemporaryFolder();
  onTestFinished(() => made.remove());
  const socket = kind === "path" ? join(made.path, "notify") : `@globus-ioc-test-${process.pid}-${Date.now()}`;
  for (const folder of ["backup", "scans/here"]) mkdirSync(join(made.path, folder), { recursive: true });
  writeFileSync(join(made.path, "scans/here/001.h5"), "data");
  writeFileSync(join(made.path, "listen.py"), LISTENER);
  const words = [join(made.path, "listen.py"), socket, ...ports.map(String)];
  const listener = await spawnPeer("python3", words, { line: /listens/ });
  const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "900000" };
  const send = (scan: string, line: RegExp) => {
    const ends = ["--scan-dir", join(made.path, "scans", scan), "--dest-base", join(made.path, "backup")];
    return spawnPeer(
      process.execPath,
      [join(ROOT, "dist/main.js"), "transfer-scan", ...ends, "--settle-seconds", "0.1"],
      { env: { ...inheritedEnvironment(), HOME: made.path, ...env }, line },
    );
  };
  return { listener, send, env, folder: made.path };
}

test.skipIf(!canNotify).each(["path", "abstract"] as const)(
  "a command in the foreground says that it works, again and again, and that it ends: socket by %s",
  async (kind) => {
    const { listener, send, folder } = await listening(kind);
    mkdirSync(join(folder, "scans/not-yet"), { recursive: true }); // without a file
    const program = await send("not-yet", /The ledger is /);
    await listener.said(/(READY=1 STATUS=.* WATCHDOG=1\s+){3}/);
    program.kill("SIGTERM");
    await listener.said(/STOPPING=1/);
    expect((await program.exited).code).toBe(EXIT.failed);
    await listener.stop();
  },
);

const IOC = [process.execPath, join(ROOT, "dist/main.js"), "ioc", "-S"] as const;

test.skipIf(!canNotify)(
  "the IOC says READY=1 once clients can connect, again and again that it lives, and STOPPING=1 at SIGTERM",
  async () => {
    const port = await freePort();
    const { listener, env } = await listening("path", port);
    await using ioc = await startIoc(IOC, { db: 'record(ao, "$(P)x") { }\n', port, env });
    await listener.said(/(READY=1 STATUS=The IOC runs\. WATCHDOG=1\s+){3}/);
    expect(listener.stdout).toMatch(/^listens\nit serves\nREADY=1 /);
    ioc.process.kill("SIGTERM");
    await listener.said(/STOPPING=1/);
    expect(await ioc.process.exited).toEqual({ code: EXIT.done, signal: null });
    expect(listener.stdout.trimEnd()).toMatch(/WATCHDOG=1\nSTOPPING=1$/);
    await listener.stop();
  },
);

test.skipIf(!canNotify)("an IOC that does not get as far as serving its PVs never says READY=1", async () => {
  const { listener, env, folder } = await listening("path");
  const script = join(folder, "st.cmd");
  writeFileSync(script, "on error break\nnosuch\niocInit\n");
  const [program, ...words] = IOC;
  const run = await runPeer(program, [...words, script], { env: { ...epicsEnvironment(await freePort()), ...env } });
  expect(run.code).toBe(EXIT.failed);
  await listener.said(/STOPPING=1/);
  expect(listener.stdout).toBe("listens\nSTOPPING=1\n");
  await listener.stop();
});

test.skipIf(!canNotify)("a command that has done its work ends by itself, also under systemd", async () => {
  const { listener, send } = await listening("path");
  const program = await send("here", /here is proven/);
  expect(await program.exited, program.stdout + program.stderr).toEqual({ code: EXIT.done, signal: null });
  await listener.stop();
});
