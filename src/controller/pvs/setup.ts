/** PVs of Init, CreateManual, Dirs and Delete: the experiment on its server, and its directories. */
import {
  ANSWERS,
  ARM_STATES,
  ARMED_SECONDS,
  input,
  managed,
  NO_YES,
  type Result,
  result,
  resultOf,
  sentence,
  setting,
} from "./row.ts";

/** The highest proposal number: what a record of 32 bits holds. */
export const MOST_GUP = 2_147_483_647;

export const DIRECTORY_STATES = ["Unknown", "Exists", "Created", "Error"] as const;
const directory = (what: string): Result =>
  resultOf(["Dirs"], `what became of the ${what} directory; Unknown before Dirs has looked.`, {
    states: DIRECTORY_STATES,
    initial: "Unknown",
  });

export const SETUP_ROWS = {
  ExperimentExists: resultOf(
    ["Init"],
    "whether the experiment existed or exists now; Unknown before Init has looked.",
    {
      states: ANSWERS,
      initial: "Unknown",
    },
  ),
  ExperimentCreated: resultOf(["Init"], "whether this run created it.", { states: NO_YES, initial: "No" }),
  UsersAdded: resultOf(["Init"], "users that are on the experiment now, those who were before included.", {
    initial: 0,
  }),
  UsersFailed: resultOf(["Init"], "users that could not be added.", { initial: 0 }),
  ManualName: input("CreateManual: last name."),
  ManualFirstName: input("CreateManual: first name."),
  ManualTitle: input("CreateManual: title."),
  ManualGup: input("CreateManual: proposal (GUP) number; 0: none.", {
    initial: 0,
    takes: { least: 0, most: MOST_GUP, isWhole: true },
  }),
  ManualDate: input("CreateManual: YYYY-MM; empty: this month."),
  ManualStart: input("CreateManual: first day, YYYY-MM-DD; empty: the first of the month."),
  ManualEnd: input("CreateManual: last day, YYYY-MM-DD; empty: 14 days after the first."),
  ManualBadges: managed(input("CreateManual: badge numbers of its users, separated by commas.")),
  ManualEmail: input("CreateManual: e-mail address of its PI."),
  ManualInstitution: input("CreateManual: institution of its PI."),
  DetectorDir: result("Dirs: the experiment's directory on the detector host."),
  AnalysisDir: result("Dirs: the experiment's directory on the analysis host."),
  DirsDetector: directory("detector"),
  DirsAnalysis: directory("analysis"),
  DirsMatch: result(
    "Whether TomoScan's DetectorTopDir and RemoteAnalysisDir are those of the settings; Unknown where TomoScan does not say.",
    { states: ANSWERS, initial: "Unknown" },
  ),
  DirsMismatch: sentence("How they differ, or that TomoScan does not say; empty when they are the same."),
  SetFilePath: setting("Yes: Dirs sets TomoScan's FilePath to DetectorDir and waits for its FilePathExists.", {
    states: NO_YES,
    initial: "No",
  }),
  DeleteName: managed(input("Delete: name of the experiment to delete; must be ExperimentName.")),
  DeleteArm: managed(
    input(`Delete: Armed allows one Delete. Safe again after ${ARMED_SECONDS} s, and after the deletion.`, {
      states: ARM_STATES,
      initial: "Safe",
    }),
  ),
} as const;
