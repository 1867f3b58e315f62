/** One task of Globus Compute: how it stands, and what it gave, once or until it has ended. */
import { cleanJson } from "../base/clean-text.ts";
import { sleep } from "../base/clock.ts";
import { asSentence } from "../base/errors.ts";
import { KINDS } from "../config/settings.ts";
import type { ComputeTaskReport } from "../controller/ports/compute.ts";
import type { ComputeWork } from "./compute-context.ts";
import { done, type Ending, failed } from "./ending.ts";
import { UsageError } from "./exit-status.ts";

const GONE =
  "Globus Compute does not know the task: its result was fetched by nobody for 30 minutes, it is older than two weeks, or it is another login's.";

export async function tellTask(task: string, work: ComputeWork): Promise<Ending> {
  requireTask(task);
  const report = (await work.compute.tasks([task], { signal: work.signal })).get(task);
  return report === undefined ? failed(GONE, { task }) : ended(task, report, work);
}

/** Waits for its end, as long as the settings let it. */
export async function followTask(task: string, work: ComputeWork): Promise<Ending> {
  const { compute, clock, signal, screen, taskSeconds, pollSeconds } = work;
  const end = clock.monotonic() + taskSeconds;
  let told = "";
  for (;;) {
    const report = (await compute.tasks([task], { signal })).get(task);
    if (report === undefined) return failed(GONE, { task });
    if (report.state === "done" || report.state === "failed") return ended(task, report, work);
    if (report.said !== told) screen.say(`The task ${task} is ${report.said}.`);
    told = report.said;
    if (clock.monotonic() >= end)
      return failed(
        `The task ${task} has not ended within ${taskSeconds} s (${report.said}); it goes on: globus-ioc compute status ${task}.`,
        { task, taskState: report.state },
      );
    await sleep(clock, Math.min(pollSeconds, end - clock.monotonic()), signal);
  }
}

function ended(task: string, report: ComputeTaskReport, { screen }: ComputeWork): Ending {
  const { state, said, problem, result, traceback } = report;
  const details = { task, taskState: state, said, ...(result !== undefined && { result: result.value }) };
  if (state === "failed") {
    if (traceback !== undefined) screen.show("Traceback", traceback.trimEnd());
    return failed(asSentence(`The task ${task} has failed: ${problem ?? "nobody says why"}`), {
      ...details,
      ...(traceback !== undefined && { traceback }),
    });
  }
  if (state !== "done") return done(`The task ${task} is ${said}.`, details);
  if (result !== undefined) screen.show("It gave", cleanJson(result.value));
  return done(`The task ${task} has ended${problem === undefined ? "." : `: ${problem}`}`, details);
}

/** @throws UsageError */
function requireTask(task: string): void {
  if (task === "" || KINDS.uuid.parse(task) === undefined)
    throw new UsageError(`${JSON.stringify(task)} is no UUID of a task: globus-ioc compute run has said it.`);
}
