/**
 * Each command on each kind of server as the fault scenarios run it: what must be there before, what is written to the inputs, what the services must hold
 * when the command is over however often it was begun, and what the PVs may say when it was not.
 */
import { type CommandName, type CommandState, DAQ_STATES, EMAIL_MODES } from "../../src/controller/pvs.ts";
import { PEOPLE, PROPOSAL } from "../../src/sandbox/people.ts";
import type { FaultyBeamline, ServiceName } from "./faulty-beamline.ts";
import { absent, GUEST, MAILED, READERS, repeats, USERNAMES, type World } from "./world.ts";

export type ServerName = "voyager" | "petrel";

/** One beamline at work. */
export interface Bench {
  readonly beamline: FaultyBeamline;
  readonly world: World;
  /** Of the experiment that TomoScan is tagged with when the command starts. */
  name: string;
  /** Grows with each try, for what must be new in each. */
  tries: number;
}

export interface CommandCase {
  readonly command: CommandName;
  readonly server: ServerName;
  /** The services that it cannot do without: with one of them down it does not end as Done. */
  readonly needs: readonly ServiceName[];
  /** The services that it asks, and does without. */
  readonly asks?: readonly ServiceName[];
  /** Services and PVs as they are before the command's first start; the world is empty and the experiment tagged. */
  readonly prepare?: (bench: Bench) => Promise<void> | void;
  /** What a person does before each start: inputs do not survive a restart. */
  readonly inputs?: (bench: Bench) => Promise<void>;
  /** How it may end where nothing disturbs it. */
  readonly ends?: readonly CommandState[];
  /** How it may end when an earlier start has done it, or a part. */
  readonly endsAgain?: readonly CommandState[];
  /** What was done twice; at any time. */
  readonly doubled?: (bench: Bench) => readonly string[];
  /** What is not there although the command is over. */
  readonly lost?: (bench: Bench) => readonly string[] | Promise<readonly string[]>;
  /** What the PVs say and is not so, once the tag has settled after a restart. */
  readonly untrue?: (bench: Bench) => Promise<readonly string[]>;
}

const SERVER_NAMES: readonly ServerName[] = ["voyager", "petrel"];
export const serverIndex = (server: ServerName): number => SERVER_NAMES.indexOf(server);

const source = ({ name }: Bench): string => `/data/${name}`;
const collectionFolder = ({ name }: Bench): string => `/2-BM/${name.slice(0, 7)}/${name}`;

const addExperiment = ({ world, name }: Bench): void => world.addExperiment(name);
const addFolder = (bench: Bench): void => bench.world.addFolder(collectionFolder(bench));
const addSource = (bench: Bench): void => {
  addExperiment(bench);
  bench.world.addFiles(bench.name, 3);
};
const nobody = (): readonly string[] => [];
const chooseGuest =
  (entry: string) =>
  async ({ beamline }: Bench): Promise<void> => {
    await beamline.pvs.put("EditUserBadge", entry);
  };
/** A folder that the guest may read. */
async function addReader(bench: Bench): Promise<void> {
  addFolder(bench);
  await chooseGuest(GUEST.email)(bench);
  await bench.beamline.pvs.put("AddUser", 1);
}
const missingUsers = ({ world, name }: Bench): readonly string[] => absent(USERNAMES, world.usersOf(name) ?? []);
const missingRules = ({ world }: Bench): readonly string[] =>
  world.rules.length < READERS.length ? ["an access rule"] : [];

/** What names an experiment besides the new and the old one. */
const OLD = { UserLastName: "Lovelace", ProposalNumber: "777", ExperimentYearMonth: "2020-05" } as const;
const OLD_NAME = `${OLD.ExperimentYearMonth}-${OLD.UserLastName}-${OLD.ProposalNumber}`;
async function tagOld(bench: Bench): Promise<void> {
  const { site, pvs } = bench.beamline;
  await site.beamline.tag(OLD);
  await pvs.until("ExperimentName", (name) => name === OLD_NAME);
}
/** No mixture of two experiments is valid. */
async function mixture(bench: Bench): Promise<readonly string[]> {
  const found = await bench.beamline.pvs.text("ExperimentName");
  return [OLD_NAME, bench.name, ""].includes(found) ? [] : [`ExperimentName is ${found}`];
}
const notTagged = async (bench: Bench): Promise<readonly string[]> => {
  const found = await bench.beamline.pvs.text("ExperimentName");
  return found === bench.name ? [] : [`the tag: ExperimentName is ${JSON.stringify(found)} instead of ${bench.name}`];
};

/** Data of an earlier experiment must not stand beside the new name. */
async function noDaqInvented({ beamline, world }: Bench): Promise<readonly string[]> {
  const shown = await beamline.pvs.number("DaqRunning");
  const states = [await beamline.pvs.number("DaqRawState"), await beamline.pvs.number("DaqRecState")];
  if (states.includes(DAQ_STATES.indexOf("Unseen"))) return [];
  const truth = world.daqsUnderWay.length;
  const shownRunning = states.filter((one) => one === DAQ_STATES.indexOf("Running")).length;
  return shown === truth && shownRunning === truth
    ? []
    : [`DaqRunning is ${shown} and ${shownRunning} states are Running, but ${truth} run`];
}

/** Where nobody is left who has not had it, there is nothing to arm. */
async function armEmail({ beamline }: Bench): Promise<void> {
  const { pvs } = beamline;
  await pvs.put("EmailMode", EMAIL_MODES.indexOf("NewOnly"));
  await pvs.put("PreviewEmail", 1);
  if ((await pvs.number("EmailCount")) === 0) return;
  await pvs.use("EmailArm", (pv) => pv.put(1));
  await pvs.until("EmailArm", (value) => value === "1");
}
const doubledMails = ({ world }: Bench): readonly string[] => repeats(world.mailed).map((to) => `mail to ${to}`);
/** Who had none, and of whom that is not said either. */
async function lostMails({ beamline, world }: Bench): Promise<readonly string[]> {
  const suffixes = ["EmailResults", "EmailMessage", "PreviewEmailMessage"];
  const told = (await Promise.all(suffixes.map(beamline.pvs.text))).flatMap((text) => text.split(/[\n;]/));
  const isUncertain = (to: string): boolean =>
    told.some((part) => part.includes(to) && /uncertain|nobody knows/i.test(part));
  return absent(MAILED, world.mailed)
    .filter((to) => !isUncertain(to))
    .map((to) => `mail to ${to}`);
}

const doubledDaqs = ({ world }: Bench): readonly string[] => world.startedBeside("daq").map((one) => `DAQ of ${one}`);
const doubledUploads = ({ world }: Bench): readonly string[] =>
  world.startedBeside("upload").map((one) => `upload of ${one}`);

const DM = ["ds"] as const;
const MANUAL_FIRST = "Ada";
const manualName = ({ tries }: Bench): string => `Staff${tries}`;
const madeManually = ({ world }: Bench): readonly string[] =>
  world.experiments.filter((name) => name.includes("-Staff"));

export const COMMAND_CASES: readonly CommandCase[] = [
  {
    command: "Tag",
    server: "voyager",
    needs: ["schedule", "tomoscan"],
    asks: ["apsDb"],
    prepare: tagOld,
    untrue: mixture,
    lost: notTagged,
  },
  {
    command: "TagManual",
    server: "voyager",
    needs: ["ds", "tomoscan"],
    asks: ["schedule", "apsDb"],
    prepare: async (bench) => {
      addExperiment(bench);
      await tagOld(bench);
    },
    inputs: async ({ beamline, name }) => void (await beamline.pvs.put("ManualExperiment", name)),
    untrue: mixture,
    lost: notTagged,
  },
  {
    command: "TagManual",
    server: "petrel",
    needs: ["tomoscan"],
    asks: ["schedule", "apsDb"],
    prepare: tagOld,
    inputs: async ({ beamline, name }) => void (await beamline.pvs.put("ManualExperiment", name)),
    untrue: mixture,
    lost: notTagged,
  },
  {
    command: "Init",
    server: "voyager",
    needs: [...DM, "schedule"],
    asks: ["apsDb"],
    doubled: ({ world }) => repeats(world.experiments),
    lost: missingUsers,
  },
  {
    command: "Init",
    server: "petrel",
    needs: ["globus", "schedule"],
    asks: ["apsDb"],
    doubled: ({ world }) => repeats(world.rules),
    lost: (bench) => [
      ...missingRules(bench),
      ...(bench.world.hasFolder(collectionFolder(bench)) ? [] : ["the folder"]),
    ],
  },
  {
    command: "CreateManual",
    server: "voyager",
    needs: DM,
    inputs: async (bench) => {
      const { pvs } = bench.beamline;
      await pvs.put("ManualName", manualName(bench));
      await pvs.put("ManualFirstName", MANUAL_FIRST);
      await pvs.put("ManualBadges", GUEST.badge);
    },
    doubled: (bench) => madeManually(bench).slice(1),
    lost: (bench) => (madeManually(bench).length === 0 ? ["the experiment"] : nobody()),
  },
  {
    command: "CreateManual",
    server: "petrel",
    needs: ["globus"],
    inputs: async (bench) => void (await bench.beamline.pvs.put("ManualName", manualName(bench))),
    lost: async ({ beamline, world }) => {
      const made = await beamline.pvs.text("ManualExperiment");
      return world.hasFolder(`/2-BM/${made.slice(0, 7)}/${made}`) ? [] : [`the folder of ${JSON.stringify(made)}`];
    },
  },
  {
    command: "Dirs",
    server: "voyager",
    needs: ["detector", "analysis", "tomoscan"],
    inputs: async ({ beamline }) => void (await beamline.pvs.put("SetFilePath", 1)),
    lost: async ({ beamline, world, name }) => {
      const path = await beamline.tomoScan.text("FilePath");
      return [
        ...(world.hasDirectories(name) ? [] : ["a directory"]),
        ...(path === `/data/${name}/` ? [] : [`FilePath is ${path}`]),
      ];
    },
  },
  {
    command: "AddUser",
    server: "voyager",
    needs: DM,
    prepare: addExperiment,
    inputs: chooseGuest(GUEST.badge),
    doubled: ({ world, name }) => repeats(world.usersOf(name) ?? []),
    lost: ({ world, name }) => absent([`d${GUEST.badge}`, ...USERNAMES], world.usersOf(name) ?? []),
  },
  {
    command: "AddUser",
    server: "petrel",
    needs: ["globus"],
    prepare: addFolder,
    inputs: chooseGuest(GUEST.email),
    doubled: ({ world }) => repeats(world.rules),
    lost: ({ world }) => (world.rules.length === 1 ? [] : ["the access rule"]),
  },
  {
    command: "RemoveUser",
    server: "voyager",
    needs: DM,
    prepare: ({ world, name }) => world.addExperiment(name, [...USERNAMES, `d${GUEST.badge}`]),
    inputs: chooseGuest(GUEST.badge),
    lost: ({ world, name }) => [
      ...absent(USERNAMES, world.usersOf(name) ?? []),
      ...(world.usersOf(name)?.includes(`d${GUEST.badge}`) === true ? ["the removal"] : []),
    ],
  },
  {
    command: "RemoveUser",
    server: "petrel",
    needs: ["globus"],
    prepare: addReader,
    inputs: chooseGuest(GUEST.email),
    lost: ({ world }) => world.rules.map(() => "the removal"),
  },
  {
    command: "ListUsers",
    server: "voyager",
    needs: DM,
    prepare: addExperiment,
    lost: async ({ beamline }) =>
      (await beamline.pvs.number("UserCount")) === USERNAMES.length ? [] : ["a user of the list"],
  },
  {
    command: "ListUsers",
    server: "petrel",
    needs: ["globus"],
    prepare: addReader,
    lost: async ({ beamline }) => ((await beamline.pvs.number("UserCount")) === 1 ? [] : ["the user of the list"]),
  },
  {
    command: "PreviewEmail",
    server: "voyager",
    needs: DM,
    prepare: addExperiment,
    doubled: ({ world }) => world.mailed,
    lost: async ({ beamline }) => absent(MAILED, (await beamline.pvs.text("EmailRecipients")).split("\n")),
  },
  {
    command: "PreviewEmail",
    server: "petrel",
    needs: ["schedule"],
    prepare: addFolder,
    doubled: ({ world }) => world.mailed,
  },
  {
    command: "Email",
    server: "voyager",
    needs: [...DM, "mail"],
    prepare: tagAnew,
    inputs: armEmail,
    endsAgain: ["Done", "Partial", "Rejected"],
    doubled: doubledMails,
    lost: lostMails,
  },
  {
    command: "Email",
    server: "petrel",
    needs: ["globus", "schedule", "mail"],
    prepare: tagAnew,
    inputs: armEmail,
    endsAgain: ["Done", "Partial", "Rejected"],
    doubled: doubledMails,
    lost: lostMails,
  },
  {
    command: "StartDaq",
    server: "voyager",
    needs: [...DM, "daq"],
    asks: ["analysis"],
    prepare: addSource,
    inputs: async ({ beamline }) => void (await beamline.pvs.put("DaqRec", 0)),
    doubled: doubledDaqs,
    lost: (bench) => absent([source(bench)], bench.world.daqsUnderWay).map((one) => `the DAQ of ${one}`),
    untrue: noDaqInvented,
  },
  {
    command: "StopDaq",
    server: "voyager",
    needs: ["daq"],
    prepare: async (bench) => {
      addSource(bench);
      await bench.beamline.pvs.put("DaqRec", 0);
      await bench.beamline.pvs.put("StartDaq", 1);
    },
    ends: ["Done", "Partial"],
    doubled: doubledDaqs,
    lost: ({ world }) => world.daqsUnderWay.map(() => "the stop"),
    untrue: noDaqInvented,
  },
  {
    command: "Upload",
    server: "voyager",
    needs: [...DM, "daq"],
    asks: ["analysis"],
    prepare: addSource,
    inputs: async ({ beamline }) => void (await beamline.pvs.put("DaqRec", 0)),
    doubled: doubledUploads,
    lost: (bench) => absent([source(bench)], bench.world.started("upload")).map((one) => `the upload of ${one}`),
  },
  {
    command: "ListEsafs",
    server: "voyager",
    needs: ["apsDb"],
    lost: async ({ beamline }) =>
      (await beamline.pvs.text("Esafs")).includes(PROPOSAL.esafId) ? [] : ["a safety form"],
  },
  {
    command: "Delete",
    server: "voyager",
    needs: [...DM, "daq"],
    prepare: addExperiment,
    inputs: async ({ beamline, name }) => {
      await beamline.pvs.put("DeleteName", name);
      await beamline.pvs.use("DeleteArm", (pv) => pv.put(1));
      await beamline.pvs.until("DeleteArm", (value) => value === "1");
    },
    endsAgain: ["Done", "Rejected"],
    lost: ({ world, name }) => (world.usersOf(name) === undefined ? [] : ["the deletion"]),
  },
];

/** @throws Error when there is no such case */
export function caseOf(command: CommandName, server: ServerName): CommandCase {
  const found = COMMAND_CASES.find((one) => one.command === command && one.server === server);
  if (found === undefined) throw new Error(`there is no case of ${command} on ${server}`);
  return found;
}

/** Tags an experiment about which nobody was mailed: the ledger remembers all others. Its year stays: safety forms are those of a year. */
async function tagAnew(bench: Bench): Promise<void> {
  const { site, pvs } = bench.beamline;
  const lastName = `${PEOPLE.pi.lastName}-${bench.tries}`;
  bench.name = `${site.beamline.yearMonth}-${lastName}-${PROPOSAL.gupId}`;
  await site.beamline.tag({ UserLastName: lastName });
  await pvs.until("ExperimentName", (name) => name === bench.name);
  addExperiment(bench);
  addFolder(bench);
}
