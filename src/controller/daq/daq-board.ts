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

  /** A command begins. Where no experiment is followed yet, as on the command line, the command's experiment is. */
  begin({ experiment, publish }: ActionContext, site: DaqSite): void {
    if (experimentOf(this.#state) === undefined) this.change(publish, (state) => following(state, experiment, site));
  }

  /** Takes a step of a command, unless another experiment is followed by now: the PVs are that experiment's. */
  changeOf({ experiment, publish }: ActionContext, step: StateChange): void {
    if (isSameExperiment(experimentOf(this.#state), experiment)) this.change(publish, step);
  }

  /**
   * Takes the list at the end of a command: a client that waited for the command reads settled values (decision 0012).
   */
  list({ experiment, publish }: ActionContext, all: readonly DmTransfer[]): void {
    this.change(publish, (state) => listed(state, experiment, all));
  }
}
