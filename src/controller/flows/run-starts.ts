/**
 * Starts runs of flows, each once as far as labels allow: Flows has no word for the same run asked for again, so a run
 * that may have begun is looked for by its label, and asked for again only when it was twice not there. The record is
 * on disk before; what a run is for is others' business. docs/what-happens-once.md.
 */
import { visible } from "../../base/clean-text.ts";
import { sleep } from "../../base/clock.ts";
import { ActionError } from "../../base/errors.ts";
import { AccessDeniedError, type CallOptions, UnavailableError } from "../ports/call.ts";
import type { FlowRunRequest, Flows, RunReport } from "../ports/flows.ts";
import type { FlowRunRecord } from "../ports/queue-ledger.ts";
import type { TransferTasks } from "../ports/transfer-tasks.ts";
import { LOOKS_SECONDS } from "../run/late-looks.ts";
import type { Road } from "../transfers/road.ts";
import { runLabel } from "./run-label.ts";

/** Flows' clock and the one that a record's time is of may differ, and be set: the label is what counts. */
const SLACK_MILLISECONDS = 24 * 3_600_000;

/** What is not known of a run that may have begun. Times are monotonic seconds. */
interface Doubt {
  /** When the answer became unclear, or when this process began. */
  readonly since: number;
  /** When it was looked for and not found. */
  readonly looks: readonly number[];
}

/** A run that a record is to be made for. */
export interface WantedRun extends Omit<FlowRunRequest, "label"> {
  /** What operators call the flow, as `globus-ioc login --flow` takes it. */
  readonly flowName: string;
  /** Behind our own id in the label, as far as they go. */
  readonly words: string;
  /** A destination's name, or ASKED. */
  readonly destination: string;
  readonly scans: readonly string[];
}

/** Another login has begun what is to be gone on with. */
export class OtherLoginError extends AccessDeniedError {}

export class RunStarts {
  readonly #road: Pick<Road, "clock" | "newId">;
  readonly #flows: Flows;
  readonly #tasks: Pick<TransferTasks, "owner" | "heard">;
  /** By our id: made by this process, and never asked for. */
  readonly #fresh = new Set<string>();
  readonly #doubts = new Map<string, Doubt>();

  constructor(road: Pick<Road, "clock" | "newId">, flows: Flows, tasks: Pick<TransferTasks, "owner" | "heard">) {
    this.#road = road;
    this.#flows = flows;
    this.#tasks = tasks;
  }

  /** The record of a new run, which must be in the ledger before `begin`. @throws what Globus says of the login */
  async newRecord(wanted: WantedRun, options: CallOptions): Promise<FlowRunRecord> {
    const { words, flowName, destination, scans, flow, tags, input } = wanted;
    const owner = await this.#tasks.owner(options);
    const { clock } = this.#road;
    const id = this.#road.newId();
    this.#fresh.add(id);
    const heard = this.#tasks.heard();
    const at = clock.now();
    return {
      id,
      flowName,
      request: { flow, label: runLabel(id, words), tags, input },
      owner,
      destination,
      scans,
      at,
      ...(heard !== undefined && { since: heard.theirs + (at - heard.ours) }),
    };
  }

  /**
   * Looks for the run of a record that is not to be started any more.
   * @returns undefined where it has surely not begun
   * @throws as `begin`
   */
  async find(record: FlowRunRecord, options: CallOptions): Promise<RunReport | undefined> {
    await this.requireOwner(record, options);
    return await this.#lookFor(record, options);
  }

  /** Whether it may have begun, as far as this process knows. */
  isInDoubt({ id }: FlowRunRecord): boolean {
    return this.#doubts.has(id) || !this.#fresh.has(id);
  }

  /**
   * Starts the run of a record, or finds it. What is thrown leaves the record as it is: called again it goes on.
   * @throws OtherLoginError; UnavailableError: it is tried again later; any other ActionError: Flows does not take it,
   * and it has surely not begun; the signal's reason
   */
  async begin(record: FlowRunRecord, options: CallOptions): Promise<RunReport> {
    let lost: unknown;
    for (;;) {
      await this.requireOwner(record, options);
      const found = await this.#lookFor(record, options);
      const answer = found ?? (await this.#ask(record, options));
      if (answer instanceof UnavailableError) {
        if (lost !== undefined) throw answer; // twice: whoever asks waits longer and longer
        lost = answer;
        continue;
      }
      this.forget(record.id);
      return answer;
    }
  }

  /** The record is there no more, or its run is known. */
  forget(id: string): void {
    this.#fresh.delete(id);
    this.#doubts.delete(id);
  }

  /** @throws OtherLoginError where the record is another login's */
  async requireOwner({ owner, request }: FlowRunRecord, options: CallOptions): Promise<void> {
    const login = await this.#tasks.owner(options);
    if (owner !== login) throw new OtherLoginError(otherLoginText(owner, login, request.label));
  }

  /** @returns undefined where the run has surely not begun, and may be asked for */
  async #lookFor(record: FlowRunRecord, options: CallOptions): Promise<RunReport | undefined> {
    const { clock } = this.#road;
    for (;;) {
      const doubt = this.#doubtOf(record);
      if (doubt === undefined) return undefined;
      const [first, second] = LOOKS_SECONDS;
      const { since, looks } = doubt;
      if (looks.length === 2) {
        this.#doubts.delete(record.id);
        this.#fresh.add(record.id);
        return undefined;
      }
      const [before] = looks;
      const due = before === undefined ? since + first : Math.max(since + second, before + (second - first));
      const wait = due - clock.monotonic();
      if (wait > 0) await sleep(clock, wait, options.signal);
      const found = await this.#find(record, options);
      if (found !== undefined) return found;
      this.#doubts.set(record.id, { since, looks: [...looks, clock.monotonic()] });
    }
  }

  #doubtOf({ id }: FlowRunRecord): Doubt | undefined {
    const known = this.#doubts.get(id);
    if (known !== undefined || this.#fresh.has(id)) return known;
    const doubt = { since: this.#road.clock.monotonic(), looks: [] }; // an earlier process has left it
    this.#doubts.set(id, doubt);
    return doubt;
  }

  async #find({ id, request, since, owner }: FlowRunRecord, options: CallOptions): Promise<RunReport | undefined> {
    const { flow, label } = request;
    const startedFrom = since === undefined ? {} : { startedFrom: since - SLACK_MILLISECONDS };
    const runs = await this.#flows.runs({ flow, label: id, ...startedFrom }, options);
    return runs.find(
      (run) => run.label === label && run.flow === flow && (run.owner === "" || owner.includes(run.owner)),
    );
  }

  /** @returns the failure where it may have begun, nobody knows */
  async #ask({ id, request }: FlowRunRecord, options: CallOptions): Promise<RunReport | UnavailableError> {
    this.#fresh.delete(id);
    this.#doubts.set(id, { since: this.#road.clock.monotonic(), looks: [] });
    try {
      return await this.#flows.start(request, options);
    } catch (thrown) {
      options.signal?.throwIfAborted();
      if (!(thrown instanceof ActionError)) throw thrown; // a bug of ours: nobody knows
      if (thrown instanceof UnavailableError && thrown.mayHaveHappened) {
        this.#doubts.set(id, { since: this.#road.clock.monotonic(), looks: [] });
        return thrown;
      }
      this.#doubts.delete(id);
      this.#fresh.add(id);
      throw thrown;
    }
  }
}

/** Why a run of another login waits, and what to do; a piece of a sentence. @param login the present one */
export const otherLoginText = (owner: string, login: string, label: string): string =>
  `the run ${visible(label)} was asked for by ${owner}, and the login in [globus-auth] of globus.conf is ${login}: log in as ${owner}`;
