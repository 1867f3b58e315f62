/** Scans of the simulated TomoScan, as a client of its IOC sees them, and as the trigger does. */
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { of, type Subscription } from "rxjs";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ECA } from "../../src/ca/wire/status.ts";
import { tomoScanSuffix } from "../../src/controller/pvs/tomoscan.ts";
import { tomoScanScans$ } from "../../src/controller/transfers/tomoscan-scans.ts";
import type { ScanEnd, TomoScanNews } from "../../src/controller/transfers/tomoscan-state.ts";
import { type Beamline, startBeamline } from "../../src/sandbox/beamline.ts";
import { createCaPvs } from "../../src/services/ca-pvs.ts";
import { freePort, inheritedEnvironment } from "../support/peers/epics-environment.ts";
import { type OurClient, openClient } from "../support/peers/our-client.ts";
import { operatorOf } from "../support/peers/pv-operator.ts";
import { ROOT } from "../support/peers/real-peers.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const PROGRAM = join(ROOT, "dist/main.js");
const FOLDER = "/data/scans";
const BYTES = 200_000;
/** A dark field, a flat field and 8 angles of four bytes each. */
const FILE_BYTES = BYTES + 8 + 8 * 4;
let beamline: Beamline;
let ours: OurClient;
let following: Subscription;
const news: TomoScanNews[] = [];
const { put, text, number, until, close } = operatorOf(() => ({
  iocPort: beamline.tomoScanPort,
  prefix: beamline.tomoScanPrefix,
}));

beforeAll(async () => {
  beamline = await startBeamline({
    iocCommand: [process.execPath, PROGRAM, "ioc"],
    tomoScanDatabase: join(ROOT, "db/sandbox_tomoscan.db"),
    tomoScanPort: await freePort(),
    environment: inheritedEnvironment(),
    scan: { seconds: 0.6, bytes: BYTES },
  });
  mkdirSync(join(beamline.detector.root, FOLDER), { recursive: true });
  ours = openClient(beamline.tomoScanPort);
  following = tomoScanScans$({
    beamline: createCaPvs(ours.client),
    nameOf: (key) => beamline.tomoScanPrefix + tomoScanSuffix(key),
    clock: systemClock,
    isOn$: of(true),
  }).subscribe((one) => news.push(one));
});
afterAll(async () => {
  following?.unsubscribe();
  await close();
  await ours?.client.close();
  await beamline?.close();
});
beforeEach(async () => {
  Object.assign(beamline.tomoScan.faults, {
    growsAfterEndSeconds: 0,
    writesNoFile: false,
    cutsCopy: false,
    copySeconds: 0.1,
  });
  beamline.tomoScan.plan = { seconds: 0.6, bytes: BYTES };
  await until("ServerRunning", (state) => state === "1");
  await put("FilePath", FOLDER);
  for (const suffix of ["AbortScan", "CopyToAnalysisDir"]) await put(suffix, 0);
  for (const [suffix, count] of Object.entries({ NumAngles: 8, NumDarkFields: 1, NumFlatFields: 1 }))
    await put(suffix, count);
  await put("ScanStatus", ""); // what an earlier scan said is not waited for
  news.length = 0;
});

const placeOf = (file: string, root = beamline.detector.root): string => join(root, file);
const ends = (): readonly ScanEnd[] => news.flatMap((one) => (one.kind === "scan" ? [one.end] : []));
const told = (): Promise<ScanEnd> =>
  vi.waitFor(() => ends()[0] ?? Promise.reject(new Error("no scan was told")), 20_000);

/** Runs a scan by put-callback. @returns what was posted meanwhile, in order, as `suffix=text` */
async function scanned(meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<readonly string[]> {
  const posted: string[] = [];
  const pvs = ["StartScan", "ScanStatus", "ImagesSaved", "FullFileName"].map((suffix) => {
    const pv = ours.client.pv(beamline.tomoScanPrefix + suffix);
    let isFirst = true;
    pv.monitor({}, (reading) => {
      if (!isFirst) posted.push(`${suffix}=${reading.text}`);
      isFirst = false;
    });
    return pv;
  });
  await Promise.all(pvs.map((pv) => pv.get().catch(() => pv.connected())));
  const done = put("StartScan", 1);
  await meanwhile();
  expect(await done).toBe(ECA.NORMAL);
  await vi.waitFor(() => expect(posted.at(-1)).toMatch(/^FullFileName=/), 20_000);
  for (const pv of pvs) pv.close();
  return posted;
}
const statuses = (posted: readonly string[]): readonly string[] =>
  posted.filter((one) => one.startsWith("ScanStatus=")).map((one) => one.slice("ScanStatus=".length));

test("a scan that a put-callback starts leaves its file and its .config, and names the file behind everything else", async () => {
  const posted = await scanned();
  const file = (posted.at(-1) ?? "").slice("FullFileName=".length);
  expect(file).toMatch(/^\/data\/scans\/scan_\d{3}\.h5$/);
  expect(statSync(placeOf(file)).size).toBe(FILE_BYTES);
  expect(readFileSync(placeOf(file)).subarray(1, 4).toString()).toBe("HDF");
  const config = JSON.parse(readFileSync(placeOf(file.replace(/h5$/, "config")), "utf8")) as Record<string, string>;
  expect(config).toMatchObject({ NumAngles: "8", FilePath: FOLDER, FilePluginPVPrefix: "2bmbSP1:HDF1:" });
  expect(posted.slice(-3)).toEqual(["ScanStatus=Scan complete", "StartScan=0", `FullFileName=${file}`]);
  expect(statuses(posted)).toEqual([
    "Beginning scan",
    "Programming PSO",
    "Moving rotation axis to start",
    "Collecting dark fields",
    "Collecting flat fields",
    "Collecting projections",
    "Scan complete",
  ]);
  expect(posted).toContain("ImagesSaved=2/10");
  expect(await told()).toMatchObject({ file, isAborted: false, isObserved: true });
  const next = Number(/_(\d+)\.h5$/.exec(file)?.[1]) + 1;
  expect((await scanned()).at(-1)).toContain(`_${String(next).padStart(3, "0")}.h5`);
});

test("AbortScan ends a scan early, and all that ScanStatus says of it is that it is complete", async () => {
  beamline.tomoScan.plan = { seconds: 600, bytes: BYTES };
  const posted = await scanned(async () => {
    await until("ScanStatus", (status) => status === "Collecting projections" || status === "Collecting dark fields");
    await put("AbortScan", 1);
  });
  expect(statuses(posted).at(-1)).toBe("Scan complete");
  const { file, why, isAborted } = await told();
  expect([isAborted, why]).toEqual([true, "AbortScan was set while it ran"]);
  expect(statSync(placeOf(file)).size).toBeLessThan(FILE_BYTES);
});

test("a copy to the analysis host begins behind the word that it is complete, and ends by itself", async () => {
  await put("CopyToAnalysisDir", 2);
  await put("RemoteAnalysisDir", "tomo@analysis:/copies/");
  const copyOf = (file: string): string => placeOf(file.replace("/data/", "/copies/data/"), beamline.analysis.root);
  beamline.tomoScan.faults.copySeconds = 3600;
  expect(statuses(await scanned()).slice(-2)).toEqual(["scp file transfer complete", "Scan complete"]);
  const { file, copiesTo } = await told();
  expect(copiesTo).toBe("tomo@analysis:/copies/");
  await vi.waitFor(() => expect(statSync(copyOf(file)).size).toBe(0), 20_000);
  beamline.tomoScan.faults.copySeconds = 0.1;
  news.length = 0;
  await scanned();
  const next = (await told()).file;
  await vi.waitFor(() => expect(readFileSync(copyOf(next)).equals(readFileSync(placeOf(next)))).toBe(true), 20_000);
});

test("a copy can be cut", async () => {
  await put("CopyToAnalysisDir", 2);
  await put("RemoteAnalysisDir", "tomo@analysis:/cut/");
  beamline.tomoScan.faults.cutsCopy = true;
  await scanned();
  const copy = placeOf((await told()).file.replace("/data/", "/cut/data/"), beamline.analysis.root);
  await vi.waitFor(() => expect(statSync(copy).size).toBe(FILE_BYTES / 2), 20_000);
});

test("a file can go on to grow when its scan is complete", async () => {
  beamline.tomoScan.faults.growsAfterEndSeconds = 1;
  await scanned();
  const { file } = await told();
  await vi.waitFor(() => expect(statSync(placeOf(file)).size).toBeGreaterThan(FILE_BYTES), 20_000);
});

test("a scan can end without a file", async () => {
  await scanned();
  const { file } = await told();
  news.length = 0;
  beamline.tomoScan.faults.writesNoFile = true;
  const before = readdirSync(placeOf(FOLDER)).length;
  await scanned();
  expect(readdirSync(placeOf(FOLDER)).length).toBe(before);
  expect(await told()).toMatchObject({ file, isAborted: false, isObserved: false });
});

test("a FilePath that the detector host lacks ends the scan before it begins", async () => {
  await put("FilePath", "/data/nowhere");
  expect(await put("StartScan", 1)).toBe(ECA.NORMAL);
  expect(await text("ScanStatus")).toBe("Abort: Bad File Path");
  await vi.waitFor(() => expect(news).toContainEqual(expect.objectContaining({ kind: "said", severity: "MAJOR" })));
});

test("without a FilePath of somebody else's, the scan goes to the experiment's folder", async () => {
  await put("FilePath", "");
  await scanned();
  expect((await told()).file).toMatch(/^\/data\/\d{4}-\d\d-[^/]+-\d+\/scan_\d{3}\.h5$/);
});

test("a server that is killed in mid-scan leaves StartScan at 1; its successor ends the scan, which counts as aborted", async () => {
  beamline.tomoScan.plan = { seconds: 600, bytes: BYTES };
  const done = put("StartScan", 1);
  await until("ScanStatus", (status) => status === "Collecting dark fields");
  await beamline.tomoScan.kill();
  await until("ServerRunning", (state) => state === "0");
  expect(await number("StartScan")).toBe(1);
  beamline.tomoScan.start();
  expect(await done).toBe(ECA.NORMAL);
  expect((await told()).why).toBe('its ScanStatus was "Collecting dark fields" at its end, not "Scan complete"');
});

test("a scan outlives its IOC, which comes back without a scan, and names the file at the end", async () => {
  beamline.tomoScan.plan = { seconds: 600, bytes: BYTES };
  const done = put("StartScan", 1).catch(() => 0);
  await until("ScanStatus", (status) => status === "Collecting dark fields");
  await beamline.restartTomoScan();
  await done;
  const { file, isObserved, why } = await told();
  expect([isObserved, why]).toEqual([false, expect.stringMatching(/^TomoScan's IOC went away while it ran/)]);
  news.length = 0;
  await put("AbortScan", 1);
  expect(await told()).toMatchObject({ file, isObserved: true, isAborted: true });
  expect(await text("ScanStatus")).toBe("Scan complete");
});

test("the camera is switched, and the file plugin with it", async () => {
  await beamline.tomoScan.switchCamera(1);
  await scanned();
  expect(await told()).toMatchObject({ isAborted: false, isObserved: true });
  expect(await text("FilePluginPVPrefix")).toBe("2bmbSP2:HDF1:");
  await beamline.tomoScan.switchCamera(0);
});
