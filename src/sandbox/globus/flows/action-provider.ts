/** What an action provider is to the simulated Flows. */

import type { AccessToken } from "../auth/auth-state.ts";
import type { Fields } from "../documents.ts";
import type { ActionStatus } from "./flow.ts";

/** For whom an action is done. */
export interface ActionCall {
  /** The starter's, or that of who resumed the run: what its consents are drawn from. */
  readonly token: AccessToken;
  readonly flow: string;
  readonly actionId: string;
}

export interface ActionProvider {
  /** What a user of a flow with such an action consents to. */
  readonly scope: string;
  /** @throws ActionRefused where nothing was begun; ConsentMissing where a consent is wanted first */
  start(call: ActionCall, input: Fields): ActionStatus;
  /** How it goes. Not called once it has succeeded or failed. @throws ConsentMissing */
  look(call: ActionCall, last: ActionStatus): ActionStatus;
  /** The run does not want it any more. */
  cancel(call: ActionCall, last: ActionStatus): void;
}

/** Nothing was begun: the flow sees ActionUnableToRun. */
export class ActionRefused extends Error {
  readonly answer: Fields;
  constructor(answer: Fields) {
    super("the action could not be begun");
    this.answer = answer;
  }
}

/** The action needs a consent that the run's token does not carry. */
export class ConsentMissing extends Error {
  /** Of the action's service, with what is below it. */
  readonly scope: string;
  constructor(scope: string) {
    super(`consent required: ${scope}`);
    this.scope = scope;
  }
}
