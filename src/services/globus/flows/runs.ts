/**
 * Runs of flows: started once, followed, cancelled and resumed. To start and to resume takes the token of the flow
 * itself. Whether a run has begun whose answer was lost is not known here: who asks looks for its label. globus.md
 * §3.4.
 */
import { flows, request } from "@globus/sdk";
import { HTTP_METHODS } from "@globus/sdk/services/shared";
import { z } from "zod";
import { cleanJson } from "../../../base/clean-text.ts";
import { ActionError } from "../../../base/errors.ts";
import type { CallOptions } from "../../../controller/ports/call.ts";
import type { FlowRunRequest, RunFilter, RunLogEntry, RunReport } from "../../../controller/ports/flows.ts";
import { readAnswer } from "../answer.ts";
import {
  ABSENT_RUN,
  askFlows,
  type FlowsCallRequest,
  type FlowsRoom,
  findings,
  ofFlow,
  pagesOf,
  requireId,
} from "./flows-request.ts";
import { logEntrySchema, runSchema } from "./run-report.ts";

/** Characters that Flows takes as a label. */
const MOST_LABEL = 64;
/** Runs, and entries of a log, in one answer. */
const MOST_ROWS = 100;

export async function startRun(room: FlowsRoom, run: FlowRunRequest, options: CallOptions): Promise<RunReport> {
  checkRequest(run);
  const { flow, label, tags, input } = run;
  const payload = { body: { ...input }, label, tags: [...tags] };
  const asked: FlowsCallRequest = {
    what: `start the flow ${room.nameOf(flow)}`,
    send: (headers, sdk) => flows.flows.run(flow, { payload, headers }, sdk),
    repeatable: false,
    ...ofFlow(room, flow),
  };
  return await askFlows(room, runSchema, asked, options);
}

function checkRequest({ flow, label }: FlowRunRequest): void {
  requireId("flow", flow);
  if (label.length <= MOST_LABEL && !label.includes(",") && label.trim() === label && label !== "") return;
  throw new ActionError(
    `The label ${cleanJson(label)} cannot be given to a run: it must have 1 to ${MOST_LABEL} characters, and no comma.`,
  );
}

/** @returns sentences; empty: nothing is wrong with it */
export async function runProblems(
  room: FlowsRoom,
  run: FlowRunRequest,
  options: CallOptions,
): Promise<readonly string[]> {
  checkRequest(run);
  const { flow, label, tags, input } = run;
  const path = `/flows/${flow}/validate_run`;
  const asked: FlowsCallRequest = {
    what: `check the input for the flow ${room.nameOf(flow)}`,
    send: (headers, sdk) =>
      request(
        { service: "FLOWS", path, method: HTTP_METHODS.POST },
        { payload: { body: input, label, tags }, headers },
        sdk,
      ),
    repeatable: true,
    ...ofFlow(room, flow),
  };
  return await findings(askFlows(room, z.looseObject({}), asked, options), [
    "FLOW_INPUT_ERROR",
    "UNPROCESSABLE_ENTITY",
  ]);
}

/** @throws NotFoundError */
export async function oneRun(room: FlowsRoom, id: string, options: CallOptions): Promise<RunReport> {
  requireId("run", id);
  const asked: FlowsCallRequest = {
    what: `tell of the run ${id}`,
    send: (headers, sdk) => flows.runs.get(id, { headers }, sdk),
    repeatable: true,
    advice: { absent: ABSENT_RUN },
  };
  return await askFlows(room, runSchema, asked, options);
}

const runsSchema = z.object({
  runs: z.array(z.unknown()),
  has_next_page: z.boolean().nullish(),
  marker: z.string().nullish(),
});

/**
 * One that Flows shows in another form hides no other: who misses it asks for it by its id.
 * @param isLookedFor left out it would be started again
 * @throws UnavailableError
 */
function runIn(document: unknown, isLookedFor: boolean): readonly RunReport[] {
  if (isLookedFor) return [readAnswer(runSchema, "list runs of flows", document)];
  const { data } = runSchema.safeParse(document);
  return data === undefined ? [] : [data];
}

/** Runs that this login owns, the newest first; what cannot be read is left out, unless a label is looked for. */
export async function ownRuns(room: FlowsRoom, filter: RunFilter, options: CallOptions): Promise<readonly RunReport[]> {
  const { flow, label, startedFrom, isOpen } = filter;
  return await pagesOf(async (marker) => {
    const query = {
      ...(flow !== undefined && { filter_flow_id: flow }),
      ...(label !== undefined && { filter_label: label }),
      ...(startedFrom !== undefined && { filter_start_time: `${new Date(startedFrom).toISOString()},` }),
      ...(isOpen === true && { filter_status: "ACTIVE,INACTIVE" }),
      orderby: "start_time DESC",
      per_page: MOST_ROWS,
      ...(marker !== undefined && { marker }),
    };
    const asked: FlowsCallRequest = {
      what: "list runs of flows",
      // The SDK's types want texts in another form than the one that Flows takes.
      send: (headers, sdk) => flows.runs.getAll({ query: query as never, headers }, sdk),
      repeatable: true,
    };
    const page = await askFlows(room, runsSchema, asked, options);
    return {
      rows: page.runs.flatMap((run) => runIn(run, label !== undefined)),
      next: page.has_next_page === true ? (page.marker ?? undefined) : undefined,
    };
  });
}

const logSchema = z.object({
  entries: z.array(logEntrySchema),
  has_next_page: z.boolean().nullish(),
  marker: z.string().nullish(),
});

/** @param last behind which entries are wanted; undefined: all */
export async function runLog(
  room: FlowsRoom,
  run: string,
  options: CallOptions,
  last?: RunLogEntry,
): Promise<readonly RunLogEntry[]> {
  requireId("run", run);
  const ask = async (
    marker: string | undefined,
  ): Promise<{ readonly rows: readonly RunLogEntry[]; readonly next: string | undefined }> => {
    const query = {
      limit: MOST_ROWS,
      ...(last !== undefined && { reverse_order: true }),
      ...(marker !== undefined && { marker }),
    };
    const asked: FlowsCallRequest = {
      what: `tell the log of the run ${run}`,
      send: (headers, sdk) => flows.runs.getLog(run, { query, headers }, sdk),
      repeatable: true,
      advice: { absent: ABSENT_RUN },
    };
    const page = await askFlows(room, logSchema, asked, options);
    return { rows: page.entries, next: page.has_next_page === true ? (page.marker ?? undefined) : undefined };
  };
  if (last === undefined) return await pagesOf(ask);
  const backwards = await pagesOf(ask, (rows) => rows.some((entry) => isSame(entry, last)));
  const known = backwards.findIndex((entry) => isSame(entry, last));
  return (known < 0 ? backwards : backwards.slice(0, known)).toReversed();
}

const isSame = (one: RunLogEntry, other: RunLogEntry): boolean => JSON.stringify(one) === JSON.stringify(other);

export async function cancelRun(room: FlowsRoom, id: string, options: CallOptions): Promise<void> {
  requireId("run", id);
  const asked: FlowsCallRequest = {
    what: `cancel the run ${id}`,
    send: (headers, sdk) => flows.runs.cancel(id, { headers }, sdk),
    repeatable: true,
    advice: { absent: ABSENT_RUN },
  };
  await askFlows(room, z.looseObject({}), asked, options);
}

export async function resumeRun(room: FlowsRoom, id: string, flow: string, options: CallOptions): Promise<void> {
  requireId("flow", flow);
  const { requiredScopes } = await oneRun(room, id, options);
  const asked: FlowsCallRequest = {
    what: `resume the run ${id} of the flow ${room.nameOf(flow)}`,
    send: (headers, sdk) =>
      request({ service: "FLOWS", path: `/runs/${id}/resume`, method: HTTP_METHODS.POST }, { headers }, sdk),
    repeatable: true,
    newTokenWith: requiredScopes,
    ...ofFlow(room, flow),
  };
  await askFlows(room, z.looseObject({}), asked, options);
}
