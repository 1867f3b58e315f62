/**
 * The steps of a simulated task, each on real files: what an item is, what a directory holds, a file's bytes, a path
 * to delete. They go by the options of the submission, and throw a TaskFault for what goes wrong. When they happen is
 * the engine's business.
 */
import { createHash } from "node:crypto";
import { closeSync, type Dirent, fstatSync, openSync, readSync, statSync, utimesSync, writeSync } from "node:fs";
import { posix } from "node:path";
import { type Fields, textOf } from "./documents.ts";
import { type CollectionFiles, normalPath } from "./files.ts";
import { globOf } from "./list-query.ts";
import { faultOf, type Side, TaskFault, takeFault } from "./task-faults.ts";
import { type ExternalChecksum, isOption, standingFaults, type Task, type TaskStep, type Work } from "./tasks.ts";

/** Seconds that a directory's listing takes, so that totals grow before they stand. */
const LISTING_SECONDS = 0.1;
/** Seconds that each file takes at least, be it empty or passed over. */
const FILE_SECONDS = 0.001;
const BUFFER_BYTES = 1024 * 1024;
/** What sums of fractions may lack of a whole byte. */
const ROUNDING_BYTES = 1e-6;
/** Of Transfer, where nobody names another. */
const ALGORITHM = "md5";

/** What begins with a step; undefined where it is done at once. */
export function beginStep(task: Task, step: TaskStep): Work | undefined {
  const timed = { ...NOTHING, step, seconds: LISTING_SECONDS };
  touchStep(task, step);
  if (step.kind === "delete") return timed;
  if (step.kind === "item") return lookAtItem(task, step);
  if (step.kind === "dir") return timed;
  return beginFile(task, step);
}

const NOTHING = { bytes: 0, modified: 0, moved: 0, written: 0, isSame: false, checksum: undefined };

/** The end of a step whose time is over. */
export function endStep(task: Task, work: Work, now: number): void {
  const { step } = work;
  if (step.kind === "dir") expandDirectory(task, step.source, step.destination);
  if (step.kind === "file") endFile(task, work, step, now);
  if (step.kind === "delete") deletePath(task, step.source);
}

/** @throws TaskFault where one stands on a collection against the step's path */
export function touchStep(task: Task, step: TaskStep): void {
  takeFault(standingFaults(task, "source"), "source", step.source);
  if (step.kind !== "delete") takeFault(standingFaults(task, "destination"), "destination", step.destination);
}

/** Puts further steps in front of the others, in their order. */
function addSteps(task: Task, steps: readonly TaskStep[]): void {
  for (const step of steps.toReversed()) task.steps.push(step);
  task.counts.subtasks_total += steps.length;
}

function filesOf(task: Task, side: Side): CollectionFiles {
  return (side === "source" ? task.source : (task.destination ?? task.source)).files;
}

/** Does what touches one side, and tells what the operating system says as a fault of that side. */
function onSide<T>(task: Task, side: Side, path: string, action: (files: CollectionFiles) => T): T {
  try {
    return action(filesOf(task, side));
  } catch (thrown) {
    throw faultOf(thrown, side, path);
  }
}

function lookAtItem(task: Task, item: Extract<TaskStep, { kind: "item" }>): undefined {
  const { source, destination, recursive, checksum } = item;
  const type = onSide(task, "source", source, (files) => (statSync(files.real(source)).isDirectory() ? "dir" : "file"));
  if (type === "dir" && recursive === false)
    throw new TaskFault("IS_A_DIRECTORY", "source", `is a directory, and recursive is false: ${source}`);
  if (type === "file" && recursive === true)
    throw new TaskFault("NOT_A_DIRECTORY", "source", `is not a directory, and recursive is true: ${source}`);
  addPath(task, type, source, destination, checksum);
}

function addPath(
  task: Task,
  kind: "dir" | "file",
  source: string,
  destination: string,
  checksum: ExternalChecksum | undefined,
): void {
  task.counts[kind === "dir" ? "directories" : "files"] += 1;
  const paths = { source, destination, notBefore: 0 };
  addSteps(task, [kind === "dir" ? { kind, ...paths } : { kind, ...paths, checksum }]);
}

/** The entries of a directory, by name, as far as the filter rules let them through. */
function expandDirectory(task: Task, source: string, destination: string): void {
  const all = onSide(task, "source", source, (files) => files.names(source));
  const wanted = all.filter((entry) => isIncluded(task, entry));
  task.counts.symlinks += all.filter((entry) => entry.isSymbolicLink()).length;
  onSide(task, "destination", destination, (files) => files.makeDirectories(destination));
  if (isOption(task, "delete_destination_extra")) deleteExtra(task, all, destination);
  const below = wanted
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry): TaskStep => {
      const paths = { source: posix.join(source, entry.name), destination: posix.join(destination, entry.name) };
      task.counts[entry.isDirectory() ? "directories" : "files"] += 1;
      if (entry.isDirectory()) return { kind: "dir", ...paths, notBefore: 0 };
      return { kind: "file", ...paths, checksum: undefined, notBefore: 0 };
    });
  addSteps(task, below);
}

/** The first rule that fits decides; without one the entry is sent. Rules are for what is found below an item. */
function isIncluded(task: Task, entry: Dirent): boolean {
  const type = entry.isDirectory() ? "dir" : "file";
  const rules = Array.isArray(task.options["filter_rules"]) ? (task.options["filter_rules"] as Fields[]) : [];
  const first = rules.find((rule) => (rule["type"] ?? type) === type && globOf(textOf(rule["name"])).test(entry.name));
  return (first?.["method"] ?? "include") !== "exclude";
}

/** Takes away what the source does not have, or has as something else. */
function deleteExtra(task: Task, source: readonly Dirent[], destination: string): void {
  const typeByName = new Map(source.map((entry) => [entry.name, entry.isDirectory()]));
  onSide(task, "destination", destination, (files) => {
    for (const entry of files.names(destination))
      if (typeByName.get(entry.name) !== entry.isDirectory()) files.remove(posix.join(destination, entry.name));
  });
}

function beginFile(task: Task, step: Extract<TaskStep, { kind: "file" }>): Work {
  const found = onSide(task, "source", step.source, (files) => statSync(files.real(step.source)));
  const untouched = { ...NOTHING, step, seconds: FILE_SECONDS };
  if (isSame(task, step, found.size, found.mtimeMs)) return { ...untouched, isSame: true };
  onSide(task, "destination", step.destination, (files) => {
    if (files.at(step.destination)?.type === "dir")
      throw new TaskFault("IS_A_DIRECTORY", "destination", `is a directory: ${step.destination}`);
    files.makeDirectories(posix.dirname(normalPath(step.destination)));
  });
  const isVerified = task.options["verify_checksum"] !== false || step.checksum !== undefined;
  const checksum = isVerified ? createHash(algorithmOf(step)) : undefined;
  return { ...untouched, bytes: found.size, modified: found.mtimeMs, checksum };
}

/** What each sync level takes for the same file: 0 that it exists, 1 its size, 2 not older, 3 its checksum. */
function isSame(
  task: Task,
  step: { readonly source: string; readonly destination: string },
  bytes: number,
  modified: number,
): boolean {
  const level = task.options["sync_level"];
  if (typeof level !== "number") return false;
  const there = filesOf(task, "destination").at(step.destination);
  if (there?.type !== "file") return false;
  if (level === 0) return true;
  if (there.bytes !== bytes) return false;
  if (level === 1) return true;
  if (level === 2) return Math.floor(modified / 1000) <= Math.floor(there.modified / 1000);
  return checksumOf(task, "source", step.source) === checksumOf(task, "destination", step.destination);
}

function checksumOf(task: Task, side: Side, path: string, algorithm = ALGORITHM): string {
  return onSide(task, side, path, (files) => {
    const hash = createHash(algorithm);
    readPieces(files.real(path), 0, Infinity, (piece) => hash.update(piece));
    return hash.digest("hex");
  });
}

/** A file's bytes from `from` to `to`, or to its end, in pieces that are overwritten by the next. */
function readPieces(file: string, from: number, to: number, use: (piece: Buffer, at: number) => void): void {
  const descriptor = openSync(file, "r");
  try {
    const bytes = Math.min(to, fstatSync(descriptor).size) - from;
    const buffer = Buffer.allocUnsafe(Math.min(BUFFER_BYTES, Math.max(1, bytes)));
    for (let at = from; at < to; ) {
      const read = readSync(descriptor, buffer, 0, Math.min(buffer.length, to - at), at);
      if (read === 0) return;
      use(buffer.subarray(0, read), at);
      at += read;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Lets bytes of a file arrive, up to `moved`; the last of an empty file is the file itself. */
export function copyBytes(task: Task, work: Work, isLast = false): void {
  const { step } = work;
  if (step.kind !== "file") return;
  const upTo = Math.min(work.bytes, Math.floor(work.moved + ROUNDING_BYTES));
  if (upTo <= work.written && !(isLast && work.bytes === 0)) return;
  const from = onSide(task, "source", step.source, (files) => files.real(step.source));
  onSide(task, "destination", step.destination, (files) => {
    const descriptor = openSync(files.real(step.destination), work.written === 0 ? "w" : "r+");
    try {
      readPieces(from, work.written, upTo, (piece, at) => {
        work.checksum?.update(piece);
        writeSync(descriptor, piece, 0, piece.length, at);
      });
    } finally {
      closeSync(descriptor);
    }
  });
  task.counts.bytes_transferred += upTo - work.written;
  work.written = upTo;
}

function endFile(task: Task, work: Work, step: Extract<TaskStep, { kind: "file" }>, now: number): void {
  if (work.isSame) return void (task.counts.files_skipped += 1);
  copyBytes(task, work, true);
  const found = onSide(task, "source", step.source, (files) => statSync(files.real(step.source)));
  if (found.size !== work.bytes || found.mtimeMs !== work.modified)
    throw new TaskFault("FILE_SIZE_CHANGED", "source", `the file changed while it was sent: ${step.source}`);
  const checksum = verified(task, work, step);
  const stamp = isOption(task, "preserve_timestamp") ? found.mtimeMs : now;
  onSide(task, "destination", step.destination, (files) =>
    utimesSync(files.real(step.destination), stamp / 1000, stamp / 1000),
  );
  task.counts.files_transferred += 1;
  task.successes.push({
    DATA_TYPE: "successful_transfer",
    source_path: step.source,
    destination_path: step.destination,
    checksum: checksum ?? null,
    checksum_algorithm: checksum === undefined ? null : algorithmOf(step).toUpperCase(),
    dynamic: false,
    size: work.bytes,
  });
}

const algorithmOf = ({ checksum }: Extract<TaskStep, { kind: "file" }>): string => checksum?.algorithm ?? ALGORITHM;

/** @returns the checksum of what stands at the destination, where one was asked for */
function verified(task: Task, work: Work, step: Extract<TaskStep, { kind: "file" }>): string | undefined {
  if (work.checksum === undefined) return undefined;
  const there = checksumOf(task, "destination", step.destination, algorithmOf(step));
  task.counts.bytes_checksummed += work.bytes;
  const isOfChecksum = (code: string): boolean => code === "VERIFY_CHECKSUM";
  takeFault(standingFaults(task, "destination"), "destination", step.destination, isOfChecksum);
  if (there !== work.checksum.digest("hex"))
    throw new TaskFault("VERIFY_CHECKSUM", "destination", `the checksums differ: ${step.destination}`);
  if (step.checksum !== undefined && step.checksum.hex !== there)
    throw new TaskFault("VERIFY_CHECKSUM", "destination", `not the external checksum: ${step.destination}`, true);
  return there;
}

/** Of a delete task nothing is retried: each fault of it is fatal. */
function deletePath(task: Task, path: string): void {
  const fatal = (code: "FILE_NOT_FOUND" | "IS_A_DIRECTORY", details: string): TaskFault =>
    new TaskFault(code, "source", details, true);
  const { files } = task.source;
  const matches = onSide(task, "source", path, () => matching(task, path));
  for (const one of matches) {
    const type = files.at(one)?.type;
    if (type === undefined && !isOption(task, "ignore_missing"))
      throw fatal("FILE_NOT_FOUND", `file not found: ${one}`);
    if (type === "dir" && !isOption(task, "recursive"))
      throw fatal("IS_A_DIRECTORY", `is a directory, and recursive is not set: ${one}`);
    onSide(task, "source", one, () => files.remove(one));
    if (type !== undefined) task.counts[type === "dir" ? "directories" : "files"] += 1;
  }
}

/** With `interpret_globs` the last part of a path may be a pattern. */
function matching(task: Task, path: string): string[] {
  const [above, name] = [posix.dirname(normalPath(path)), posix.basename(path)];
  if (!isOption(task, "interpret_globs") || !/[*?[]/.test(name)) return [path];
  const pattern = globOf(name);
  return task.source.files
    .names(above)
    .filter((entry) => pattern.test(entry.name))
    .map((entry) => posix.join(above, entry.name));
}
