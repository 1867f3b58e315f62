/** The PVs that tell of the tag and of its experiment. What the tag says, tag.ts decides. */
import { oneLine } from "../../base/clean-text.ts";
import { entriesOf } from "../../base/entries.ts";
import { EXPERIMENT_PVS, type Experiment } from "../experiment.ts";
import type { Pvs } from "../ports/pvs.ts";
import type { CommandName } from "../pvs/commands.ts";
import { PVS, type PvName } from "../pvs/index.ts";
import type { PvRow } from "../pvs/row.ts";
import type { Server } from "../run/action.ts";
import { type DirectoryTarget, directoryPath } from "../setup/make-directories.ts";
import { type TagState, tagSentence } from "./tag.ts";

export interface TagPublisherOptions {
  readonly pvs: Pvs;
  readonly directories: readonly DirectoryTarget[];
  /** The chosen one. */
  readonly server: () => Server;
  readonly isRunning: (command: CommandName) => boolean;
}

export class TagPublisher {
  readonly #options: TagPublisherOptions;
  /** The server and the experiment of the last valid tag. */
  #shown: string | undefined;

  constructor(options: TagPublisherOptions) {
    this.#options = options;
  }

  publish(state: TagState): void {
    const { pvs, server } = this.#options;
    pvs.put("TomoScanConnected", state.connected ? 1 : 0);
    pvs.put("TagMessage", state.settled ? tagSentence(state) : "TomoScan's user PVs are changing.");
    pvs.put("TagValid", state.settled && state.tag.valid ? 1 : 0);
    const experiment = state.settled && state.tag.valid ? state.tag.experiment : undefined;
    if (state.settled) this.#publishExperiment(experiment);
    if (experiment === undefined) return; // whose results there are does not change while none is tagged
    const now = `${server().name} ${experiment.name}`;
    if (this.#shown !== undefined && this.#shown !== now) this.#emptyResults();
    this.#shown = now;
  }

  /**
   * The results of the former experiment, or of it on the former server, must not stand beside the new name; see
   * PvRow.ofExperiment.
   */
  #emptyResults(): void {
    const { pvs, isRunning } = this.#options;
    for (const [name, { ofExperiment, initial = "" }] of entriesOf<PvName, PvRow>(PVS))
      if (ofExperiment !== undefined && !ofExperiment.some(isRunning)) pvs.put(name, initial);
  }

  #publishExperiment(experiment: Experiment | undefined): void {
    const { pvs, directories, server } = this.#options;
    for (const [name, read] of entriesOf(EXPERIMENT_PVS))
      pvs.put(name, experiment === undefined ? "" : oneLine(read(experiment)));
    pvs.put("DataLink", experiment === undefined ? "" : server().dataLink(experiment));
    for (const target of directories)
      pvs.put(target.pathPv, experiment === undefined ? "" : directoryPath(target, experiment));
  }
}
