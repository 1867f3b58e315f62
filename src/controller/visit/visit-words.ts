/**
 * What is told of the step that comes next: what it is for, or why it cannot begin and what to do. Pure: every sentence
 * of NextStepMessage is here, but those that commands, the tag and the settings have said.
 */
import { LOGIN_ADVICE } from "../ports/identity.ts";
import { ARMED_SECONDS } from "../pvs/row.ts";
import type { AuthState } from "../pvs/run.ts";
import type { VisitStep } from "../pvs/visit.ts";
import type { StepFact, VisitEvidence } from "./visit-facts.ts";
import type { StepRun, VisitCommand, VisitOf } from "./visit-runs.ts";

export interface NextWords {
  /** Undefined: nothing is left. */
  readonly step: VisitStep | undefined;
  readonly fact: StepFact;
  /** Undefined: TomoScan names no experiment. */
  readonly visit: VisitOf | undefined;
  readonly server: { readonly name: string; readonly kind: "dm" | "globus" };
  /** What TagMessage says. */
  readonly tagSentence: string;
  /** The step's run that ended last for this visit. */
  readonly last: StepRun | undefined;
  /** The command that a person starts. */
  readonly command: VisitCommand | undefined;
  /** Why that command cannot start now, a sentence: another one runs. */
  readonly blocker: string | undefined;
  /** Why it cannot start with these settings, a sentence. */
  readonly problem: string | undefined;
  readonly auth: { readonly dm: AuthState; readonly globus: AuthState };
  readonly isDryRun: boolean;
  readonly isArmed: boolean;
  /** Why EmailArm cannot be armed, a sentence. */
  readonly armProblem: string | undefined;
  readonly evidence: VisitEvidence;
}

export function nextSentence(words: NextWords): string {
  const { step, fact, visit, last, tagSentence } = words;
  if (visit === undefined && fact !== "running") return last?.state === "Failed" ? last.message : tagSentence;
  if (step === undefined) return doneSentence(words);
  if (fact === "running" && step !== "Scans") return `${words.command} is running${forWhom(visit)}.`;
  if (visit === undefined) return tagSentence;
  return (
    words.blocker ??
    unlessDone(last) ??
    words.problem ??
    loginSentence(words) ??
    dryRunSentence(words) ??
    purpose(words, step, visit)
  );
}

const forWhom = (visit: VisitOf | undefined): string => (visit === undefined ? "" : ` for ${visit.experiment}`);

/** How the step's last run ended, where it is to be run again. */
const unlessDone = (last: StepRun | undefined): string | undefined =>
  last === undefined || last.state === "Done" || last.state === "Partial" ? undefined : last.message;

function loginSentence({ step, server, auth }: NextWords): string | undefined {
  const needsDm = server.kind === "dm" && /^(Init|Email|Start|Stop)$/.test(step ?? "");
  if (needsDm && auth.dm === "LoginNeeded")
    return "AuthDM is LoginNeeded: Data Management does not take the login of login-file in the [dm] section of globus.conf; correct that file, which is looked at again at once.";
  const needsGlobus = server.kind === "globus" && /^(Init|Email)$/.test(step ?? "");
  return needsGlobus && auth.globus === "LoginNeeded" ? `AuthGlobus is LoginNeeded: ${LOGIN_ADVICE}.` : undefined;
}

const dryRunSentence = ({ isDryRun, command }: NextWords): string | undefined =>
  isDryRun && command !== undefined
    ? `Testing is Yes, so ${command} would only say what it would do: set Testing to No.`
    : undefined;

function purpose(words: NextWords, step: VisitStep, visit: VisitOf): string {
  const { experiment, server } = visit;
  const unknown =
    words.fact === "unknown"
      ? ` Nobody knows whether that was done before this program started; done twice it changes nothing.`
      : "";
  switch (step) {
    case "Init":
      return `Init puts ${experiment} with its users on ${server}.${unknown}`;
    case "Dirs":
      return `Dirs makes the directories of ${experiment}, which TomoScan writes into.${unknown}`;
    case "Email":
      return emailSentence(words, visit);
    case "Start":
      return `StartDaq lets Data Management move what is measured for ${experiment}.`;
    case "Stop":
      return stopSentence(words, visit);
    case "Scans":
      return scansSentence(words, visit);
    case "Tag":
      return words.tagSentence;
  }
}

function emailSentence({ last, isArmed, armProblem }: NextWords, { experiment }: VisitOf): string {
  if (isArmed) return "EmailArm is Armed: Email sends what PreviewEmail has shown.";
  if (last?.command !== "PreviewEmail")
    return `PreviewEmail shows the e-mail to the users of ${experiment}, and who would get it; nothing is sent.`;
  return (
    armProblem ??
    `Read EmailPreview and EmailRecipients; then set EmailArm to Armed, and start Email within ${ARMED_SECONDS} s.`
  );
}

function scansSentence({ evidence, fact }: NextWords, { experiment }: VisitOf): string {
  const told = progress(evidence);
  if (fact === "running") return `Scans of ${experiment} are on their way: ${told}.`;
  if (fact === "unknown") return `Nobody has seen yet what of ${experiment} was measured.`;
  return `Everything is ready to measure ${experiment}; no scan of it has been seen yet.`;
}

const stopSentence = ({ evidence }: NextWords, { experiment }: VisitOf): string =>
  `All that was seen of ${experiment} has arrived (${progress(evidence)}): measure on, or run StopDaq when the visit is over.`;

const doneSentence = ({ visit, evidence }: NextWords): string =>
  [`Nothing is left to do${forWhom(visit)}`, progress(evidence)]
    .filter((one) => one !== "")
    .join(": ")
    .concat(".");

/** What has arrived, a piece of a sentence. */
function progress({ daqs, scans }: VisitEvidence): string {
  return [
    ...(daqs === undefined || daqs.filesTotal === 0
      ? []
      : [`${daqs.filesDone} of ${daqs.filesTotal} files moved by DAQs`]),
    ...(scans === undefined || scans.scans === 0
      ? []
      : [`${scans.proven} of ${scans.scans} scans proven at their destinations`]),
  ].join(", ");
}
