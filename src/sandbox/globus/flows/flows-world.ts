/** What the simulated Flows holds: flows, runs, questions, action providers, and the bounds of accounts. */
import { randomUUID } from "node:crypto";
import type { Fields } from "../documents.ts";
import type { ActionProvider } from "./action-provider.ts";
import type { Flow, TwinRun, WebInput } from "./flow.ts";

/** Until a flow of somebody without a subscription is gone, and until a record of a run is (globus.md §3.4). */
export const FREE_FLOW_MILLISECONDS = 30 * 24 * 3600 * 1000;
const RECORD_MILLISECONDS = 90 * 24 * 3600 * 1000;

export class FlowsWorld {
  /** In the order of creation. */
  readonly flowById = new Map<string, Flow>();
  /** In the order of their start. */
  readonly runById = new Map<string, TwinRun>();
  readonly webInputById = new Map<string, WebInput>();
  /** By the address that an Action state names, without a slash at its end. */
  readonly providerByUrl = new Map<string, ActionProvider>();
  /** The one subscription there is. */
  readonly subscription = randomUUID();
  /** Sessions that a high-assurance flow does not accept: by flow, what it says to them. */
  readonly sessionWantedByFlow = new Map<string, Fields>();
  /** Runs that enter a state of this name stay in it. */
  readonly heldStates = new Set<string>();

  /** The flow, while it is there. */
  flow(id: string, now: number): Flow | undefined {
    const flow = this.flowById.get(id);
    if (flow === undefined || flow.expires > now) return flow;
    this.flowById.delete(id);
    return undefined;
  }
  flows(now: number): Flow[] {
    return [...this.flowById.keys()].flatMap((id) => this.flow(id, now) ?? []);
  }
  /** The run, while its record is kept. */
  run(id: string, now: number): TwinRun | undefined {
    const run = this.runById.get(id);
    if (run?.ended === undefined || run.ended + RECORD_MILLISECONDS > now) return run;
    this.runById.delete(id);
    return undefined;
  }
  /** The latest first. */
  runs(now: number): TwinRun[] {
    return [...this.runById.keys()].flatMap((id) => this.run(id, now) ?? []).toReversed();
  }
  /** Nobody waits any more for the answers to what a run has asked. */
  closeQuestions(run: TwinRun, now: number): void {
    for (const question of this.webInputById.values()) if (question.run === run) question.closed ??= now;
  }
  /** Ends every wait. */
  close(): void {
    for (const run of this.runById.values()) run.cancel();
  }
}
