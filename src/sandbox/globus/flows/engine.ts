/**
 * How a run of the simulated Flows begins, what each type of state does, and how a run is ended from outside. What an
 * Action state does is in run-actions.ts, how a state is left in run-steps.ts.
 */

import { isJsonObject } from "../../../base/json-object.ts";
import { type AccessToken, identityOf } from "../auth/auth-state.ts";
import { textOf, timeOf } from "../documents.ts";
import type { GlobusWorld } from "../world.ts";
import { choose } from "./choice.ts";
import { flowTime, identityUrn, type TwinRun } from "./flow.ts";
import { FlowError, notSimulated } from "./flow-error.ts";
import { requirePath } from "./json-path.ts";
import { inputOf } from "./parameters.ts";
import { abandonAction, resumeAction, startAction } from "./run-actions.ts";
import { type Entered, end, enterSoon, finish, go, later, leave, nextOf, raise, tell, tellState } from "./run-steps.ts";
import { awaitQuestion, createQuestion } from "./web-inputs.ts";

/** What each type of state does once it is entered: it goes on by `leave`, at once or later, or throws a FlowError. */
const STATES: Readonly<Record<string, (entered: Entered) => void>> = {
  Pass: (entered) => leave(entered, entered.input),
  ExpressionEval: (entered) => leave(entered, entered.input),
  Choice: ({ world, run, state }) => go(world, run, choose(state, visibleData(world, run))),
  Wait: (entered) => {
    const { world, run } = entered;
    later(world, run, waitSeconds(entered), () => go(world, run, nextOf(entered.state)));
  },
  Succeed: ({ world, run }) => finish(world, run),
  Fail: ({ state }) => {
    throw new FlowError(textOf(state["Error"]) || "FlowFailed", textOf(state["Cause"]), true);
  },
  Action: startAction,
  CreateWebInput: (entered) => leave(entered, createQuestion(entered)),
  AwaitWebInput: awaitQuestion,
};

export function beginRun(world: GlobusWorld, run: TwinRun): void {
  const input = run.data;
  tell(world, run, "FlowStarted", "The Flow Instance started execution", { input });
  run.details = { code: "FlowStarting", description: "The Flow is starting execution", details: { input } };
  run.enter = () => enter(world, run);
  enterSoon(world, run);
}

/** The data of a run with what Flows says of the run itself. */
function visibleData({ auth }: GlobusWorld, run: TwinRun): unknown {
  const { id, username, email } = identityOf(auth, run.owner.id);
  const urn = identityUrn(id);
  const seconds = Math.floor(run.started / 1000);
  const token_info = { exp: Math.floor(run.token.expires / 1000), iat: seconds, nbf: seconds };
  const whose = { username, email, user_id: urn, identities: [urn], token_info };
  return isJsonObject(run.data)
    ? { ...run.data, _context: { flow_id: run.flow.id, run_id: run.id, ...whose } }
    : run.data;
}

function enter(world: GlobusWorld, run: TwinRun): void {
  const state = run.definition.States[run.at] ?? {};
  const type = textOf(state["Type"]);
  if (world.flows.heldStates.has(run.at)) run.isHeld = true;
  try {
    const input = withoutContext(inputOf(state, visibleData(world, run)));
    tellState(world, run, state, "Started", { input });
    const does = STATES[type];
    if (does === undefined) throw notSimulated(`states of type ${type}`);
    does({ world, run, state, input });
  } catch (thrown) {
    raise(world, run, thrown);
  }
}

/** A state without parameters gets all of the data, to which `_context` does not belong. */
function withoutContext(input: unknown): unknown {
  if (!isJsonObject(input) || !("_context" in input)) return input;
  const { _context, ...rest } = input;
  return rest;
}

function waitSeconds({ world, run, state }: Entered): number {
  const { Seconds, SecondsPath, Timestamp, TimestampPath } = state;
  const data = visibleData(world, run);
  const at = TimestampPath === undefined ? Timestamp : requirePath(textOf(TimestampPath), data, "States.Runtime");
  const seconds = SecondsPath === undefined ? Seconds : requirePath(textOf(SecondsPath), data, "States.Runtime");
  const wait = at === undefined ? seconds : (timeOf(textOf(at)) - world.clock.now()) / 1000;
  if (typeof wait === "number" && Number.isFinite(wait)) return wait;
  throw new FlowError("States.Runtime", `${JSON.stringify(at ?? seconds)} is no time to wait for`);
}

export function cancelRun(world: GlobusWorld, run: TwinRun): void {
  abandonAction(world, run);
  const description = "The Flow Instance was canceled by the user";
  tell(world, run, "FlowCanceled", description, {});
  const time = flowTime(world.clock.now());
  end(world, run, "FAILED", { time, code: "FlowCanceled", description, details: {} });
}

/** Flows gives up on a run that waited too long for a person. */
export function endRun(world: GlobusWorld, run: TwinRun): void {
  abandonAction(world, run);
  const description = "The Flow Instance ended before it was complete";
  tell(world, run, "FlowEnded", description, {});
  end(world, run, "ENDED", { time: flowTime(world.clock.now()), code: "FlowEnded", description, details: {} });
}

/** A hint that what the run waits for may be there. */
export function resumeRun(world: GlobusWorld, run: TwinRun, token: AccessToken): void {
  if (run.action !== undefined) resumeAction(world, run, token);
}
