/** Writes the PVs that tell of the tag and of its experiment. What the tag says, tag.ts decides. */
import { distinctUntilChanged, filter, merge, type Observable, switchMap, tap } from "rxjs";
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
  /** The chosen server. */
  readonly server: () => Server;
  readonly isRunning: (command: CommandName) => boolean;
}

/** The tag, into the PVs that tell of it; an override that belongs to a former tag is cleared. */
export function publishTag$(tag$: Observable<TagState>, options: TagPublisherOptions): Observable<unknown> {
  const { pvs } = options;
  const publisher = new TagPublisher(options);
  return merge(
    pvs.value$("ServerName").pipe(
      distinctUntilChanged(), // the data link depends on it
      switchMap(() => tag$),
      tap((state) => publisher.publish(state)),
    ),
    tag$.pipe(
      filter((state) => state.overrideIsStale),
      tap(() => pvs.put("ExperimentNameOverride", "")),
    ),
  );
}

class TagPublisher {
  readonly #options: TagPublisherOptions;
  /** The server and the experiment of the last valid tag. */
  #shown: string | undefined;

  constructor(options: TagPublisherOptions) {
    this.#options = options;
  }

  publish(state: TagState): void {
    const { pvs, directories, server } = this.#options;
    pvs.put("TomoScanConnected", state.connected ? 1 : 0);
    pvs.put("TagMessage", state.settled ? tagSentence(state) : "TomoScan's user PVs are changing.");
    pvs.put("TagValid", state.settled && state.tag.valid ? 1 : 0);
    const experiment = state.settled && state.tag.valid ? state.tag.experiment : undefined;
    const chosen = server();
    if (state.settled) publishExperiment(experiment, { pvs, directories, server: chosen });
    if (experiment === undefined) return; // the results stay those of the last experiment while none is tagged
    const now = `${chosen.name} ${experiment.name}`;
    if (this.#shown !== undefined && this.#shown !== now) this.#emptyResults();
    this.#shown = now;
  }

  /**
   * The results of the former experiment, or of the former server, must not stand beside the new name; see
   * PvRow.ofExperiment.
   */
  #emptyResults(): void {
    const { pvs, isRunning } = this.#options;
    for (const [name, { ofExperiment, initial = "" }] of entriesOf<PvName, PvRow>(PVS))
      if (ofExperiment !== undefined && !ofExperiment.some(isRunning)) pvs.put(name, initial);
  }
}

/**
 * What it takes to publish an experiment: the PVs, the server that says where data are, and the hosts of the
 * directories.
 */
export interface ExperimentPlace {
  readonly pvs: Pick<Pvs, "put">;
  readonly directories: readonly DirectoryTarget[];
  readonly server: Pick<Server, "dataLink">;
}

/** Writes the PVs that tell of the experiment; without an experiment they are empty. */
export function publishExperiment(
  experiment: Experiment | undefined,
  { pvs, directories, server }: ExperimentPlace,
): void {
  const put = (name: PvName, read: (one: Experiment) => string): void =>
    pvs.put(name, experiment === undefined ? "" : read(experiment));
  for (const [name, read] of entriesOf(EXPERIMENT_PVS)) put(name, (one) => oneLine(read(one)));
  put("DataLink", (one) => server.dataLink(one));
  for (const target of directories) put(target.pathPv, (one) => directoryPath(target, one));
}
