/** What a command in the foreground waits for: a scan that is proven, or a transfer of Globus that has ended. */
import { sleep } from "../base/clock.ts";
import { asSentence, messageOf } from "../base/errors.ts";
import { UnavailableError } from "../controller/ports/call.ts";
import type { QueueContent, ScanRecord, SubmissionRecord } from "../controller/ports/queue-ledger.ts";
import type { TaskReport } from "../controller/ports/transfer-tasks.ts";
import type { AskedTransfer, AskedTransfers } from "../controller/transfers/asked-transfers.ts";
import { byHand } from "../controller/transfers/by-hand.ts";
import { dropDecision } from "../controller/transfers/decisions.ts";
import { type HoldOf, holdOf } from "../controller/transfers/hold.ts";
import { baseName, plainPath, UNSORTED } from "../controller/transfers/scan-path.ts";
import { isProven, isUnderWay, placesOf, type QueuedScan } from "../controller/transfers/scan-queue.ts";
import { scanReasonOf } from "../controller/transfers/scan-state.ts";
import type { RunningTransfers, Transfers } from "../controller/transfers/transfers.ts";
import { TransfersLook } from "../controller/transfers/transfers-view.ts";
import type { Ending } from "./ending.ts";
import { EXIT } from "./exit-status.ts";
import { followFlowRun } from "./foreground-flow.ts";
import type { ForegroundPlan } from "./foreground-plan.ts";
import { type TreeContext, watchScans } from "./foreground-watch.ts";
import type { Screen } from "./screen.ts";

export interface WorkContext extends TreeContext {
  /** What an earlier process has submitted, and not seen to its end. */
  readonly left: Pick<QueueContent, "submissions" | "flowRuns">;
}

/** Seconds between two looks at what the transfers do. */
const LOOK_SECONDS = 0.2;
/** Seconds until Globus is asked again that did not answer. */
const AGAIN_SECONDS = 5;

/** @returns how it ended @throws the signal's reason, ActionError */
export async function workOn(transfers: Transfers, plan: ForegroundPlan, context: WorkContext): Promise<Ending> {
  const running = await looking(context, () => transfers.running);
  context.works("sending");
  const { work } = plan;
  if (work.kind === "watch") return watchScans(running, work, context);
  if (work.kind === "scan") return sendScan(running, work.file, context);
  const { flow, transfer } = work;
  return flow === undefined
    ? followAsked(running, transfer, context)
    : followFlowRun(running, { flow, transfer }, context);
}

/** Looks again and again until there is something. @throws the signal's reason */
async function looking<T>({ clock, signal }: WorkContext, look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(clock, LOOK_SECONDS, signal);
  }
}

async function sendScan(running: RunningTransfers, file: string, context: WorkContext): Promise<Ending> {
  const look = new TransfersLook(running);
  const own = plainPath(file);
  await leaveOthers(running, own);
  await running.retry((scan) => scan.file === own);
  const last = (): QueuedScan | undefined => {
    const found = running.road.queue.ofFile(own).findLast(({ scan }) => scan.state !== "left");
    return found && hereOf(running, found);
  };
  const sayWait = waitSayer(running.road.site.rules.settleSeconds, context.screen);
  const before = last();
  const isOpen = before !== undefined && isUnderWay(before);
  const proven = before !== undefined && isProven(before) ? before.scan.id : undefined;
  if (!isOpen) while (!(await running.enter(byHand({ file: own })))) await sleep(context.clock, 1, context.signal);
  return await looking(context, () => {
    const { bytes, bytesTotal } = look.look(undefined).total;
    if (bytesTotal > 0) context.screen.progress(bytes, bytesTotal, "bytes");
    const now = last();
    if (now !== undefined) sayWait(now.scan);
    return now && endOf(now, proven === now.scan.id, (send) => holdOf(running, send));
  });
}

/** Says what a scan waits for before it is sent, and each time when that is something else. */
function waitSayer(settleSeconds: number, screen: Screen): (scan: ScanRecord) => void {
  let said: string | undefined;
  return ({ file, state, reason = "" }) => {
    if (state !== "waiting" || reason === said) return;
    said = reason;
    const name = baseName(file);
    if (reason === "") screen.say(`${name} is sent once its files have not changed for ${settleSeconds} s.`);
    else screen.warn(`${name} waits: ${asSentence(reason)}`);
  };
}

/** A scan with where this command sends it: other commands may have sent it elsewhere from the same ledger. */
function hereOf({ road }: RunningTransfers, { scan, sends }: QueuedScan): QueuedScan {
  const here = road.site.destinations.map(({ name }) => name);
  return { scan, sends: new Map([...sends].filter(([destination]) => here.includes(destination))) };
}

/** What was sent to another experiment than the one that is asked for now, is another scan. */
async function leaveOthers({ road }: RunningTransfers, file: string): Promise<void> {
  const { queue, site, clock } = road;
  const { exp = "" } = site.tagsOf?.(file) ?? {};
  if (!site.destinations.some(({ template }) => template.includes("{exp}"))) return;
  const isOther = ({ state, tags, ...scan }: ScanRecord): boolean =>
    scan.file === file && state !== "left" && (tags?.exp ?? "") !== exp;
  const reason = `sent to the experiment ${exp || UNSORTED} after that`;
  await road.change(() => {
    const { changes } = dropDecision(queue, isOther, { reason, at: clock.now() });
    const ready = queue.ofFile(file).filter(({ scan }) => scan.state === "ready" && isOther(scan));
    return [...changes, ...ready.map(({ scan }) => ({ scan: { ...scan, state: "left" as const, reason } }))];
  });
}

/** @param isOld it was sent by an earlier command @returns undefined: it is under way */
function endOf(one: QueuedScan, isOld: boolean, hold: HoldOf): Ending | undefined {
  const { scan } = one;
  if (isUnderWay(one)) return undefined;
  const name = baseName(scan.file);
  if (isProven(one)) {
    const amount = `${scan.files ?? 0} ${scan.files === 1 ? "file" : "files"}, ${scan.bytes ?? 0} bytes`;
    const message = isOld
      ? `${name} was proven at ${placesOf(one)} before, and has not changed: nothing was sent.`
      : `${name} is proven at ${placesOf(one)}: ${amount}.`;
    return { state: "Done", message, exitStatus: EXIT.done };
  }
  const why = scanReasonOf(one, hold) || "nobody knows why";
  return { state: "Failed", message: `${name} is not sent: ${asSentence(why)}`, exitStatus: EXIT.failed };
}

/**
 * Submits the transfer, unless an earlier run of the command has, and follows it to its end, however long that takes.
 * What the earlier run has left may have ended already when this one begins to look.
 */
async function followAsked(running: RunningTransfers, transfer: AskedTransfer, context: WorkContext): Promise<Ending> {
  const { asked, watch, road } = running;
  const { screen } = context;
  if (asked === undefined) throw new Error("Transfers without Globus");
  const before = context.left.submissions.find((record) => isSame(record, transfer));
  if (before === undefined) await submitted(asked, transfer, context);
  else screen.say(`The transfer ${before.submission.label} of an earlier run is followed.`);
  const own = before ?? asked.records.find((record) => isSame(record, transfer));
  let task: string | undefined;
  return await looking(context, () => {
    const record = road.queue.submissions.get(own?.submission.id ?? "");
    const ended = asked.last?.label === own?.submission.label ? asked.last : undefined;
    const known = record?.task ?? ended?.id;
    if (task === undefined && known !== undefined) {
      task = known;
      screen.say(`Globus has the task ${task}: https://app.globus.org/activity/${task}`);
    }
    const report = watch?.now.get(task ?? "")?.report;
    if (report !== undefined && report.files > 0) screen.progress(report.filesTransferred, report.files, "files");
    return record === undefined ? askedEnd(task, ended) : undefined;
  });
}

/** Until it is in the ledger: from then on it is submitted by itself. @throws what Globus says of it */
async function submitted(asked: AskedTransfers, transfer: AskedTransfer, context: WorkContext): Promise<void> {
  for (let said = ""; ; ) {
    try {
      await asked.submit(transfer, { signal: context.signal });
      return;
    } catch (thrown) {
      if (!(thrown instanceof UnavailableError)) throw thrown;
      const sentence = asSentence(messageOf(thrown));
      if (sentence !== said) context.screen.warn(sentence);
      said = sentence;
      if (asked.records.some((record) => isSame(record, transfer))) return;
    }
    await sleep(context.clock, AGAIN_SECONDS, context.signal);
  }
}

function isSame({ submission }: SubmissionRecord, transfer: AskedTransfer): boolean {
  const [item] = submission.items;
  return (
    submission.sourceCollection === transfer.sourceCollection &&
    submission.destinationCollection === transfer.destinationCollection &&
    item !== undefined &&
    plainPath(item.source) === plainPath(transfer.sourcePath) &&
    plainPath(item.destination) === plainPath(transfer.destinationPath)
  );
}

function askedEnd(task: string | undefined, report: TaskReport | undefined): Ending {
  const end = (state: "Done" | "Failed" | "Partial", message: string): Ending => ({
    state,
    message,
    exitStatus: state === "Done" ? EXIT.done : state === "Partial" ? EXIT.partial : EXIT.failed,
    details: { task },
  });
  if (task === undefined) return end("Failed", "Globus has refused the transfer: the log says why.");
  if (report === undefined)
    return end("Failed", `Globus no longer has the task ${task}: nobody knows what has arrived.`);
  const { state, filesTransferred, filesSkipped, bytesTransferred, skippedErrors, fatal, niceStatus } = report;
  const amount = `${filesTransferred} files, ${bytesTransferred} bytes; ${filesSkipped} were there`;
  if (state !== "SUCCEEDED")
    return end("Failed", `The task ${task} failed: ${asSentence(fatal?.description || fatal?.code || niceStatus)}`);
  return skippedErrors === 0
    ? end("Done", `All has arrived, with checksums: ${amount}.`)
    : end("Partial", `${skippedErrors} files were left out because of errors: ${amount}.`);
}
