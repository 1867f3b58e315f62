/**
 * The IOC and the simulated beamline where nobody sits at a terminal: in a container, under nohup, with standard
 * streams that are closed, full or unread.
 */
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { RawCircuit } from "../support/engine/raw-circuit.ts";
import { connectFrom } from "../support/engine/socket-stream.ts";
import { epicsEnvironment, freePort, inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { becomes, openClient, watch } from "../support/peers/our-client.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type RunningIoc, startIoc } from "../support/peers/soft-ioc.ts";
import { type PeerProcess, runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
const PROGRAM = join(ROOT, "dist/main.js");

/** Runs words behind it as a command of the shell; `$0` and `$@` are the words. */
type ShellLine = readonly ["/bin/sh", "-c", string];
const shell = (line: string): ShellLine => ["/bin/sh", "-c", line];

/** Standard input that has nothing to say. */
const SILENT_INPUTS: readonly (readonly [what: string, redirection: string])[] = [
  ["/dev/null", "</dev/null"],
  ["closed", "<&-"],
  ["open for writing only, as nohup leaves it", "0>/dev/null"],
];

const startOurs = (line: ShellLine, ...options: readonly string[]): Promise<RunningIoc> =>
  startIoc([...line, process.execPath, PROGRAM, "ioc", ...options], {
    db: 'record(ao, "$(P)x") { }\n',
  });

describe("globus-ioc ioc", { concurrent: true }, () => {
  test.each(SILENT_INPUTS)("without -S ends with standard input that is %s", async (_what, redirection) => {
    const [program, ...args] = shell(`exec "$0" "$@" ${redirection}`);
    const run = await runPeer(program, [...args, process.execPath, PROGRAM, "ioc"], { env: inheritedEnvironment() });
    expect(run).toMatchObject({ code: 0, stderr: "" });
  });

  test.each(SILENT_INPUTS)("with -S stays with standard input that is %s", async (_what, redirection) => {
    await using ioc = await startOurs(shell(`exec "$0" "$@" ${redirection}`), "-S");
    ioc.process.kill("SIGTERM");
    expect(await ioc.process.exited).toEqual({ code: 0, signal: null });
  });

  const outputs: readonly (readonly [what: string, line: string])[] = [
    ["closed", 'exec 3>&1; "$0" "$@" >&- 2>&-; echo "status $?" >&3'],
    ["on a full disk", '"$0" "$@" >/dev/full 2>&1; echo "status $?"'],
    ["a pipe that nobody reads", '{ "$0" "$@" 2>&1; echo "status $?" >&3; } 3>&2 | true'],
  ];
  test.each(outputs.filter(([, line]) => !line.includes("/dev/full") || existsSync("/dev/full")))(
    "serves its PVs and reads its shell with output that is %s",
    async (_what, line) => {
      await using ioc = await startOurs(shell(line));
      await using ours = openClient(ioc.port);
      const x = watch(ours.client.pv(`${ioc.prefix}x`));
      for (const value of [1, 2, 3]) {
        ioc.type("dbl"); // writes to standard output
        ioc.type("nosuch"); // writes to standard error
        ioc.type(`dbpf ${ioc.prefix}x ${value}`);
        await x.next((reading) => reading.value === value);
      }
      ioc.type("exit");
      await ioc.process.said(/status 0/);
    },
  );

  test.each([
    ["SIGTERM ends it", ["-S"], "iocInit\nnosuch\n"], // nosuch is told on standard error
    ["it ends after exit", [], "nosuch\nexit\n"],
  ])("%s though its output is a pipe whose reader has stopped reading", async (what, options, lastLines) => {
    const folder = await mkdtemp(join(tmpdir(), "unread-"));
    try {
      const script = join(folder, "st.cmd");
      const line = `echo "${"x".repeat(120)}"\n`;
      await writeFile(script, `${line.repeat(20_000)}${lastLines}`); // more than pipes hold
      const unread =
        '{ "$0" "$@" </dev/null 3>&- & echo "pid $!" >&3; wait $!; echo "status $?" >&3; } 3>&2 | sleep 600';
      const run = await spawnPeer("/bin/sh", ["-c", unread, process.execPath, PROGRAM, "ioc", ...options, script], {
        env: epicsEnvironment(await freePort()),
        line: /nosuch/,
      });
      if (what.startsWith("SIGTERM")) process.kill(Number(/pid (\d+)/.exec(run.stderr)?.[1]), "SIGTERM");
      await run.said(/status 0/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("monitor ends when nobody reads it any more", async () => {
    await using ioc = await startOurs(shell('exec "$0" "$@"'));
    const monitor = '{ "$0" "$1" monitor "$2"; echo "status $?" >&2; } | head -n 1';
    const run = await spawnPeer("/bin/sh", ["-c", monitor, process.execPath, PROGRAM, `${ioc.prefix}x`], {
      env: ioc.env,
      line: /x +\S/,
    });
    ioc.type(`dbpf ${ioc.prefix}x 1`);
    ioc.type(`dbpf ${ioc.prefix}x 2`);
    await run.said(/status 0/);
  });
});

test("a program whose folder was removed says so in a sentence", async () => {
  const gone = 'd=$(mktemp -d) && cd "$d" && rmdir "$d" && exec "$0" "$@"';
  const run = await runPeer("/bin/sh", ["-c", gone, process.execPath, PROGRAM, "ioc"], { env: inheritedEnvironment() });
  expect(run.code).toBe(1);
  expect(run.stderr).toMatch(
    / globus-ioc has ended: the folder that the program was started in has been removed: start it in another\.\n$/,
  );
});

test("every command runs as a user without an entry in the passwd database, and without HOME", async ({ skip }) => {
  const as = ["--reuid", "54321", "--clear-groups", "env", "-u", "HOME", "-u", "USER", "-u", "LOGNAME"];
  const stranger = (...words: readonly string[]) =>
    runPeer("setpriv", [...as, ...words], { env: inheritedEnvironment() });
  if ((await stranger("test", "-r", PROGRAM)).code !== 0) skip("setpriv cannot run the program as another user here");
  expect(await stranger(process.execPath, PROGRAM, "--version")).toMatchObject({ code: 0, stderr: "" });
});

describe("the simulated beamline", () => {
  test("runs without an input until SIGTERM, and leaves nothing behind", async () => {
    const run = await startSandbox('exec "$0" "$@" </dev/null', INPUT_ENDED);
    const { port, folder } = placeOf(run);
    expect(await answers(port, "2bmb:Globus:InitStatus")).toBe(true);
    process.kill(run.pid, "SIGTERM");
    expect(await run.exited).toEqual({ code: 0, signal: null });
    expect(existsSync(folder)).toBe(false);
  });

  test("lets who runs it write all inputs: a user without an entry, in the environment of a real beamline", async ({
    skip,
  }) => {
    const as = "setpriv --reuid 54321 --clear-groups env -u USER -u LOGNAME";
    if ((await runPeer("/bin/sh", ["-c", `${as} test -r ${PROGRAM}`])).code !== 0) skip("setpriv does not work here");
    const beamline = "P=9id: GLOBUS_HOSTS=console1 GLOBUS_MANAGERS=alpha GLOBUS_ACF=/none.acf";
    const run = await startSandbox(`exec ${as} ${beamline} "$0" "$@" </dev/null`, INPUT_ENDED);
    const rightsOf = async (user: string): Promise<number> => {
      const circuit = await new RawCircuit(await connectFrom("127.0.0.1", placeOf(run).port)).begin();
      circuit.send("clientName", {}, user);
      circuit.send("createChan", { cid: 1, minor: 13 }, "2bmb:Globus:EmailArm");
      const { p2: rights } = await circuit.reply("accessRights");
      circuit.stream.destroy();
      return rights;
    };
    expect([await rightsOf("54321"), await rightsOf("alpha")]).toEqual([3, 1]);
    process.kill(run.pid, "SIGTERM");
    expect((await run.exited).code).toBe(0);
  });

  test("runs with a closed input; a second signal ends it at once, and nothing is left behind either", async () => {
    const run = await startSandbox('exec "$0" "$@" <&-', INPUT_ENDED);
    const { folder } = placeOf(run);
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.kill(run.pid, signal);
    const { code } = await run.exited;
    expect([128 + constants.signals.SIGTERM, 128 + constants.signals.SIGINT]).toContain(code);
    expect(existsSync(folder)).toBe(false);
  });

  test.each([
    ["/dev/null", "</dev/null"],
    ["nohup leaves of a terminal's", "0>/dev/null"],
  ])("outlives its terminal under nohup with the standard input %s, TomoScan's IOC too", async (_what, input) => {
    const run = await startSandbox(`exec nohup "$0" "$@" ${input}`, INPUT_ENDED);
    const { port, tomoScanPort } = placeOf(run);
    run.kill("SIGHUP"); // to the whole process group, as a terminal does
    expect(await answers(port, "2bmb:Globus:InitStatus")).toBe(true);
    expect(await answers(tomoScanPort, "2bmb:TomoScan:UserBadge")).toBe(true);
    process.kill(run.pid, "SIGINT");
    expect(await run.exited).toEqual({ code: 0, signal: null });
  });

  test("runs the lines of a pipe, outlives who started it, and takes TomoScan's IOC along when it is killed", async () => {
    const parent = '/bin/sh -c \'{ echo "echo from-the-pipe" | "$0" "$@"; } & exit 0\' "$0" "$@"; cat';
    const run = await startSandbox(parent, INPUT_ENDED);
    expect(run.stdout).toMatch(/^from-the-pipe$/m);
    const { tomoScanPort, pid, folder } = placeOf(run);
    await using ours = openClient(tomoScanPort);
    const pv = ours.client.pv("2bmb:TomoScan:UserBadge");
    await becomes(pv, true);
    process.kill(pid, "SIGKILL");
    await becomes(pv, false);
    expect(await answers(tomoScanPort, "2bmb:TomoScan:UserBadge", 1)).toBe(false);
    rmSync(folder, { recursive: true, force: true }); // as the next sandbox does
  });
});

test("npm start passes SIGTERM on to the simulated beamline", async () => {
  const run = await spawnPeer("npm", ["start"], { env: inheritedEnvironment(), line: /is ready/, timeoutSeconds: 90 });
  run.endInput();
  await run.said(INPUT_ENDED);
  const { folder } = placeOf(run);
  process.kill(run.pid, "SIGTERM");
  await run.exited;
  expect(run.stderr).not.toMatch(/Error/);
  expect(existsSync(folder)).toBe(false);
});

const INPUT_ENDED = /Standard input has ended, and the IOC runs on: kill \d+ ends it/;

/** @param line of the shell; `$0` and `$@` start the sandbox */
const startSandbox = (line: string, ready: RegExp): Promise<PeerProcess> =>
  spawnPeer("/bin/sh", ["-c", line, process.execPath, PROGRAM, "sandbox"], {
    env: inheritedEnvironment(),
    line: ready,
    timeoutSeconds: 90,
  });

/** Where the simulated beamline said its PVs and its files are. */
function placeOf({ stdout }: PeerProcess) {
  const [, port, tomoScanPort] = /EPICS_CA_ADDR_LIST="127\.0\.0\.1:(\d+) 127\.0\.0\.1:(\d+)"/.exec(stdout) ?? [];
  const file = /GLOBUS_CONF=(\S+)/.exec(stdout)?.[1];
  const pid = /kill (\d+) ends it/.exec(stdout)?.[1];
  return { port: Number(port), tomoScanPort: Number(tomoScanPort), folder: dirname(String(file)), pid: Number(pid) };
}

/** Whether a PV is served there. */
async function answers(port: number, name: string, timeoutSeconds = 20): Promise<boolean> {
  await using ours = openClient(port);
  return await ours.client
    .pv(name)
    .connected({ timeoutSeconds })
    .then(
      () => true,
      () => false,
    );
}
