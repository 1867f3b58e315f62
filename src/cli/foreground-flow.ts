/**
 * One run of a flow that a command in the foreground asks for, followed to its end: started once, for it is in the
 * command's ledger before Flows hears of it, and the same command goes on with what an earlier one has left.
 */
import { sleep } from "../base/clock.ts";
import { asSentence, messageOf } from "../base/errors.ts";
import { askedRun } from "../controller/flows/asked-run.ts";
import type { AskedFlowRun, FlowRuns } from "../controller/flows/flow-runs.ts";
import type { RunNow } from "../controller/flows/followed-run.ts";
import { namedFlow } from "../controller/flows/named-flow.ts";
import { runUrl } from "../controller/flows/run-words.ts";
import { UnavailableError } from "../controller/ports/call.ts";
import type { FlowRunRecord, QueueContent } from "../controller/ports/queue-ledger.ts";
import type { AskedTransfer } from "../controller/transfers/asked-transfers.ts";
import type { RunningTransfers } from "../controller/transfers/transfers.ts";
import type { Ending } from "./ending.ts";
import { EXIT } from "./exit-status.ts";
import type { TreeContext } from "./foreground-watch.ts";

const LOOK_SECONDS = 0.2;
/** Seconds until Globus is asked again that did not answer. */
const AGAIN_SECONDS = 5;

interface FlowRunContext extends TreeContext {
  /** What an earlier process has left in the ledger. */
  readonly left: Pick<QueueContent, "flowRuns">;
}

/** @returns how the run ended @throws the signal's reason, ActionError */
export async function followFlowRun(
  running: RunningTransfers,
  { flow, transfer }: { readonly flow: string; readonly transfer: AskedTransfer },
  context: FlowRunContext,
): Promise<Ending> {
  const { runs } = running;
  if (runs === undefined) throw new Error("A flow without Globus");
  const left = context.left.flowRuns.find((record) => record.isOver !== true && isSame(record, transfer));
  if (left === undefined) await started(running, runs, await runOf(running, flow, transfer, context), context);
  else context.screen.say(`The run ${left.request.label} of an earlier command is followed.`);
  return await followed(running, runs, context);
}

/** What is asked of the flow, checked by Flows. @throws ActionError */
async function runOf(
  { road }: RunningTransfers,
  name: string,
  transfer: AskedTransfer,
  { signal }: FlowRunContext,
): Promise<AskedFlowRun> {
  const { flows: site, tasks } = road.site;
  if (site === undefined || tasks === undefined) throw new Error("A flow without Globus");
  const { sourceCollection, sourcePath, destinationCollection, destinationPath, label: words } = transfer;
  const flow = await namedFlow(name, site.files);
  const report = await site.flows.flow(flow.id, { signal });
  const ends = {
    source: { id: sourceCollection, path: sourcePath },
    destination: { id: destinationCollection, path: destinationPath },
  };
  return await askedRun({ flow, report, layers: [ends], words, tags: [] }, { ...site, tasks }, { signal });
}

/** Until it is in the ledger: from then on it is started by itself. @throws what Globus says of it */
async function started(
  { road }: RunningTransfers,
  runs: FlowRuns,
  asked: AskedFlowRun,
  { screen, clock, signal }: FlowRunContext,
): Promise<void> {
  for (let said = ""; ; ) {
    try {
      await runs.start(asked, { signal });
      return;
    } catch (thrown) {
      if (!(thrown instanceof UnavailableError)) throw thrown;
      const sentence = asSentence(messageOf(thrown));
      if (sentence !== said) screen.warn(sentence);
      said = sentence;
      if (road.queue.flowRuns.openTo("").length > 0) return;
    }
    await sleep(clock, AGAIN_SECONDS, signal);
  }
}

async function followed(running: RunningTransfers, runs: FlowRuns, context: FlowRunContext): Promise<Ending> {
  const { screen, clock, signal } = context;
  let run: string | undefined;
  let said = "";
  for (;;) {
    const { record, now, trouble } = runs.asked ?? {};
    if (record === undefined) return goneEnd(run);
    if (run === undefined && record.run !== undefined) {
      run = record.run;
      screen.say(`Flows has the run ${run}: ${runUrl(run)}`);
    }
    const sentence = trouble ?? now?.words.sentence ?? "";
    const isWell = trouble === undefined && now?.words.severity === "NO_ALARM";
    if (sentence !== said && sentence !== "" && record.isOver !== true)
      if (isWell) screen.say(sentence);
      else screen.warn(sentence);
    said = sentence;
    const moved = now?.transfers.at(-1);
    if (moved !== undefined && moved.files > 0) screen.progress(moved.filesTransferred, moved.files, "files");
    if (record.isOver === true && now !== undefined) return endOf(now);
    await sleep(clock, LOOK_SECONDS, signal);
  }
}

const endOf = ({ words, report }: RunNow): Ending => ({
  state: words.outcome === "succeeded" ? "Done" : words.outcome === "cancelled" ? "Cancelled" : "Failed",
  message: words.sentence,
  exitStatus: words.outcome === "succeeded" ? EXIT.done : EXIT.failed,
  details: { run: report.id },
});

const goneEnd = (run: string | undefined): Ending => ({
  state: "Failed",
  message:
    run === undefined
      ? "Flows has refused the run: the log says why."
      : `Flows no longer has the run ${run}: nobody knows what has arrived.`,
  exitStatus: EXIT.failed,
});

/** Of the same data, whatever else the flow was asked. */
function isSame({ request, destination }: FlowRunRecord, transfer: AskedTransfer): boolean {
  const text = JSON.stringify(request.input);
  const parts = [transfer.sourceCollection, transfer.destinationCollection];
  return (
    destination === "" &&
    parts.every((part) => text.includes(part)) &&
    [transfer.sourcePath, transfer.destinationPath].every((path) => text.includes(JSON.stringify(path).slice(0, -1)))
  );
}
