/** What tests and the demonstration do to the simulated Flows beside its API, each at the moment that it is called. */

import { identityOf, type TwinIdentity } from "../auth/auth-state.ts";
import { TRANSFER_SCOPE } from "../auth/known-scopes.ts";
import type { Fields } from "../documents.ts";
import type { GlobusWorld } from "../world.ts";
import type { ActionProvider } from "./action-provider.ts";
import { definitionProblems } from "./definition.ts";
import { flowDocument } from "./documents.ts";
import { endRun } from "./engine.ts";
import { type FlowDefinition, type FlowSettings, type RunStatus, type TwinRun, type WebInput } from "./flow.ts";
import { addFlow } from "./flow-routes.ts";
import { lookAgain } from "./run-actions.ts";
import { expireQuestion } from "./web-inputs.ts";

export interface DeployedFlow extends Partial<Omit<FlowSettings, "definition" | "subscription">> {
  /** Default: a new one. */
  readonly id?: string;
  readonly definition: object;
  /** Default: the service account. */
  readonly owner?: TwinIdentity;
  /** Makes it a high-assurance flow. */
  readonly policy?: string;
  /** Lives 30 days, as the flow of an account without a subscription; default: it stays. */
  readonly isFree?: boolean;
}

/** A run as the tests see it. */
export interface SimulatedRun {
  readonly id: string;
  readonly flow: string;
  readonly label: string;
  readonly status: RunStatus;
  /** The state of the definition that it is in. */
  readonly state: string;
  readonly input: unknown;
}

export interface FlowsControl {
  /** The one subscription there is. */
  readonly subscription: string;
  /** @returns its id. @throws Error for a definition that Flows would refuse */
  deploy(flow: DeployedFlow): string;
  /** What Flows tells a flow's owner of it. */
  document(flow: string): Fields;
  /** A flow is gone, as after 30 days without a subscription. */
  expireFlow(flow: string): void;
  /** What a flow's actions at this address do. */
  addProvider(url: string, provider: ActionProvider): void;
  /** Of everybody, in the order of their start. */
  readonly runs: readonly SimulatedRun[];
  /** The action that a run waits for fails, in these words. */
  failAction(run: string, message: string): void;
  /** A run does not leave the state that it is in. @returns what lets it go on */
  holdRun(run: string): () => void;
  /** Runs that enter a state of this name do not leave it. @returns what lets them go on */
  holdState(name: string): () => void;
  /**
   * What a run's flow was let do with this scope is withdrawn, for its starter and application: the run's action waits
   * for a new consent. Default: Transfer's.
   */
  revokeConsent(run: string, scope?: string): void;
  /** The run's action waits for a session of another kind, told in Globus Auth's `authorization_parameters`. */
  requireSession(run: string, parameters: Fields): void;
  /** The authentication policy of a flow refuses every session; undefined: it accepts them again. */
  requireFlowSession(flow: string, parameters: Fields | undefined): void;
  /** Flows gives up on a run. */
  endRun(run: string): void;
  /** A run says that it has this status, whatever it has; undefined: the truth again. */
  say(run: string, status: string | undefined): void;
  /** Open and closed, the oldest first. */
  readonly questions: readonly WebInput[];
  expireQuestion(question: string): void;
}

export function controlFlows(world: GlobusWorld): FlowsControl {
  const { flows, clock } = world;
  const runBy = (id: string): TwinRun => {
    const found = flows.runById.get(id);
    if (found === undefined) throw new Error(`the simulated Flows has no run ${id}`);
    return found;
  };
  return {
    subscription: flows.subscription,
    deploy: ({ id, owner, policy, isFree = false, title = "A flow", definition, ...settings }) => {
      const problems = definitionProblems(definition, flows);
      if (problems.length > 0) throw new Error(`no definition of a flow: ${JSON.stringify(problems)}`);
      const account = identityOf(world.auth, world.serviceAccount.clientId);
      const subscription = isFree ? undefined : flows.subscription;
      const made = { ...settings, title, definition: definition as FlowDefinition, subscription };
      return addFlow(world, owner ?? account, made, { ...(id !== undefined && { id }), policy }).id;
    },
    document: (id) => {
      const flow = flows.flow(id, clock.now());
      if (flow === undefined) throw new Error(`the simulated Flows has no flow ${id}`);
      return flowDocument(flow, flow.owner);
    },
    expireFlow: (id) => {
      const flow = flows.flowById.get(id);
      if (flow !== undefined) flow.expires = clock.now();
      flows.flow(id, clock.now());
    },
    addProvider: (url, provider) => flows.providerByUrl.set(url, provider),
    get runs() {
      return [...flows.runById.values()].map((run) => {
        const { id, flow, label, status, at: state, log } = run;
        return { id, flow: flow.id, label: label ?? "", status, state, input: log[0]?.details["input"] };
      });
    },
    failAction: (id, message) => {
      const run = runBy(id);
      run.failure = message;
      lookAgain(world, run);
    },
    holdRun: (id) => {
      const run = runBy(id);
      run.isHeld = true;
      return () => letGo(run);
    },
    holdState: (name) => {
      flows.heldStates.add(name);
      return () => {
        flows.heldStates.delete(name);
        for (const run of flows.runById.values()) if (run.isHeld && run.at === name) letGo(run);
      };
    },
    revokeConsent: (id, scope = TRANSFER_SCOPE) => {
      const run = runBy(id);
      for (const consent of run.token.roots.flatMap(({ family }) => family))
        if (consent.scope === scope && !consent.isRevoked) world.auth.consents.revoke(consent);
      lookAgain(world, run);
    },
    requireSession: (id, parameters) => {
      const run = runBy(id);
      const oldTokens = new WeakSet([run.token, ...world.auth.tokenByText.values()]);
      run.wantedSession = { parameters, oldTokens };
      lookAgain(world, run);
    },
    requireFlowSession: (flow, parameters) => {
      if (parameters === undefined) flows.sessionWantedByFlow.delete(flow);
      else flows.sessionWantedByFlow.set(flow, parameters);
    },
    endRun: (id) => endRun(world, runBy(id)),
    say: (id, status) => {
      runBy(id).said = status;
    },
    get questions() {
      return [...flows.webInputById.values()];
    },
    expireQuestion: (id) => {
      const question = flows.webInputById.get(id);
      if (question === undefined) throw new Error(`the simulated Flows has no question ${id}`);
      expireQuestion(world, question);
    },
  };
}

function letGo(run: TwinRun): void {
  const { held } = run;
  run.isHeld = false;
  run.held = undefined;
  held?.();
}
