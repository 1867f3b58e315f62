/** FlowRun, FlowMonitor, FlowCancel, FlowResume and FlowRespond: one run of a flow that a person asks for. */
import { type Clock, sleep } from "../../base/clock.ts";
import { ActionError, asSentence, CancelledError, messageOf } from "../../base/errors.ts";
import { facilityIso } from "../../base/facility-time.ts";
import { AccessDeniedError, NotFoundError } from "../ports/call.ts";
import type { RunReport } from "../ports/flows.ts";
import type { FlowRunRecord } from "../ports/queue-ledger.ts";
import { type FreeAction, flagInput, type RunContext } from "../run/action.ts";
import { type ActionResult, RejectedError } from "../run/outcome.ts";
import type { ArmCheck } from "../site.ts";
import { GLOBUS_OFF } from "../transfers/hold.ts";
import { type FindTransfers, runningOf } from "../transfers/transfer-run.ts";
import { flowRunByPvs, flowRunPlan } from "./flow-run-pvs.ts";
import type { AskedRunNow, FlowRuns } from "./flow-runs.ts";
import type { FlowSite } from "./flow-site.ts";
import type { RunNow } from "./followed-run.ts";
import type { QuestionBoard } from "./question-board.ts";
import { OtherLoginError } from "./run-starts.ts";
import { isOver, type RunWords, runUrl, runWords } from "./run-words.ts";
import { waitingText } from "./waiting-run.ts";

export interface FlowCommandsOptions {
  /** Undefined: Globus is off. */
  readonly site: FlowSite | undefined;
  readonly find: FindTransfers;
  /** Undefined before the IOC shows questions. */
  readonly board: () => QuestionBoard | undefined;
  /** Shows the run in its PVs as it is now; nothing before the IOC shows runs. */
  readonly showRun: () => void;
  readonly clock: Clock;
}

const NO_RUN = "No run has been started: write 1 to FlowRun";
/** Seconds between two looks at a run that is waited for, in memory. */
const LOOK_SECONDS = 0.2;
/** Seconds for which Flows may show a run that was resumed as it was. */
const RESUME_SECONDS = 15;

/** @throws RejectedError where Globus is off, or there is no ledger yet */
function runsOf({ site, find }: FlowCommandsOptions): { readonly site: FlowSite; readonly runs: FlowRuns } {
  if (site === undefined) throw new RejectedError(GLOBUS_OFF);
  const { runs } = runningOf(find);
  if (runs === undefined) throw new RejectedError(GLOBUS_OFF);
  return { site, runs };
}

/** The last run that was asked for. @throws RejectedError where there was none, or it has not begun */
function begunOf(options: FlowCommandsOptions): {
  readonly site: FlowSite;
  readonly runs: FlowRuns;
  readonly run: string;
  readonly asked: AskedRunNow;
} {
  const { site, runs } = runsOf(options);
  const { asked } = runs;
  if (asked === undefined) throw new RejectedError(NO_RUN);
  const { record, trouble } = asked;
  if (record.run !== undefined) return { site, runs, run: record.run, asked };
  throw new RejectedError(trouble ?? waitingText(record, undefined));
}

export const flowRun = (options: FlowCommandsOptions): FreeAction => ({
  plan: async (request) => {
    if (options.site === undefined) throw new RejectedError(GLOBUS_OFF);
    return [await flowRunPlan(request, options.site)];
  },
  run: async (context) => {
    const { site, runs } = runsOf(options);
    const { signal, publish } = context;
    const asked = await flowRunByPvs(context, site, { signal });
    const { now: before } = runs.asked ?? {};
    const report = await runs
      .start(asked, { signal })
      .catch((thrown: unknown) => {
        throw keptFailure(runs, thrown, signal);
      })
      .finally(options.showRun);
    publish("RunId", report.id);
    publish("RunUrl", runUrl(report.id));
    return {
      state: "Done",
      message: `Globus has accepted the run ${report.id} of the flow ${asked.flowName}; RunStatus follows it.${besideText(before)}`,
    };
  },
});

/** That the run before goes on, which no PV shows any more. */
function besideText(before: RunNow | undefined): string {
  if (before === undefined || isOver(before.report)) return "";
  const { id } = before.report;
  return ` The run ${id} before it goes on: \`globus-ioc flow cancel ${id}\` cancels it.`;
}

/** Why a run was not started now, and that it is later where it is. @returns what is to be thrown */
function keptFailure(runs: FlowRuns, thrown: unknown, signal: AbortSignal): unknown {
  const { record, trouble } = runs.asked ?? {};
  if (thrown instanceof RejectedError || record === undefined || record.run !== undefined) return thrown;
  if (signal.aborted)
    return new CancelledError(`${messageOf(signal.reason)} ${trouble ?? waitingText(record, undefined)}`);
  return thrown instanceof ActionError
    ? new ActionError(waitingText(record, messageOf(thrown)), { cause: thrown })
    : thrown;
}

export const flowMonitor = (options: FlowCommandsOptions): FreeAction => ({
  plan: () => ["would wait until the run of RunId has ended"],
  run: async (context) => {
    const words = await runEnd(options, context);
    options.showRun(); // a script that reads the PVs behind the command finds the end in them
    return ended(words);
  },
});

/** @throws ActionError unless it has succeeded */
function ended({ outcome, sentence }: RunWords): ActionResult {
  if (outcome === "succeeded") return { state: "Done", message: sentence };
  throw new ActionError(sentence);
}

/** How the run has ended, once it has. @throws NotFoundError where Flows has it no more */
async function runEnd(options: FlowCommandsOptions, { signal }: RunContext): Promise<RunWords> {
  const { site, run, asked } = begunOf(options);
  for (;;) {
    signal.throwIfAborted();
    const found = options.find();
    if (typeof found !== "string") {
      const now = found.runs?.nowOf(run);
      if (now !== undefined && isOver(now.report)) return now.words;
      const isKnown = found.road.queue.flowRuns.all.some((one) => one.run === run);
      // A later FlowRun has taken its place, or Flows has it no more.
      if (!isKnown) return runWords(await site.flows.run(run, { signal }), { flowName: asked.record.flowName });
    }
    await sleep(options.clock, LOOK_SECONDS, signal);
  }
}

export const flowCancel = (options: FlowCommandsOptions): FreeAction => ({
  plan: () => {
    const waiting = waitingOf(options);
    return [
      waiting === undefined
        ? `would cancel the run ${begunOf(options).run}`
        : `would withdraw the run ${waiting.request.label}`,
    ];
  },
  run: async ({ signal }) => {
    const waiting = waitingOf(options);
    if (waiting !== undefined) return await withdraw(options, waiting, signal);
    const { runs, run, asked } = begunOf(options);
    if (asked.now !== undefined && isOver(asked.now.report))
      return { state: "Done", message: `The run ${run} had ended before.` };
    await runs.cancel(run, { signal });
    return { state: "Done", message: `Globus was asked to cancel the run ${run}; RunStatus shows its end.` };
  },
});

/** The last run that was asked for, where it has not begun. */
function waitingOf(options: FlowCommandsOptions): FlowRunRecord | undefined {
  const record = runsOf(options).runs.asked?.record;
  return record?.run === undefined ? record : undefined;
}

async function withdraw(
  options: FlowCommandsOptions,
  record: FlowRunRecord,
  signal: AbortSignal,
): Promise<ActionResult> {
  const { runs } = runsOf(options);
  const { label } = record.request;
  try {
    const run = await runs.withdraw(record, { signal });
    const message =
      run === undefined
        ? `The run ${label} had not begun, and is withdrawn.`
        : `The run ${label} had begun: Globus was asked to cancel the run ${run}; RunStatus shows its end.`;
    return { state: "Done", message };
  } catch (thrown) {
    if (thrown instanceof OtherLoginError)
      throw new ActionError(`${messageOf(thrown)} to see whether it has begun; it is not started any more`, {
        cause: thrown,
      });
    throw keptFailure(runs, thrown, signal);
  } finally {
    options.showRun();
  }
}

export const flowResume = (options: FlowCommandsOptions): FreeAction => ({
  plan: () => [`would resume the run ${begunOf(options).run}`],
  run: async ({ signal }) => {
    const { site, runs, run, asked } = begunOf(options);
    const before = await site.flows.run(run, { signal });
    const { flow } = asked.record.request;
    const about = { flowName: asked.record.flowName };
    if (isOver(before)) throw new RejectedError(runWords(before, about).sentence);
    if (before.question !== undefined)
      throw new RejectedError(`The run ${run} waits for an answer: choose it in FlowInputChoice, and use FlowRespond`);
    if (before.state === "ACTIVE") throw new RejectedError(`The run ${run} is under way: there is nothing to resume`);
    try {
      await runs.resume(run, flow, { signal });
    } catch (thrown) {
      // A person has to do something first, which the sentence says.
      if (thrown instanceof AccessDeniedError) throw new RejectedError(messageOf(thrown), { cause: thrown });
      throw thrown;
    }
    const after = await resumed(options, run, signal);
    const words = runWords(after, about);
    if (words.outcome === "waiting") throw new RejectedError(words.sentence);
    return { state: "Done", message: `The run ${run} goes on.` };
  },
});

/** The run once it is not INACTIVE any more, or after a while. */
async function resumed({ site, clock }: FlowCommandsOptions, run: string, signal: AbortSignal): Promise<RunReport> {
  const end = clock.monotonic() + RESUME_SECONDS;
  for (;;) {
    const report = await (site as FlowSite).flows.run(run, { signal });
    if (report.state !== "INACTIVE" || clock.monotonic() >= end) return report;
    await sleep(clock, 1, signal);
  }
}

const NO_QUESTION = "No question waits for an answer";

/** Why FlowRespond cannot be armed now. */
export const respondArm =
  (board: FlowCommandsOptions["board"]): ArmCheck =>
  () =>
    board()?.question === undefined ? `${NO_QUESTION}: FlowRespondArm stays Safe.` : undefined;

export const flowRespond = (options: FlowCommandsOptions): FreeAction => ({
  plan: (request) => {
    const { question, option } = answerOf(options, Number(request.input("FlowInputChoice")));
    return [`would answer ${JSON.stringify(option.words)} to the question ${JSON.stringify(question.title)}`];
  },
  run: async (context) => {
    const { signal, publish } = context;
    const { site } = runsOf(options);
    const { question, option, board } = answerOf(options, Number(context.input("FlowInputChoice")));
    if (!flagInput(context, "FlowRespondArm"))
      throw new RejectedError(
        "FlowRespond is not armed: write 1 to FlowRespondArm, and start FlowRespond while it is Armed.",
      );
    publish("FlowRespondArm", 0); // armed for one answer, whatever becomes of it
    const asked = `The question ${JSON.stringify(question.title || question.text)}`;
    await requireOpen(site, question.id, asked, options.clock, signal);
    try {
      await site.flows.respond(question.id, option.id, { signal });
    } catch (thrown) {
      if (thrown instanceof AccessDeniedError) throw new RejectedError(messageOf(thrown), { cause: thrown });
      throw thrown;
    }
    board.show(undefined);
    return { state: "Done", message: `${asked} was answered with ${JSON.stringify(option.words)}.` };
  },
});

/** @throws RejectedError where it was answered by another, or too late */
async function requireOpen(
  { flows }: FlowSite,
  id: string,
  asked: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { state, expires } = await flows.question(id, { signal });
    if (expires !== undefined && expires <= clock.now())
      throw new RejectedError(`${asked} could be answered until ${facilityIso(new Date(expires))}: start the run anew`);
    if (state === "closed")
      throw new RejectedError(`${asked} is closed: it was answered already, or the run has ended`);
  } catch (thrown) {
    if (!(thrown instanceof NotFoundError)) throw thrown;
    throw new RejectedError(asSentence(messageOf(thrown)), { cause: thrown });
  }
}

function answerOf({ board }: FlowCommandsOptions, choice: number) {
  const shown = board();
  const question = shown?.question;
  if (shown === undefined || question === undefined) throw new RejectedError(NO_QUESTION);
  const option = shown.optionOf(choice);
  if (option !== undefined) return { board: shown, question, option };
  if (question.options.length === 0) throw new RejectedError(`${question.title}: ${question.text}`);
  throw new RejectedError(
    choice === 0
      ? "No answer is chosen: choose one in FlowInputChoice"
      : `FlowInputChoice is ${choice}, and the question has ${question.options.length} answers: choose one of them`,
  );
}
