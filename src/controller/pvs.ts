/**
 * THE PV table: every PV of the program, by its suffix behind $(P)$(R). The records themselves, their types and sizes, stand in db/; a test holds the two
 * together, and docs/pvs.md and db/globus_settings.req are generated from here. No other source file writes a PV's name.
 */

export interface PvRow {
  /**
   * input: clients write it. result: only the program does. setting: an input that belongs to the beamline rather than to one experiment; settings, and
   * nothing else, survive a restart (autosave).
   */
  readonly kind: "input" | "result" | "setting";
  /**
   * What it holds before anybody has written it, or knows: a number, empty text, or an empty array; 0 or empty text where this is absent. What nobody knows yet
   * has a state of its own, or is UNKNOWN_COUNT, and never looks like an answer. db/ says the same of numbers.
   */
  readonly initial?: Initial;
  /** What an input that is a number may hold, where it is none of a few states: from, to; the unit, or "whole" for whole numbers. */
  readonly takes?: Takes;
  /**
   * For a result of one experiment on one server: the commands that write it. It holds `initial` again when the experiment or the server is another one, unless
   * such a command runs: what that still writes is of the experiment that it began with.
   */
  readonly ofExperiment?: readonly CommandName[];
  /** One sentence for operators and the manual. */
  readonly meaning: string;
}

type Initial = number | "" | readonly [];
export interface Takes {
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
}
type Result = PvRow & { readonly kind: "result" };
const result = (meaning: string, initial?: Initial): Result => ({
  kind: "result",
  meaning,
  ...(initial !== undefined && { initial }),
});
/** A result of one experiment on one server. */
const resultOf = (by: readonly CommandName[], initial: Initial, meaning: string): Result => ({
  ...result(`${by.join(", ")}: ${meaning}`, initial),
  ofExperiment: by,
});
type Input<K extends "input" | "setting"> = PvRow & { readonly kind: K; readonly initial?: number };
const input = (meaning: string, initial?: number): Input<"input"> => ({
  kind: "input",
  meaning,
  ...(initial !== undefined && { initial }),
});
const setting = (meaning: string, initial?: number): Input<"setting"> => ({
  ...input(meaning, initial),
  kind: "setting",
});

/** Values of XStatus: decision 4. */
export const COMMAND_STATES = ["Idle", "Running", "Done", "Failed", "Cancelled", "Rejected", "Partial"] as const;
export type CommandState = (typeof COMMAND_STATES)[number];

/** What is yes or no, once somebody has looked. */
export const ANSWERS = ["No", "Yes", "Unknown"] as const;
/** States of DirsDetector and DirsAnalysis. */
export const DIRECTORY_STATES = ["Unknown", "Exists", "Created", "Error"] as const;
/** States of AuthDM and AuthGlobus. */
export const AUTH_STATES = ["Off", "OK", "Expiring", "LoginNeeded", "Unknown"] as const;
/** States of MessageSeverity. */
export const SEVERITIES = ["NO_ALARM", "MINOR", "MAJOR"] as const;
export type Severity = (typeof SEVERITIES)[number];
/** States of EmailTo, EmailMode, EmailArm and DeleteArm. */
export const EMAIL_AUDIENCES = ["Experiment", "Schedule"] as const;
export const EMAIL_MODES = ["All", "NewOnly", "Test", "Uncertain"] as const;
export type EmailMode = (typeof EMAIL_MODES)[number];
export const ARM_STATES = ["Safe", "Armed"] as const;
/** Seconds that an arm stays Armed. */
export const ARMED_SECONDS = 30;
/** States of DaqRawState and DaqRecState. */
export const DAQ_STATES = ["None", "Running", "Stalled", "Ended", "Failed", "Stopped", "Unseen"] as const;
export type DaqState = (typeof DAQ_STATES)[number];
/** States of DaqRawSourceState and DaqRecSourceState. */
export const SOURCE_STATES = ["UNKNOWN", "OK", "EMPTY", "MISSING", "NO_TOPDIR", "NOT_YET"] as const;
export type SourceState = (typeof SOURCE_STATES)[number];
/** States of UploadState. */
export const UPLOAD_STATES = ["None", "Running", "Done", "Failed", "Stopped", "Unknown"] as const;
export type UploadState = (typeof UPLOAD_STATES)[number];

/** A count, or another figure, that nobody knows. */
export const UNKNOWN_COUNT = -1;

/** Lines of the log, and of the e-mail's preview, that have a PV of their own. */
export const LOG_LINES = 10;
export const EMAIL_LINES = 20;
/** Characters that EditUserBadge holds. */
export const EDIT_USER_CHARACTERS = 255;
type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
type LogLine = `LogLine${Digit}`;
type EmailLine = `EmailLine${Digit | `1${Digit}`}`;

/** One row for each line of a long text, for MEDM, which draws one line of at most 511 bytes. */
function lines<N extends string>(stem: string, count: number, row: (line: string) => PvRow): Record<N, Result> {
  const rows = Array.from({ length: count }, (_, i) => [`${stem}${i}`, row(`Line ${i} of`)]);
  return Object.fromEntries(rows) as Record<N, Result>;
}
export const logLine = (index: number): LogLine => `LogLine${index as Digit}`;
export const emailLine = (index: number): EmailLine => `EmailLine${index as Digit}`;

/** The two data of a DAQ, raw and reconstructed, and how their PVs begin. */
export const DAQ_SIDES = { raw: "DaqRaw", rec: "DaqRec" } as const;
export type DaqSide = keyof typeof DAQ_SIDES;

/** What is told of the DAQ of each side, behind `DaqRaw` and `DaqRec`, and what it holds before anybody has looked. */
const DAQ_PARTS = {
  State: [
    "its state: None, Running, Stalled, Ended, Failed, Stopped, or Unseen: Data Management does not answer, or has not been asked yet",
    DAQ_STATES.indexOf("Unseen"),
  ],
  Id: ["its id", ""],
  Source: ["the directory that is read, as Data Management knows it", ""],
  SourceState: [
    "what the last check of that directory found, at the start and now and then while it runs: UNKNOWN, OK, EMPTY, MISSING, NO_TOPDIR, or NOT_YET: StartDaq and Upload found no reconstructions so far",
    SOURCE_STATES.indexOf("UNKNOWN"),
  ],
  SourceBytes: ["bytes in that directory at that check", UNKNOWN_COUNT],
  FilesDone: ["files that Data Management counts as done; those of Errors may be among them", UNKNOWN_COUNT],
  FilesTotal: ["files that it has seen", UNKNOWN_COUNT],
  Percent: ["the part of its files that is done", UNKNOWN_COUNT],
  Rate: ["files done a minute, over the last minute", UNKNOWN_COUNT],
  RunTime: ["seconds that it has run", UNKNOWN_COUNT],
  Errors: ["files that could not be processed", UNKNOWN_COUNT],
} as const;
export type DaqPart = keyof typeof DAQ_PARTS;
type DaqPv = `${(typeof DAQ_SIDES)[DaqSide]}${DaqPart}`;
export const daqPv = (side: DaqSide, part: DaqPart): DaqPv => `${DAQ_SIDES[side]}${part}`;

function daqRows(): Record<DaqPv, Result> {
  const rows = Object.entries({ raw: "raw data", rec: "reconstructions" } as const).flatMap(([side, what]) =>
    Object.entries(DAQ_PARTS).map(([part, [meaning, initial]]) => [
      daqPv(side as DaqSide, part as DaqPart),
      result(`DAQ of the ${what}: ${meaning}.`, initial),
    ]),
  );
  return Object.fromEntries(rows) as Record<DaqPv, Result>;
}

/** Whatever changes who is on an experiment lists them afterwards. */
const USER_LISTERS: readonly CommandName[] = ["ListUsers", "Init", "AddUser", "RemoveUser"];

/** The PVs beside the commands' own four. */
export const PVS = {
  /* What happens */
  Status: result("What is being done, in one line; Done when nothing is."),
  Message: result("The last event, in one sentence."),
  MessageSeverity: result("How grave the last event is: NO_ALARM, MINOR or MAJOR."),
  LastError: result("The last failure or refusal; stays until ErrorAck."),
  ErrorAck: input("Writing 1 empties LastError.", 0),
  Log: result("The latest events with their times at the facility, newest first, one a line."),
  ...lines<LogLine>("LogLine", LOG_LINES, (line) => result(`${line} Log.`)),
  Busy: result("Whether any command runs."),
  ActiveCommand: result("The commands that run, separated by blanks."),
  RequestId: result("Grows by 1 with each command that is accepted, so that a script can match an answer."),
  Abort: input("Writing 1 asks all running commands to stop at their next safe point.", 0),
  Testing: setting("Yes: a dry run. Everything is planned and published, nothing leaves the process.", 0),
  ServerRunning: result("Whether the program behind the PVs is alive."),
  Watchdog: result("Counts down each second; the program resets it. ServerRunning is Stopped when it reaches 0."),
  /* The experiment */
  TomoScanConnected: result("Whether all the TomoScan PVs that are needed are connected."),
  TagValid: result("Whether TomoScan's user PVs name an experiment; nothing with an effect runs otherwise."),
  /** Tag's XMessage too: whichever was said last. */
  TagMessage: result("What is wrong with the user PVs, how a name was cleaned, or how the last Tag ended."),
  ExperimentName: result("Name of the experiment and of its directories."),
  ExperimentNameOverride: input(
    "A name to use instead of the one made from the user PVs; empty: none. A new tag clears it.",
  ),
  YearMonth: result("YYYY-MM of the experiment."),
  PILastName: result("Last name of the principal investigator, as used in names."),
  ProposalNumber: result("Proposal (GUP) number; 0 without a proposal."),
  ProposalTitle: result("Title of the proposal."),
  ESAFNumber: result("Number of the safety form (ESAF), where TomoScan has it."),
  DataLink: result("Web address of the experiment's data, as mailed to its users."),
  ServerName: setting("Which of the configured servers is used; cannot change while a command runs.", 0),
  AuthDM: result(
    "Credentials for Data Management: Off, OK, Expiring, LoginNeeded, or Unknown before the service has answered.",
    AUTH_STATES.indexOf("Unknown"),
  ),
  AuthGlobus: result(
    "Credentials for Globus: Off, OK, Expiring, LoginNeeded, or Unknown before the service has answered.",
    AUTH_STATES.indexOf("Unknown"),
  ),
  TokenExpires: result("Hours until the Globus token expires; -1: there is none, or nobody knows.", UNKNOWN_COUNT),
  Version: result("Version of globus-ioc."),
  Hostname: result("Host that the program runs on."),
  StartTime: result("When the program started, ISO 8601 with the facility's offset from UTC."),
  Uptime: result("Time since then, D days, HH:MM:SS."),
  Heartbeat: result("Grows by 1 each second."),
  /* Init, and users */
  ExperimentExists: resultOf(
    ["Init"],
    ANSWERS.indexOf("Unknown"),
    "whether the experiment existed or exists now; Unknown before Init has looked.",
  ),
  ExperimentCreated: resultOf(["Init"], 0, "whether this run created it."),
  UsersAdded: resultOf(["Init"], 0, "users that are on the experiment now, those who were before included."),
  UsersFailed: resultOf(["Init"], 0, "users that could not be added."),
  EditUserBadge: input(
    "AddUser, RemoveUser: badge numbers separated by commas; on a Globus collection also e-mail addresses or Globus user names.",
  ),
  UsersChanged: resultOf(["AddUser", "RemoveUser"], 0, "users that are on, or off, the experiment now because of it."),
  UserErrors: resultOf(["AddUser", "RemoveUser"], 0, "users of the list for whom it did not work."),
  UserResults: resultOf(["AddUser", "RemoveUser"], "", "what became of each user of the list, one a line."),
  Users: resultOf(USER_LISTERS, "", "the users with name, badge and e-mail, one a line."),
  UserCount: resultOf(USER_LISTERS, UNKNOWN_COUNT, "how many there are; -1 before anybody has looked."),
  UserNames: resultOf(USER_LISTERS, [], "their names, as an array."),
  UserBadges: resultOf(USER_LISTERS, [], "their badge numbers, as an array; 0 where one has none."),
  UserEmails: resultOf(
    USER_LISTERS,
    [],
    "their e-mail addresses, as an array; longer ones than 39 bytes are cut here.",
  ),
  /* Dirs */
  DetectorDir: result("Dirs: the experiment's directory on the detector host."),
  AnalysisDir: result("Dirs: the experiment's directory on the analysis host."),
  DirsDetector: resultOf(
    ["Dirs"],
    DIRECTORY_STATES.indexOf("Unknown"),
    "state of the detector directory: Exists, Created, Error, or Unknown before Dirs has looked.",
  ),
  DirsAnalysis: resultOf(
    ["Dirs"],
    DIRECTORY_STATES.indexOf("Unknown"),
    "state of the analysis directory: Exists, Created, Error, or Unknown before Dirs has looked.",
  ),
  DirsMatch: result(
    "Whether TomoScan's DetectorTopDir and RemoteAnalysisDir are those of the settings; Unknown where TomoScan does not say.",
    ANSWERS.indexOf("Unknown"),
  ),
  DirsMismatch: result("How they differ, or that TomoScan does not say; empty when they are the same."),
  SetFilePath: setting("Yes: Dirs sets TomoScan's FilePath to DetectorDir and waits for its FilePathExists.", 0),
  /* E-mail */
  EmailTo: setting("Whom Email writes to: the users of the Experiment, or all users of the Schedule.", 0),
  EmailMode: setting(
    "All (also who had it before: not at most once), NewOnly (who has not had it yet), Test (the second beamline contact alone), or Uncertain (the addresses that EmailUncertain counts, once a person has asked them).",
    1,
  ),
  EmailSubject: setting("Subject of the e-mail; empty: the usual one with the experiment's name."),
  SlidesLink: input("Web address of the beamtime's slides; empty: the newest that tomolog has for the proposal."),
  EmailArm: input(
    "Armed: Email may send what PreviewEmail has shown. Safe again after 30 s, and after the sending.",
    0,
  ),
  EmailPreview: resultOf(["PreviewEmail"], "", "the whole e-mail as it would be sent."),
  ...lines<EmailLine>("EmailLine", EMAIL_LINES, (line) => ({
    ...result(`${line} the e-mail's text.`),
    initial: "",
    ofExperiment: ["PreviewEmail"],
  })),
  EmailRecipients: resultOf(["PreviewEmail"], "", "to whom it would go, one address a line."),
  EmailCount: resultOf(["PreviewEmail"], 0, "how many addresses that are."),
  EmailSent: resultOf(["Email"], 0, "addresses whose mail server accepted it in this run."),
  EmailRefused: resultOf(["Email"], 0, "addresses that were refused in this run."),
  EmailHadBefore: resultOf(
    ["PreviewEmail"],
    0,
    "how many of EmailCount had it before: EmailMode All writes to them again.",
  ),
  EmailNoAddress: resultOf(["PreviewEmail"], 0, "how many users have no e-mail address, or one that is none."),
  EmailUncertain: result(
    "Addresses of which nobody knows whether they had it: an earlier run was killed, or lost its connection, while sending; -1 before the ledger was read.",
    UNKNOWN_COUNT,
  ),
  EmailResults: resultOf(
    ["PreviewEmail", "Email"],
    "",
    "what became of each address, and who gets no e-mail, one a line.",
  ),
  /* DAQ and upload */
  DaqRaw: setting("StartDaq, Upload: Yes: the raw data.", 1),
  DaqRec: setting("StartDaq, Upload: Yes: the reconstructions.", 1),
  ProcessExisting: setting("StartDaq: Yes: also the files that are there already.", 1),
  ...daqRows(),
  DaqRunning: result("How many DAQs of the experiment run; -1: nobody knows.", UNKNOWN_COUNT),
  DaqFilesDone: result("Files done by the experiment's DAQs together; -1: nobody knows.", UNKNOWN_COUNT),
  DaqFilesTotal: result("Files seen by the experiment's DAQs together; -1: nobody knows.", UNKNOWN_COUNT),
  DaqPercent: result("The part of them that is done; -1: nobody knows.", UNKNOWN_COUNT),
  DaqErrors: result("Files that the experiment's DAQs could not process; -1: nobody knows.", UNKNOWN_COUNT),
  DaqMessage: result("What the DAQs do, or what is wrong with them, in one sentence."),
  DaqList: result("All DAQs that run at the station, whosever they are, one a line."),
  DaqStopped: resultOf(["StopDaq"], 0, "how many it stopped."),
  UploadId: resultOf(["Upload"], "", "ids of the uploads of the experiment, separated by blanks."),
  UploadState: resultOf(
    ["Upload"],
    UPLOAD_STATES.indexOf("Unknown"),
    "state: None, Running, Done, Failed, Stopped, or Unknown before anybody has looked. Running also where an earlier run of the program, or somebody else, has started them.",
  ),
  UploadFilesDone: resultOf(
    ["Upload"],
    UNKNOWN_COUNT,
    "files that Data Management counts as done; those that it could not process may be among them.",
  ),
  UploadFilesTotal: resultOf(["Upload"], UNKNOWN_COUNT, "files to do."),
  UploadPercent: resultOf(["Upload"], UNKNOWN_COUNT, "the part of them that is done."),
  /* Tagging, and experiments without a proposal */
  Set: {
    ...setting("Days added to now when the present run and beamtime are looked for.", 0),
    takes: { least: -36_500, most: 36_500, isWhole: false },
  },
  BeamtimeIndex: {
    ...input("Tag: which of Beamtimes, counted from 1; 0: the only one there is. 0 again after a Tag.", 0),
    takes: { least: 0, most: 1000, isWhole: true },
  },
  Beamtimes: result("Tag: the beamtimes that it found for that day, one a line."),
  TagTruncated: result("Tag: texts that TomoScan's PVs could not hold whole, one a line."),
  ManualExperiment: input("TagManual: name of the experiment, as YYYY-MM-LastName-GUP."),
  ManualName: input("CreateManual: last name."),
  ManualFirstName: input("CreateManual: first name."),
  ManualTitle: input("CreateManual: title."),
  ManualGup: {
    ...input("CreateManual: proposal (GUP) number; 0: none.", 0),
    takes: { least: 0, most: 2_147_483_647, isWhole: true },
  },
  ManualDate: input("CreateManual: YYYY-MM; empty: this month."),
  ManualStart: input("CreateManual: first day, YYYY-MM-DD; empty: the first of the month."),
  ManualEnd: input("CreateManual: last day, YYYY-MM-DD; empty: 14 days after the first."),
  ManualBadges: input("CreateManual: badge numbers of its users, separated by commas."),
  ManualEmail: input("CreateManual: e-mail address of its PI."),
  ManualInstitution: input("CreateManual: institution of its PI."),
  EsafStart: input("ListEsafs: first day, YYYY-MM-DD; empty: the first of this month."),
  EsafEnd: input("ListEsafs: last day, YYYY-MM-DD; empty: today."),
  Esafs: result("ListEsafs: the safety forms, newest first, one a line."),
  EsafCount: result("ListEsafs: how many there are; -1 before anybody has looked.", UNKNOWN_COUNT),
  DeleteName: input("Delete: name of the experiment to delete; must be ExperimentName."),
  DeleteArm: input("Delete: Armed allows one Delete. Safe again after 30 s, and after the deletion.", 0),
} as const satisfies Readonly<Record<string, PvRow>>;

export type PvName = keyof typeof PVS;

/** A command is four PVs: X, XStatus, XMessage and XTime. */
export interface CommandRow {
  readonly meaning: string;
  /** Commands of one group exclude one another. */
  readonly group: "experiment" | "none";
  /** `tag`: it works on the experiment that TomoScan's user PVs name, and is rejected without one. */
  readonly needs: "tag" | "nothing";
  /** It writes TomoScan's user PVs, and is over when they have come to rest. */
  readonly tags?: true;
  /** What operators should know of a run that ended with the IOC, a piece of a sentence. */
  readonly interrupted?: string;
}

const command = <N extends CommandRow["needs"]>(
  group: CommandRow["group"],
  needs: N,
  meaning: string,
): CommandRow & { readonly needs: N } => ({ group, needs, meaning });

/* What is known of interrupted runs. */
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
    ...command("experiment", "nothing", "Creates an experiment without a proposal, from the Manual PVs."),
    interrupted: DONE_ONCE,
  },
  Dirs: {
    ...command("experiment", "tag", "Makes the experiment's directories on the detector and the analysis host."),
    interrupted: DONE_ONCE,
  },
  AddUser: {
    ...command("experiment", "tag", "Puts the users of EditUserBadge on the experiment."),
    interrupted: DONE_ONCE,
  },
  RemoveUser: {
    ...command("experiment", "tag", "Takes the users of EditUserBadge off the experiment."),
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
  ListEsafs: command("none", "nothing", "Reads the station's safety forms (ESAF)."),
  Delete: {
    ...command(
      "experiment",
      "tag",
      "Deletes the experiment of DeleteName from the server; off unless the settings allow it.",
    ),
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

/** The four PVs of a command, as suffixes. */
export const COMMAND_PARTS = {
  status: { suffix: "Status", meaning: "State: Idle, Running, Done, Failed, Cancelled, Rejected or Partial." },
  message: { suffix: "Message", meaning: "How its last run ended, in one sentence." },
  time: { suffix: "Time", meaning: "When its last run ended, ISO 8601 with the facility's offset from UTC." },
} as const;

/** What the program knows of itself. */
const NO_YES = ["No", "Yes"] as const;

/** PVs that choose by state, with their states: what db/ is compared with, and what words the command line takes and prints. */
export const PV_STATES: Readonly<Partial<Record<PvName, readonly string[]>>> = {
  Busy: ["Done", "Busy"],
  ServerRunning: ["Stopped", "Running"],
  TomoScanConnected: NO_YES,
  TagValid: NO_YES,
  ExperimentExists: ANSWERS,
  ExperimentCreated: NO_YES,
  DirsMatch: ANSWERS,
  DirsDetector: DIRECTORY_STATES,
  DirsAnalysis: DIRECTORY_STATES,
  AuthDM: AUTH_STATES,
  AuthGlobus: AUTH_STATES,
  MessageSeverity: SEVERITIES,
  EmailTo: EMAIL_AUDIENCES,
  EmailMode: EMAIL_MODES,
  EmailArm: ARM_STATES,
  DeleteArm: ARM_STATES,
  DaqRawState: DAQ_STATES,
  DaqRecState: DAQ_STATES,
  DaqRawSourceState: SOURCE_STATES,
  DaqRecSourceState: SOURCE_STATES,
  UploadState: UPLOAD_STATES,
};

/** Every suffix that exists, with its kind and meaning: what db/, the screens and the manual are compared with. */
export function allPvs(): ReadonlyMap<string, PvRow> {
  const commands = Object.entries(COMMANDS).flatMap(([name, row]): [string, PvRow][] => [
    [name, { kind: "input", meaning: `${row.meaning} Writing 1 starts it; it returns to 0 when the work is over.` }],
    ...Object.values(COMMAND_PARTS).map(({ suffix, meaning }): [string, PvRow] => [
      `${name}${suffix}`,
      { kind: "result", meaning: `${name}: ${meaning}` },
    ]),
  ]);
  return new Map<string, PvRow>([...commands, ...Object.entries(PVS)]); // TagMessage is of both
}

/** The suffixes that survive a restart: what db/globus_settings.req lists (decision 14). */
export const savedPvs = (): string[] =>
  [...allPvs()].filter(([, row]) => row.kind === "setting").map(([suffix]) => suffix);

/** TomoScan's PVs: where their suffix is configured, whether an experiment needs them. */
export interface TomoScanRow {
  /** Suffix where globus.conf says nothing else. */
  readonly suffix: string;
  readonly required: boolean;
}

/** The PVs that say who has the beam; they are read together, as the tag. */
export const TOMOSCAN_PVS = {
  yearMonth: { suffix: "ExperimentYearMonth", required: true },
  lastName: { suffix: "UserLastName", required: true },
  proposalNumber: { suffix: "ProposalNumber", required: true },
  proposalTitle: { suffix: "ProposalTitle", required: true },
  email: { suffix: "UserEmail", required: false },
  firstName: { suffix: "UserName", required: false },
  badge: { suffix: "UserBadge", required: false },
  esafNumber: { suffix: "ESAFNumber", required: false },
} as const satisfies Readonly<Record<string, TomoScanRow>>;

export type TomoScanKey = keyof typeof TOMOSCAN_PVS;
export const TOMOSCAN_KEYS = Object.keys(TOMOSCAN_PVS) as TomoScanKey[];

/** TomoScan's other PVs that are written by Tag, or compared with the settings, or set by Dirs. */
const MORE_TOMOSCAN_PVS = {
  institution: "UserInstitution",
  infoUpdate: "UserInfoUpdate",
  esafDoi: "ESAFDOINumber",
  detectorTopDir: "DetectorTopDir",
  remoteAnalysisDir: "RemoteAnalysisDir",
  filePath: "FilePath",
  filePathExists: "FilePathExists",
} as const;
export type AnyTomoScanKey = TomoScanKey | keyof typeof MORE_TOMOSCAN_PVS;

/** A PV's suffix where globus.conf says nothing else. */
export const tomoScanSuffix = (key: AnyTomoScanKey): string =>
  key in TOMOSCAN_PVS
    ? TOMOSCAN_PVS[key as TomoScanKey].suffix
    : MORE_TOMOSCAN_PVS[key as keyof typeof MORE_TOMOSCAN_PVS];
