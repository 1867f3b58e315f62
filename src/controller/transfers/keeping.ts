/** Reconcile and Prune as commands: what they find goes to their PVs. */
import { onePerLine } from "../../base/clean-text.ts";
import { type ActionRequest, type FreeAction, flagInput, type RunContext } from "../run/action.ts";
import { type ActionResult, RejectedError } from "../run/outcome.ts";
import type { ArmCheck } from "../site.ts";
import { type Pruned, prunedText, pruneProblem } from "./prune.ts";
import { type Reconciled, reconciledText } from "./reconcile.ts";
import { type FindTransfers, runningOf } from "./transfer-run.ts";

/** Characters that ReconcileText and PruneText have room for. */
const MOST_CHARACTERS = 4000;
/** Lines between two pictures of a text. */
const SHOW_LINES = 50;

export const reconcileCommand = (find: FindTransfers): FreeAction => ({
  plan: (request) => {
    const more = flagInput(request, "ReconcileEnqueue") ? ", and queue what is missing" : "";
    return [`would compare the source's disk, the ledger and the destinations${more}`];
  },
  run: async (context) => {
    const isEnqueued = flagInput(context, "ReconcileEnqueue");
    const { publish, signal } = context;
    const text = new LineText(context, "ReconcileText");
    const sums = await runningOf(find).reconcile({
      isEnqueued,
      signal,
      onLine: (line) => text.add(line),
      onProgress: (done) => publish("ReconcileFound", done),
    });
    text.show();
    showReconciled(publish, sums);
    return { state: sums.unknown === 0 ? "Done" : "Partial", message: reconciledText(sums, isEnqueued) };
  },
});

function showReconciled(publish: RunContext["publish"], sums: Reconciled): void {
  publish("ReconcileFound", sums.found);
  publish("ReconcileMissing", sums.missing);
  publish("ReconcileUnknown", sums.unknown);
  publish("ReconcileAdopted", sums.adopted);
  publish("ReconcileQueued", sums.queued);
}

/** Why Prune cannot be armed now. */
export const pruneArm =
  (mayPrune: boolean): ArmCheck =>
  () =>
    pruneProblem(mayPrune);

export const pruneCommand = (find: FindTransfers, mayPrune: boolean): FreeAction => ({
  plan: (request) => {
    const isPlan = flagInput(request, "PrunePlan");
    const problem = isPlan ? undefined : pruneProblem(mayPrune);
    if (problem !== undefined) throw new RejectedError(problem);
    return [
      `would ${isPlan ? "look for" : "delete"} scans older than ${daysOf(request)} days that are proven everywhere`,
    ];
  },
  run: (context) => runPrune(find, context),
});

const daysOf = ({ input }: ActionRequest): number => Number(input("PruneDays"));

async function runPrune(find: FindTransfers, context: RunContext): Promise<ActionResult> {
  const { publish, signal } = context;
  const isPlan = flagInput(context, "PrunePlan");
  const running = runningOf(find);
  if (!isPlan) {
    const problem = pruneProblem(running.road.site.rules.mayPrune);
    if (problem !== undefined) throw new RejectedError(problem);
    if (!flagInput(context, "PruneArm"))
      throw new RejectedError("Prune is not armed: write 1 to PruneArm, and start Prune while it is Armed.");
    publish("PruneArm", 0); // armed for one start, whatever becomes of the run
  }
  const text = new LineText(context, "PruneText");
  const sums = await running.prune({
    days: daysOf(context),
    isPlan,
    signal,
    onLine: (line) => text.add(line),
    onSums: (now) => showPruned(publish, now),
  });
  text.show();
  showPruned(publish, sums);
  return { state: "Done", message: prunedText(sums, isPlan) };
}

function showPruned(publish: RunContext["publish"], { scans, files, bytes, kept }: Pruned): void {
  publish("PruneFound", scans);
  publish("PruneFiles", files);
  publish("PruneBytes", bytes);
  publish("PruneKept", kept);
}

/** Lines of a text PV; those for which there is no room are counted. */
class LineText {
  readonly #context: Pick<RunContext, "publish">;
  readonly #name: "ReconcileText" | "PruneText";
  readonly #lines: string[] = [];
  #length = 0;
  #more = 0;

  constructor(context: Pick<RunContext, "publish">, name: "ReconcileText" | "PruneText") {
    this.#context = context;
    this.#name = name;
    this.show();
  }

  add(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#more > 0 || this.#length + bytes > MOST_CHARACTERS) this.#more++;
    else {
      this.#lines.push(line);
      this.#length += bytes;
      if (this.#lines.length % SHOW_LINES === 0) this.show();
    }
  }

  show(): void {
    const more = this.#more === 0 ? [] : [`and ${this.#more} more lines`];
    this.#context.publish(this.#name, onePerLine([...this.#lines, ...more]));
  }
}
