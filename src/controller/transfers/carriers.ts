/** What carries a scan to its destinations, as people are shown it: submissions to Globus, and runs of flows. Pure. */
import type { ShownSubmission } from "../ports/queue-desk.ts";
import type { ScanQueue } from "./scan-queue.ts";

/** @param scan its id */
export function carriersOf({ submissions, flowRuns }: ScanQueue, scan: string): readonly ShownSubmission[] {
  const submitted = [...submissions.values()].map(
    ({ submission: { id, label }, destination, owner, at, task, scans }) => ({
      of: scans,
      shown: { id, label, destination, owner, at, scans: scans.length, ...(task !== undefined && { task }) },
    }),
  );
  const begun = flowRuns.all.map(({ id, request: { label }, destination, owner, at, run, scans }) => ({
    of: scans,
    shown: { id, label, destination, owner, at, scans: scans.length, ...(run !== undefined && { run }) },
  }));
  return [...submitted, ...begun].filter(({ of }) => of.includes(scan)).map(({ shown }) => shown);
}
