/**
 * A function of Globus Compute as a step behind a verified scan: it is called with the scan's path. Compute has no key
 * by which a start could be repeated; what it has are groups of tasks, which it makes itself. So the tasks of one
 * process go into a group: where an answer was lost, the group shows whether there is one behind the last. The first
 * task of a process has no group yet; if its answer is lost, nobody can say.
 */
import { oneLine } from "../../base/clean-text.ts";
import { asSentence } from "../../base/errors.ts";
import { NotFoundError, OffError, UnavailableError } from "../ports/call.ts";
import type { ComputeSubmission, ComputeTaskReport } from "../ports/compute.ts";
import type { StepKind, StepReport } from "../ports/steps.ts";
import { COMPUTE_OFF, type ComputeSite, functionId } from "./compute-site.ts";

/** Tasks in a group: lists of more would be long. */
const MOST_IN_GROUP = 200;
const MOST_WORDS = 200;

const LOST_WORDS =
  "Globus Compute does not know the task any more: nobody has fetched its result for 30 minutes, or it waited for two weeks";

/** @param site undefined: Compute is off @param nameOf what operators call an endpoint */
export function createComputeStep(site: ComputeSite | undefined): StepKind {
  /** Of this process' tasks: the last of them, and how many there are. */
  let group: { readonly id: string; readonly last: string; readonly count: number } | undefined;
  const on = (): ComputeSite => {
    if (site === undefined) throw new OffError(COMPUTE_OFF);
    return site;
  };
  const took = ({ group: id, task: last }: ComputeSubmission): void => {
    const count = group?.id === id ? group.count + 1 : 1;
    group = count < MOST_IN_GROUP ? { id, last, count } : undefined;
  };
  return {
    name: "compute",
    word: "function",
    limitSeconds: site?.taskSeconds ?? Infinity,
    pollSeconds: site?.pollSeconds ?? 60,
    hold: async (options) => {
      const { compute, endpoint } = on();
      const { isOnline, said } = await compute.endpoint(endpoint, options);
      return isOnline ? undefined : `The Compute endpoint ${endpoint} is ${said || "not online"}.`;
    },
    prepare: () => Promise.resolve(group === undefined ? "" : `${group.id} ${group.last}`),
    start: async ({ what, path }, options) => {
      const { compute, endpoint, endpointConfig } = on();
      const id = await functionId(on(), what);
      const config = await endpointConfig();
      const request = {
        endpoint,
        function: id,
        args: [path],
        ...(group !== undefined && { group: group.id }),
        ...(config !== undefined && { endpointConfig: config }),
      };
      try {
        const submission = await compute.submit(request, options);
        took(submission);
        return submission.task;
      } catch (thrown) {
        if (!(thrown instanceof NotFoundError) || group === undefined) throw thrown;
        group = undefined; // the group may be what is not there: without it the answer is plain
        throw new UnavailableError(thrown.message, { cause: thrown });
      }
    },
    find: async ({ key }, options) => {
      const [id = "", last = ""] = key.split(" ");
      if (id === "") return "unknown";
      try {
        const ids = (await on().compute.groupTasks(id, options)).map((task) => task.id);
        const [run, ...more] = ids.includes(last) ? ids.slice(ids.indexOf(last) + 1) : ids;
        if (run === undefined) return "none";
        // Which of several is this start's nobody can say
        if (more.length > 0 || !ids.includes(last)) return "unknown";
        took({ group: id, task: run });
        return { run };
      } catch (thrown) {
        if (thrown instanceof NotFoundError) return "unknown";
        throw thrown;
      }
    },
    look: async (runs, options) => {
      const tasks = await on().compute.tasks(runs, options);
      return new Map(runs.map((run) => [run, reportOf(tasks.get(run), on().endpoint)]));
    },
  };
}

function reportOf(task: ComputeTaskReport | undefined, endpoint: string): StepReport {
  if (task === undefined) return { state: "failed", words: LOST_WORDS, isFinal: true };
  const { state, problem, result, said, isFinal } = task;
  if (state === "waiting") return { state, words: `it waits for the Compute endpoint ${endpoint} (${said})` };
  if (state === "failed") return { state, words: problem ?? "", ...(isFinal === true && { isFinal }) };
  return { state, words: problem ?? (result === undefined ? "" : resultText(result.value)) };
}

/** `It gave {"slices":12}.` */
function resultText(value: unknown): string {
  const text = oneLine(JSON.stringify(value));
  return asSentence(`It gave ${text.length > MOST_WORDS ? `${text.slice(0, MOST_WORDS)}…` : text}`);
}
