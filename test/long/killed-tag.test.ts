/**
 * The IOC as a program of its own, killed behind each put of Tag and of TagManual, with a TomoScan that sees the kill
 * before it answers.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { facilityMonth } from "../../src/base/facility-time.ts";
import type { PvSource } from "../../src/ca/server/pv-source.ts";
import { readTag, type UserTexts } from "../../src/controller/experiment.ts";
import { TOMOSCAN_KEYS, tomoScanSuffix } from "../../src/controller/pvs/tomoscan.ts";
import { loopbackEnvironment } from "../../src/sandbox/beamline.ts";
import { type InProcessIoc, startInProcessIoc } from "../support/engine/in-process-ioc.ts";
import { freePort, inheritedEnvironment, randomPrefix } from "../support/peers/epics-environment.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";
import { type PeerProcess, spawnPeer } from "../support/peers/spawn-peer.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const PROGRAM = join(ROOT, "dist/main.js");
const HOUR = 3_600_000;
const START = new Date(Date.now() - 24 * HOUR);
/** Of both tags, so that only the order of the puts keeps them apart. */
const MONTH = facilityMonth(START);
const FORMER = {
  UserLastName: "Noether",
  ProposalNumber: "1014288",
  ProposalTitle: "Invariants",
  ExperimentYearMonth: MONTH,
  ESAFNumber: "302911",
};
const [FORMER_NAME, NEW_NAME] = [`${MONTH}-Noether-1014288`, `${MONTH}-Curie-1014311`];
/** "Unknown" and the ten texts; TomoScan has no PV for the safety form's DOI. */
const PUTS = 11;

const station = randomPrefix();
let folder: string;
let tomoScan: InProcessIoc;
let ioc: PeerProcess;
let iocPort: number;
/** Puts until the IOC is killed; 0: it lives. */
let putsLeft = 0;
const { put, state, text, until, close } = operatorOf(() => ({ iocPort, prefix: `${station}Globus:` }));
const theirs = operatorOf(() => ({ iocPort: tomoScan.port, prefix: tomoScan.prefix }));

/** Kills the IOC when a put has taken effect, before the answer is sent. */
function deadly(source: PvSource): PvSource {
  return {
    claims: (name) => source.claims(name),
    list: () => source.list(),
    open: (name, client) => {
      const pv = source.open(name, client);
      if (pv === undefined) return undefined;
      const writeNotify = pv.writeNotify.bind(pv);
      pv.writeNotify = (...request) => {
        const status = writeNotify(...request);
        if (putsLeft > 0 && --putsLeft === 0) ioc.kill("SIGKILL");
        return status;
      };
      return pv;
    },
  };
}

const startIoc = (): Promise<PeerProcess> =>
  spawnPeer(process.execPath, [PROGRAM, "ioc", "-S", join(ROOT, "iocBoot/iocGlobus/st.cmd")], {
    env: {
      ...inheritedEnvironment(),
      ...loopbackEnvironment(iocPort),
      EPICS_CA_ADDR_LIST: `127.0.0.1:${tomoScan.port}`,
      EPICS_CA_AUTO_ADDR_LIST: "NO",
      EPICS_CA_REPEATER_PORT: String(iocPort + 1),
      TOP: ROOT,
      P: station,
      GLOBUS_CONF: join(folder, "globus.conf"),
      GLOBUS_ACF: join(ROOT, "iocBoot/iocGlobus/globus.acf"),
      AUTOSAVE_DIR: join(folder, "autosave"),
    },
    pv: { name: `${station}Globus:Status`, port: iocPort },
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "killed-tag-"));
  writeFileSync(
    join(folder, "globus.conf"),
    `[web]\nenable = False\n[epics]\nioc-prefix = ${station}\ntomoscan-prefix = TomoScan:\n[scheduling]\nbeamline = 2-BM-A,B\nschedule-file = ${join(folder, "schedule.json")}\n[ledger]\npath = ${join(folder, "state")}\n[server petrel]\nkind = globus\nuuid = 11111111-2222-3333-4444-555555555555\n[globus]\nglobus-server-name = petrel\n`,
  );
  const experimenters = [{ badge: "211347", "first-name": "Marie", "last-name": "Curie", pi: true }];
  const [start, end] = [START, new Date(Date.now() + 24 * HOUR)].map((day) => day.toISOString());
  const beamtime = { gup: "1014311", esaf: "302912", title: "Radium", start, end, experimenters };
  writeFileSync(join(folder, "schedule.json"), JSON.stringify({ beamtimes: [beamtime] }));
  iocPort = await freePort();
  const records = readFileSync(join(ROOT, "db/sandbox_tomoscan.db"), "utf8");
  tomoScan = await startInProcessIoc(records, `${station}TomoScan:`, deadly);
  ioc = await startIoc();
});
afterAll(async () => {
  await close();
  await theirs.close();
  await ioc?.stop();
  await tomoScan?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const tagFormer = async (): Promise<void> => {
  for (const [suffix, value] of Object.entries(FORMER)) await theirs.put(suffix, value);
};
/** The experiment that any reader of TomoScan's PVs takes it for; "" for none. */
async function taggedName(): Promise<string> {
  const texts = await Promise.all(TOMOSCAN_KEYS.map(async (key) => [key, await theirs.text(tomoScanSuffix(key))]));
  const tag = readTag(Object.fromEntries(texts) as UserTexts, tomoScanSuffix, "");
  return tag.valid ? tag.experiment.name : "";
}

/** The unit tests stop behind each put; here behind the first and the last one, and between name, number and month. */
describe.each([
  ["Tag", [1, 3, 8, PUTS], () => Promise.resolve()],
  ["TagManual", [3, 8], () => put("ManualExperiment", NEW_NAME)],
] as const)("%s", (command, kills, prepare) => {
  test("that nothing disturbs makes as many puts as the tests below", async () => {
    await tagFormer();
    await prepare();
    putsLeft = 1000;
    await put(command, 1);
    expect([await state(command), 1000 - putsLeft, await taggedName()]).toEqual(["Done", PUTS, NEW_NAME]);
    putsLeft = 0;
  });

  test.each(kills)(
    "killed behind put %i leaves none or the new tag, and the restarted IOC shows the same",
    async (last) => {
      await tagFormer();
      await until("ExperimentName", (name) => name === FORMER_NAME);
      await prepare();
      putsLeft = last;
      const asked = put(command, 1).catch(() => undefined); // nobody answers it
      await ioc.exited;
      putsLeft = 0;
      await asked;
      const left = await taggedName();
      expect(left).toBe(last === PUTS ? NEW_NAME : "");
      ioc = await startIoc();
      await until("TagMessage", (message) => /^The experiment is |ExperimentYearMonth is "Unknown"/.test(message));
      expect(await text("ExperimentName")).toBe(left);
      expect(await state(command)).toBe("Failed");
      expect(await text("LastError")).toMatch(
        new RegExp(`${command} was interrupted on .* on petrel; .*; run it again\\.$`),
      );
    },
  );
});
