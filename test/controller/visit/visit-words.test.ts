import { expect, test } from "vitest";
import { type NextWords, nextSentence } from "../../../src/controller/visit/visit-words.ts";

const NAME = "2026-03-Levy-1014288";
const INIT: NextWords = {
  step: "Init",
  fact: "open",
  visit: { server: "voyager", experiment: NAME },
  server: { name: "voyager", kind: "dm" },
  tagSentence: `The experiment is ${NAME}.`,
  last: undefined,
  command: "Init",
  blocker: undefined,
  problem: undefined,
  auth: { dm: "OK", globus: "OK" },
  isDryRun: false,
  isArmed: false,
  armProblem: "EmailArm cannot be armed.",
  evidence: { daqs: undefined, scans: undefined, isMailed: undefined },
};
const EMAIL: Partial<NextWords> = { step: "Email", command: "PreviewEmail" };
const FAILED = { command: "Init", state: "Failed", message: "Data Management does not answer." } as const;
const SHOWN = { command: "PreviewEmail", state: "Done", message: "It would go to 3 addresses." } as const;
const moved = (filesDone: number) => ({
  daqs: { count: 1, running: 1, filesDone, filesTotal: 3 },
  scans: { scans: 2, proven: 1 },
  isMailed: true,
});

test.each<readonly [string, Partial<NextWords>, string | RegExp]>([
  ["what it is for", {}, `Init puts ${NAME} with its users on voyager.`],
  ["that nobody knows whether it was done", { fact: "unknown" }, /^Init puts .* Nobody knows .* it changes nothing\.$/],
  ["that it runs", { fact: "running" }, `Init is running for ${NAME}.`],
  ["that Tag runs", { step: "Tag", command: "Tag", fact: "running", visit: undefined }, "Tag is running."],
  [
    "why nobody has the beam",
    { step: "Tag", command: "Tag", visit: undefined, tagSentence: "t:UserLastName is empty. Run Tag." },
    "t:UserLastName is empty. Run Tag.",
  ],
  [
    "why Tag failed",
    { step: "Tag", visit: undefined, last: { ...FAILED, command: "Tag" }, tagSentence: "TomoScan names nobody." },
    "Data Management does not answer.",
  ],
  ["why it failed", { fact: "failed", last: FAILED }, "Data Management does not answer."],
  ["why it was refused", { last: { ...FAILED, state: "Rejected", message: "Not now." } }, "Not now."],
  [
    "which command runs, before why it failed",
    { blocker: "Init cannot start while Delete runs.", last: FAILED },
    /Delete/,
  ],
  ["which setting is missing", { problem: "Init needs experiment-type." }, "Init needs experiment-type."],
  [
    "what to do about the login of Data Management",
    { auth: { dm: "LoginNeeded", globus: "OK" } },
    /login-file .* correct/,
  ],
  [
    "what to do about the login of Globus",
    { server: { name: "petrel", kind: "globus" }, auth: { dm: "OK", globus: "LoginNeeded" } },
    "AuthGlobus is LoginNeeded: run `globus-ioc login`.",
  ],
  [
    "nothing of a login that nobody needs",
    { step: "Dirs", auth: { dm: "LoginNeeded", globus: "LoginNeeded" } },
    /^Dirs/,
  ],
  ["that Testing holds everything back", { isDryRun: true }, /^Testing is Yes, .*: set Testing to No\.$/],
  [
    "nothing of Testing where no command is to be started",
    { step: "Scans", command: undefined, isDryRun: true },
    /^Every/,
  ],
  ["to look at the e-mail first", EMAIL, /^PreviewEmail shows .* nothing is sent\.$/],
  ["to read and arm", { ...EMAIL, last: SHOWN, armProblem: undefined }, /^Read EmailPreview .* set EmailArm to Armed/],
  ["why the e-mail cannot be armed", { ...EMAIL, last: SHOWN }, "EmailArm cannot be armed."],
  ["to send now", { ...EMAIL, last: SHOWN, isArmed: true }, /^EmailArm is Armed: Email sends/],
  ["that all is ready to measure", { step: "Scans" }, /^Everything is ready .* no scan of it has been seen yet\.$/],
  ["that nobody has seen scans", { step: "Scans", fact: "unknown" }, /^Nobody has seen/],
  [
    "what is on its way",
    { step: "Scans", fact: "running", evidence: moved(1) },
    `Scans of ${NAME} are on their way: 1 of 3 files moved by DAQs, 1 of 2 scans proven at their destinations.`,
  ],
  [
    "that StopDaq ends the visit",
    { step: "Stop", command: "StopDaq", evidence: moved(3) },
    /^All that was seen .*3 of 3 files.* run StopDaq when the visit is over\.$/,
  ],
  ["that nothing is left", { step: undefined, fact: "done" }, `Nothing is left to do for ${NAME}.`],
])("a person is told %s", (_, changes, wanted) => {
  const sentence = nextSentence({ ...INIT, ...changes });
  if (typeof wanted === "string") expect(sentence).toBe(wanted);
  else expect(sentence).toMatch(wanted);
});
