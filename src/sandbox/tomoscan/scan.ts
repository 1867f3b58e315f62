/**
 * One scan of the simulated TomoScan, from StartScan 1 to FullFileName, in the order of the real one (tomoscan 444f339:
 * fly_scan and end_scan of 2-BM's class): ScanStatus says "complete" of a copy that has only begun, ImagesSaved lags
 * behind at the end, and FullFileName is written when StartScan is 0 already. integration.md §1.4, §1.5, §1.8.
 */
import { stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Clock, sleep } from "../../base/clock.ts";
import type { FilePlugin } from "./file-plugin.ts";
import type { PvGroup } from "./pvs.ts";

/** Seconds between two looks at the camera (wait_camera_done). */
const LOOK_SECONDS = 0.2;
/** Bytes of one angle of the theta array. */
const ANGLE_BYTES = 4;
/** What is kept of the settings in the .config file beside the scan's file. */
export const CONFIG_SUFFIXES: readonly string[] = (
  "CameraPVPrefix FilePluginPVPrefix RotationStart RotationStep NumAngles NumDarkFields DarkFieldMode " +
  "NumFlatFields FlatFieldMode ExposureTime FilePath FileName OverwriteWarning FullFileName Testing " +
  "SampleName SampleDescription1 SampleDescription2 SampleDescription3 UserName UserLastName UserInstitution " +
  "UserBadge UserEmail ProposalNumber ProposalTitle ESAFNumber UserInfoUpdate DetectorTopDir " +
  "ExperimentYearMonth RemoteAnalysisDir CopyToAnalysisDir"
).split(" ");

export interface ScanPlan {
  /** From StartScan 1 to the end of the capture. */
  readonly seconds: number;
  /** Of the images together. */
  readonly bytes: number;
}

/** How scans misbehave from now on; all off at the start. */
export interface ScanFaults {
  /** The file still grows for so many seconds when the scan has been told as complete. */
  growsAfterEndSeconds: number;
  /** The scan ends before it captures, as where nobody lets it overwrite a file: FullFileName is that of before. */
  writesNoFile: boolean;
}

export interface ScanSite {
  readonly tomoScan: PvGroup;
  readonly plugin: FilePlugin;
  readonly clock: Clock;
  readonly plan: ScanPlan;
  readonly faults: Readonly<ScanFaults>;
  /** Aborted by AbortScan. */
  readonly abort: AbortSignal;
  /** Aborted when the server dies: nothing more happens. */
  readonly dead: AbortSignal;
  /** Begins the copy to the analysis host, which goes on by itself. */
  readonly beginCopy: (file: string, way: "fdt" | "scp") => void;
  /** The folder for the next scan, where TomoScan sets FilePath itself. */
  readonly filePath: () => Promise<string>;
}

/** A part of a scan that takes images. */
interface Phase {
  readonly status: string;
  /** State of FrameType. */
  readonly frameType: number;
  readonly images: number;
}

export async function runScan(site: ScanSite): Promise<void> {
  const { tomoScan, plugin, faults, dead } = site;
  const filePath = await site.filePath();
  if (!(await isFolder(plugin.placeOf(filePath)))) {
    await tomoScan.put("ScanStatus", "Abort: Bad File Path");
    await tomoScan.put("StartScan", 0);
    return;
  }
  let theta = 0;
  try {
    if (!faults.writesNoFile) theta = await flyScan(site, filePath);
    else await tomoScan.put("ScanStatus", "Waiting for overwrite confirmation");
  } catch (thrown) {
    if (dead.aborted || !(thrown instanceof ScanAborted)) throw thrown;
  }
  await endScan(site, theta);
}

/** AbortScan was set, or the file cannot be written. */
class ScanAborted extends Error {}

/** @returns bytes of the theta array */
async function flyScan(site: ScanSite, filePath: string): Promise<number> {
  const { tomoScan, plugin } = site;
  await tomoScan.put("ScanStatus", "Beginning scan");
  const angles = await tomoScan.number("NumAngles");
  const phases = await phasesOf(tomoScan, angles);
  const total = phases.reduce((sum, { images }) => sum + images, 0);
  await tomoScan.put("ScanStatus", "Programming PSO");
  await plugin.capture(filePath, await fileNameOf(tomoScan), total);
  await tomoScan.put("ScanStatus", "Moving rotation axis to start");
  let saved = 0;
  for (const phase of phases) {
    await collect(site, phase, saved, total);
    saved += phase.images;
  }
  return angles * ANGLE_BYTES;
}

async function fileNameOf(tomoScan: PvGroup): Promise<string> {
  const name = await tomoScan.text("FileName");
  if (name !== "") return name;
  await tomoScan.put("FileName", "scan");
  return "scan";
}

async function phasesOf(tomoScan: PvGroup, angles: number): Promise<readonly Phase[]> {
  const side = async (kind: "Dark" | "Flat", frameType: number): Promise<Phase & { readonly mode: string }> => ({
    status: `Collecting ${kind.toLowerCase()} fields`,
    frameType,
    images: await tomoScan.number(`Num${kind}Fields`),
    mode: await tomoScan.text(`${kind}FieldMode`),
  });
  const [dark, flat] = [await side("Dark", 0), await side("Flat", 1)];
  const at = (when: "Start" | "End") => (one: { readonly mode: string; readonly images: number }) =>
    one.images > 0 && (one.mode === when || one.mode === "Both");
  const projections: Phase = { status: "Collecting projections", frameType: 2, images: angles };
  return [...[dark, flat].filter(at("Start")), projections, ...[flat, dark].filter(at("End"))];
}

/** Takes the images of one phase; looks at the camera before the images come, so that the last are not counted. */
async function collect(site: ScanSite, phase: Phase, before: number, total: number): Promise<void> {
  const { tomoScan, plugin, clock, plan, abort, dead } = site;
  await tomoScan.put("ScanStatus", phase.status);
  await tomoScan.put("FrameType", phase.frameType);
  const seconds = (plan.seconds * phase.images) / total;
  const looks = Math.max(1, Math.round(seconds / LOOK_SECONDS));
  const start = clock.monotonic();
  let taken = 0;
  for (let look = 1; look <= looks; look++) {
    await sleep(clock, seconds / looks, AbortSignal.any([abort, dead])).catch(() => undefined);
    dead.throwIfAborted();
    if (abort.aborted || plugin.hasFailed) throw new ScanAborted();
    await tellProgress(tomoScan, { taken, phase, saved: before + taken, total, elapsed: clock.monotonic() - start });
    const now = Math.round((phase.images * look) / looks);
    await plugin.write(before + now, Math.round(((now - taken) * plan.bytes) / total));
    taken = now;
  }
}

interface PhaseProgress {
  readonly taken: number;
  readonly phase: Phase;
  readonly saved: number;
  readonly total: number;
  readonly elapsed: number;
}

async function tellProgress(tomoScan: PvGroup, { taken, phase, saved, total, elapsed }: PhaseProgress): Promise<void> {
  await tomoScan.put("ImagesCollected", `${taken}/${phase.images}`);
  await tomoScan.put("ImagesSaved", `${saved}/${total}`);
  await tomoScan.put("ElapsedTime", clockText(elapsed));
  await tomoScan.put("RemainingTime", clockText((elapsed * (phase.images - taken)) / Math.max(taken, 1)));
}

/** `h:mm:ss` */
function clockText(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (number: number): string => String(number % 60).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60))}:${two(whole)}`;
}

async function endScan(site: ScanSite, theta: number): Promise<void> {
  const { tomoScan, plugin, dead } = site;
  await plugin.endCapture();
  if (theta > 0) await plugin.append(theta);
  const copy = COPIES[await tomoScan.text("CopyToAnalysisDir")];
  if (copy !== undefined) {
    await tomoScan.put("ScanStatus", `${copy} file transfer complete`);
    site.beginCopy(plugin.fullFileName, copy);
  }
  if (plugin.fullFileName !== "") await writeConfiguration(site);
  dead.throwIfAborted();
  await tomoScan.put("ScanStatus", "Scan complete");
  await tomoScan.put("StartScan", 0);
  await tomoScan.put("FullFileName", plugin.fullFileName);
}

/** By the states of CopyToAnalysisDir. */
const COPIES: Readonly<Record<string, "fdt" | "scp" | undefined>> = { fdt: "fdt", scp: "scp" };

async function writeConfiguration({ tomoScan, plugin }: ScanSite): Promise<void> {
  const { dir, name } = path.posix.parse(plugin.fullFileName);
  const texts: Record<string, string> = {};
  for (const suffix of CONFIG_SUFFIXES) texts[suffix] = await tomoScan.text(suffix);
  try {
    await writeFile(plugin.placeOf(`${dir}/${name}.config`), JSON.stringify(texts, undefined, 2));
  } catch {
    await tomoScan.put("ScanStatus", "Error writing configuration");
  }
}

const isFolder = (place: string): Promise<boolean> =>
  stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
