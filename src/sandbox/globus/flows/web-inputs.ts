/**
 * The questions that runs of the simulated Flows ask of people: made by CreateWebInput, waited for by AwaitWebInput,
 * answered or over. globus.md §3.4, and Globus' published example flows. How long a question stays open is not
 * published: here until it is answered, its run ends, or a test ends it.
 */

import { randomUUID } from "node:crypto";
import { isJsonObject } from "../../../base/json-object.ts";
import type { TwinIdentity } from "../auth/auth-state.ts";
import { type Fields, textOf } from "../documents.ts";
import type { GlobusWorld } from "../world.ts";
import { identityUrn, type QuestionOption, type WebInput } from "./flow.ts";
import { FlowError } from "./flow-error.ts";
import { type Entered, leave, raise, showAction } from "./run-steps.ts";

const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(textOf) : []);

/** @returns the result of the state. @throws FlowError for a question that nobody could answer */
export function createQuestion({ world, run, input }: Entered): Fields {
  const given = isJsonObject(input) ? input : {};
  const context = isJsonObject(given["Context"]) ? given["Context"] : {};
  const options = list(given["Options"]).map((option): QuestionOption => {
    const { Value: value, Label: label, Description: description } = option;
    return { id: randomUUID(), value, label: textOf(label), description: textOf(description) };
  });
  const respondents = texts(given["RespondentUrns"]);
  if (options.length === 0 || respondents.length === 0)
    throw new FlowError("States.Runtime", "A web input has Options and RespondentUrns");
  const now = world.clock.now();
  const question: WebInput = {
    id: randomUUID(),
    run,
    title: textOf(context["Title"]),
    context: shownContext(context),
    options,
    respondents,
    viewers: texts(given["ViewerUrns"]),
    created: now,
    edited: now,
    closed: undefined,
    response: undefined,
    isExpired: false,
  };
  world.flows.webInputById.set(question.id, question);
  return { web_input_id: question.id };
}

/** A context as Flows tells it: its names in lower case, a table as rows. */
function shownContext(context: Fields): Fields {
  const title = textOf(context["Title"]);
  if (textOf(context["PresentationStyle"]).toLowerCase() !== "table")
    return { title, presentation_style: "text", text: textOf(context["Text"]) };
  const rows = list(context["Rows"]).map(({ Field: field, Value: value }) => ({ field, value }));
  return { title, presentation_style: "table", rows };
}

/** The run stays until the question has an answer. */
export function awaitQuestion({ world, run, input }: Entered): void {
  const id = textOf(isJsonObject(input) ? input["web_input_id"] : undefined);
  const question = world.flows.webInputById.get(id);
  if (question?.run !== run) throw new FlowError("States.Runtime", `The run has no web input ${JSON.stringify(id)}`);
  run.question = id;
  showAction(run);
  settleQuestion(world, question);
}

/** Lets a run go on that waits for this question, if it is decided. */
function settleQuestion(world: GlobusWorld, { id, run, response, isExpired }: WebInput): void {
  if (run.question !== id) return;
  if (isExpired) {
    run.question = undefined;
    return raise(world, run, new FlowError("Flows.WebInputExpired", `The web input ${id} expired without a response`));
  }
  if (response === undefined) return;
  run.question = undefined;
  const result = { web_input_id: id, response: response.value, option_id: response.option, respondent: response.by };
  leave({ world, run, state: run.definition.States[run.at] ?? {}, input: undefined }, result);
}

export function answerQuestion(
  world: GlobusWorld,
  question: WebInput,
  { id, value }: QuestionOption,
  by: TwinIdentity,
): void {
  question.closed = world.clock.now();
  question.edited = question.closed;
  question.response = { value, option: id, by: identityUrn(by.id) };
  settleQuestion(world, question);
}

export function expireQuestion(world: GlobusWorld, question: WebInput): void {
  question.closed = world.clock.now();
  question.isExpired = true;
  settleQuestion(world, question);
}
