/** The PVs that tell of DAQs: those of each side, the totals, the list and the message. It judges nothing. */

import type { LastState } from "./daq-progress.ts";
import { filesText, isOf, isWatching } from "./daq-sources.ts";
import type { Experiment } from "./experiment.ts";
import { type DmTransfer, isUnderWay, type Pvs } from "./ports.ts";
import { DAQ_STATES, type DaqSide, daqPv, type PvName } from "./pvs.ts";
import { uptime } from "./vital-signs.ts";

/** As StartDaq, StopDaq or the watch have left a side. */
export const lastState = (pvs: Pvs, side: DaqSide): LastState => ({
  state: DAQ_STATES[Number(pvs.get(daqPv(side, "State")))] ?? "None",
  id: String(pvs.get(daqPv(side, "Id"))),
});

/** One side; undefined: there is no DAQ. @param rate files a minute */
export function showProgress(pvs: Pvs, side: DaqSide, daq: DmTransfer | undefined, rate: number): void {
  pvs.put(daqPv(side, "Id"), daq?.id ?? "");
  pvs.put(daqPv(side, "FilesDone"), daq?.filesDone ?? 0);
  pvs.put(daqPv(side, "FilesTotal"), daq?.filesTotal ?? 0);
  pvs.put(daqPv(side, "Percent"), daq?.percent ?? 0);
  pvs.put(daqPv(side, "Rate"), rate);
  pvs.put(daqPv(side, "RunTime"), daq?.runSeconds ?? 0);
  pvs.put(daqPv(side, "Errors"), daq?.errors ?? 0);
}

export interface DaqsSeen {
  /** All of the station. */
  readonly all: readonly DmTransfer[];
  /** Those of the experiment's sides. */
  readonly shown: ReadonlySet<DmTransfer>;
  /** What is said of these; pieces of a sentence. */
  readonly pieces: readonly string[];
}

/** The totals of the experiment, the list of all, and the message. @returns whether a DAQ of the experiment is under way */
export function showTotals(pvs: Pvs, experiment: Experiment | undefined, { all, shown, pieces }: DaqsSeen): boolean {
  const put = (name: PvName, value: string | number): void => pvs.put(name, value);
  const running = all.filter(isUnderWay);
  const own = experiment === undefined ? [] : running.filter(isOf(experiment));
  const others = own.filter((one) => !shown.has(one));
  const counted = [...shown, ...others];
  const sum = (of: (daq: DmTransfer) => number): number => counted.reduce((total, daq) => total + of(daq), 0);
  const [done, total] = [sum(({ filesDone }) => filesDone), sum(({ filesTotal }) => filesTotal)];
  put("DaqRunning", own.filter(isWatching).length);
  put("DaqFilesDone", done);
  put("DaqFilesTotal", total);
  put("DaqPercent", total === 0 ? 0 : (100 * done) / total);
  put(
    "DaqErrors",
    sum(({ errors }) => errors),
  );
  put("DaqList", running.map(listLine).join("\n"));
  const told = [...pieces, ...others.map((daq) => `${daq.dataDirectory} ${daq.status}, ${filesText(daq)}`)];
  const none = experiment === undefined ? "No experiment is tagged" : `No DAQ of ${experiment.name} runs`;
  put("DaqMessage", `${told.length === 0 ? none : `${experiment?.name}: ${told.join("; ")}`}.`);
  return own.length > 0;
}

/** One line of DaqList, for the command line's daq-status, too. */
export const listLine = (daq: DmTransfer): string =>
  [
    daq.experimentName,
    daq.dataDirectory,
    `${daq.filesDone}/${daq.filesTotal}`,
    `${daq.percent.toFixed(0)} %`,
    ...(daq.status === "running" ? [] : [daq.status]),
    uptime(daq.runSeconds),
    ...(daq.startedAt === undefined ? [] : [`since ${daq.startedAt}`]),
    daq.id,
  ].join("  ");
