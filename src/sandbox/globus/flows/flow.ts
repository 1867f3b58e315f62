/** What the simulated Flows knows of flows, runs and the questions that runs ask. What happens to them is elsewhere. */
import type { Cancel } from "../../../base/clock.ts";
import type { AccessToken, TwinIdentity } from "../auth/auth-state.ts";
import type { Fields } from "../documents.ts";
import type { Group } from "../group.ts";

export interface FlowDefinition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, FlowState>>;
}

/** A state as its author wrote it: `Type`, and what belongs to that type. */
export type FlowState = Fields;

/** What may be given at creation and changed later. */
export interface FlowSettings {
  title: string;
  subtitle: string;
  description: string;
  keywords: readonly string[];
  definition: FlowDefinition;
  inputSchema: Fields;
  /** Principals, as URNs; of viewers also `public`, of starters `all_authenticated_users`. */
  viewers: readonly string[];
  starters: readonly string[];
  administrators: readonly string[];
  runManagers: readonly string[];
  runMonitors: readonly string[];
  subscription: string | undefined;
}

export interface Flow extends FlowSettings {
  readonly id: string;
  readonly owner: TwinIdentity;
  /** Those whose members are meant where its lists, and those of its runs, name a group. */
  readonly groups: readonly Group[];
  /** Makes it a high-assurance flow. */
  readonly policy: string | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly created: number;
  updated: number;
  /** When it is gone by itself, as the flows of free accounts. */
  expires: number;
}

export interface FlowLogEntry {
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  readonly code: string;
  readonly description: string;
  readonly details: Fields;
}

/** What an action provider says of an action. */
export interface ActionStatus {
  readonly status: "ACTIVE" | "INACTIVE" | "SUCCEEDED" | "FAILED";
  readonly details: Fields;
}

/** What a run is doing in an Action state. */
export interface RunningAction {
  readonly id: string;
  readonly url: string;
  readonly started: number;
  readonly input: Fields;
  /** Milliseconds since 1970 UTC at which WaitTime is over. */
  deadline: number;
  /** Until the next look, which comes later and later. */
  pollSeconds: number;
  /** Undefined: the provider has not begun it, for want of a consent. */
  last: ActionStatus | undefined;
  ended: number | undefined;
  /** Milliseconds since 1970 UTC at which it began to wait for a person. */
  waitsSince: number | undefined;
}

/** `HALTED` and the like: a status that Flows may invent one day. */
export type RunStatus = "ACTIVE" | "INACTIVE" | "SUCCEEDED" | "FAILED" | "ENDED";

/** Why a run is INACTIVE. */
export type Hindrance =
  | { readonly kind: "consent"; readonly scope: string }
  | { readonly kind: "session"; readonly parameters: Fields }
  | { readonly kind: "action" };

export interface TwinRun {
  readonly id: string;
  readonly flow: Flow;
  /** As it was when the run began: a change of the flow does not touch it. */
  readonly definition: FlowDefinition;
  readonly inputSchema: Fields;
  readonly flowUpdated: number;
  readonly owner: TwinIdentity;
  /** What the run's actions draw their consents from. */
  token: AccessToken;
  label: string | null;
  tags: readonly string[];
  managers: readonly string[];
  monitors: readonly string[];
  status: RunStatus;
  /** Instead of its status, where a test wants one that no program knows. */
  said: string | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly started: number;
  ended: number | undefined;
  details: Fields;
  readonly log: FlowLogEntry[];
  /** The input, and what the states have put beside it. */
  data: unknown;
  /** The state that it is in. */
  at: string;
  action: RunningAction | undefined;
  hindrance: Hindrance | undefined;
  /** The question that it waits for. */
  question: string | undefined;
  /** A test keeps it where it is. */
  isHeld: boolean;
  /** What it does once it is let go. */
  held: (() => void) | undefined;
  /** A test lets its action fail with these words. */
  failure: string | undefined;
  /** What the session must be, in Globus Auth's words, and the tokens of other sessions. */
  wantedSession: { readonly parameters: Fields; readonly oldTokens: WeakSet<AccessToken> } | undefined;
  /** Enters the state that it is to be in. */
  enter: () => void;
  /** Ends the wait for what comes next. */
  cancel: Cancel;
}

export interface QuestionOption {
  readonly id: string;
  /** What the run gets as the answer. */
  readonly value: unknown;
  readonly label: string;
  readonly description: string;
}

/** A web input: what a run asks of people. */
export interface WebInput {
  readonly id: string;
  readonly run: TwinRun;
  readonly context: Fields;
  readonly title: string;
  readonly options: readonly QuestionOption[];
  readonly viewers: readonly string[];
  readonly respondents: readonly string[];
  readonly created: number;
  edited: number;
  closed: number | undefined;
  /** The value of the option that was chosen. */
  response: { readonly value: unknown; readonly option: string; readonly by: string } | undefined;
  isExpired: boolean;
}

export const hasEnded = ({ status }: TwinRun): boolean =>
  status === "SUCCEEDED" || status === "FAILED" || status === "ENDED";

/** Milliseconds since 1970 UTC as Flows writes them. */
export const flowTime = (time: number): string => new Date(time).toISOString().replace("Z", "000+00:00");
export const flowTimeOrNull = (time: number | undefined): string | null => (time === undefined ? null : flowTime(time));

export const groupUrn = (id: string): string => `urn:globus:groups:id:${id}`;
export const identityUrn = (id: string): string => `urn:globus:auth:identity:${id}`;
