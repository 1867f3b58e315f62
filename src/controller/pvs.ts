/**
 * THE PV table: every PV of the program, by its suffix behind $(P)$(R). The records themselves, their types and sizes, stand in db/; a test holds the two
 * together, and docs/pvs.md is generated from here. No other source file writes a PV's name.
 */

export interface PvRow {
  /** input: clients write it. result: only the program does. setting: an input that belongs to the beamline rather than to one experiment. */
  readonly kind: "input" | "result" | "setting";
  /** One sentence for operators and the manual. */
  readonly meaning: string;
}

/** The PVs beside the commands' own four. */
export const PVS = {
  Status: { kind: "result", meaning: "What is being done, in one line; Done when nothing is." },
  Message: { kind: "result", meaning: "The last event, in one sentence." },
  MessageSeverity: { kind: "result", meaning: "How grave the last event is: NO_ALARM, MINOR or MAJOR." },
  LastError: { kind: "result", meaning: "The last failure or refusal; stays until ErrorAck." },
  ErrorAck: { kind: "input", meaning: "Writing 1 empties LastError." },
  Log: { kind: "result", meaning: "The latest events with their times, newest first, one a line." },
  ...logLines(),
  Busy: { kind: "result", meaning: "Whether any command runs." },
  ActiveCommand: { kind: "result", meaning: "The commands that run, separated by blanks." },
  Abort: { kind: "input", meaning: "Writing 1 asks all running commands to stop at their next safe point." },
  Testing: {
    kind: "setting",
    meaning: "Yes: a dry run. Everything is planned and published, nothing leaves the process.",
  },
  ServerRunning: { kind: "result", meaning: "Whether the program behind the PVs is alive." },
  Watchdog: {
    kind: "result",
    meaning: "Counts down each second; the program resets it. ServerRunning is Stopped when it reaches 0.",
  },
  TomoScanConnected: { kind: "result", meaning: "Whether all the TomoScan PVs that are needed are connected." },
  TagValid: {
    kind: "result",
    meaning: "Whether TomoScan's user PVs name an experiment; nothing with an effect runs otherwise.",
  },
  TagMessage: { kind: "result", meaning: "What is wrong with the user PVs, or how a name was cleaned." },
  ExperimentName: { kind: "result", meaning: "Name of the experiment and of its directories." },
  ExperimentNameOverride: {
    kind: "input",
    meaning: "A name to use instead of the one made from the user PVs; empty: none. A new tag clears it.",
  },
  YearMonth: { kind: "result", meaning: "YYYY-MM of the experiment." },
  PILastName: { kind: "result", meaning: "Last name of the principal investigator, as used in names." },
  ProposalNumber: { kind: "result", meaning: "Proposal (GUP) number; 0 without a proposal." },
  ProposalTitle: { kind: "result", meaning: "Title of the proposal." },
  ESAFNumber: { kind: "result", meaning: "Number of the safety form (ESAF), where TomoScan has it." },
  DataLink: { kind: "result", meaning: "Web address of the experiment's data, as mailed to its users." },
  ServerName: {
    kind: "setting",
    meaning: "Which of the configured servers is used; cannot change while a command runs.",
  },
  AuthDM: { kind: "result", meaning: "Credentials for Data Management: Off, OK, Expiring or LoginNeeded." },
  AuthGlobus: { kind: "result", meaning: "Credentials for Globus: Off, OK, Expiring or LoginNeeded." },
  TokenExpires: { kind: "result", meaning: "Hours until the Globus token expires." },
  Version: { kind: "result", meaning: "Version of globus-ioc." },
  StartTime: { kind: "result", meaning: "When the program started, ISO 8601." },
  Uptime: { kind: "result", meaning: "Time since then, D days, HH:MM:SS." },
  Heartbeat: { kind: "result", meaning: "Grows by 1 each second." },
  ExperimentExists: { kind: "result", meaning: "Init: whether the experiment existed or exists now." },
  ExperimentCreated: { kind: "result", meaning: "Init: whether this run created it." },
  UsersAdded: {
    kind: "result",
    meaning: "Init: users that are on the experiment now, those who were before included.",
  },
  UsersFailed: { kind: "result", meaning: "Init: users that could not be added." },
  DetectorDir: { kind: "result", meaning: "Dirs: the experiment's directory on the detector host." },
  AnalysisDir: { kind: "result", meaning: "Dirs: the experiment's directory on the analysis host." },
  DirsDetector: {
    kind: "result",
    meaning: "Dirs: state of the detector directory: Missing, Exists, Created or Error.",
  },
  DirsAnalysis: {
    kind: "result",
    meaning: "Dirs: state of the analysis directory: Missing, Exists, Created or Error.",
  },
} as const satisfies Readonly<Record<string, PvRow>>;

export type PvName = keyof typeof PVS;

/** Lines of the log that have a PV of their own. */
export const LOG_LINES = 10;
type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
type LogLine = `LogLine${Digit}`;

function logLines(): Record<LogLine, PvRow> {
  const rows = Array.from({ length: 10 }, (_, i) => [`LogLine${i}`, { kind: "result", meaning: `Line ${i} of Log.` }]);
  return Object.fromEntries(rows) as Record<LogLine, PvRow>;
}
export const logLine = (index: number): LogLine => `LogLine${index as Digit}`;

/** A command is four PVs: X, XStatus, XMessage and XTime. */
export interface CommandRow {
  readonly meaning: string;
  /** What a start does while this command runs: it is refused with a sentence, waits its turn, or stops the running one and takes its place. */
  readonly overlap: "refuse" | "queue" | "replace";
  /** Commands of one group exclude one another. */
  readonly group: "experiment" | "none";
}

export const COMMANDS = {
  Init: {
    meaning: "Creates the experiment on the chosen server, or finds it, and puts its users on it.",
    overlap: "refuse",
    group: "experiment",
  },
  Dirs: {
    meaning: "Makes the experiment's directories on the detector and the analysis host.",
    overlap: "refuse",
    group: "experiment",
  },
} as const satisfies Readonly<Record<string, CommandRow>>;

export type CommandName = keyof typeof COMMANDS;
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];

/** The four PVs of a command, as suffixes. */
export const COMMAND_PARTS = {
  status: { suffix: "Status", meaning: "State: Idle, Running, Done, Failed, Cancelled, Rejected or Partial." },
  message: { suffix: "Message", meaning: "How its last run ended, in one sentence." },
  time: { suffix: "Time", meaning: "When its last run ended, ISO 8601." },
} as const;

/** Values of XStatus: decision 4. */
export const COMMAND_STATES = ["Idle", "Running", "Done", "Failed", "Cancelled", "Rejected", "Partial"] as const;
export type CommandState = (typeof COMMAND_STATES)[number];

/** States of DirsDetector and DirsAnalysis. */
export const DIRECTORY_STATES = ["Missing", "Exists", "Created", "Error"] as const;
/** States of AuthDM and AuthGlobus. */
export const AUTH_STATES = ["Off", "OK", "Expiring", "LoginNeeded"] as const;
/** States of MessageSeverity. */
export const SEVERITIES = ["NO_ALARM", "MINOR", "MAJOR"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Every suffix that exists, with its kind and meaning: what db/, the screens and the manual are compared with. */
export function allPvs(): ReadonlyMap<string, PvRow> {
  const commands = Object.entries(COMMANDS).flatMap(([name, row]): [string, PvRow][] => [
    [name, { kind: "input", meaning: `${row.meaning} Writing 1 starts it; it returns to 0 when the work is over.` }],
    ...Object.values(COMMAND_PARTS).map(({ suffix, meaning }): [string, PvRow] => [
      `${name}${suffix}`,
      { kind: "result", meaning: `${name}: ${meaning}` },
    ]),
  ]);
  return new Map<string, PvRow>([...Object.entries(PVS), ...commands]);
}

/** TomoScan's PVs that are read: where their suffix is configured, whether an experiment needs them. */
export interface TomoScanRow {
  /** Suffix where globus.conf says nothing else. */
  readonly suffix: string;
  readonly required: boolean;
}

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
