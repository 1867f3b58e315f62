/**
 * Sends scans through a flow, one run for each scan. A run is in the ledger before Flows hears of it, and is looked for
 * by its label where the answer was lost. What a run is asked is checked against the flow's input schema first.
 */
import { asSentence, clauseOf } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json-object.ts";
import { askedRun } from "../flows/asked-run.ts";
import type { AskedFlowRun, FlowRuns } from "../flows/flow-runs.ts";
import { type NamedFlow, namedFlow } from "../flows/named-flow.ts";
import { type TransferInput, takesItems } from "../flows/run-input.ts";
import { OtherLoginError, otherLoginText } from "../flows/run-starts.ts";
import { AccessDeniedError, NotFoundError } from "../ports/call.ts";
import type { FlowReport } from "../ports/flows.ts";
import type { FlowRunRecord, QueueChange, ScanRecord, SendRecord } from "../ports/queue-ledger.ts";
import type { SubmittedItem, TransferTasks } from "../ports/transfer-tasks.ts";
import { RejectedError } from "../run/outcome.ts";
import { type AskedService, askInTurn } from "./asking.ts";
import { type FlowDestination, itemsOf } from "./globus-paths.ts";
import { Lane } from "./lane.ts";
import { ownPlace } from "./places.ts";
import { nameOf, type Road } from "./road.ts";
import type { SiteFlows } from "./rules.ts";
import { PlaceError } from "./scan-path.ts";

export interface FlowLaneOptions {
  readonly site: SiteFlows;
  readonly tasks: TransferTasks;
  readonly runs: FlowRuns;
}

/** The flow takes nothing from us, whatever the scan. */
class RefusingFlowError extends AccessDeniedError {}

export class FlowLane extends Lane {
  readonly #row: FlowDestination;
  readonly #options: FlowLaneOptions;
  /** The input schema that was seen last, as text. */
  #schema: string | undefined;

  constructor(road: Road, row: FlowDestination, options: FlowLaneOptions) {
    super(road, row.name);
    this.#row = row;
    this.#options = options;
  }

  /** Runs for this destination that have not come to their end. */
  get records(): readonly FlowRunRecord[] {
    return this.road.queue.flowRuns.openTo(this.destination);
  }

  /** Goes on until the signal is aborted. @throws the signal's reason; a bug of ours */
  run(signal: AbortSignal): Promise<void> {
    return askInTurn(this, this.#service, signal);
  }

  readonly #service: AskedService = {
    open: () => this.records.length,
    unanswered: (signal) => {
      const left = this.records.find(({ run }) => run === undefined);
      return left && { scans: left.scans, ask: () => this.#goOn(left, signal) };
    },
    next: (send, signal) => ({
      scans: [send.scan],
      ask: async () => {
        const record = await this.#prepare(send, signal);
        if (record !== undefined) await this.#begin(record, signal);
      },
    }),
  };

  /** A run that an earlier step, or an earlier process, has left without an answer. */
  async #goOn(record: FlowRunRecord, signal: AbortSignal): Promise<void> {
    if (this.road.queue.isCarried(record)) return await this.#begin(record, signal);
    const { starts } = this.#options.runs;
    const begun = await starts.find(record, { signal }).catch((thrown: unknown) => {
      if (!(thrown instanceof OtherLoginError)) throw thrown;
      return undefined; // its scan was given up, and this login cannot end the run
    });
    starts.forget(record.id);
    // A run that nobody wants any more is ended by those who follow it
    const change = begun === undefined ? { forgetFlowRun: record.id } : { flowRun: { ...record, run: begun.id } };
    await this.road.change(() => [change]);
  }

  /** What an earlier login has begun it must end: Flows shows its runs to nobody else. */
  async #requireOwner(signal: AbortSignal): Promise<void> {
    const login = await this.#options.tasks.owner({ signal });
    const other = this.records.find((record) => record.owner !== login && this.road.queue.isCarried(record));
    if (other === undefined) return;
    const why = otherLoginText(other.owner, login, other.request.label);
    throw new OtherLoginError(`${why}, or drop its scan with globus-ioc queue drop`);
  }

  /**
   * Puts a run into the ledger.
   * @returns undefined where the scan is not to go any more
   * @throws what is wrong with the flow, the login, or the scan
   */
  async #prepare({ scan: id }: SendRecord, signal: AbortSignal): Promise<FlowRunRecord | undefined> {
    const { runs } = this.#options;
    await this.#requireOwner(signal);
    const scan = this.road.queue.scans.get(id)?.scan;
    if (scan === undefined) return undefined;
    const asked = await this.#asked(scan, signal);
    const record = await runs.starts.newRecord({ ...asked, destination: this.destination, scans: [id] }, { signal });
    let isTaken = false;
    try {
      await this.road.change(() => {
        isTaken = this.due().some((send) => send.scan === id); // otherwise a person, or the gate, has taken it away
        return isTaken ? [{ flowRun: record }, ...this.#sendsTo("submitting", record)] : [];
      });
    } finally {
      if (!isTaken) runs.starts.forget(record.id);
    }
    return isTaken ? record : undefined;
  }

  /** @throws RefusingFlowError where there is none */
  async #flow(signal: AbortSignal): Promise<{ readonly named: NamedFlow; readonly report: FlowReport }> {
    const { flows, files } = this.#options.site;
    try {
      const named = await namedFlow(this.#row.flow, files);
      const report = await flows.flow(named.id, { signal });
      this.#noteSchema(named, report);
      return { named, report };
    } catch (thrown) {
      if (!(thrown instanceof NotFoundError) && !(thrown instanceof RejectedError)) throw thrown;
      throw new RefusingFlowError(asSentence(clauseOf(thrown)), { cause: thrown.cause });
    }
  }

  #noteSchema({ name }: NamedFlow, { inputSchema }: FlowReport): void {
    const schema = JSON.stringify(inputSchema);
    if (this.#schema !== undefined && this.#schema !== schema)
      this.road.say(`The input schema of the flow ${name}, through which ${this.destination} is reached, has changed.`);
    this.#schema = schema;
  }

  /** What the scan's run is asked, checked by Flows. @throws RefusingFlowError, PlaceError, what Globus says */
  async #asked(scan: ScanRecord, signal: AbortSignal): Promise<AskedFlowRun> {
    const { site } = this.#options;
    const { named, report } = await this.#flow(signal);
    const tags = [this.destination, scan.tags?.exp ?? ""].filter((tag) => tag !== "");
    const layers = [await this.#movedBy(scan, report)];
    const ask = { flow: named, report, layers, words: nameOf(scan), tags };
    try {
      return await askedRun(ask, { ...site, tasks: this.#options.tasks }, { signal });
    } catch (thrown) {
      if (!(thrown instanceof RejectedError)) throw thrown;
      const help = "set input-file in the [flows] section of globus.conf, or deploy the flow anew";
      throw new RefusingFlowError(`${clauseOf(thrown)}; ${help}`, { cause: thrown.cause });
    }
  }

  async #movedBy(scan: ScanRecord, { inputSchema }: FlowReport): Promise<JsonObject> {
    const { source } = this.road.site;
    const manifest = await this.road.manifestOf(scan);
    const parts = await ownPlace(this.road, scan, manifest, this.#row);
    const items = itemsOf(manifest, source, this.#row, parts);
    const base = baseOf(items, nameOf(scan), takesItems(inputSchema));
    return {
      source: { id: source.collection?.id ?? "", path: base.from },
      destination: { id: this.#row.collection, path: base.to },
      ...base.rest,
    };
  }

  /** Starts the run, or finds it, as often as it takes. */
  async #begin(record: FlowRunRecord, signal: AbortSignal): Promise<void> {
    const { starts, watch } = this.#options.runs;
    try {
      const report = await starts.begin(record, { signal });
      const begun = { ...record, run: report.id };
      await this.road.change(() => [{ flowRun: begun }, ...this.#sendsTo("submitted", record)]);
      watch.begun(begun, report);
      for (const scan of record.scans) this.works(scan);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!starts.isInDoubt(record)) await this.#withdraw(record);
      throw thrown;
    }
  }

  /** It has surely not begun: the scan is free for another run, of another flow perhaps. */
  async #withdraw(record: FlowRunRecord): Promise<void> {
    const at = this.road.clock.now();
    await this.road.change(() => [
      { forgetFlowRun: record.id },
      ...this.#carried(record).map((send): QueueChange => ({ send: { ...send, state: "queued", at } })),
    ]);
    this.#options.runs.starts.forget(record.id);
  }

  /** The scan that a run carries still: a person may have dropped it meanwhile. */
  #carried({ id, scans }: FlowRunRecord): readonly SendRecord[] {
    return this.#sends(scans).filter(({ state, submission }) => state === "submitting" && submission === id);
  }

  #sendsTo(state: "submitting" | "submitted", record: FlowRunRecord): QueueChange[] {
    const at = this.road.clock.now();
    const sends = state === "submitting" ? this.#sends(record.scans) : this.#carried(record);
    return sends.map(({ next: _next, reason: _reason, missing: _missing, ...send }) => ({
      send: { ...send, state, at, submission: record.id },
    }));
  }

  #sends(scans: readonly string[]): readonly SendRecord[] {
    return scans.flatMap((scan) => this.road.queue.send(scan, this.destination) ?? []);
  }
}

/** Characters of a list of files that a run may carry: what Flows keeps of a run is 200 KB at most. */
const MOST_LIST = 100_000;

/** What moves: one file or folder; or a list of files, where the flow takes one. @throws PlaceError */
function baseOf(
  items: readonly SubmittedItem[],
  name: string,
  isListed: boolean,
): { readonly from: string; readonly to: string; readonly rest: Pick<TransferInput, "recursive_tx" | "items"> } {
  const [first] = items;
  if (first === undefined) throw new PlaceError(`${name} has no files`);
  const list = items.map(({ source, destination, isFolder }) => ({
    source_path: source,
    destination_path: destination,
    recursive: isFolder,
  }));
  const several = `${name} has ${items.length} files beside those of other scans, and`;
  if (items.length > 1 && !isListed)
    throw new PlaceError(
      `${several} its flow takes one file or one folder: name a flow that takes a list of files (globus-ioc flow deploy transfer-items), or send such scans to a destination of kind globus`,
    );
  if (isListed && JSON.stringify(list).length > MOST_LIST)
    throw new PlaceError(`${several} their list is longer than a run may carry: let each scan be a folder`);
  const rest = { recursive_tx: first.isFolder, ...(isListed && { items: list }) };
  return { from: first.source, to: first.destination, rest };
}
