/**
 * The Action states of the simulated Flows: an action is begun at its provider, looked at more and more rarely, and
 * ends as it says, by its WaitTime, or with the run; where a consent or a session is missing, the run waits for a
 * person. globus.md §3.4. Flows looks every ten minutes at last; here it is ten seconds, for impatient people.
 */
import { randomBytes } from "node:crypto";
import type { AccessToken } from "../auth/auth-state.ts";
import { flowScope } from "../auth/known-scopes.ts";
import { type Fields, textOf } from "../documents.ts";
import { type GlobusWorld, hasConsent } from "../world.ts";
import { type ActionCall, type ActionProvider, ActionRefused, ConsentMissing } from "./action-provider.ts";
import { actionUrl, isRetired } from "./definition.ts";
import { type ActionStatus, type RunningAction, type TwinRun } from "./flow.ts";
import { FlowError } from "./flow-error.ts";
import { sentInput } from "./parameters.ts";
import { actionStatuses, type Entered, later, leave, raise, showAction, tell } from "./run-steps.ts";

/** Seconds that an action has unless its state says otherwise (globus.md §3.4). */
const WAIT_SECONDS = 300;
const FIRST_POLL_SECONDS = 1;
const LAST_POLL_SECONDS = 10;

export function startAction({ world, run, state, input }: Entered): void {
  const now = world.clock.now();
  const { WaitTime: seconds = WAIT_SECONDS } = state;
  run.action = {
    id: randomBytes(9).toString("base64url"),
    url: actionUrl(state),
    started: now,
    input: sentInput(input),
    deadline: now + Number(seconds) * 1000,
    pollSeconds: FIRST_POLL_SECONDS,
    last: undefined,
    ended: undefined,
    waitsSince: undefined,
  };
  comeOn(world, run);
}

function providerOf(world: GlobusWorld, url: string): ActionProvider {
  const provider = world.flows.providerByUrl.get(url);
  if (provider !== undefined) return provider;
  const why = isRetired(url) ? "is no longer in service" : "does not answer";
  throw new ActionRefused({ code: "ActionProviderUnavailable", message: `The action provider ${url} ${why}` });
}

const callOf = ({ token, flow }: TwinRun, { id }: RunningAction): ActionCall => {
  return { token, flow: flow.id, actionId: id };
};

/** Begins the action, or looks at it, and does what follows. */
function comeOn(world: GlobusWorld, run: TwinRun): void {
  const { action } = run;
  if (action === undefined || action.ended !== undefined) return;
  try {
    if (run.wantedSession?.oldTokens.has(run.token) === true)
      return waitForPerson(world, run, { kind: "session", parameters: run.wantedSession.parameters });
    const provider = providerOf(world, action.url);
    if (!hasConsent(run.token, [flowScope(run.flow.id), provider.scope])) throw new ConsentMissing(provider.scope);
    const call = callOf(run, action);
    action.last = action.last === undefined ? provider.start(call, action.input) : provider.look(call, action.last);
    if (run.failure !== undefined && action.last.status !== "SUCCEEDED") {
      provider.cancel(call, action.last);
      const details = { ...action.last.details, code: "ActionFailed", description: run.failure };
      action.last = { status: "FAILED", details };
    }
  } catch (thrown) {
    if (thrown instanceof ConsentMissing) return waitForPerson(world, run, { kind: "consent", scope: thrown.scope });
    if (!(thrown instanceof ActionRefused)) throw thrown;
    return raise(world, run, new FlowError("ActionUnableToRun", JSON.stringify(thrown.answer)));
  }
  judge(world, run, action.last);
}

function judge(world: GlobusWorld, run: TwinRun, { status, details }: ActionStatus): void {
  const { action } = run;
  if (action === undefined) return;
  if (status === "SUCCEEDED" || status === "FAILED") return endAction(world, run, status);
  if (status === "INACTIVE") setInactive(world, run, { kind: "action" }, details);
  else setActive(world, run);
  const left = (action.deadline - world.clock.now()) / 1000;
  if (left <= 0) return timeOut(world, run);
  later(world, run, Math.min(action.pollSeconds, left), () => comeOn(world, run));
  action.pollSeconds = Math.min(LAST_POLL_SECONDS, action.pollSeconds * 2);
}

function endAction(world: GlobusWorld, run: TwinRun, status: "SUCCEEDED" | "FAILED"): void {
  const state = run.definition.States[run.at] ?? {};
  if (run.action !== undefined) run.action.ended = world.clock.now();
  setActive(world, run);
  const [result] = actionStatuses(run);
  run.failure = undefined;
  if (status === "FAILED" && state["ExceptionOnActionFailure"] !== false)
    return raise(world, run, new FlowError("ActionFailedException", JSON.stringify(result)));
  leave({ world, run, state, input: run.action?.input }, result);
}

function timeOut(world: GlobusWorld, run: TwinRun): void {
  const [last] = actionStatuses(run);
  abandonAction(world, run);
  raise(world, run, new FlowError("ActionTimeout", JSON.stringify(last)));
}

/** The run does not want its action any more. */
export function abandonAction(world: GlobusWorld, run: TwinRun): void {
  const { action } = run;
  if (action?.last === undefined || action.ended !== undefined) return;
  try {
    world.flows.providerByUrl.get(action.url)?.cancel(callOf(run, action), action.last);
  } catch (thrown) {
    // Without the consent the action goes on by itself.
    if (!(thrown instanceof ConsentMissing)) throw thrown;
  }
}

function setActive(world: GlobusWorld, run: TwinRun): void {
  const { action } = run;
  if (run.status === "INACTIVE") tell(world, run, "FlowResumed", "The Flow Instance is active again", {});
  run.status = "ACTIVE";
  run.hindrance = undefined;
  if (action?.waitsSince !== undefined) {
    // The time in which a person was asked for is none of the action's.
    action.deadline += world.clock.now() - action.waitsSince;
    action.waitsSince = undefined;
    const { code: _code, description: _description, ...details } = run.details;
    run.details = { ...details, code: "ActionStarted", description: `State ${run.at} of type Action started` };
  }
  showAction(run);
}

/** Nothing comes on until somebody has done something and resumes the run. */
function waitForPerson(world: GlobusWorld, run: TwinRun, hindrance: NonNullable<TwinRun["hindrance"]>): void {
  run.cancel();
  if (run.action !== undefined) run.action.waitsSince ??= world.clock.now();
  setInactive(world, run, hindrance, {});
}

function setInactive(
  world: GlobusWorld,
  run: TwinRun,
  hindrance: NonNullable<TwinRun["hindrance"]>,
  details: Fields,
): void {
  const [inside, outside] = wordsOf(run, hindrance, details);
  const [action] = actionStatuses(run);
  const action_statuses = [{ ...action, status: "INACTIVE", display_status: "INACTIVE", details: inside }];
  if (run.status !== "INACTIVE")
    tell(world, run, "FlowInactive", textOf(outside["description"]), { state_name: run.at, ...outside });
  run.status = "INACTIVE";
  run.hindrance = hindrance;
  run.details = { ...outside, state_name: run.at, action_statuses };
}

/** What the action says of what it lacks, and what the run says: the scope of the flow with the action's below. */
function wordsOf(
  { flow, at }: TwinRun,
  hindrance: NonNullable<TwinRun["hindrance"]>,
  details: Fields,
): [Fields, Fields] {
  switch (hindrance.kind) {
    case "consent": {
      const said = { code: "ConsentRequired", description: `Missing required consent for the action of state ${at}` };
      const required_scope = `${flowScope(flow.id)}[${hindrance.scope}]`;
      return [
        { ...said, required_scope: hindrance.scope },
        { ...said, required_scope },
      ];
    }
    case "session": {
      const description = `The session does not meet what the action of state ${at} requires`;
      const said = { code: "AuthorizationParameters", description, authorization_parameters: hindrance.parameters };
      return [said, said];
    }
    case "action": {
      const description = textOf(details["nice_status_short_description"]) || "The action waits for a person";
      return [details, { code: textOf(details["nice_status"]) || "ActionInactive", description }];
    }
  }
}

/**
 * The action goes on with the consents of this token, if it is of the person and the application that the run was
 * started by. A token from before the consent, or the session, leaves the run where it is.
 */
export function resumeAction(world: GlobusWorld, run: TwinRun, token: AccessToken): void {
  if (token.clientId === run.token.clientId && token.identity === run.owner) run.token = token;
  if (run.action !== undefined) run.action.pollSeconds = FIRST_POLL_SECONDS;
  comeOn(world, run);
}

/** A test has changed something. */
export const lookAgain = (world: GlobusWorld, run: TwinRun): void => comeOn(world, run);
