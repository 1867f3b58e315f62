/** The programs among addresses that are none, and with many PVs at once: as they are started and typed. */
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startOurIoc } from "../support/peers/our-ioc.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { runPeer, spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 60_000 });

const PROGRAM = join(ROOT, "dist/main.js");
const NOBODY = "no-such-host.invalid"; // RFC 6761: never found
const DB = Array.from(
  { length: 15 },
  (_, i) => `record(ao, "$(P)x${i}") { field(VAL, "${i}") field(PINI, "YES") }\n`,
).join("");

test("an IOC whose address lists name hosts that are not found says so with the variables, and serves", async () => {
  await using ioc = await startOurIoc({
    db: DB,
    env: {
      EPICS_CAS_INTF_ADDR_LIST: `127.0.0.1 ${NOBODY}`,
      EPICS_CAS_BEACON_ADDR_LIST: `127.0.0.1 ${NOBODY}:7`,
      EPICS_CAS_IGNORE_ADDR_LIST: NOBODY,
    },
  });
  for (const variable of ["EPICS_CAS_INTF_ADDR_LIST", "EPICS_CAS_BEACON_ADDR_LIST", "EPICS_CAS_IGNORE_ADDR_LIST"])
    await ioc.process.said(new RegExp(`${variable}: there is no host "${NOBODY}"; it is left out`));
});

test("an interface that is none of this host's is said with its variable, and the IOC does not start", async () => {
  const started = startOurIoc({ db: DB, env: { EPICS_CAS_INTF_ADDR_LIST: "192.0.2.1" } });
  await expect(started).rejects.toThrow(
    /an address in EPICS_CAS_INTF_ADDR_LIST \(192\.0\.2\.1\) is none of this host's: .*EADDRNOTAVAIL/,
  );
});

test("get and monitor of fifteen PVs print their values, and nothing beside them", async () => {
  await using ioc = await startOurIoc({ db: DB });
  const names = Array.from({ length: 15 }, (_, i) => `${ioc.prefix}x${i}`);
  const run = (...words: readonly string[]) => runPeer(process.execPath, [PROGRAM, ...words], { env: ioc.env });
  const got = await run("get", "-w", "20", ...names);
  expect([got.code, got.stderr, got.stdout.trim().split("\n").length]).toEqual([0, "", 15]);
  await using watching = await spawnPeer(process.execPath, [PROGRAM, "monitor", "-w", "20", ...names], {
    env: ioc.env,
  });
  await watching.said(/^(?:.+\n){15}/);
  expect(watching.stderr).toBe("");
});

test("a client whose address list names a host that is not found says so, and finds what others have", async () => {
  await using ioc = await startOurIoc({ db: DB });
  const env = {
    ...ioc.env,
    EPICS_CA_ADDR_LIST: `${NOBODY} ${ioc.env["EPICS_CA_ADDR_LIST"]}`,
    EPICS_CA_NAME_SERVERS: NOBODY,
  };
  const got = await runPeer(process.execPath, [PROGRAM, "get", "-w", "20", `${ioc.prefix}x7`], { env });
  expect(got.stderr.split("\n").slice(0, 2)).toEqual([
    `EPICS_CA_ADDR_LIST: there is no host "${NOBODY}"; it is left out`,
    `EPICS_CA_NAME_SERVERS: there is no host "${NOBODY}"; it is left out`,
  ]);
  expect([got.code, got.stdout]).toEqual([0, expect.stringContaining("7")]);
});
