/**
 * How the states of a run of the simulated Flows end: in a result, an exception, the next state or the end of the run,
 * and what the log says of each. What states do is in engine.ts. Not published: what a failed run's details hold, and
 * how long Flows takes between two states.
 */
import { type Fields, textOf } from "../documents.ts";
import type { GlobusWorld } from "../world.ts";
import { type FlowState, flowTime, flowTimeOrNull, identityUrn, type TwinRun } from "./flow.ts";
import { FlowError } from "./flow-error.ts";
import { writePath } from "./json-path.ts";

const STATE_SECONDS = 0.05;
/** What a run may carry along (globus.md §3.4). */
const MOST_STATE_BYTES = 200 * 1024;

/** A state that a run has entered. */
export interface Entered {
  readonly world: GlobusWorld;
  readonly run: TwinRun;
  readonly state: FlowState;
  readonly input: unknown;
}

/** A state is over: its result goes where ResultPath says, and the run goes on. @throws FlowError */
export function leave({ world, run, state }: Entered, result: unknown): void {
  const path = state["ResultPath"] === undefined ? "$" : state["ResultPath"];
  unlessHeld(run, () => {
    try {
      const data = path === null ? run.data : writePath(textOf(path), run.data, result);
      if (Buffer.byteLength(JSON.stringify(data)) > MOST_STATE_BYTES)
        throw new FlowError("States.DataLimitExceeded", "The state of the run is larger than 200 KB", true);
      run.data = data;
      tellState(world, run, state, "Completed", { output: result });
      follow(world, run, state);
    } catch (thrown) {
      raise(world, run, thrown);
    }
  });
}

function follow(world: GlobusWorld, run: TwinRun, state: FlowState): void {
  if (state["End"] === true) finish(world, run);
  else enterNext(world, run, nextOf(state));
}

/** As `leave`, for states without a result. */
export function go(world: GlobusWorld, run: TwinRun, next: string): void {
  const state = run.definition.States[run.at] ?? {};
  unlessHeld(run, () => {
    tellState(world, run, state, "Completed", { output: run.data });
    if (next === "") finish(world, run);
    else enterNext(world, run, next);
  });
}

export const nextOf = (state: FlowState): string => (state["End"] === true ? "" : textOf(state["Next"]));

function enterNext(world: GlobusWorld, run: TwinRun, next: string): void {
  run.at = next;
  run.action = undefined;
  enterSoon(world, run);
}

/** Enters the state that the run is to be in, a moment later. */
export const enterSoon = (world: GlobusWorld, run: TwinRun): void =>
  later(world, run, STATE_SECONDS, () => run.enter());

/** What a test holds goes on once it lets it. */
function unlessHeld(run: TwinRun, action: () => void): void {
  if (run.isHeld) run.held = action;
  else action();
}

/** Waits for what comes next, and for nothing else. */
export function later({ clock }: GlobusWorld, run: TwinRun, seconds: number, action: () => void): void {
  run.cancel();
  run.cancel = clock.after(Math.max(0, seconds), action);
}

/** Something went wrong in a state: what its Catch says, or the end of the run. */
export function raise(world: GlobusWorld, run: TwinRun, thrown: unknown): void {
  if (!(thrown instanceof FlowError)) throw thrown;
  const { error, message, isFinal } = thrown;
  const state = run.definition.States[run.at] ?? {};
  run.action = undefined;
  run.question = undefined;
  run.status = "ACTIVE";
  if (state["Type"] !== "Fail") tellState(world, run, state, "Failed", { error, cause: message });
  const catchers = (Array.isArray(state["Catch"]) ? state["Catch"] : []) as readonly Fields[];
  const isMeant = (catcher: Fields): boolean => {
    const names = (catcher["ErrorEquals"] ?? []) as readonly string[];
    return names.includes(error) || names.some((name) => /^states\.all$/i.test(name));
  };
  const catcher = isFinal ? undefined : catchers.find(isMeant);
  if (catcher === undefined) return fail(world, run, error, message);
  try {
    run.data = writePath(textOf(catcher["ResultPath"] ?? "$"), run.data, { Error: error, Cause: message });
  } catch (failed) {
    if (!(failed instanceof FlowError)) throw failed;
    return fail(world, run, failed.error, failed.message);
  }
  enterNext(world, run, textOf(catcher["Next"]));
}

export function end(world: GlobusWorld, run: TwinRun, status: TwinRun["status"], details: Fields): void {
  run.cancel();
  Object.assign(run, { status, details, ended: world.clock.now(), action: undefined, question: undefined });
  world.flows.closeQuestions(run, world.clock.now());
}

export function finish(world: GlobusWorld, run: TwinRun): void {
  const output = run.data;
  tell(world, run, "FlowSucceeded", "The Flow Instance completed successfully", { output });
  const description = "The Flow run reached a successful completion state";
  end(world, run, "SUCCEEDED", { code: "FlowSucceeded", description, output });
}

function fail(world: GlobusWorld, run: TwinRun, error: string, cause: string): void {
  const description = `The Flow Instance failed in state ${run.at}: ${error}`;
  const details = { error, cause, state_name: run.at };
  tell(world, run, "FlowFailed", description, details);
  end(world, run, "FAILED", { time: flowTime(world.clock.now()), code: "FlowFailed", description, details });
}

export function tell({ clock }: GlobusWorld, run: TwinRun, code: string, description: string, details: Fields): void {
  run.log.push({ time: clock.now(), code, description, details });
}

/** The log's word on a state, which is also what an active run says of itself. */
export function tellState(world: GlobusWorld, run: TwinRun, state: FlowState, what: string, more: Fields): void {
  const type = textOf(state["Type"]);
  const description = `State ${run.at} of type ${type} ${what.toLowerCase()}`;
  const details = { state_name: run.at, state_type: type, ...more };
  tell(world, run, `${type}${what}`, description, details);
  const time = flowTime(world.clock.now());
  run.details = { time, code: `${type}${what}`, description, state_name: run.at, details, action_statuses: [] };
}

/** What an active run says of its action now. */
export function showAction(run: TwinRun): void {
  run.details = { ...run.details, action_statuses: actionStatuses(run) };
}

/** What the run's action says, as the result of its state has it; a list with nothing in it where there is none. */
export function actionStatuses({ action, owner, at, label }: TwinRun): Fields[] {
  if (action === undefined) return [];
  const status = action.last?.status ?? "INACTIVE";
  return [
    {
      action_id: action.id,
      completion_time: flowTimeOrNull(action.ended),
      creator_id: identityUrn(owner.id),
      details: action.last?.details ?? {},
      display_status: status,
      label,
      manage_by: [],
      monitor_by: [],
      release_after: null,
      start_time: flowTime(action.started),
      state_name: at,
      status,
    },
  ];
}
