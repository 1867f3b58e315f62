/**
 * Globus Transfer's submissions and tasks, simulated: exactly once by submission id, a conflict for what is under way,
 * and tasks that live by the clock (tasks.ts). globus.md §3.3; the shapes are those of Globus' published sample
 * answers.
 */
import { randomUUID } from "node:crypto";
import type { TwinAnswer } from "../http-twin.ts";
import { settle, type TransferItem, type TransferTask, taskDocument, taskEvents } from "./tasks.ts";
import { bodyOf, collectionOf, type Fields, refuse, requireBearer, result, textOf } from "./transfer-answers.ts";
import type { AccessToken, Asked, Collection, Route } from "./world.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DAY_SECONDS = 24 * 3600;

export const TASK_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v0.10/submission_id", answer: submissionId },
  { method: "POST", path: "/v0.10/transfer", answer: submit },
  { method: "GET", path: "/v0.10/task_list", answer: taskList },
  { method: "GET", path: "/v0.10/task/:task", answer: task },
  { method: "POST", path: "/v0.10/task/:task/cancel", answer: cancel },
  { method: "GET", path: "/v0.10/task/:task/event_list", answer: events },
];

function submissionId(asked: Asked): TwinAnswer {
  requireBearer(asked);
  return { status: 200, body: { value: randomUUID() } };
}

function submit(asked: Asked): TwinAnswer {
  const token = requireBearer(asked);
  const body = bodyOf(asked);
  const submission = textOf(body["submission_id"]);
  if (!UUID.test(submission)) throw refuse(asked, 400, "ClientError.BadRequest", "submission_id is not valid");
  const items = itemsOf(body["DATA"]);
  if (items.length === 0) {
    throw refuse(asked, 400, "ClientError.BadRequest.NoTransferItems", "A transfer requires at least one item");
  }
  const source = collectionOf(asked, textOf(body["source_endpoint"]));
  const destination = collectionOf(asked, textOf(body["destination_endpoint"]));
  const tasks = [...asked.world.taskById.values()];
  const earlier = tasks.find((one) => one.submissionId === submission);
  if (earlier !== undefined) {
    const message = "The request has been processed already; nothing was submitted";
    return result(asked, 202, "transfer_result", "Duplicate", message, linkTo(earlier));
  }
  const identical = (one: TransferTask): boolean =>
    one.sourceId === source.id &&
    one.destinationId === destination.id &&
    JSON.stringify(one.items) === JSON.stringify(items);
  if (tasks.some((one) => one.ended === undefined && one.canceled === undefined && identical(one))) {
    throw refuse(asked, 409, "Conflict", "A transfer with identical paths has not yet completed");
  }
  const made = newTask(asked, token, body, source, destination, items);
  asked.world.taskById.set(made.id, made);
  const message = "The transfer has been accepted and a task has been created and queued for execution";
  return result(asked, 202, "transfer_result", "Accepted", message, linkTo(made));
}

function itemsOf(data: unknown): TransferItem[] {
  if (!Array.isArray(data)) return [];
  return (data as Fields[]).map((item) => {
    return { source: textOf(item["source_path"]), destination: textOf(item["destination_path"]) };
  });
}

function newTask(
  asked: Asked,
  token: AccessToken,
  body: Fields,
  source: Collection,
  destination: Collection,
  items: readonly TransferItem[],
): TransferTask {
  const now = asked.world.clock.now();
  const found = items.flatMap((item) => source.files.filesBelow(item.source));
  return {
    id: randomUUID(),
    submissionId: textOf(body["submission_id"]),
    owner: token.identity.id,
    username: token.identity.username,
    label: textOf(body["label"]) || null,
    sourceId: source.id,
    sourceName: source.name,
    destinationId: destination.id,
    destinationName: destination.name,
    items,
    options: body,
    requested: now,
    deadline: Date.parse(textOf(body["deadline"])) || now + DAY_SECONDS * 1000,
    files: found.length,
    bytes: found.reduce((sum, [, { bytes }]) => sum + bytes, 0),
    isSourceMissing: items.some((item) => source.files.at(item.source) === undefined),
    canceled: undefined,
    ended: undefined,
    isSuspended: false,
  };
}

function linkTo(of: TransferTask): Fields {
  const href = `/v0.10/task/${of.id}?format=json`;
  const link = { DATA_TYPE: "link", href, rel: "related", resource: "task", title: "related task" };
  return { submission_id: of.submissionId, task_id: of.id, task_link: link };
}

/** The task that the path names, with its work up to now. */
function taskOf(asked: Asked): TransferTask {
  const { identity } = requireBearer(asked);
  const id = asked.part("task");
  const found = asked.world.taskById.get(id);
  if (found?.owner !== identity.id) throw refuse(asked, 404, "TaskNotFound", `No task found with task_id '${id}'`);
  return bringUpToDate(asked, found);
}

function bringUpToDate(asked: Asked, of: TransferTask): TransferTask {
  const { collectionById, pace, clock } = asked.world;
  const source = collectionById.get(of.sourceId);
  const destination = collectionById.get(of.destinationId);
  if (source !== undefined && destination !== undefined) settle(of, pace, clock.now(), source.files, destination.files);
  return of;
}

const document = (asked: Asked, of: TransferTask): Fields =>
  taskDocument(of, asked.world.pace, asked.world.clock.now());

function task(asked: Asked): TwinAnswer {
  return { status: 200, body: { DATA_TYPE: "task", ...document(asked, taskOf(asked)) } };
}

/** `filter=status:ACTIVE,INACTIVE/label:…` as far as a watcher needs it: exact values, separated by commas. */
function taskList(asked: Asked): TwinAnswer {
  const { identity } = requireBearer(asked);
  const { query } = asked.request;
  const clauses = (query.get("filter") ?? "").split("/").filter((clause) => clause !== "");
  const fits = (one: Fields): boolean =>
    clauses.every((clause) => {
      const [field = "", values = ""] = clause.split(/:(.*)/s);
      return values.split(",").includes(String(one[field]));
    });
  const owned = [...asked.world.taskById.values()].filter((one) => one.owner === identity.id).toReversed();
  const all = owned.map((one) => document(asked, bringUpToDate(asked, one))).filter(fits);
  const [limit, offset] = [Number(query.get("limit") ?? 10), Number(query.get("offset") ?? 0)];
  const page = all.slice(offset, offset + limit);
  return {
    status: 200,
    body: { DATA: page, DATA_TYPE: "task_list", length: page.length, limit, offset, total: all.length },
  };
}

function cancel(asked: Asked): TwinAnswer {
  const of = taskOf(asked);
  const resource = `/task/${of.id}/cancel`;
  if (of.ended !== undefined || of.canceled !== undefined) {
    return result(asked, 200, "result", "TaskComplete", "The task completed before the cancel request was processed.", {
      resource,
    });
  }
  of.canceled = asked.world.clock.now();
  return result(asked, 200, "result", "Canceled", "The task has been cancelled successfully.", { resource });
}

function events(asked: Asked): TwinAnswer {
  const DATA = taskEvents(taskOf(asked), asked.world.pace, asked.world.clock.now());
  return {
    status: 200,
    body: { DATA, DATA_TYPE: "event_list", length: DATA.length, limit: 10, offset: 0, total: DATA.length },
  };
}
