/** Globus Flows behind its port: which part does what. */
import type { Flows } from "../../../controller/ports/flows.ts";
import { allFlows, changeFlow, createFlow, definitionProblems, oneFlow, removeFlow } from "./deployed-flows.ts";
import type { FlowsRoom } from "./flows-request.ts";
import { answerQuestion, oneQuestion, openQuestions } from "./questions.ts";
import { cancelRun, oneRun, ownRuns, resumeRun, runLog, runProblems, startRun } from "./runs.ts";

/** Each function throws ActionError for an id that is no UUID, before anything is sent. */
export const createFlows = (room: FlowsRoom): Flows => ({
  start: (run, options) => startRun(room, run, options),
  problems: (run, options) => runProblems(room, run, options),
  run: (id, options) => oneRun(room, id, options),
  runs: (filter, options) => ownRuns(room, filter, options),
  log: (run, options, last) => runLog(room, run, options, last),
  cancel: (run, options) => cancelRun(room, run, options),
  resume: (run, flow, options) => resumeRun(room, run, flow, options),
  flow: (id, options) => oneFlow(room, id, options),
  flows: (options) => allFlows(room, options),
  create: (draft, options) => createFlow(room, draft, options),
  change: (id, draft, options) => changeFlow(room, id, draft, options),
  remove: (id, options) => removeFlow(room, id, options),
  definitionProblems: (draft, options) => definitionProblems(room, draft, options),
  questions: (runs, options) => openQuestions(room, runs, options),
  question: (id, options) => oneQuestion(room, id, options),
  respond: (question, option, options) => answerQuestion(room, question, option, options),
});
