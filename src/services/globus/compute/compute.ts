/**
 * Globus Compute behind its port, through plain requests of the SDK, which has few of its routes. It keeps within
 * Compute's limit of requests, and reads results one by one where several together are too long.
 */

import { request } from "@globus/sdk";
import { HTTP_METHODS } from "@globus/sdk/services/shared";
import { z } from "zod";
import { cleanJson, oneLine } from "../../../base/clean-text.ts";
import type { Clock } from "../../../base/clock.ts";
import { ActionError } from "../../../base/errors.ts";
import { UUID } from "../../../base/uuid.ts";
import { type CallOptions, NotFoundError } from "../../../controller/ports/call.ts";
import type {
  Compute,
  ComputeEndpointReport,
  ComputeGroupTask,
  ComputeRequest,
  ComputeSource,
  ComputeSubmission,
  ComputeTaskReport,
} from "../../../controller/ports/compute.ts";
import { AnswerTooLongError } from "../../http.ts";
import { readAnswer } from "../answer.ts";
import type { GlobusCall } from "../call.ts";
import type { Advice } from "../errors.ts";
import { COMPUTE_SERVER } from "../scopes.ts";
import { Pace } from "./pace.ts";
import { packArguments, packFunction, RESULT_FORMS, SOURCE_IDENTIFIER } from "./packing.ts";
import { taskReport, tooLongReport } from "./task-report.ts";

/** What a submission has at most; Compute refuses more. */
const MOST_BYTES = 10 * 1024 * 1024;
/** Tasks that are asked about at once: their results come with the answer. */
const MOST_TASKS = 50;

export interface ComputeOptions {
  readonly call: GlobusCall;
  readonly clock: Clock;
  /** What operators call an endpoint, and a function, by its id. */
  readonly nameOf: (id: string) => string;
}

interface ComputeCallRequest {
  readonly what: string;
  readonly path: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly repeatable: boolean;
  readonly advice?: Advice;
}

/** @throws ActionError for what is none: it would become another address */
function requireId(what: "endpoint" | "function" | "task" | "group", id: string): void {
  if (!UUID.test(id))
    throw new ActionError(
      `${JSON.stringify(oneLine(id))} is no id of a ${what}: give the UUID that Globus Compute has for it.`,
    );
}

const textId = z.string().min(1);
const registeredSchema = z.object({ function_uuid: textId });
const submittedSchema = z.object({ task_group_id: textId, tasks: z.record(z.string(), z.array(textId)) });
const batchSchema = z.object({ results: z.record(z.string(), z.looseObject({})) });
const groupSchema = z.object({ tasks: z.array(z.object({ id: textId, created_at: z.string().nullish() })) });
const statusSchema = z.object({
  status: z.string(),
  details: z.object({ pending_tasks: z.number().nullish() }).nullish(),
});

export function createCompute(room: ComputeOptions): Compute {
  const { call, clock, nameOf } = room;
  const pace = new Pace(clock);
  const ask = async <S extends z.ZodType>(
    schema: S,
    { what, path, payload, repeatable, advice }: ComputeCallRequest,
    options: CallOptions,
  ): Promise<z.output<S>> => {
    await pace.wait(options.signal);
    const method = payload === undefined ? HTTP_METHODS.GET : HTTP_METHODS.POST;
    const answer = await call(
      {
        what,
        resourceServer: COMPUTE_SERVER,
        send: (headers, sdk) =>
          request({ service: "COMPUTE", path, method }, { headers, ...(payload !== undefined && { payload }) }, sdk),
        repeatable,
        ...(advice !== undefined && { advice }),
      },
      options,
    );
    return readAnswer(schema, what, answer);
  };
  const lookAt = (ids: readonly string[], options: CallOptions): Promise<z.output<typeof batchSchema>> => {
    for (const id of ids) requireId("task", id);
    const what = "tell how tasks of Globus Compute stand";
    const payload = { task_ids: ids };
    return ask(batchSchema, { what, path: "/v2/batch_status", payload, repeatable: true }, options);
  };
  const tasks = async (
    ids: readonly string[],
    options: CallOptions,
  ): Promise<ReadonlyMap<string, ComputeTaskReport>> => {
    const reports = new Map<string, ComputeTaskReport>();
    const look = async (some: readonly string[]): Promise<void> => {
      try {
        const { results } = await lookAt(some, options);
        for (const [id, document] of Object.entries(results)) reports.set(id, taskReport(document));
      } catch (thrown) {
        if (!(thrown instanceof AnswerTooLongError)) throw thrown;
        const [only = ""] = some;
        if (some.length === 1) reports.set(only, tooLongReport);
        else for (const one of some) await look([one]);
      }
    };
    for (let at = 0; at < ids.length; at += MOST_TASKS) await look(ids.slice(at, at + MOST_TASKS));
    return reports;
  };
  return {
    register: (source, options) => register(source, ask, options),
    submit: (asked, options) => submit(asked, nameOf, ask, options),
    tasks,
    groupTasks: async (group, options): Promise<readonly ComputeGroupTask[]> => {
      requireId("group", group);
      const what = "list the tasks of a group";
      const found = await ask(groupSchema, { what, path: `/v2/taskgroup/${group}`, repeatable: true }, options);
      return found.tasks
        .map(({ id, created_at: created }) => ({ id, created: Date.parse(zoned(created ?? "")) || 0 }))
        .sort((one, other) => one.created - other.created);
    },
    endpoint: async (id, options): Promise<ComputeEndpointReport> => {
      requireId("endpoint", id);
      const what = `tell whether the Compute endpoint ${nameOf(id)} is online`;
      const path = `/v2/endpoints/${id}/status`;
      const found = await ask(statusSchema, { what, path, repeatable: true, advice: ENDPOINT_ADVICE }, options);
      const waiting = found.details?.pending_tasks;
      const said = oneLine(found.status).trim();
      return { isOnline: /^online$/i.test(said), said, ...(typeof waiting === "number" && { waiting }) };
    },
  };
}

type Ask = <S extends z.ZodType>(schema: S, asked: ComputeCallRequest, options: CallOptions) => Promise<z.output<S>>;

const ENDPOINT_ADVICE: Advice = {
  absent: "correct endpoint in the [compute] section of globus.conf",
  permission: "let the owner of the endpoint allow this login's identity there",
};

async function register({ name, source, description }: ComputeSource, ask: Ask, options: CallOptions): Promise<string> {
  const what = `register the function ${oneLine(name)}`;
  const payload = {
    function_name: name,
    function_code: packFunction(name, source),
    ...(description !== undefined && { description }),
    meta: { serde_identifier: SOURCE_IDENTIFIER },
    public: false,
  };
  requireSize(what, payload);
  const found = await ask(registeredSchema, { what, path: "/v3/functions", payload, repeatable: false }, options);
  return found.function_uuid;
}

async function submit(
  { endpoint, function: fn, args, kwargs = {}, group, endpointConfig }: ComputeRequest,
  nameOf: (id: string) => string,
  ask: Ask,
  options: CallOptions,
): Promise<ComputeSubmission> {
  requireId("endpoint", endpoint);
  requireId("function", fn);
  const what = `run the function ${nameOf(fn)} at the Compute endpoint ${nameOf(endpoint)}`;
  const payload = {
    tasks: { [fn]: [packArguments(args, kwargs)] },
    result_serializers: RESULT_FORMS,
    ...(group !== undefined && { task_group_id: group }),
    ...(endpointConfig !== undefined && { user_endpoint_config: endpointConfig }),
  };
  requireSize(what, payload);
  const path = `/v3/endpoints/${endpoint}/submit`;
  const advice: Advice = { ...ENDPOINT_ADVICE, absent: `${ENDPOINT_ADVICE.absent}, or register the function again` };
  const found = await ask(submittedSchema, { what, path, payload, repeatable: false, advice }, options);
  const [task] = Object.values(found.tasks).flat();
  if (task === undefined)
    throw new NotFoundError(`Globus Compute did not ${what}: its answer ${cleanJson(found.tasks)} names no task.`);
  return { task, group: found.task_group_id };
}

/** @throws ActionError for more than Compute takes: it is not sent */
function requireSize(what: string, payload: object): void {
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes > MOST_BYTES)
    throw new ActionError(
      `Globus Compute was not asked to ${what}: that is a request of ${bytes} bytes, and it takes ${MOST_BYTES}; put what is large into a file that the endpoint sees, and give its path.`,
    );
}

/** Compute's times are in UTC, and say so or not. */
const zoned = (time: string): string => (/(Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`);
