/** Globus Compute: functions that are registered, and tasks that run them at an endpoint. */
import type { CallOptions } from "./call.ts";

/** A function of Python, as it is registered. */
export interface ComputeSource {
  readonly name: string;
  /** The text of its definition. */
  readonly source: string;
  readonly description?: string;
}

export interface ComputeRequest {
  /** UUIDs. */
  readonly endpoint: string;
  readonly function: string;
  /** Values of JSON. */
  readonly args: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** A group that an earlier answer has named, to which the task is added; absent: a new one. */
  readonly group?: string;
  /** What a multi-user endpoint makes the user's own of; absent: nothing. */
  readonly endpointConfig?: Readonly<Record<string, unknown>>;
}

/** What Compute has answered to a submission. */
export interface ComputeSubmission {
  readonly task: string;
  readonly group: string;
}

export interface ComputeTaskReport {
  /** waiting: for its endpoint, or for a worker there. */
  readonly state: "waiting" | "running" | "done" | "failed";
  /** The state as Compute spells it. */
  readonly said: string;
  /** What the function gave; absent: it has not ended well, or it takes Python to read it. */
  readonly result?: { readonly value: unknown };
  /** Why it failed: the exception's last line; or why there is no result: a sentence. */
  readonly problem?: string;
  /** Of `failed`: the same call would fail alike. */
  readonly isFinal?: true;
  /** Python's traceback, as it came. */
  readonly traceback?: string;
}

export interface ComputeEndpointReport {
  readonly isOnline: boolean;
  /** As Compute spells its state. */
  readonly said: string;
  /** Tasks that wait there; absent: Compute does not tell. */
  readonly waiting?: number;
}

/** A task of a group. */
export interface ComputeGroupTask {
  readonly id: string;
  /** Milliseconds since 1970 UTC. */
  readonly created: number;
}

export interface Compute {
  /** @returns its id; the same source registered again is another function. Never repeated. */
  register(source: ComputeSource, options: CallOptions): Promise<string>;
  /**
   * One request, never repeated: Compute has no word for the same task asked for again.
   * @throws UnavailableError with `mayHaveHappened` where the task may be there; NotFoundError for an endpoint, a
   * function or a group that Compute does not have
   */
  submit(request: ComputeRequest, options: CallOptions): Promise<ComputeSubmission>;
  /** How tasks stand, by their ids; what is absent Compute does not know, or not any more. */
  tasks(ids: readonly string[], options: CallOptions): Promise<ReadonlyMap<string, ComputeTaskReport>>;
  /** The oldest first. @throws NotFoundError */
  groupTasks(group: string, options: CallOptions): Promise<readonly ComputeGroupTask[]>;
  /** @throws NotFoundError */
  endpoint(id: string, options: CallOptions): Promise<ComputeEndpointReport>;
}
