/** Globus Flows: the flows that are deployed, their runs, and the questions that runs ask of people. */
import type { CallOptions } from "./call.ts";
import type { SessionNeed } from "./identity.ts";

export const RUN_STATES = ["ACTIVE", "INACTIVE", "SUCCEEDED", "FAILED", "ENDED", "UNKNOWN"] as const;
/** UNKNOWN: Globus has a state that is not known here; `said` of the report has its name. */
export type RunState = (typeof RUN_STATES)[number];

/** A run as Flows tells of it. */
export interface RunReport {
  readonly id: string;
  readonly flow: string;
  readonly flowTitle: string;
  readonly state: RunState;
  /** The state as Flows spells it. */
  readonly said: string;
  readonly label: string;
  readonly tags: readonly string[];
  /** The identity that started the run, a UUID; "" where Flows does not tell. */
  readonly owner: string;
  /** Milliseconds since 1970 UTC. */
  readonly started: number;
  readonly ended?: number;
  /** Flows' word on how it goes, such as ConsentRequired; "" where it says none. */
  readonly code: string;
  /** The same in Flows' own words. */
  readonly description: string;
  /** The state of the definition that the run is in; "" where Flows does not tell. */
  readonly step: string;
  /** What the service of that step says of its work, such as a task's `nice_status`; "" where it says nothing. */
  readonly stepCode: string;
  /** Consents that an inactive run waits for, as scopes with what is below them. */
  readonly requiredScopes: readonly string[];
  /** The mapped collections that those let in, by their ids. */
  readonly collections: readonly string[];
  /** What kind of session an inactive run wants; absent: it wants none. */
  readonly session?: SessionNeed;
  /** The question that the run waits for, a UUID. */
  readonly question?: string;
  /** Tasks of Globus Transfer that the run's details name, in order. */
  readonly tasks: readonly string[];
  /** What a run that succeeded gave. */
  readonly output?: Readonly<Record<string, unknown>>;
}

/** What is asked of a flow. */
export interface FlowRunRequest {
  readonly flow: string;
  /** At most 64 characters, no comma; begins with our own id. */
  readonly label: string;
  readonly tags: readonly string[];
  readonly input: Readonly<Record<string, unknown>>;
}

export interface RunLogEntry {
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  readonly code: string;
  readonly description: string;
  /** The state of the definition that it tells of; "" where it tells of the run. */
  readonly step: string;
  /** Tasks of Globus Transfer that it names, in order. */
  readonly tasks: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
}

export interface RunFilter {
  /** Runs that have not ended alone. */
  readonly isOpen?: true;
  readonly flow?: string;
  /** A part of the label: Flows finds it anywhere in it, in any case. */
  readonly label?: string;
  /** Milliseconds since 1970 UTC: runs that started then, or later. */
  readonly startedFrom?: number;
}

/** A flow as Flows tells of it. */
export interface FlowReport {
  readonly id: string;
  readonly title: string;
  readonly owner: string;
  readonly keywords: readonly string[];
  readonly definition: Readonly<Record<string, unknown>>;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly subscription?: string;
  /** Milliseconds since 1970 UTC. */
  readonly created: number;
  readonly updated: number;
  /** The whole document, as it came. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** What makes, or changes, a flow; a member that is absent stays as it is. */
export interface FlowDraft {
  readonly title?: string;
  readonly subtitle?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly definition?: Readonly<Record<string, unknown>>;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  /** A UUID, or `DEFAULT` in a change. */
  readonly subscription?: string;
  readonly starters?: readonly string[];
  readonly viewers?: readonly string[];
}

/** A question that a run asks of people. */
export interface Question {
  readonly id: string;
  readonly run: string;
  readonly state: "open" | "closed" | "unknown";
  readonly title: string;
  readonly text: string;
  readonly options: readonly { readonly id: string; readonly words: string }[];
  /** Milliseconds since 1970 UTC. */
  readonly expires?: number;
}

export interface Flows {
  /**
   * One request, never repeated: Flows has no word for the same run asked for again.
   * @throws UnavailableError with `mayHaveHappened` where the run may have begun; AccessDeniedError for a login without
   * the consent, or an identity without the right; NotFoundError; ActionError for an input that Flows does not take
   */
  start(request: FlowRunRequest, options: CallOptions): Promise<RunReport>;
  /** What Flows finds wrong with a run before it is started, sentences; empty: nothing. */
  problems(request: FlowRunRequest, options: CallOptions): Promise<readonly string[]>;
  /** @throws NotFoundError */
  run(id: string, options: CallOptions): Promise<RunReport>;
  /** Runs that this login owns, the newest first. */
  runs(filter: RunFilter, options: CallOptions): Promise<readonly RunReport[]>;
  /**
   * The oldest first.
   * @param last an entry that is known: those behind it are wanted alone
   */
  log(run: string, options: CallOptions, last?: RunLogEntry): Promise<readonly RunLogEntry[]>;
  cancel(run: string, options: CallOptions): Promise<void>;
  /**
   * Lets an inactive run go on, with a new token of its flow; a service account gives itself the consent that the run
   * waits for.
   */
  resume(run: string, flow: string, options: CallOptions): Promise<void>;
  /** @throws NotFoundError */
  flow(id: string, options: CallOptions): Promise<FlowReport>;
  /** Flows that this login may see. */
  flows(options: CallOptions): Promise<readonly FlowReport[]>;
  create(draft: FlowDraft, options: CallOptions): Promise<FlowReport>;
  change(id: string, draft: FlowDraft, options: CallOptions): Promise<FlowReport>;
  remove(id: string, options: CallOptions): Promise<void>;
  /** What Flows finds wrong with a definition, sentences; empty: nothing. */
  definitionProblems(draft: FlowDraft, options: CallOptions): Promise<readonly string[]>;
  /** Open questions of these runs. */
  questions(runs: readonly string[], options: CallOptions): Promise<readonly Question[]>;
  /** @throws NotFoundError */
  question(id: string, options: CallOptions): Promise<Question>;
  /** @throws AccessDeniedError for who may not answer; ActionError where it is closed */
  respond(question: string, option: string, options: CallOptions): Promise<void>;
}
