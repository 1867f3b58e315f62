/**
 * Globus Transfer's tasks, simulated: what they are asked about and what may be changed. globus.md §3.3; the shapes
 * are those of Globus' published sample answers and types. How tasks come to be is submit-routes.ts.
 */
import type { PauseRuleLimitedDocument } from "@globus/sdk/services/transfer/service/task";
import type { TwinAnswer } from "../http-twin.ts";
import type { Collection, PauseRule } from "./collection.ts";
import { type Fields, textOf, timeOf } from "./documents.ts";
import { askedPage, markedPage } from "./list-query.ts";
import { isLabel, isTime } from "./submit-routes.ts";
import { eventDocuments, pauseRulesOf, type Task, taskDocument } from "./tasks.ts";
import { bodyOf, refuse, requireBearer, result } from "./transfer-answers.ts";
import type { Asked, Route } from "./world.ts";

/** Rows of a page by marker; Transfer's own number is not published. */
const MARKED_ROWS = 100;
const TASK = "/v0.10/task/:task";

export const TASK_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v0.10/task_list", answer: taskList },
  { method: "GET", path: TASK, answer: describe },
  { method: "PUT", path: TASK, answer: update },
  { method: "POST", path: `${TASK}/cancel`, answer: cancel },
  { method: "GET", path: `${TASK}/event_list`, answer: events },
  { method: "GET", path: `${TASK}/pause_info`, answer: pauseInfo },
  { method: "GET", path: `${TASK}/successful_transfers`, answer: successfulTransfers },
  { method: "GET", path: `${TASK}/skipped_errors`, answer: skippedErrors },
];

/** The task that the path names, as it is now. */
function taskOf(asked: Asked): Task {
  const { identity } = requireBearer(asked);
  const { tasks } = asked.world;
  const id = asked.part("task");
  const found = tasks.taskById.get(id);
  if (found?.owner !== identity.id) throw refuse(asked, 404, "TaskNotFound", `No task found with task_id '${id}'`);
  tasks.catchUp();
  return found;
}

const document = (asked: Asked, of: Task): Fields => taskDocument(of, asked.world.clock.now());

function describe(asked: Asked): TwinAnswer {
  return { status: 200, body: { DATA_TYPE: "task", ...document(asked, taskOf(asked)) } };
}

/** The latest first, unless another order is asked for. */
function taskList(asked: Asked): TwinAnswer {
  const { identity } = requireBearer(asked);
  const { tasks } = asked.world;
  tasks.catchUp();
  const owned = [...tasks.taskById.values()].filter((one) => one.owner === identity.id).toReversed();
  const rows = owned.map((one) => document(asked, one));
  const { page, ...where } = askedPage(asked.request.query, rows, { usual: 10, most: 1000 });
  return { status: 200, body: { DATA: page, DATA_TYPE: "task_list", length: page.length, ...where } };
}

function update(asked: Asked): TwinAnswer {
  const of = taskOf(asked);
  const { label, deadline } = bodyOf(asked);
  if (of.ended !== undefined) throw refuse(asked, 409, "TaskComplete", "The task has completed");
  if (label !== undefined && !isLabel(label)) throw refuse(asked, 400, "ClientError.BadRequest", "label is not valid");
  if (deadline !== undefined && !isTime(deadline))
    throw refuse(asked, 400, "ClientError.BadRequest", "deadline is not valid");
  asked.world.tasks.change(() => {
    if (label !== undefined) of.label = textOf(label) || null;
    if (deadline === undefined) return;
    of.deadline = timeOf(textOf(deadline));
    of.hasUsualDeadline = false;
  });
  return result(asked, 200, "result", "Updated", "Updated", { resource: `/task/${of.id}` });
}

function cancel(asked: Asked): TwinAnswer {
  const of = taskOf(asked);
  const resource = `/task/${of.id}/cancel`;
  if (of.ended !== undefined) {
    const message = "The task completed before the cancel request was processed.";
    return result(asked, 200, "result", "TaskComplete", message, { resource });
  }
  asked.world.tasks.change(() => {
    asked.world.tasks.end(of, "FAILED", { code: "CANCELED", description: "canceled by user" }, "CANCELED");
  });
  return result(asked, 200, "result", "Canceled", "The task has been cancelled successfully.", { resource });
}

function events(asked: Asked): TwinAnswer {
  const { page, ...where } = askedPage(asked.request.query, eventDocuments(taskOf(asked)), { usual: 10, most: 1000 });
  return { status: 200, body: { DATA: page, DATA_TYPE: "event_list", length: page.length, ...where } };
}

/** The task's own pauses, and the rules of its collections that hold it up. */
function pauseInfo(asked: Asked): TwinAnswer {
  const of = taskOf(asked);
  const rules = of.ended === undefined ? pauseRulesOf(of) : [];
  const body = {
    DATA_TYPE: "pause_info_limited",
    pause_rules: rules.map((rule) => ruleDocument(rule, holderOf(of, rule))),
    source_pause_message: of.pausedBySource,
    destination_pause_message: of.pausedByDestination,
    source_pause_message_share: null,
    destination_pause_message_share: null,
  };
  return { status: 200, body };
}

const holderOf = ({ source, destination }: Task, rule: PauseRule): Collection =>
  destination?.pauseRules.includes(rule) === true ? destination : source;

/** Globus' own type has a deletion in a transfer where globus-cli reads the writing of one: ours has both. */
type RuleDocument = Readonly<Record<keyof PauseRuleLimitedDocument | "pause_task_transfer_write", unknown>>;

function ruleDocument({ id, message, pauses }: PauseRule, collection: Collection): RuleDocument {
  return {
    DATA_TYPE: "pause_rule_limited",
    id,
    message,
    start_time: null,
    endpoint_id: collection.id,
    endpoint_display_name: collection.name,
    identity_id: null,
    pause_ls: false,
    pause_mkdir: false,
    pause_symlink: false,
    pause_rename: false,
    pause_task_delete: pauses.delete,
    pause_task_transfer_delete: pauses.delete,
    pause_task_transfer_read: pauses.read,
    pause_task_transfer_write: pauses.write,
  };
}

/** Of ended tasks only; files alone, and neither those that a sync level passed over nor those that were skipped. */
function successfulTransfers(asked: Asked): TwinAnswer {
  const of = taskOf(asked);
  if (of.ended === undefined) throw refuse(asked, 409, "TaskNotComplete", "The task has not completed");
  return {
    status: 200,
    body: { DATA_TYPE: "successful_transfers", ...markedPage(asked.request.query, of.successes, MARKED_ROWS) },
  };
}

function skippedErrors(asked: Asked): TwinAnswer {
  const of = taskOf(asked);
  return {
    status: 200,
    body: { DATA_TYPE: "skipped_errors", ...markedPage(asked.request.query, of.skippedErrors, MARKED_ROWS) },
  };
}
