/**
 * What the state of a run means, in one sentence with the command that helps, and how it has come out. Pure; commands
 * and PVs, the queue and the command line say it alike.
 */
import { oneLine } from "../../base/clean-text.ts";
import { asSentence } from "../../base/errors.ts";
import type { RunReport } from "../ports/flows.ts";
import { loginCommand } from "../ports/identity.ts";
import type { Severity } from "../pvs/run.ts";
import { wordsFor } from "../transfers/task-words.ts";

/** waiting: nothing goes on before somebody has done something. unknown: Flows has a state that is not known here. */
export type RunOutcome = "running" | "waiting" | "succeeded" | "failed" | "cancelled" | "ended" | "unknown";

export interface RunWords {
  readonly outcome: RunOutcome;
  /** What it is, and the command that helps. */
  readonly sentence: string;
  readonly severity: Severity;
}

/** What is known of a run beside Flows' own report. */
export interface BesideReport {
  /** What operators call its flow, as `globus-ioc login --flow` takes it. */
  readonly flowName: string;
  /** What its transfer waits for or complains of, a sentence; "": nothing. */
  readonly transfer?: string;
}

export function runWords(report: RunReport, about: BesideReport): RunWords {
  const say = (outcome: RunOutcome, words: string, severity: Severity = "NO_ALARM"): RunWords => ({
    outcome,
    sentence: asSentence(`The run ${report.id} of the flow ${about.flowName} ${words}`),
    severity,
  });
  switch (report.state) {
    case "ACTIVE":
      return report.question === undefined
        ? say("running", activeText(report, about))
        : say("waiting", waitText(report, about.flowName), "MINOR");
    case "INACTIVE":
      return say("waiting", waitText(report, about.flowName), "MAJOR");
    case "SUCCEEDED":
      return say("succeeded", "has succeeded");
    case "FAILED":
      return isCancelled(report)
        ? say("cancelled", "was cancelled: start it again if it is still wanted", "MINOR")
        : say("failed", `has failed: ${failureText(report, about.flowName)}`, "MAJOR");
    case "ENDED":
      return say("ended", failureText(report, about.flowName), "MAJOR");
    case "UNKNOWN":
      return say(
        "unknown",
        `is ${oneLine(report.said) || "in no state"}, a state that is not known here: look at ${runUrl(report.id)}`,
        "MINOR",
      );
  }
}

/** Whether it has come to its end, whatever that is; one in a state that is not known has not. */
export const isOver = ({ state }: Pick<RunReport, "state">): boolean =>
  state === "SUCCEEDED" || state === "FAILED" || state === "ENDED";

/** Flows has no state for it: the run has failed, with a code. */
export const isCancelled = ({ state, code }: Pick<RunReport, "state" | "code">): boolean =>
  state === "FAILED" && /^FlowCancell?ed$/i.test(code);

/** Why Flows has a run no more, a clause. */
export const GONE_RUN = "it was deleted at Globus, or is older than Flows keeps runs (90 days)";

/** The run's web page. */
export const runUrl = (run: string): string => `https://app.globus.org/runs/${run}`;

const LOG = ({ id }: RunReport): string => `\`globus-ioc flow log ${id}\``;
const RESUME = ({ id }: RunReport): string => `\`globus-ioc flow resume ${id}\``;

function activeText({ step, stepCode }: RunReport, { transfer = "" }: BesideReport): string {
  const at = step === "" ? "is under way" : `is at its step ${step}`;
  const words = transfer.replace(/\.$/, "") || wordsFor(stepCode)?.words || "";
  return words === "" ? at : `${at}: ${words}`;
}

/** What an inactive run waits for: these are told apart, for another hand helps each. */
function waitText(report: RunReport, flowName: string): string {
  const { question, requiredScopes, collections, session, stepCode, step } = report;
  const at = step === "" ? "" : ` at its step ${step}`;
  if (question !== undefined)
    return `waits${at} for a person's answer: give it with FlowRespond, with \`globus-ioc flow respond ${report.id}\`, or at ${runUrl(report.id)}`;
  if (session !== undefined)
    return `waits${at} for a new login, which a policy asks for (${session.message}): run ${loginCommand(flowName, { collections, session })}, then ${RESUME(report)}`;
  if (requiredScopes.length > 0 || report.code === "ConsentRequired")
    return `waits${at} for a consent${requiredScopes.length === 0 ? "" : ` (${requiredScopes.join(" ")})`}: run ${loginCommand(flowName, { collections })}, then ${RESUME(report)}`;
  const words = wordsFor(stepCode);
  if (words !== undefined) return `waits${at}: ${words.words}; then run ${RESUME(report)}`;
  return `waits${at}: ${saidText(report)}; when that is done run ${RESUME(report)}`;
}

/** Why a run that has ended has not succeeded, a clause. */
export function failureText(report: RunReport, flowName: string): string {
  const { code, step, state } = report;
  const at = step === "" ? "" : `at its step ${step}, `;
  if (isCancelled(report)) return `${at}it was cancelled`;
  if (state === "ENDED") return `was ended before it was done: ${at}${saidText(report)}; ${LOG(report)} tells more`;
  if (/ActionTimeout/.test(`${code} ${report.description}`))
    return `${at}a step took longer than its WaitTime, and what it began may go on: set a longer one and run \`globus-ioc flow deploy ${flowName}\``;
  return `${at}${saidText(report)}; ${LOG(report)} tells more`;
}

const saidText = ({ code, description }: RunReport): string =>
  [code, description]
    .filter((text) => text !== "")
    .join(": ")
    .replace(/\.$/, "") || "Flows does not say why";
