/**
 * Each command on each kind of server as the fault scenarios run it: what must be there before, what is written to the
 * inputs, what the services must hold when the command is over however often it was begun, and what the PVs may say
 * when it was not.
 */
import type { CommandName } from "../../src/controller/pvs/commands.ts";
import { PROPOSAL } from "../../src/sandbox/people.ts";
import { repeats } from "../support/repeats.ts";
import {
  addExperiment,
  addFolder,
  addReader,
  addSource,
  addTransferred,
  allowPrune,
  armEmail,
  armPrune,
  askForTransfer,
  askToReconcile,
  chooseGuest,
  collectionFolder,
  DM,
  doubledDaqs,
  doubledMails,
  doubledUploads,
  isOldScanKept,
  isOldScanLeft,
  lostMails,
  MANUAL_FIRST,
  madeManually,
  manualName,
  missingRules,
  missingUsers,
  mixture,
  nobody,
  noDaqInvented,
  notTagged,
  runTransfer,
  source,
  tagAnew,
  tagOld,
  trialFiles,
  untilFollowed,
} from "./case-steps.ts";
import type { CommandCase, ServerName } from "./command-case.ts";
import { FLOW_CASES } from "./flow-cases.ts";
import { WORKFLOW_CASES } from "./workflow-cases.ts";
import { absent, GUEST, MAILED, USERNAMES } from "./world.ts";

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
    whenKilled: ({ beamline }) => void beamline.site.beamline.dm.misbehave({ daqs: "stall" }),
    whenRepeated: untilFollowed,
    doubled: doubledUploads,
    lost: (bench) => absent([source(bench)], bench.world.started("upload")).map((one) => `the upload of ${one}`),
  },
  {
    command: "TransferRun",
    server: "voyager",
    needs: ["globus"],
    prepare: addTransferred,
    inputs: askForTransfer,
    beside: /task_list/,
    // What was submitted before the kill goes on, and keeps the same from being submitted beside.
    endsAgain: ["Done", "Failed"],
    lost: ({ beamline }) => (beamline.site.beamline.globus.transfers.length === 0 ? ["the transfer"] : []),
  },
  {
    command: "TransferCancel",
    server: "voyager",
    needs: ["globus"],
    prepare: runTransfer,
    beside: /task_list|pause_info/,
    endsAgain: ["Done", "Rejected"],
  },
  ...FLOW_CASES,
  ...WORKFLOW_CASES,
  {
    command: "Reconcile",
    server: "voyager",
    needs: ["globus"],
    inputs: askToReconcile,
    beside: /task_list/,
    lost: async ({ beamline, tries }) =>
      (await beamline.pvs.text("ReconcileText")).includes(`old-${tries}.h5: archive`) ? ["the scan"] : [],
    doubled: ({ beamline }) => (beamline.site.beamline.globus.transfers.length === 0 ? [] : ["what was there already"]),
  },
  {
    command: "Prune",
    server: "voyager",
    needs: ["globus"],
    prepare: allowPrune,
    inputs: armPrune,
    beside: /task_list/,
    lost: (bench) => [
      ...(isOldScanLeft(bench) ? ["the deletion"] : []),
      ...(isOldScanKept(bench) ? [] : ["the scan at the destination"]),
    ],
  },
  {
    command: "TransferCheck",
    server: "voyager",
    needs: ["globus"],
    // How often it looks at its task depends on the time; all looks are alike.
    beside: /task_list/,
    lost: trialFiles,
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
