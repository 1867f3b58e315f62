/**
 * What the shipped access security file keeps strangers and operators from: each attack fails for them, and what the
 * file lets a person do succeeds.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doubles, RawCircuit } from "../support/engine/raw-circuit.ts";
import { connectFrom } from "../support/engine/socket-stream.ts";
import { epicsEnvironment, freePort } from "../support/peers/epics-environment.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type PeerProcess, runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

const PREFIX = "99id:Globus:";
const NORMAL = 1;
const NO_WRITE_ACCESS = 376;
const PUT_FAILED = 160;
const [STRING, DOUBLE] = [0, 6];
/** From another host; on this host without being a manager; and who runs the IOC. */
const WHO = {
  stranger: { user: userInfo().username, address: "127.0.0.2" },
  operator: { user: "operator", address: "127.0.0.1" },
  manager: { user: userInfo().username, address: "127.0.0.1" },
};
type Who = keyof typeof WHO;

let ioc: PeerProcess;
let port = 0;
const folder = mkdtempSync(join(tmpdir(), "globus-ioc-access-"));

beforeAll(async () => {
  port = await freePort();
  writeFileSync(
    join(folder, "globus.conf"),
    "[web]\nenable = False\n[epics]\nioc-prefix = 99id:\ntomoscan-prefix = TomoScan:\n",
  );
  ioc = await spawnPeer(
    process.execPath,
    [join(ROOT, "dist/main.js"), "ioc", "-S", join(ROOT, "iocBoot/iocGlobus/st.cmd")],
    {
      env: {
        ...epicsEnvironment(port),
        HOME: folder,
        TOP: ROOT,
        P: "99id:",
        GLOBUS_CONF: join(folder, "globus.conf"),
        GLOBUS_ACF: join(ROOT, "iocBoot/iocGlobus/globus.acf"),
        AUTOSAVE_DIR: join(folder, "autosave"),
      },
      pv: { name: `${PREFIX}Status`, port },
    },
  );
});
afterAll(async () => {
  await ioc.stop();
  rmSync(folder, { recursive: true });
});

/** Puts with a callback, though the client knows that it must not. @returns rights told, and the answer */
async function attempt(who: Who, pv: string, value: string | number): Promise<{ rights: number; status: number }> {
  const { user, address } = WHO[who];
  const circuit = await new RawCircuit(await connectFrom(address, port)).begin();
  circuit.send("clientName", {}, user);
  circuit.send("hostName", {}, "localhost"); // whatever a client says
  circuit.send("createChan", { cid: 1, minor: 13 }, PREFIX + pv);
  const { p2: rights } = await circuit.reply("accessRights");
  const { p2: sid } = await circuit.reply("createChan");
  const [dbr, payload] = typeof value === "number" ? [DOUBLE, doubles(value)] : [STRING, value];
  circuit.send("writeNotify", { dbr, count: 1, sid, ioid: 1 }, payload);
  const { p1: status } = await circuit.reply("writeNotify");
  circuit.stream.destroy();
  return { rights, status };
}

const REFUSED = { rights: 1, status: NO_WRITE_ACCESS };
const DONE = { rights: 3, status: NORMAL };

describe.each<[string, string, string | number]>([
  ["put a stranger on another group's experiment", "ExperimentNameOverride", "Mallory"],
  ["put a stranger on another group's experiment", "EditUserBadge", "12345"],
  ["mail in the beamline's name", "SlidesLink", "https://slides.example.org"],
  ["mail in the beamline's name", "EmailSubject", "Your data"],
  ["have who chooses Test mail to all", "EmailMode", 0],
  ["have who chooses Test mail to all", "EmailMode.ZRST", "Test"],
  ["switch a command off", "Init.DISP", 0],
  ["run other commands", "Init.FLNK", "0"],
  ["run other commands", "Testing.FLNK", "0"],
  ["run other commands", "Testing.SCAN", 0],
  ["move a PV to a group of everybody", "Email.ASG", "GLOBUS_MANAGED"],
  ["choose another server", "ServerName", 0],
  ["silence an alarm", "Heartbeat.HIHI", 1e9],
])("to %s, by %s,", (_, pv, value) => {
  test("is for managers alone", async () => {
    expect(await attempt("stranger", pv, value)).toEqual(REFUSED);
    expect(await attempt("operator", pv, value)).toEqual(REFUSED);
    expect(await attempt("manager", pv, value)).toEqual(DONE);
  });
});

test.each([["AddUser"], ["RemoveUser"], ["CreateManual"], ["Email"], ["Delete"], ["EmailArm"], ["DeleteArm"]])(
  "%s is started by managers alone",
  async (pv) => {
    expect([await attempt("stranger", pv, 1), await attempt("operator", pv, 1)]).toEqual([REFUSED, REFUSED]);
    // Its own precondition fails: there is no experiment
    expect(await attempt("manager", pv, 1)).toEqual({ rights: 3, status: PUT_FAILED });
  },
);

test.each<[string, string | number]>([
  ["Init", 0],
  ["StartDaq", 0],
  ["PreviewEmail", 0],
  ["Testing", 1],
])("%s is for everybody on this host, and for nobody elsewhere", async (pv, value) => {
  expect(await attempt("stranger", pv, value)).toEqual(REFUSED);
  expect(await attempt("operator", pv, value)).toEqual(DONE);
});

test.each<[string, string | number]>([
  ["InitStatus", 2],
  ["InitStatus.DISP", 0],
  ["InitStatus.FLNK", "99id:Globus:Email"],
  ["InitMessage", "Done."],
  ["EmailPreview", "Dear users"],
  ["EmailLine0", "Dear users"],
  ["EmailRecipients", "mallory@example.org"],
  ["ExperimentName", "Other"],
  ["Status", "forged"],
])("%s is written by nobody, the manager included", async (pv, value) => {
  for (const who of ["stranger", "operator", "manager"] as const)
    expect(await attempt(who, pv, value)).toEqual(REFUSED);
});

test("the command line tells an operator which PV is the managers', and has nothing to put back", async ({ skip }) => {
  const as = ["--reuid", "65534", "--clear-groups"];
  const program = join(ROOT, "dist/main.js");
  if ((await runPeer("setpriv", [...as, "test", "-r", program])).code !== 0) skip("setpriv does not work here");
  chmodSync(folder, 0o755);
  const command = ["add-user", "--ioc", "--badges", "5", "--config", join(folder, "globus.conf")];
  const env = { ...epicsEnvironment(port), HOME: folder };
  const run = await runPeer("setpriv", [...as, process.execPath, program, ...command], { env });
  expect(run.stderr).toContain(
    `add-user: Rejected. PV ${PREFIX}EditUserBadge cannot be put: the server gives this user`,
  );
  expect(run.stderr).not.toContain("put back");
  expect(run.code).toBe(1);
});

test("the log names who was refused, by address and by what the client says", async () => {
  await ioc.said(/operator@localhost:\d+ \(127\.0\.0\.1\) may not write 99id:Globus:\w+, and was refused/);
});
