/**
 * Globus Transfer's submissions, simulated: what a document must hold, exactly once by submission id, a conflict for
 * what is under way. globus.md §3.3; the shapes are those of Globus' published sample answers. The codes beside
 * BadRequest, NoTransferItems, Conflict and Duplicate are not published: ours are guesses at the form.
 */
import { getHashes, randomUUID } from "node:crypto";
import type { TwinAnswer } from "../http-twin.ts";
import type { Collection } from "./collection.ts";
import { type Fields, textOf, timeOf } from "./documents.ts";
import { isBelow } from "./files.ts";
import { type ExternalChecksum, NO_COUNTS, type Task, type TaskStep } from "./tasks.ts";
import { bodyOf, collectionOf, refuse, requireBearer, requireSession, result } from "./transfer-answers.ts";
import type { Asked, Route } from "./world.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DAY_MILLISECONDS = 24 * 3600 * 1000;
const BAD = "ClientError.BadRequest";
const LONGEST_LABEL = 128;

export const SUBMIT_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v0.10/submission_id", answer: submissionId },
  { method: "POST", path: "/v0.10/transfer", answer: submitTransfer },
  { method: "POST", path: "/v0.10/delete", answer: submitDelete },
];

function submissionId(asked: Asked): TwinAnswer {
  requireBearer(asked);
  return { status: 200, body: { value: randomUUID() } };
}

/** What each option must be, where it is given. */
const OPTIONS: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...Object.fromEntries(
    [
      "encrypt_data",
      "verify_checksum",
      "preserve_timestamp",
      "delete_destination_extra",
      "skip_source_errors",
      "fail_on_quota_errors",
      "notify_on_succeeded",
      "notify_on_failed",
      "notify_on_inactive",
      "recursive",
      "ignore_missing",
      "interpret_globs",
    ].map((name) => [name, (value: unknown) => typeof value === "boolean"]),
  ),
  label: isLabel,
  deadline: isTime,
  sync_level: (value) => [0, 1, 2, 3].includes(value as number),
  filter_rules: (value) => Array.isArray(value) && (value as Fields[]).every(isFilterRule),
};

/** 1 to 128 characters of one line, without a blank at either end. */
export function isLabel(value: unknown): boolean {
  return typeof value === "string" && value.length <= LONGEST_LABEL && value === value.trim() && !/[\r\n]/.test(value);
}

export function isTime(value: unknown): boolean {
  return !Number.isNaN(timeOf(textOf(value)));
}

function isFilterRule({ method, name, type }: Fields): boolean {
  const hasType = type === undefined || type === null || type === "file" || type === "dir";
  return (
    (method === "include" || method === "exclude") && textOf(name) !== "" && !textOf(name).includes("/") && hasType
  );
}

function submitTransfer(asked: Asked): TwinAnswer {
  return submit(asked, "TRANSFER", (body) => {
    const source = collectionOf(asked, textOf(body["source_endpoint"]));
    const destination = collectionOf(asked, textOf(body["destination_endpoint"]));
    const steps = itemsOf(body).map((item): TaskStep => transferStep(asked, item));
    refuseOverlap(asked, source, destination, steps);
    refuseFlowPolicy(asked, source, destination);
    return { source, destination, steps };
  });
}

function submitDelete(asked: Asked): TwinAnswer {
  return submit(asked, "DELETE", (body) => {
    const source = collectionOf(asked, textOf(body["endpoint"]));
    const steps = itemsOf(body).map((item): TaskStep => {
      return { kind: "delete", source: absolute(asked, item["path"]), notBefore: 0 };
    });
    return { source, destination: undefined, steps };
  });
}

interface Submitted {
  readonly source: Collection;
  readonly destination: Collection | undefined;
  readonly steps: TaskStep[];
}

/** What both kinds of submission go through, in Transfer's order: the id first, so that nothing is sent twice. */
function submit(asked: Asked, type: Task["type"], read: (body: Fields) => Submitted): TwinAnswer {
  const { world } = asked;
  const token = requireBearer(asked);
  const { identity } = token;
  const body = bodyOf(asked);
  const submission = textOf(body["submission_id"]);
  const word = type.toLowerCase();
  if (!UUID.test(submission)) throw refuse(asked, 400, BAD, "submission_id is not valid");
  const tasks = [...world.tasks.taskById.values()];
  const earlier = tasks.find((one) => one.submissionId === submission);
  if (earlier !== undefined) {
    const message = "The request has been processed already; nothing was submitted";
    return result(asked, 202, `${word}_result`, "Duplicate", message, linkTo(earlier));
  }
  if (itemsOf(body).length === 0)
    throw refuse(
      asked,
      400,
      `${BAD}.No${type === "DELETE" ? "Delete" : "Transfer"}Items`,
      `A ${word} requires at least one item`,
    );
  for (const [name, isRight] of Object.entries(OPTIONS)) {
    const value = body[name];
    if (value !== undefined && value !== null && !isRight(value))
      throw refuse(asked, 400, BAD, `${name} is not valid: ${JSON.stringify(value)}`);
  }
  const { source, destination, steps } = read(body);
  for (const one of [source, destination]) if (one !== undefined) requireSession(asked, token, one);
  const data = JSON.stringify(body["DATA"]);
  const isIdentical = (one: Task): boolean =>
    one.ended === undefined &&
    one.type === type &&
    one.owner === identity.id &&
    one.source === source &&
    one.destination === destination &&
    one.data === data;
  if (tasks.some(isIdentical))
    throw refuse(asked, 409, "Conflict", `A ${word} with identical paths has not yet completed`);
  const now = world.clock.now();
  const hasUsualDeadline = typeof body["deadline"] !== "string";
  const made: Task = {
    id: randomUUID(),
    type,
    submissionId: submission,
    owner: identity.id,
    username: identity.username,
    source,
    destination,
    options: body,
    data,
    requested: now,
    label: textOf(body["label"]) || null,
    deadline: hasUsualDeadline ? now + DAY_MILLISECONDS : timeOf(textOf(body["deadline"])),
    // A delete task's deadline never moves.
    hasUsualDeadline: hasUsualDeadline && type === "TRANSFER",
    started: undefined,
    ended: undefined,
    isRunning: false,
    isSuspended: false,
    pausedBySource: null,
    pausedByDestination: null,
    wasPaused: false,
    canceledByAdmin: undefined,
    notBefore: 0,
    progressDue: 0,
    trouble: undefined,
    steps: steps.toReversed(),
    retrying: [],
    work: undefined,
    events: [],
    successes: [],
    skippedErrors: [],
    counts: { ...NO_COUNTS, subtasks_total: steps.length },
  };
  world.tasks.add(made, world.queuedSeconds);
  const message = `The ${word} has been accepted and a task has been created and queued for execution`;
  return result(asked, 202, `${word}_result`, "Accepted", message, linkTo(made));
}

const itemsOf = ({ DATA }: Fields): Fields[] => (Array.isArray(DATA) ? (DATA as Fields[]) : []);

function transferStep(asked: Asked, item: Fields): TaskStep {
  const { recursive, external_checksum: hex } = item;
  const algorithm = (textOf(item["checksum_algorithm"]) || "md5").toLowerCase();
  const checksum: ExternalChecksum | undefined =
    typeof hex === "string" ? { algorithm, hex: hex.toLowerCase() } : undefined;
  if (checksum !== undefined && (!getHashes().includes(algorithm) || recursive === true))
    throw refuse(asked, 400, BAD, "external_checksum needs a known checksum_algorithm, and a file");
  return {
    kind: "item",
    source: absolute(asked, item["source_path"]),
    destination: absolute(asked, item["destination_path"]),
    recursive: typeof recursive === "boolean" ? recursive : undefined,
    checksum,
    notBefore: 0,
  };
}

function absolute(asked: Asked, path: unknown): string {
  if (/^[/~]/.test(textOf(path))) return textOf(path);
  throw refuse(asked, 400, BAD, `The path ${JSON.stringify(path)} is not absolute`);
}

/** A directory into itself would never end. */
function refuseOverlap(asked: Asked, source: Collection, destination: Collection, steps: readonly TaskStep[]): void {
  const isSame = source.files.folder === destination.files.folder;
  const inside = steps.find((step) => step.kind === "item" && isSame && isBelow(step.destination, step.source));
  if (inside !== undefined) throw refuse(asked, 400, BAD, `The destination of ${inside.source} is inside of it`);
}

function refuseFlowPolicy(asked: Asked, source: Collection, destination: Collection): void {
  const flow = source.flowPolicy?.source ?? destination.flowPolicy?.destination;
  if (flow !== undefined && requireBearer(asked).flow !== flow)
    throw refuse(asked, 403, "PermissionDenied", `Transfers with this collection go through the flow ${flow}`);
}

function linkTo(of: Task): Fields {
  const href = `/v0.10/task/${of.id}?format=json`;
  const link = { DATA_TYPE: "link", href, rel: "related", resource: "task", title: "related task" };
  return { submission_id: of.submissionId, task_id: of.id, task_link: link };
}
