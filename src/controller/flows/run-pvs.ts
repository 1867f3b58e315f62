/** The last run that was asked for, with its transfers, as PVs: one formula for each PV's value. Judges nothing. */
import { entriesOf } from "../../base/entries.ts";
import { facilityIso } from "../../base/facility-time.ts";
import type { TaskReport } from "../ports/transfer-tasks.ts";
import { RUN_PV_STATES, type RunPvState } from "../pvs/flows.ts";
import type { PvName } from "../pvs/index.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import { TASK_PV_STATES } from "../pvs/transfers.ts";
import type { RunContext } from "../run/action.ts";
import { Rate } from "../transfers/rate.ts";
import type { AskedRunNow } from "./flow-runs.ts";
import type { RunNow } from "./followed-run.ts";
import { isOver, runUrl } from "./run-words.ts";

/** What is known of runs. */
export type RunsView =
  /** Before the ledger was read, or where it cannot be. @param trouble why, a sentence; "": it is being read */
  | { readonly kind: "unknown"; readonly trouble: string }
  | { readonly kind: "none" }
  /** @param bytesTotal of the source; UNKNOWN_COUNT: nobody knows */
  | { readonly kind: "run"; readonly asked: AskedRunNow; readonly bytesTotal: number };

type ShownValue = string | number;
type RunPvValues = Readonly<Partial<Record<PvName, ShownValue>>>;

export class RunPvs {
  readonly #shown = new Map<PvName, ShownValue>();
  #rate = new Rate();
  /** Whose rate it is: our id. */
  #rated = "";

  /** @param now monotonic seconds */
  show(put: RunContext["publish"], view: RunsView, now: number): void {
    for (const [name, value] of entriesOf<PvName, ShownValue>(this.#valuesOf(view, now))) {
      if (this.#shown.get(name) === value) continue;
      put(name, value);
      this.#shown.set(name, value);
    }
  }

  #valuesOf(view: RunsView, now: number): RunPvValues {
    if (view.kind === "unknown") return runValues("UNKNOWN", { RunMessage: view.trouble }, UNKNOWN_TRANSFERS);
    if (view.kind === "none") return runValues("None", {}, NO_TRANSFERS);
    const { record, now: seen, trouble } = view.asked;
    const id = record.run ?? "";
    const told = { RunId: id, RunUrl: id === "" ? "" : runUrl(id) };
    if (seen === undefined) {
      const unseen = `Globus has not told yet how the run ${id} stands.`;
      return runValues("UNKNOWN", { ...told, RunMessage: trouble ?? unseen }, UNKNOWN_TRANSFERS);
    }
    const { report, words } = seen;
    const values = {
      ...told,
      RunStep: report.step,
      RunMessage: isOver(report) ? words.sentence : (trouble ?? words.sentence),
      RunStarted: facilityIso(new Date(report.started)),
      RunEnded: report.ended === undefined ? "" : facilityIso(new Date(report.ended)),
    };
    return runValues(report.state, values, this.#transfers(record.id, seen, view.bytesTotal, now));
  }

  #transfers(id: string, { report, transfers }: RunNow, bytesTotal: number, now: number): RunPvValues {
    if (this.#rated !== id) this.#rate = new Rate();
    this.#rated = id;
    const newest = transfers.at(-1);
    if (newest === undefined)
      return report.tasks.length === 0
        ? { ...NO_TRANSFERS, RunBytesTotal: bytesTotal }
        : { ...UNKNOWN_TRANSFERS, RunTaskId: report.tasks.at(-1) ?? "", RunNiceStatus: UNSEEN };
    const bytes = sum(transfers, ({ bytesTransferred }) => bytesTransferred);
    this.#rate.add(now, bytes);
    const isMoving = transfers.some(({ state }) => state === "ACTIVE" || state === "INACTIVE");
    return {
      RunTaskId: newest.id,
      RunTransferStatus: TASK_PV_STATES.indexOf(newest.state),
      RunNiceStatus: newest.description || newest.niceStatus,
      RunBytes: bytes,
      RunBytesTotal: bytesTotal,
      RunFiles: sum(transfers, ({ filesTransferred }) => filesTransferred),
      RunFaults: sum(transfers, ({ faults }) => faults),
      RunPercent: percentOf(bytes, bytesTotal, report.state === "SUCCEEDED"),
      RunRate: isMoving ? this.#rate.perSecond : 0,
    };
  }
}

const UNSEEN = "Globus Transfer does not show this transfer to this login.";

const sum = (tasks: readonly TaskReport[], of: (task: TaskReport) => number): number =>
  tasks.reduce((total, task) => total + of(task), 0);

function percentOf(bytes: number, total: number, isDone: boolean): number {
  if (isDone) return 100;
  if (total < 0) return UNKNOWN_COUNT;
  return total === 0 ? 100 : Math.min(100, (100 * bytes) / total);
}

const NO_TRANSFERS = {
  RunTaskId: "",
  RunTransferStatus: TASK_PV_STATES.indexOf("None"),
  RunNiceStatus: "",
  RunBytes: 0,
  RunBytesTotal: 0,
  RunFiles: 0,
  RunFaults: 0,
  RunPercent: 0,
  RunRate: 0,
} satisfies RunPvValues;

const UNKNOWN_TRANSFERS = {
  ...NO_TRANSFERS,
  RunTransferStatus: TASK_PV_STATES.indexOf("Unknown"),
  RunBytes: UNKNOWN_COUNT,
  RunBytesTotal: UNKNOWN_COUNT,
  RunFiles: UNKNOWN_COUNT,
  RunFaults: UNKNOWN_COUNT,
  RunPercent: UNKNOWN_COUNT,
  RunRate: UNKNOWN_COUNT,
} satisfies RunPvValues;

const EMPTY = {
  RunId: "",
  RunUrl: "",
  RunStep: "",
  RunMessage: "",
  RunStarted: "",
  RunEnded: "",
} satisfies RunPvValues;

/** The state comes last: whoever waits for it reads the rest as it is then. */
const runValues = (state: RunPvState, values: RunPvValues, transfers: RunPvValues): RunPvValues => ({
  ...EMPTY,
  ...values,
  ...transfers,
  RunStatus: RUN_PV_STATES.indexOf(state),
});
