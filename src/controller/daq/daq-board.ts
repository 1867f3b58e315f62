/** Holds what is known of the DAQs: the watch and the commands change it, and the PVs show it at once. */
import { isSameExperiment } from "../experiment.ts";
import type { DmTransfer } from "../ports/data-management.ts";
import type { ActionContext, RunContext } from "../run/action.ts";
import { showDaqs } from "./daq-pvs.ts";
import type { DaqSite } from "./daq-sources.ts";
import { type DaqsState, experimentOf, following, listed, NOTHING_KNOWN } from "./daq-state.ts";

type StateChange = (state: DaqsState) => DaqsState;

export class DaqBoard {
  #state = NOTHING_KNOWN;

  get state(): DaqsState {
    return this.#state;
  }

  change(put: RunContext["publish"], step: StateChange): void {
    const before = this.#state;
    this.#state = step(before);
    showDaqs(put, before, this.#state);
  }

  /** A command begins: where nobody has said yet which experiment is followed, as on the command line, it is its. */
  begin({ experiment, publish }: ActionContext, site: DaqSite): void {
    if (experimentOf(this.#state) === undefined) this.change(publish, (state) => following(state, experiment, site));
  }

  /** What a command does. When another experiment is followed by now, it is no matter of its PVs any more. */
  changeOf({ experiment, publish }: ActionContext, step: StateChange): void {
    if (isSameExperiment(experimentOf(this.#state), experiment)) this.change(publish, step);
  }

  /** The list behind what a command has done: whoever waited for it reads settled values (decision 0012). */
  list({ experiment, publish }: ActionContext, all: readonly DmTransfer[]): void {
    this.change(publish, (state) => listed(state, experiment, all));
  }
}
