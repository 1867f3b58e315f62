/**
 * The test file on its way to one destination, as a scan goes: by the destination's copier, or in a Globus task of its
 * own beside the queue. It is proven there and removed again.
 */
import { oneLine } from "../../../base/clean-text.ts";
import { clauseOf } from "../../../base/errors.ts";
import { AlreadyExistsError } from "../../ports/call.ts";
import type { Parcel } from "../../ports/destinations.ts";
import type { Submission, TaskReport, TransferTasks } from "../../ports/transfer-tasks.ts";
import { type GlobusRow, itemsOf } from "../globus-paths.ts";
import { proofProblem, proofText } from "../proof.ts";
import type { CopyRow } from "../rules.ts";
import { wordsFor } from "../task-words.ts";
import { CheckProblem, NotTriedError, type SourceFile, type Trial } from "./trial.ts";

/** Globus ends a task that nobody follows any more, for the check was killed. */
const DEADLINE_SECONDS = 600;
/** Until a task is given up that has not ended. */
const TASK_SECONDS = 120;

/** What became of it: a piece of a sentence. */
export async function copyThere(trial: Trial, row: CopyRow, signal: AbortSignal): Promise<string> {
  const { copier, name } = row;
  const { manifest } = await trial.file(signal);
  const parcel: Parcel = { manifest, parts: [] };
  let left: Error | undefined;
  try {
    await copier.copy(parcel, { signal });
    const problem = await proofProblem(manifest, await copier.list(parcel, { signal }));
    if (problem !== undefined)
      throw new CheckProblem(
        `The copy of a test file to ${name} did not arrive, ${proofText(problem)}: have the disk at ${copier.place} checked.`,
      );
  } finally {
    left = await trial.cleanUp((late) => copier.directory.remove(trial.site.fileName, { signal: late }));
  }
  return arrived(manifest, trial.site.fileName, left);
}

/** What became of it: a piece of a sentence. */
export async function sendByGlobus(
  trial: Trial,
  row: GlobusRow,
  tasks: TransferTasks,
  signal: AbortSignal,
): Promise<string> {
  const { clock, fileName } = trial.site;
  const file = await trial.file(signal);
  const [item] = itemsOf(file.manifest, trial.source, row, []);
  const { collection } = trial.source;
  if (item === undefined || collection === undefined) throw new NotTriedError("Globus does not see the source");
  const submission: Submission = {
    id: await tasks.submissionId({ signal }),
    label: `globus-ioc check ${fileName}`,
    sourceCollection: collection.id,
    destinationCollection: row.collection,
    items: [item],
    deadline: new Date(clock.now() + DEADLINE_SECONDS * 1000).toISOString(),
  };
  const task = await submitted(trial, tasks, submission, signal);
  const sent: Sent = { row, tasks, path: item.destination };
  let left: Error | undefined;
  try {
    await follow(trial, { row, tasks, task }, signal);
    await prove(file, sent, signal);
  } finally {
    // Also where the task was ended: it may have written a part of the file.
    left = await trial.cleanUp((late) => removeThere(trial, sent, late));
  }
  return arrived(file.manifest, item.destination, left);
}

/** The task of a check that was killed may still be under way: Globus takes the same once at a time. */
async function submitted(
  trial: Trial,
  tasks: TransferTasks,
  submission: Submission,
  signal: AbortSignal,
): Promise<string> {
  const { clock } = trial.site;
  const until = clock.monotonic() + TASK_SECONDS;
  for (;;) {
    try {
      return await tasks.submit(submission, { signal });
    } catch (thrown) {
      if (!(thrown instanceof AlreadyExistsError)) throw thrown;
      if (clock.monotonic() >= until) throw new NotTriedError("a test file of an earlier check is still on its way");
      await trial.pause(signal);
    }
  }
}

/** @param left why the file was not removed */
function arrived({ files }: SourceFile["manifest"], path: string, left: Error | undefined): string {
  const bytes = `${files[0]?.bytes ?? 0} bytes arrived equal`;
  return left === undefined
    ? `${bytes} and are removed`
    : `${bytes}; ${path} stays there, and the next check overwrites it: ${clauseOf(left)}`;
}

interface FollowedTask {
  readonly row: GlobusRow;
  readonly tasks: TransferTasks;
  readonly task: string;
}

/** Waits until the task is done; whatever ends the wait before ends the task, too. */
async function follow(trial: Trial, followed: FollowedTask, signal: AbortSignal): Promise<void> {
  const { tasks, task } = followed;
  let isOver = false;
  try {
    const { clock } = trial.site;
    const until = clock.monotonic() + TASK_SECONDS;
    for (;;) {
      const report = (await tasks.tasks([task], { signal })).get(task);
      isOver = report === undefined || report.state === "SUCCEEDED" || report.state === "FAILED";
      if (report?.state === "SUCCEEDED") return;
      const problem = await problemOf(followed, report, { isLate: clock.monotonic() >= until, signal });
      if (problem !== undefined) throw problem;
      await trial.pause(signal);
    }
  } finally {
    if (!isOver) await trial.cleanUp((late) => tasks.cancel(task, { signal: late }));
  }
}

/** Why it is not waited for any longer; undefined: it may still be done. */
async function problemOf(
  { row: { name }, tasks, task }: FollowedTask,
  report: TaskReport | undefined,
  { isLate, signal }: { readonly isLate: boolean; readonly signal: AbortSignal },
): Promise<CheckProblem | NotTriedError | undefined> {
  if (report === undefined)
    return new CheckProblem(`Globus knows no more of its task ${task} to ${name}: look at the Globus web app.`);
  if (report.isPaused) {
    const words = oneLine(await tasks.pauseMessage(task, { signal })).trim();
    const said = words === "" ? "" : `, who says: ${words}`;
    return new CheckProblem(`Transfers to ${name} are held up by an administrator${said}: ask for their release.`);
  }
  const code = report.fatal?.code ?? report.niceStatus;
  const trouble = wordsFor(code);
  const why = trouble === undefined ? "" : ` (${code}): ${trouble.words}`;
  if (report.state === "FAILED")
    return new CheckProblem(`Globus did not bring a test file to ${name}${why || `: look at its task ${task}`}.`);
  if (report.state === "INACTIVE" || trouble?.kind === "person" || trouble?.kind === "destination")
    return new CheckProblem(`Globus cannot bring a test file to ${name}${why || `: look at its task ${task}`}.`);
  if (!isLate) return undefined;
  if (report.ahead > 0)
    return new NotTriedError(`${report.ahead} tasks of this login are before it, and Globus works on three at a time`);
  const state = why || `; it says ${report.niceStatus || report.state}: look at its task ${task}`;
  return new CheckProblem(`Globus did not bring a test file to ${name} within ${TASK_SECONDS} s${state}.`);
}

interface Sent {
  readonly row: GlobusRow;
  readonly tasks: TransferTasks;
  readonly path: string;
}

async function prove({ manifest }: SourceFile, { row, tasks, path }: Sent, signal: AbortSignal): Promise<void> {
  const { bytes } = await tasks.find(row.collection, path, { signal });
  const name = manifest.files[0]?.path ?? "";
  const problem = await proofProblem(manifest, [{ path: name, bytes, modified: undefined }]);
  if (problem === undefined) return;
  throw new CheckProblem(
    `Globus says that a test file has arrived at ${row.name}, but ${proofText(problem)}: have the disk of ${row.name} checked.`,
  );
}

/** @throws ActionError where the login may not remove it */
async function removeThere(trial: Trial, { row, tasks, path }: Sent, signal: AbortSignal): Promise<void> {
  const { clock, fileName } = trial.site;
  const task = await tasks.remove(
    {
      id: await tasks.submissionId({ signal }),
      label: `globus-ioc check ${fileName}`,
      collection: row.collection,
      path,
      deadline: new Date(clock.now() + DEADLINE_SECONDS * 1000).toISOString(),
    },
    { signal },
  );
  await follow(trial, { row, tasks, task }, signal);
}
