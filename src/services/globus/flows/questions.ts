/** Questions that runs ask of people, which Flows calls web inputs; SDK 6.2.0 knows none of their routes. */
import { request } from "@globus/sdk";
import { HTTP_METHODS } from "@globus/sdk/services/shared";
import { z } from "zod";
import { oneLine } from "../../../base/clean-text.ts";
import type { CallOptions } from "../../../controller/ports/call.ts";
import type { Question } from "../../../controller/ports/flows.ts";
import { askFlows, type FlowsCallRequest, type FlowsRoom, pagesOf, requireId } from "./flows-request.ts";

const text = z
  .string()
  .nullish()
  .transform((said) => oneLine(said ?? "").trim());

const row = z.looseObject({ field: text, value: text });
const option = z.looseObject({ option_id: z.string(), label: text, description: text });

const questionSchema = z
  .looseObject({
    id: z.string().min(1),
    status: text,
    title: text,
    context: z.looseObject({ title: text, text, rows: z.array(row).nullish() }).nullish(),
    options: z.array(option).nullish(),
    run: z.looseObject({ id: text }).nullish(),
    expiration_timestamp: text,
  })
  .transform(({ id, status, title, context, options, run, expiration_timestamp: end }): Question => {
    const lines = (context?.rows ?? []).map(({ field, value }) => `${field}: ${value}`);
    const expires = Date.parse(end);
    return {
      id,
      run: run?.id ?? "",
      state: status === "open" || status === "closed" ? status : "unknown",
      title: context?.title || title,
      text: [context?.text ?? "", ...lines].filter((line) => line !== "").join("; "),
      options: (options ?? []).map(({ option_id: of, label, description }) => ({
        id: of,
        words: label || description || of,
      })),
      ...(!Number.isNaN(expires) && { expires }),
    };
  });

const listSchema = z.object({ web_input_summaries: z.array(questionSchema), marker: z.string().nullish() });

/** Open questions of these runs; lists have neither their texts nor their options. */
export async function openQuestions(
  room: FlowsRoom,
  runs: readonly string[],
  options: CallOptions,
): Promise<readonly Question[]> {
  for (const run of runs) requireId("run", run);
  if (runs.length === 0) return [];
  return await pagesOf(async (marker) => {
    const query = {
      filter_states: "open",
      filter_run_ids: runs.join(","),
      ...(marker !== undefined && { marker }),
    };
    const asked: FlowsCallRequest = {
      what: "list the questions that runs ask",
      send: (headers, sdk) =>
        request({ service: "FLOWS", path: "/web_inputs", method: HTTP_METHODS.GET }, { query, headers }, sdk),
      repeatable: true,
    };
    const page = await askFlows(room, listSchema, asked, options);
    return { rows: page.web_input_summaries, next: page.marker ?? undefined };
  });
}

/** @throws NotFoundError */
export async function oneQuestion(room: FlowsRoom, id: string, options: CallOptions): Promise<Question> {
  requireId("question", id);
  const asked: FlowsCallRequest = {
    what: `show the question ${id}`,
    send: (headers, sdk) =>
      request({ service: "FLOWS", path: `/web_inputs/${id}`, method: HTTP_METHODS.GET }, { headers }, sdk),
    repeatable: true,
    advice: ADVICE,
  };
  return await askFlows(room, questionSchema, asked, options);
}

/** @throws AccessDeniedError for who may not answer; ActionError where it is closed, or has no such option */
export async function answerQuestion(room: FlowsRoom, id: string, chosen: string, options: CallOptions): Promise<void> {
  requireId("question", id);
  const payload = { response: { value: chosen } };
  const asked: FlowsCallRequest = {
    what: `answer the question ${id}`,
    send: (headers, sdk) =>
      request(
        { service: "FLOWS", path: `/web_inputs/${id}/respond`, method: HTTP_METHODS.POST },
        { payload, headers },
        sdk,
      ),
    repeatable: false, // a second answer is refused as one to a closed question
    advice: ADVICE,
  };
  await askFlows(room, z.looseObject({}), asked, options);
}

const ADVICE = {
  permission: "this login is none of those who are asked: log in as one of them, or let one answer in the browser",
  absent: "it is there no more, or is asked of others",
};
