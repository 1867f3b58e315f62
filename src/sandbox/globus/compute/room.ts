/**
 * What the simulated Globus Compute has: end points that go offline and come back, functions, and tasks, which come on
 * by the clock. No Python runs: what a function gives is a callback of whoever has started the sandbox, by the
 * function's name; one without gives a canned answer.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../../base/clock.ts";
import { packJson, readJson, readSource, unpack } from "./packing.ts";

/** Bytes of a request, and of a result. */
export const MOST_BYTES = 10 * 1024 * 1024;
/** Requests of one login in so many seconds. */
export const MOST_REQUESTS = 20;
export const PERIOD_SECONDS = 10;
/** A result that nobody has fetched for so long after its end is abandoned. */
const ABANDONED_SECONDS = 1800;

/** One call of a function, as a callback sees it. */
export interface SimulatedCall {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}
/**
 * Gives what the function returns, a value of JSON. @throws an Error whose name and message becomes the last line of a
 * traceback
 */
export type SimulatedFunction = (call: SimulatedCall) => unknown;

export interface ComputeEndpoint {
  readonly id: string;
  readonly name: string;
  isOnline: boolean;
  /** Of each task. */
  readonly runSeconds: number;
}

export interface ComputeFunction {
  readonly id: string;
  readonly name: string;
  readonly code: string;
  readonly description: string | null;
  readonly meta: unknown;
  readonly owner: string;
  readonly isPublic: boolean;
}

export interface ComputeTask {
  readonly id: string;
  readonly group: string;
  readonly owner: string;
  readonly endpoint: ComputeEndpoint;
  readonly fn: ComputeFunction;
  /** Arguments and keyword arguments, packed. */
  readonly payload: string;
  /** Milliseconds since 1970 UTC. */
  readonly created: number;
  /** Since when it runs, milliseconds since 1970 UTC; undefined: it waits. */
  began: number | undefined;
  ended: ComputeEnd | undefined;
  isFetched: boolean;
}

/** How a task ended. */
interface ComputeEnd {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** As Compute gives it, or the traceback. */
  readonly outcome: { readonly result: string } | { readonly exception: string };
}

/** `lost`: abandoned, or never there. */
export type ComputeLook = { readonly task: ComputeTask; readonly status: string } | "lost";

export interface SimulatedEndpointOptions {
  readonly name: string;
  /** Of each task; default 2. */
  readonly runSeconds?: number;
}

export interface SimulatedComputeOptions {
  readonly clock: Clock;
  readonly endpoints: readonly SimulatedEndpointOptions[];
  readonly functions: Readonly<Record<string, SimulatedFunction>>;
}

const RUN_SECONDS = 2;
const TOO_LARGE = "globus_compute_sdk.errors.error_types.MaxResultSizeExceeded";

export class ComputeRoom {
  readonly endpointById: ReadonlyMap<string, ComputeEndpoint>;
  readonly functionById = new Map<string, ComputeFunction>();
  readonly taskById = new Map<string, ComputeTask>();
  readonly #clock: Clock;
  readonly #callbacks: Map<string, SimulatedFunction>;
  /** When each login has asked, milliseconds since 1970 UTC. */
  readonly #requestsBy = new Map<string, readonly number[]>();

  constructor({ clock, endpoints, functions }: SimulatedComputeOptions) {
    this.#clock = clock;
    this.#callbacks = new Map(Object.entries(functions));
    this.endpointById = new Map(
      endpoints.map(({ name, runSeconds = RUN_SECONDS }) => {
        const id = randomUUID();
        return [id, { id, name, isOnline: true, runSeconds }];
      }),
    );
  }

  /** Takes a request of a login. @returns 0, or after how many seconds another one is taken: this one is not */
  admits(identity: string): number {
    const now = this.#clock.now();
    const since = now - PERIOD_SECONDS * 1000;
    const recent = (this.#requestsBy.get(identity) ?? []).filter((at) => at > since && at <= now);
    const [oldest = now] = recent;
    if (recent.length >= MOST_REQUESTS) return Math.max(1, Math.ceil((oldest - since) / 1000));
    this.#requestsBy.set(identity, [...recent, now]);
    return 0;
  }

  /** @throws Error for a name that was not given at the start */
  endpoint(name: string): ComputeEndpoint {
    const found = [...this.endpointById.values()].find((one) => one.name === name);
    if (found === undefined) throw new Error(`the simulated Compute has no endpoint ${name}`);
    return found;
  }

  /** What a function of this name gives from now on. */
  simulate(name: string, callback: SimulatedFunction): void {
    this.#callbacks.set(name, callback);
  }

  /** Tasks that run begin anew when the endpoint is back. */
  setOnline(endpoint: ComputeEndpoint, isOnline: boolean): void {
    this.#comeOn();
    endpoint.isOnline = isOnline;
    for (const task of this.taskById.values())
      if (task.endpoint === endpoint && task.ended === undefined) task.began = isOnline ? this.#clock.now() : undefined;
  }

  register(fn: Omit<ComputeFunction, "id">): ComputeFunction {
    const made = { id: randomUUID(), ...fn };
    this.functionById.set(made.id, made);
    return made;
  }

  /** @param payload arguments and keyword arguments, packed */
  begin(about: Pick<ComputeTask, "owner" | "endpoint" | "fn" | "payload" | "group">): ComputeTask {
    const now = this.#clock.now();
    const { isOnline } = about.endpoint;
    const task: ComputeTask = {
      id: randomUUID(),
      ...about,
      created: now,
      began: isOnline ? now : undefined,
      ended: undefined,
      isFetched: false,
    };
    this.taskById.set(task.id, task);
    return task;
  }

  look(id: string): ComputeLook {
    this.#comeOn();
    const task = this.taskById.get(id);
    if (task === undefined) return "lost";
    const { ended, isFetched, began } = task;
    if (ended === undefined) return { task, status: began === undefined ? "waiting-for-ep" : "running" };
    if (!isFetched && this.#clock.now() - ended.at > ABANDONED_SECONDS * 1000) return "lost";
    return { task, status: "result" in ended.outcome ? "success" : "failed" };
  }

  #comeOn(): void {
    const now = this.#clock.now();
    for (const task of this.taskById.values()) {
      if (task.ended !== undefined || task.began === undefined) continue;
      const at = task.began + task.endpoint.runSeconds * 1000;
      if (at <= now) task.ended = { at, outcome: this.#outcome(task) };
    }
  }

  #outcome({ fn, payload }: ComputeTask): ComputeEnd["outcome"] {
    try {
      const result = packJson(this.#call(fn, payload));
      const bytes = Buffer.byteLength(result);
      if (bytes > MOST_BYTES)
        throw Object.assign(new Error(`Task result of ${bytes}B exceeded current limit of ${MOST_BYTES}B`), {
          name: TOO_LARGE,
        });
      return { result };
    } catch (thrown) {
      return { exception: traceback(fn.name, thrown) };
    }
  }

  #call(fn: ComputeFunction, payload: string): unknown {
    const [args, kwargs] = unpack(payload).map(readJson);
    const name = readSource(fn.code)?.name ?? fn.name;
    const callback = this.#callbacks.get(name);
    const call = {
      args: (args?.value ?? []) as readonly unknown[],
      kwargs: (kwargs?.value ?? {}) as Readonly<Record<string, unknown>>,
    };
    return callback === undefined ? { function: name, ...call } : callback(call);
  }
}

function traceback(name: string, thrown: unknown): string {
  const type = thrown instanceof Error && thrown.name !== "Error" ? thrown.name : "RuntimeError";
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return [
    "Traceback (most recent call last):",
    '  File "/opt/endpoint/worker.py", line 1, in execute_task',
    `  File "<string>", line 2, in ${name}`,
    `${type}: ${message}`,
    "",
  ].join("\n");
}
