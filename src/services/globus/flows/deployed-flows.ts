/** Flows as they are deployed: shown, made, changed and deleted. What a definition does is nobody's business here. */
import { flows } from "@globus/sdk";
import { z } from "zod";
import { oneLine } from "../../../base/clean-text.ts";
import type { CallOptions } from "../../../controller/ports/call.ts";
import type { FlowDraft, FlowReport } from "../../../controller/ports/flows.ts";
import {
  absentFlow,
  askFlows,
  type FlowsCallRequest,
  type FlowsRoom,
  findings,
  pagesOf,
  requireId,
} from "./flows-request.ts";

const MOST_ROWS = 100;

const text = z
  .string()
  .nullish()
  .transform((said) => oneLine(said ?? "").trim());
const object = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => value ?? {});
const time = z
  .string()
  .nullish()
  .transform((said) => Date.parse(said ?? "") || 0);

const flowSchema = z
  .looseObject({
    id: z.string().min(1),
    title: text,
    flow_owner: text,
    keywords: z
      .array(z.string())
      .nullish()
      .transform((words) => words ?? []),
    definition: object,
    input_schema: object,
    subscription_id: text,
    created_at: time,
    updated_at: time,
  })
  .transform(
    ({ id, title, flow_owner: owner, keywords, definition, subscription_id: subscription, ...flow }): FlowReport => ({
      id,
      title,
      owner: owner.replace(/^urn:globus:auth:identity:/, ""),
      keywords,
      definition,
      inputSchema: flow.input_schema,
      ...(subscription !== "" && { subscription }),
      created: flow.created_at,
      updated: flow.updated_at,
      document: {},
    }),
  );

/** With the document as it came. */
const wholeSchema = z.unknown().transform((document, context): FlowReport => {
  const { success, data, error } = flowSchema.safeParse(document);
  if (success) return { ...data, document: document as Readonly<Record<string, unknown>> };
  for (const issue of error.issues) context.addIssue({ code: "custom", path: [...issue.path], message: issue.message });
  return z.NEVER;
});

/** @throws NotFoundError */
export async function oneFlow(room: FlowsRoom, id: string, options: CallOptions): Promise<FlowReport> {
  requireId("flow", id);
  const asked: FlowsCallRequest = {
    what: `show the flow ${room.nameOf(id)}`,
    send: (headers, sdk) => flows.flows.get(id, { headers }, sdk),
    repeatable: true,
    advice: { absent: absentFlow(room.nameOf(id)) },
  };
  return await askFlows(room, wholeSchema, asked, options);
}

const listSchema = z.object({
  flows: z.array(wholeSchema),
  has_next_page: z.boolean().nullish(),
  marker: z.string().nullish(),
});

/** Flows that this login may see; Flows leaves definitions and input schemas out of lists. */
export async function allFlows(room: FlowsRoom, options: CallOptions): Promise<readonly FlowReport[]> {
  return await pagesOf(async (marker) => {
    const query = { per_page: MOST_ROWS, ...(marker !== undefined && { marker }) };
    const asked: FlowsCallRequest = {
      what: "list flows",
      send: (headers, sdk) => flows.flows.getAll({ query, headers }, sdk),
      repeatable: true,
    };
    const page = await askFlows(room, listSchema, asked, options);
    return { rows: page.flows, next: page.has_next_page === true ? (page.marker ?? undefined) : undefined };
  });
}

/** Members that are absent are not sent: in a change they stay as they are. */
const payloadOf = (draft: FlowDraft): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries({
      title: draft.title,
      subtitle: draft.subtitle,
      description: draft.description,
      keywords: draft.keywords,
      definition: draft.definition,
      input_schema: draft.inputSchema,
      subscription_id: draft.subscription,
      flow_starters: draft.starters,
      flow_viewers: draft.viewers,
    }).filter(([, value]) => value !== undefined),
  );

const titleOf = ({ title }: FlowDraft): string => JSON.stringify(oneLine(title ?? ""));

export async function createFlow(room: FlowsRoom, draft: FlowDraft, options: CallOptions): Promise<FlowReport> {
  const payload = payloadOf(draft) as never;
  const asked: FlowsCallRequest = {
    what: `deploy the flow ${titleOf(draft)}`,
    send: (headers, sdk) => flows.flows.create({ payload, headers }, sdk),
    repeatable: false, // a second one would be another flow
  };
  return await askFlows(room, wholeSchema, asked, options);
}

export async function changeFlow(
  room: FlowsRoom,
  id: string,
  draft: FlowDraft,
  options: CallOptions,
): Promise<FlowReport> {
  requireId("flow", id);
  const payload = payloadOf(draft) as never;
  const asked: FlowsCallRequest = {
    what: `change the flow ${room.nameOf(id)}`,
    send: (headers, sdk) => flows.flows.update(id, { payload, headers }, sdk),
    repeatable: true,
    advice: { absent: absentFlow(room.nameOf(id)) },
  };
  return await askFlows(room, wholeSchema, asked, options);
}

export async function removeFlow(room: FlowsRoom, id: string, options: CallOptions): Promise<void> {
  requireId("flow", id);
  const asked: FlowsCallRequest = {
    what: `delete the flow ${room.nameOf(id)}`,
    send: (headers, sdk) => flows.flows.remove(id, { headers }, sdk),
    repeatable: true,
    advice: { absent: absentFlow(room.nameOf(id)) },
  };
  await askFlows(room, z.looseObject({}), asked, options);
}

/** @returns sentences; empty: nothing is wrong with it */
export async function definitionProblems(
  room: FlowsRoom,
  draft: FlowDraft,
  options: CallOptions,
): Promise<readonly string[]> {
  const { definition, input_schema: inputSchema } = payloadOf(draft);
  const payload = { definition, ...(inputSchema !== undefined && { input_schema: inputSchema }) } as never;
  const asked: FlowsCallRequest = {
    what: `check the definition of the flow ${titleOf(draft)}`,
    send: (headers, sdk) => flows.flows.validate({ payload, headers }, sdk),
    repeatable: true,
  };
  return await findings(askFlows(room, z.looseObject({}), asked, options), ["UNPROCESSABLE_ENTITY"]);
}
