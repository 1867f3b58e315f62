/** What the DAQs say of how far a visit is. Pure. */
import { type Experiment, isSameExperiment } from "../experiment.ts";
import { type DmTransfer, isWatching } from "../ports/data-management.ts";
import type { DaqEvidence } from "../visit/visit-facts.ts";
import { type DaqsState, experimentOf } from "./daq-state.ts";

/** The DAQs of an experiment by the last look; undefined: nobody has looked, or another experiment is followed. */
export function daqEvidence(state: DaqsState, experiment: Experiment): DaqEvidence | undefined {
  const { own } = state;
  if (own === undefined || !isSameExperiment(experimentOf(state), experiment)) return undefined;
  const sum = (of: (daq: DmTransfer) => number): number => own.reduce((total, daq) => total + of(daq), 0);
  return {
    count: own.length,
    running: own.filter(isWatching).length,
    filesDone: sum(({ filesDone }) => filesDone),
    filesTotal: sum(({ filesTotal }) => filesTotal),
  };
}
