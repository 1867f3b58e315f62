import { describe, expect, test } from "vitest";
import type { CommandName } from "../../../src/controller/pvs/commands.ts";
import { VISIT_STEPS, type VisitStep } from "../../../src/controller/pvs/visit.ts";
import {
  type DaqEvidence,
  nextStep,
  type ScanEvidence,
  type StepFacts,
  stepFacts,
} from "../../../src/controller/visit/visit-facts.ts";
import {
  NO_RUNS,
  runBegun,
  runEnded,
  type StepRun,
  seen,
  type VisitCommand,
  type VisitRuns,
} from "../../../src/controller/visit/visit-runs.ts";

const VISIT = { server: "voyager", experiment: "2026-03-Levy-1014288" };
const OTHER = { server: "voyager", experiment: "2026-03-Curie-7" };

/** One run from its beginning to its end. */
function ran(runs: VisitRuns, command: VisitCommand, state: StepRun["state"] = "Done", visit = VISIT): VisitRuns {
  const begun = runBegun(runs, { command, isDry: false, isTest: false, ...visit });
  return runEnded(begun, { command, state, message: `${command} has ended.` });
}
/** The program has run since before the visit. */
const FRESH = seen(NO_RUNS, undefined);
/** The program was started during the visit. */
const RESTARTED = seen(NO_RUNS, VISIT);
const after = (...commands: VisitCommand[]): VisitRuns => commands.reduce((runs, one) => ran(runs, one), FRESH);

interface Known {
  readonly runs?: VisitRuns;
  readonly visit?: typeof VISIT | undefined;
  readonly daqs?: DaqEvidence;
  readonly scans?: ScanEvidence;
  readonly isMailed?: boolean;
  readonly off?: readonly VisitStep[];
  readonly running?: readonly CommandName[];
}
function facts({ runs = FRESH, off = [], running = [], daqs, scans, isMailed, ...known }: Known): StepFacts {
  return stepFacts({
    runs,
    visit: "visit" in known ? known.visit : VISIT,
    evidence: { daqs, scans, isMailed },
    isOff: (step) => off.includes(step),
    isRunning: (command) => running.includes(command),
  });
}
/** `Tag=done Init=open …`, behind it the next step. */
const told = (known: Known): string => {
  const found = facts(known);
  return `${VISIT_STEPS.map((step) => found[step]).join(" ")} > ${nextStep(found) ?? "None"}`;
};

const NO_DAQ: DaqEvidence = { count: 0, running: 0, filesDone: 0, filesTotal: 0 };
const RUNS: DaqEvidence = { count: 1, running: 1, filesDone: 0, filesTotal: 0 };
const MOVES: DaqEvidence = { ...RUNS, filesDone: 1, filesTotal: 3 };
const MOVED: DaqEvidence = { ...RUNS, filesDone: 3, filesTotal: 3 };
const STOPPED: DaqEvidence = { ...MOVED, running: 0 };

//                                      Tag  Init Dirs Email Start Scans Stop
test.each<readonly [string, Known, string]>([
  ["nobody has the beam", { visit: undefined, daqs: STOPPED }, "open open open open open open open > Tag"],
  ["a new experiment", { daqs: NO_DAQ, isMailed: false }, "done open open open open open open > Init"],
  ["Init is done", { runs: after("Init"), daqs: NO_DAQ }, "done done open open open open open > Dirs"],
  ["Dirs is done", { runs: after("Init", "Dirs"), daqs: NO_DAQ }, "done done done open open open open > Email"],
  [
    "a preview is no e-mail",
    { runs: after("Init", "Dirs", "PreviewEmail"), daqs: NO_DAQ, isMailed: false },
    "done done done open open open open > Email",
  ],
  [
    "the ledger has mails",
    { runs: after("Init", "Dirs"), daqs: NO_DAQ, isMailed: true },
    "done done done done open open open > Start",
  ],
  [
    "the DAQ runs and has seen nothing",
    { runs: after("Init", "Dirs", "Email", "StartDaq"), daqs: RUNS },
    "done done done done done open open > Scans",
  ],
  [
    "files are on their way",
    { runs: after("Init", "Dirs", "Email", "StartDaq"), daqs: MOVES },
    "done done done done done running open > Scans",
  ],
  [
    "all files have arrived",
    { runs: after("Init", "Dirs", "Email", "StartDaq"), daqs: MOVED },
    "done done done done done done open > Stop",
  ],
  [
    "a scan is not proven yet",
    { runs: after("Init", "Dirs", "Email", "StartDaq"), daqs: MOVED, scans: { scans: 2, proven: 1 } },
    "done done done done done running open > Scans",
  ],
  [
    "the DAQs were stopped",
    { runs: after("Init", "Dirs", "Email", "StartDaq", "StopDaq"), daqs: STOPPED },
    "done done done done done done done > None",
  ],
  [
    "the e-mail was left out, and files are on their way",
    { runs: after("Init", "Dirs", "StartDaq"), daqs: MOVES, isMailed: false },
    "done done done open done running open > Scans",
  ],
  ["nobody has looked at the DAQs", {}, "done open open open open unknown open > Init"],
])("%s", (_, known, wanted) => {
  expect(told(known)).toBe(wanted);
});

describe("a step that", () => {
  test.each<readonly [string, Known, string]>([
    [
      "has failed stays the next one",
      { runs: ran(after("Init"), "Dirs", "Failed"), daqs: NO_DAQ },
      "done done failed open open open open > Dirs",
    ],
    [
      "was done in part is over",
      { runs: ran(FRESH, "Init", "Partial"), daqs: NO_DAQ },
      "done partial open open open open open > Dirs",
    ],
    [
      "was refused is still to be done",
      { runs: ran(FRESH, "Init", "Rejected"), daqs: NO_DAQ },
      "done open open open open open open > Init",
    ],
    [
      "was done, and refused or cancelled when it was tried again, stays done",
      { runs: ran(ran(after("Init", "Dirs"), "Init", "Rejected"), "Dirs", "Cancelled"), daqs: NO_DAQ },
      "done done done open open open open > Email",
    ],
    [
      "was done, and has failed when it was tried again, has failed",
      { runs: ran(after("Init"), "Init", "Failed"), daqs: NO_DAQ },
      "done failed open open open open open > Init",
    ],
    ["runs is the next one", { running: ["Dirs"], daqs: NO_DAQ }, "done open running open open open open > Dirs"],
    [
      "has failed is seen to, also when a later one was done",
      { runs: ran(after("Init", "Dirs", "StartDaq"), "Email", "Failed"), daqs: MOVES },
      "done done done failed done running open > Email",
    ],
    [
      "failed to start a DAQ anew is the next one, though another DAQ has ended",
      { runs: ran(after("Init", "Dirs", "Email"), "StartDaq", "Failed"), daqs: STOPPED },
      "done done done done failed done done > Start",
    ],
  ])("%s", (_, known, wanted) => {
    expect(told(known)).toBe(wanted);
  });
});

describe("a run counts for the experiment and the server that it began with, and for no other:", () => {
  test.each<readonly [string, Known, string]>([
    [
      "another experiment has the beam",
      { runs: after("Init", "Dirs", "Email", "StartDaq"), visit: OTHER, daqs: NO_DAQ },
      "done open open open open open open > Init",
    ],
    [
      "the former one has it again",
      { runs: ran(after("Init", "Dirs"), "Init", "Done", OTHER), daqs: NO_DAQ },
      "done done done open open open open > Email",
    ],
    [
      "another server is chosen",
      { runs: after("Init"), visit: { ...VISIT, server: "petrel" }, daqs: NO_DAQ },
      "done open open open open open open > Init",
    ],
    [
      "another server is chosen, and Dirs, which knows no server, stays done",
      { runs: after("Init", "Dirs"), visit: { ...VISIT, server: "petrel" }, daqs: NO_DAQ },
      "done open done open open open open > Init",
    ],
    [
      "what still runs for the former one",
      {
        runs: runBegun(FRESH, { command: "Init", isDry: false, isTest: false, ...OTHER }),
        running: ["Init"],
        daqs: NO_DAQ,
      },
      "done open open open open open open > Init",
    ],
  ])("%s", (_, known, wanted) => {
    expect(told(known)).toBe(wanted);
  });

  test.each(["isDry", "isTest"] as const)("a run that %s makes no step", (kind) => {
    const begun = runBegun(FRESH, { command: "Init", isDry: false, isTest: false, ...VISIT, [kind]: true });
    const runs = runEnded(begun, { command: "Init", state: "Done", message: "" });
    expect(facts({ runs }).Init).toBe("open");
  });
});

describe("a program that was started during the visit", () => {
  test.each<readonly [string, Known, string]>([
    [
      "knows nothing of Init and Dirs",
      { runs: RESTARTED },
      "done unknown unknown unknown unknown unknown unknown > Init",
    ],
    [
      "knows from Data Management that the DAQs run, and what was before",
      { runs: RESTARTED, daqs: MOVES, isMailed: true },
      "done done unknown done done running open > Scans",
    ],
    [
      "knows from the ledger whom it has mailed",
      { runs: RESTARTED, daqs: NO_DAQ, isMailed: true },
      "done unknown unknown done open open open > Start",
    ],
    [
      "knows that the DAQs were stopped",
      { runs: RESTARTED, daqs: STOPPED, isMailed: false },
      "done done unknown open done done done > None",
    ],
    [
      "knows as little when another server is chosen",
      { runs: RESTARTED, visit: { ...VISIT, server: "petrel" }, daqs: NO_DAQ, isMailed: false },
      "done unknown unknown open open open open > Init",
    ],
    [
      "knows what it has done itself since",
      { runs: ran(RESTARTED, "Init"), daqs: NO_DAQ, isMailed: false },
      "done done unknown open open open open > Dirs",
    ],
  ])("%s", (_, known, wanted) => {
    expect(told(known)).toBe(wanted);
  });
});

describe("a site", () => {
  test.each<readonly [string, Known, string]>([
    [
      "without DAQs ends with its scans",
      { runs: after("Init", "Dirs", "Email"), off: ["Start", "Stop"], scans: { scans: 2, proven: 2 } },
      "done done done done off done off > None",
    ],
    [
      "without DAQs waits for its scans",
      { runs: after("Init", "Dirs", "Email"), off: ["Start", "Stop"], scans: { scans: 0, proven: 0 } },
      "done done done done off open off > Scans",
    ],
    [
      "without a mail server goes on without",
      { runs: after("Init", "Dirs"), off: ["Email"], daqs: NO_DAQ },
      "done done done off open open open > Start",
    ],
    [
      "that moves nothing is ready when its directories are",
      { runs: after("Init", "Dirs"), off: ["Email", "Start", "Scans", "Stop"] },
      "done done done off off off off > None",
    ],
  ])("%s", (_, known, wanted) => {
    expect(told(known)).toBe(wanted);
  });
});

test("visits that are long past are forgotten, the newest are not", () => {
  let runs = FRESH;
  for (let i = 0; i < 60; i++) runs = ran(runs, "Init", "Done", { server: "voyager", experiment: `e${i}` });
  expect(runs.byVisit.size).toBe(50);
  expect(facts({ runs, visit: { server: "voyager", experiment: "e59" } }).Init).toBe("done");
  expect(facts({ runs, visit: { server: "voyager", experiment: "e9" } }).Init).toBe("open");
});

test("a Tag that failed is told as long as nobody has the beam", () => {
  const runs = runEnded(FRESH, { command: "Tag", state: "Failed", message: "The schedule does not answer." });
  expect(facts({ runs, visit: undefined }).Tag).toBe("failed");
  expect(facts({ runs }).Tag).toBe("done");
  expect(facts({ runs, visit: undefined, running: ["TagManual"] }).Tag).toBe("running");
});
