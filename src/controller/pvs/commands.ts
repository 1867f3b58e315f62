/** The commands: what each command does, needs and excludes, and its four PVs. */

/** Values of XStatus: decision 0012. */
export const COMMAND_STATES = ["Idle", "Running", "Done", "Failed", "Cancelled", "Rejected", "Partial"] as const;
export type CommandState = (typeof COMMAND_STATES)[number];

/** A command is four PVs: X, XStatus, XMessage and XTime. */
export interface CommandRow {
  readonly meaning: string;
  /** Commands of one group exclude one another. */
  readonly group: "experiment" | "none";
  /**
   * `tag`: the command works on the experiment that TomoScan's user PVs name, and is rejected without an experiment.
   */
  readonly needs: "tag" | "nothing";
  /** Only managers may start it: it opens data to people, mails or deletes (decision 0023). */
  readonly isManaged?: true;
  /** The command writes TomoScan's user PVs, and is over when they have come to rest. */
  readonly tags?: true;
  /** What operators should know of a run that ended with the IOC, a piece of a sentence. */
  readonly interrupted?: string;
  /** What they should do then, a piece of a sentence; absent: run it again. */
  readonly afterwards?: string;
}

const command = <N extends CommandRow["needs"]>(
  group: CommandRow["group"],
  needs: N,
  meaning: string,
): CommandRow & { readonly needs: N } => ({ group, needs, meaning });

/* What is known of runs that were interrupted. */
const TAGS_INTERRUPTED = `TomoScan's month is "Unknown" unless its tag is whole`;
const DONE_ONCE = "what was done stays, and is not done twice";
const DAQ_INTERRUPTED = "DaqRawState and DaqRecState show what runs";

export const COMMANDS = {
  Tag: {
    ...command(
      "experiment",
      "nothing",
      "Writes who has the beam, from the scheduling service, into TomoScan's user PVs.",
    ),
    tags: true,
    interrupted: TAGS_INTERRUPTED,
  },
  TagManual: {
    ...command("experiment", "nothing", "Writes TomoScan's user PVs from an experiment of the server."),
    tags: true,
    interrupted: TAGS_INTERRUPTED,
  },
  Init: {
    ...command(
      "experiment",
      "tag",
      "Creates the experiment on the chosen server, or finds it, and puts its users on it.",
    ),
    interrupted: DONE_ONCE,
  },
  CreateManual: {
    ...command(
      "experiment",
      "nothing",
      "Creates an experiment without a proposal, from the Manual PVs, or finds it, and puts the users of ManualBadges on it.",
    ),
    isManaged: true,
    interrupted: DONE_ONCE,
  },
  Dirs: {
    ...command("experiment", "tag", "Makes the experiment's directories on the detector and the analysis host."),
    interrupted: DONE_ONCE,
  },
  AddUser: {
    ...command("experiment", "tag", "Puts the users of EditUserBadge on the experiment."),
    isManaged: true,
    interrupted: DONE_ONCE,
  },
  RemoveUser: {
    ...command("experiment", "tag", "Takes the users of EditUserBadge off the experiment."),
    isManaged: true,
    interrupted: DONE_ONCE,
  },
  ListUsers: command("none", "tag", "Reads who is on the experiment."),
  PreviewEmail: command("experiment", "tag", "Composes the e-mail to users and shows it, and to whom it would go."),
  Email: {
    ...command(
      "experiment",
      "tag",
      "Sends the e-mail that PreviewEmail has shown; EmailArm must be Armed but for a test.",
    ),
    isManaged: true,
    interrupted:
      "what the mail server accepted is in the ledger; EmailUncertain counts the addresses of which nobody knows, and EmailMode Uncertain mails these alone",
  },
  StartDaq: {
    ...command("none", "tag", "Starts the DAQs of the experiment, after a look at their source directories."),
    interrupted: DAQ_INTERRUPTED,
  },
  StopDaq: {
    ...command("none", "tag", "Stops the DAQs of the experiment that run."),
    interrupted: DAQ_INTERRUPTED,
  },
  Upload: {
    ...command("none", "tag", "Moves what is in the source directories once, and waits until it is done."),
    interrupted: "what it started goes on, and UploadState shows it",
  },
  TransferRun: {
    ...command(
      "none",
      "nothing",
      "Submits one Globus transfer, from the Source and Dest PVs; done when it is accepted.",
    ),
    isManaged: true,
    interrupted: "a transfer that was submitted is in the ledger and goes on",
    afterwards: "look at TaskId, and run it again only where that is not the transfer that was wanted",
  },
  TransferCancel: command("none", "nothing", "Cancels the Globus task of TaskId."),
  FlowRun: {
    ...command(
      "none",
      "nothing",
      "Starts one run of the flow of FlowId, from the Source and Dest PVs; done when Globus has accepted it.",
    ),
    isManaged: true,
    interrupted: "a run that was asked for is in the ledger: it is started, and goes on",
    afterwards: "look at RunMessage, and run it again only where that is not the run that was wanted",
  },
  FlowMonitor: {
    ...command("none", "nothing", "Follows the run of RunId to its end, and ends as that run does."),
    interrupted: "the run goes on, and RunStatus shows it",
  },
  FlowCancel: command("none", "nothing", "Cancels the run of RunId."),
  FlowResume: command(
    "none",
    "nothing",
    "Lets the run of RunId go on that is INACTIVE, once what it waits for was done.",
  ),
  FlowRespond: {
    ...command(
      "none",
      "nothing",
      "Answers the question that the run waits for with FlowInputChoice; FlowRespondArm must be Armed.",
    ),
    isManaged: true,
    interrupted: "FlowInputWaiting shows whether the answer has arrived",
  },
  Reconcile: command(
    "none",
    "nothing",
    "Compares the source's disk, the ledger and the destinations, and queues what is missing where it is asked to.",
  ),
  Prune: {
    ...command(
      "none",
      "nothing",
      "Deletes old scans at the source that are proven at all their destinations; off unless the settings allow it.",
    ),
    isManaged: true,
    interrupted: "what it has deleted is in the ledger, and the next Prune goes on",
  },
  TransferCheck: {
    ...command(
      "none",
      "nothing",
      "Tries everything that transfers need before beam time, up to a test file to each destination.",
    ),
    interrupted: "a test file may be left, which the next check overwrites and removes",
  },
  WorkflowRun: {
    ...command(
      "none",
      "nothing",
      "Starts one job of the workflow of WorkflowName; done when Data Management has accepted it.",
    ),
    isManaged: true,
    interrupted: "a job that was asked for is remembered and followed on",
    afterwards: "look at WorkflowStatus, and run it again only where that is not the job that was wanted",
  },
  WorkflowMonitor: {
    ...command("none", "nothing", "Waits until the job has ended, or for WorkflowTimeout, and ends as the job does."),
    interrupted: "the job goes on at Data Management; WorkflowStatus shows it",
  },
  WorkflowCancel: command("none", "nothing", "Stops the job, where the site's Data Management is known to do that."),
  ListEsafs: command("none", "nothing", "Reads the station's safety forms (ESAF)."),
  Delete: {
    ...command(
      "experiment",
      "tag",
      "Deletes the experiment of DeleteName from the server; off unless the settings allow it.",
    ),
    isManaged: true,
    interrupted: "the experiment may be gone, which ListUsers tells",
  },
} as const satisfies Readonly<Record<string, CommandRow>>;

export type CommandName = keyof typeof COMMANDS;
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
/** Commands that work on the tagged experiment, and those that do not. */
type TaggedCommand = {
  [N in CommandName]: (typeof COMMANDS)[N]["needs"] extends "tag" ? N : never;
}[CommandName];
export type FreeCommand = Exclude<CommandName, TaggedCommand>;

/** Bytes that a command's message holds, without the NUL. */
export const MESSAGE_BYTES = 511;
/** The four PVs of a command, as suffixes. */
export const COMMAND_PARTS = {
  status: { suffix: "Status", meaning: "How it stands, or how its last run ended." },
  message: { suffix: "Message", meaning: "How its last run ended, in one sentence." },
  time: { suffix: "Time", meaning: "When its last run ended, ISO 8601 with the facility's offset from UTC." },
} as const;
