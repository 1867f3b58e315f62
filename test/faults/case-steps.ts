/**
 * How fault scenarios bring the services to where a command can start, and what they look for when the command was
 * disturbed or is over.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DAQ_STATES } from "../../src/controller/pvs/daq.ts";
import { EMAIL_MODES } from "../../src/controller/pvs/email.ts";
import { PEOPLE, PROPOSAL } from "../../src/sandbox/people.ts";
import { repeats } from "../support/repeats.ts";
import type { Bench } from "./command-case.ts";
import { absent, GUEST, MAILED, READERS, USERNAMES } from "./world.ts";

export const source = ({ name }: Bench): string => `/data/${name}`;
export const collectionFolder = ({ name }: Bench): string => `/2-BM/${name.slice(0, 7)}/${name}`;

export const addExperiment = ({ world, name }: Bench): void => world.addExperiment(name);
export const addFolder = (bench: Bench): void => bench.world.addFolder(collectionFolder(bench));
export const addSource = (bench: Bench): void => {
  addExperiment(bench);
  bench.world.addFiles(bench.name, 3);
};
export const nobody = (): readonly string[] => [];
export const chooseGuest =
  (entry: string) =>
  async ({ beamline }: Bench): Promise<void> => {
    await beamline.pvs.put("EditUserBadge", entry);
  };
/** A folder that the guest may read. */
export async function addReader(bench: Bench): Promise<void> {
  addFolder(bench);
  await chooseGuest(GUEST.email)(bench);
  await bench.beamline.pvs.put("AddUser", 1);
}
export const missingUsers = ({ world, name }: Bench): readonly string[] => absent(USERNAMES, world.usersOf(name) ?? []);
export const missingRules = ({ world }: Bench): readonly string[] =>
  world.rules.length < READERS.length ? ["an access rule"] : [];

/** What names an experiment besides the new and the old one. */
const OLD = { UserLastName: "Lovelace", ProposalNumber: "777", ExperimentYearMonth: "2020-05" } as const;
const OLD_NAME = `${OLD.ExperimentYearMonth}-${OLD.UserLastName}-${OLD.ProposalNumber}`;
export async function tagOld(bench: Bench): Promise<void> {
  const { site, pvs } = bench.beamline;
  await site.beamline.tag(OLD);
  await pvs.until("ExperimentName", (name) => name === OLD_NAME);
}
/** No mixture of two experiments is valid. */
export async function mixture(bench: Bench): Promise<readonly string[]> {
  const found = await bench.beamline.pvs.text("ExperimentName");
  return [OLD_NAME, bench.name, ""].includes(found) ? [] : [`ExperimentName is ${found}`];
}
export const notTagged = async (bench: Bench): Promise<readonly string[]> => {
  const found = await bench.beamline.pvs.text("ExperimentName");
  return found === bench.name ? [] : [`the tag: ExperimentName is ${JSON.stringify(found)} instead of ${bench.name}`];
};

/** What is shown of the DAQs once somebody has looked is what runs. Until then Unseen is true, but it must not stay. */
export async function noDaqInvented({ beamline, world }: Bench): Promise<readonly string[]> {
  const unseen = String(DAQ_STATES.indexOf("Unseen"));
  const isSeen = (state: string): boolean => state !== unseen;
  for (const suffix of ["DaqRawState", "DaqRecState"])
    if ((await beamline.pvs.until(suffix, isSeen).catch(() => unseen)) === unseen) return [`${suffix} stays Unseen`];
  const shown = await beamline.pvs.number("DaqRunning");
  const states = [await beamline.pvs.number("DaqRawState"), await beamline.pvs.number("DaqRecState")];
  const truth = world.daqsUnderWay.length;
  const shownRunning = states.filter((one) => one === DAQ_STATES.indexOf("Running")).length;
  return shown === truth && shownRunning === truth
    ? []
    : [`DaqRunning is ${shown} and ${shownRunning} states are Running, but ${truth} run`];
}

/**
 * An upload that was under way at the kill is held until the repeated command has seen it: uploads that are started one
 * after the other are none too many, since the second finds nothing new; only one beside another is.
 */
export async function untilFollowed({ beamline }: Bench): Promise<void> {
  const { dm } = beamline.site.beamline;
  const looksAtOne = "/dm/uploads/";
  const looks = dm.requests.filter(({ path }) => path.includes(looksAtOne)).length;
  await dm.arrived(looksAtOne, looks + 1);
  await dm.misbehave({});
}

/** Where nobody is left who has not had it, there is nothing to arm. */
export async function armEmail({ beamline }: Bench): Promise<void> {
  const { pvs } = beamline;
  await pvs.put("EmailMode", EMAIL_MODES.indexOf("NewOnly"));
  await pvs.put("PreviewEmail", 1);
  if ((await pvs.number("EmailCount")) === 0) return;
  await pvs.use("EmailArm", (pv) => pv.put(1));
  await pvs
    .until("EmailArm", (value) => value === "1")
    .catch(async (cause: unknown) => {
      throw new Error(`EmailArm does not stay: ${await pvs.text("LastError")}`, { cause });
    });
}
export const doubledMails = ({ world }: Bench): readonly string[] => repeats(world.mailed).map((to) => `mail to ${to}`);
/** Who had none, and of whom that is not said either. */
export async function lostMails({ beamline, world }: Bench): Promise<readonly string[]> {
  const suffixes = ["EmailResults", "EmailMessage", "PreviewEmailMessage"];
  const told = (await Promise.all(suffixes.map(beamline.pvs.text))).flatMap((text) => text.split(/[\n;]/));
  const isUncertain = (to: string): boolean =>
    told.some((part) => part.includes(to) && /uncertain|nobody knows/i.test(part));
  return absent(MAILED, world.mailed)
    .filter((to) => !isUncertain(to))
    .map((to) => `mail to ${to}`);
}

export const doubledDaqs = ({ world }: Bench): readonly string[] =>
  world.startedBeside("daq").map((one) => `DAQ of ${one}`);
export const doubledUploads = ({ world }: Bench): readonly string[] =>
  world.startedBeside("upload").map((one) => `upload of ${one}`);

export const DM = ["ds"] as const;
export const MANUAL_FIRST = "Ada";
export const manualName = ({ tries }: Bench): string => `Staff${tries}`;
export const madeManually = ({ world }: Bench): readonly string[] =>
  world.experiments.filter((name) => name.includes("-Staff"));

/**
 * Tags an experiment about which nobody was mailed: the ledger remembers all others. Its year stays: safety forms are
 * those of a year.
 */
export async function tagAnew(bench: Bench): Promise<void> {
  const { site, pvs } = bench.beamline;
  const lastName = `${PEOPLE.pi.lastName}-${bench.tries}`;
  bench.name = `${site.beamline.yearMonth}-${lastName}-${PROPOSAL.gupId}`;
  await site.beamline.tag({ UserLastName: lastName });
  await pvs.until("ExperimentName", (name) => name === bench.name);
  addExperiment(bench);
  addFolder(bench);
}

/** A file on the detector's collection, another in each try: what is under way is not submitted again. */
export function addTransferred({ beamline, tries }: Bench): void {
  beamline.site.beamline.globus.collection("detector").files.put(`/data/by-hand-${tries}`, 10, Date.now());
}

/** What checks before beam time have left, where they send from and to. */
export function trialFiles({ beamline }: Bench): readonly string[] {
  const { globus, archive } = beamline.site.beamline;
  const folders = [
    join(globus.collection("detector").folder, "data"),
    archive,
    join(globus.collection("petrel").folder, "2-BM"),
  ];
  return folders.flatMap((folder) => readdirSync(folder)).filter((name) => name.startsWith(".globus-ioc-check"));
}

export async function askForTransfer({ beamline, tries }: Bench): Promise<void> {
  const { globus } = beamline.site.beamline;
  await beamline.pvs.put("SourceCollection", globus.collection("detector").id);
  await beamline.pvs.put("SourcePath", `/data/by-hand-${tries}`);
  await beamline.pvs.put("DestCollection", globus.collection("petrel").id);
  await beamline.pvs.put("DestPath", `/2-BM/by-hand-${tries}`);
}

/** A transfer that an administrator holds up. */
export async function runTransfer(bench: Bench): Promise<void> {
  bench.beamline.site.beamline.globus.pauseCollection("petrel", "held for a test");
  addTransferred(bench);
  await askForTransfer(bench);
  await bench.beamline.pvs.put("TransferRun", 1);
}

/** Whole seconds: collections tell no others. */
const LONG_AGO = Date.UTC(2026, 0, 1);
const OLD_SCAN = (tries: number): string => `exp/old-${tries}.h5`;
const dataFolder = ({ beamline }: Bench): string =>
  join(beamline.site.beamline.globus.collection("detector").folder, "data");

/** A scan that is on the disk and at both destinations, of which the ledger knows nothing. */
export function addArrived(bench: Bench): void {
  const { archive, globus } = bench.beamline.site.beamline;
  const scan = OLD_SCAN(bench.tries);
  if (existsSync(join(archive, scan))) return; // a command that was killed may have done something about it
  for (const top of [dataFolder(bench), archive, join(globus.collection("petrel").folder, "2-BM")]) {
    mkdirSync(dirname(join(top, scan)), { recursive: true });
    writeFileSync(join(top, scan), "old content");
    utimesSync(join(top, scan), LONG_AGO / 1000, LONG_AGO / 1000);
  }
}

export async function askToReconcile(bench: Bench): Promise<void> {
  addArrived(bench);
  await bench.beamline.pvs.until("QueueState", (state) => state !== "0");
  await bench.beamline.pvs.put("ReconcileEnqueue", 1);
}

export async function allowPrune({ beamline }: Bench): Promise<void> {
  const { configFile } = beamline.site.beamline;
  const text = readFileSync(configFile, "utf8");
  if (text.includes("allow-prune")) return;
  writeFileSync(configFile, text.replace("[source]\n", "[source]\nallow-prune = True\n"));
  await beamline.site.restartIoc();
}

export async function armPrune(bench: Bench): Promise<void> {
  const { pvs } = bench.beamline;
  await askToReconcile(bench);
  await pvs.put("Reconcile", 1);
  await pvs.put("PrunePlan", 0);
  await pvs.use("PruneArm", (pv) => pv.put(1));
  await pvs.until("PruneArm", (value) => value === "1");
}

export const isOldScanLeft = (bench: Bench): boolean => existsSync(join(dataFolder(bench), OLD_SCAN(bench.tries)));
export const isOldScanKept = ({ beamline, tries }: Bench): boolean =>
  existsSync(join(beamline.site.beamline.archive, OLD_SCAN(tries)));
