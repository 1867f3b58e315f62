/** What a person decides about scans of the queue, as changes of it. Pure. */
import { asSentence } from "../../base/errors.ts";
import type { QueueChange, ScanRecord } from "../ports/queue-ledger.ts";
import { isClosed, isDead } from "./queue-states.ts";
import type { ScanQueue } from "./scan-queue.ts";

export interface Decision {
  readonly changes: readonly QueueChange[];
  /** Ids of the scans that it changes. */
  readonly scans: ReadonlySet<string>;
}

/**
 * Puts a decision into the queue, made when all earlier changes are in it.
 * @returns how many scans it changes
 * @throws LedgerFailedError
 */
export async function decided(queue: Pick<ScanQueue, "change">, make: () => Decision): Promise<number> {
  let count = 0;
  await queue.change(() => {
    const { changes, scans } = make();
    count = scans.size;
    return changes;
  });
  return count;
}

/**
 * Everything that has failed, or that a person has to decide, is tried at once.
 * @param at now, milliseconds since 1970 UTC
 * @param known the destinations that globus.conf has; undefined: the next IOC knows
 */
export function retryDecision(
  { scans, steps }: ScanQueue,
  wanted: (scan: ScanRecord) => boolean,
  { at, known }: { readonly at: number; readonly known?: ReadonlySet<string> },
): Decision {
  const changes: QueueChange[] = [];
  const retried = new Set<string>();
  for (const { scan, sends } of scans.values()) {
    if (!wanted(scan)) continue;
    if (scan.state === "lost") {
      changes.push({ scan: { ...withoutReason(scan), state: "waiting" } });
      retried.add(scan.id);
    }
    for (const { scan: of, destination, state } of sends.values()) {
      if ((state !== "failed" && state !== "dead") || known?.has(destination) === false) continue;
      changes.push({ send: { scan: of, destination, state: "queued", attempts: 0, at } });
      retried.add(of);
    }
    for (const step of steps.ofScan(scan.id)) {
      if (step.state !== "failed" && step.state !== "dead") continue;
      const { destination, kind, what, path } = step;
      changes.push({ step: { scan: scan.id, destination, kind, what, path, state: "queued", attempts: 0, at } });
      retried.add(scan.id);
    }
  }
  return { changes, scans: retried };
}

/**
 * Scans are given up, but where they are proven already, and the steps behind them, but those that have ended well.
 * @param reason what a person has done with them, behind "it was"
 * @param at now, milliseconds since 1970 UTC
 */
export function dropDecision(
  queue: ScanQueue,
  wanted: (scan: ScanRecord) => boolean,
  { reason, at }: { readonly reason: string; readonly at: number },
): Decision {
  const changes: QueueChange[] = [];
  const dropped = new Set<string>();
  for (const { scan, sends } of queue.scans.values()) {
    if (!wanted(scan)) continue;
    if (scan.state === "waiting" || scan.state === "lost") {
      changes.push({ scan: { ...scan, state: "left", reason } });
      dropped.add(scan.id);
    }
    for (const send of sends.values()) {
      if (isClosed(send) && !isDead(send)) continue;
      const { next: _, ...rest } = send;
      changes.push({ send: { ...rest, state: "dropped", at, reason: `It was ${reason}.` } });
      dropped.add(scan.id);
    }
    for (const step of queue.steps.ofScan(scan.id)) {
      if (step.state === "done" || step.state === "dropped") continue;
      const { next: _, ...rest } = step;
      changes.push({ step: { ...rest, state: "dropped", at, reason: `It was ${reason}.` } });
      dropped.add(scan.id);
    }
  }
  const isOver = (scans: readonly string[]): boolean => scans.length > 0 && scans.every((id) => dropped.has(id));
  for (const { submission, scans, task } of queue.submissions.values())
    if (task === undefined && isOver(scans)) changes.push({ forgetSubmission: submission.id });
  return { changes, scans: dropped };
}

function withoutReason(scan: ScanRecord): ScanRecord {
  const { reason: _, ...rest } = scan;
  return rest;
}

/**
 * What was to go to destinations that globus.conf no longer has, a person decides.
 * @param known the names of those that it has
 * @param at now, milliseconds since 1970 UTC
 * @param why a clause about a destination
 * @returns also how many scans were to go to each
 */
export function goneDecision(
  queue: ScanQueue,
  known: ReadonlySet<string>,
  { at, why }: { readonly at: number; readonly why: (destination: string) => string },
): { readonly changes: readonly QueueChange[]; readonly counts: ReadonlyMap<string, number> } {
  const counts = new Map<string, number>();
  const changes: QueueChange[] = [];
  for (const name of queue.openDestinations) {
    if (known.has(name)) continue;
    for (const { scan, destination, attempts } of queue.openSends(name).values()) {
      changes.push({ send: { scan, destination, attempts, at, state: "dead", reason: asSentence(why(name)) } });
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  for (const { submission, destination } of queue.submissions.values())
    if (destination !== "" && !known.has(destination)) changes.push({ forgetSubmission: submission.id });
  for (const { id, destination } of queue.flowRuns.all)
    if (destination !== "" && !known.has(destination)) changes.push({ forgetFlowRun: id });
  return { changes, counts };
}
