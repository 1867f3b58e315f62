/**
 * The watch over the DAQs: looks at them while they run, and now and then otherwise, and publishes how far they are and
 * what is wrong. It goes on whichever server is chosen: data move all the same. It starts and stops nothing, and never
 * ends in an error. integration.md §5.9, §6.
 */
import { map, scan, startWith, tap } from "rxjs";
import { ActionError, asSentence, clauseOf } from "../../base/errors.ts";
import { type Experiment, isSameExperiment } from "../experiment.ts";
import { AccessDeniedError, OffError } from "../ports/call.ts";
import type { SourceReport } from "../ports/data-host.ts";
import { type DataManagement, type DmTransfer, isWatching } from "../ports/data-management.ts";
import { type DaqSide, type DaqState, daqPv, SOURCE_STATES } from "../pvs/daq.ts";
import { UNKNOWN_COUNT } from "../pvs/row.ts";
import type { RunContext } from "../run/action.ts";
import { type Look, pollWatch } from "../run/poll-watch.ts";
import type { Watch, WatchContext } from "../run/watch.ts";
import { DaqProgress, isAlive, type LastState, type ProgressOptions } from "./daq-progress.ts";
import { forgetDaqs, isSourceGone, lastState, showDaqs, showListAlone, showNoDaqs } from "./daq-pvs.ts";
import {
  type DaqSite,
  type DaqSource,
  daqSources,
  daqStateIndex,
  isOf,
  REFUSED_SECONDS,
  SIDE_NAMES,
  SIDES,
  showSource,
} from "./daq-sources.ts";
import { showUploads } from "./uploads.ts";

export interface DaqWatchOptions extends ProgressOptions {
  readonly dm: DataManagement;
  readonly site: DaqSite;
  /** Between two looks while a DAQ of the experiment runs. */
  readonly pollSeconds: number;
}

/** Between two looks while none runs: somebody else may start one. */
const IDLE_SECONDS = 60;
/** Looks in a row that failed, after which a DAQ that ran is shown as Unseen. */
const UNSEEN_LOOKS = 2;
/**
 * While a DAQ runs, its source is looked at once in so many polls: that costs the data host more than a look at the
 * DAQs costs Data Management.
 */
const SOURCE_POLLS = 6;

export const watchDaqs =
  (options: DaqWatchOptions): Watch =>
  (context) => {
    const watch = new DaqWatch(options, context);
    // An experiment that is gone while TomoScan restarts is still the one whose DAQs run.
    const followed$ = context.experiment$.pipe(
      map((experiment): Followed => experiment ?? "none"),
      scan((last, next) => (next === "none" ? last : next)),
      startWith("unknown" as Followed),
    );
    const begin = (followed: Followed): Look<readonly DmTransfer[]> => {
      watch.follow(followed);
      return watch;
    };
    return pollWatch(context, {
      followed$,
      makers: ["StartDaq", "StopDaq"],
      begin,
      reason: "There is a newer look at the DAQs.",
    });
  };

/** Where none of the servers is of Data Management: there are no DAQs and no uploads, of whatever experiment. */
export const withoutDaqs: Watch = ({ pvs, experiment$ }) =>
  experiment$.pipe(
    startWith(undefined),
    tap(() => {
      const put: RunContext["publish"] = (name, value) => pvs.put(name, value);
      showNoDaqs(put, "There are no DAQs: none of the servers in globus.conf is of kind dm.");
      showUploads(put, [], "None");
    }),
  );

/** The experiment whose DAQs are watched; none: TomoScan names none; unknown: it has not been there to say. */
type Followed = Experiment | "none" | "unknown";

class DaqWatch implements Look<readonly DmTransfer[]> {
  readonly #options: DaqWatchOptions;
  readonly #context: WatchContext;
  #followed: Followed = "unknown";
  #sources: readonly DaqSource[] = [];
  #progress = new Map<DaqSide, DaqProgress>();
  #ownRun = false;
  #isOutOfReach = false;
  #failedLooks = 0;
  /** What a side's state was before it was shown as Unseen. */
  #hidden = new Map<DaqSide, DaqState>();
  /** When a side's source was looked at, or its DAQ first seen. */
  #sourceLooks = new Map<DaqSide, number>();
  #isRefused = false;

  constructor(options: DaqWatchOptions, context: WatchContext) {
    this.#options = options;
    this.#context = context;
  }

  get waitSeconds(): number {
    if (this.#isRefused) return REFUSED_SECONDS;
    return this.#someRun() ? this.#options.pollSeconds : IDLE_SECONDS;
  }

  get #experiment(): Experiment | undefined {
    return typeof this.#followed === "object" ? this.#followed : undefined;
  }

  /** From now on this experiment; the PVs say that nobody has looked when it is another one. */
  follow(followed: Followed): void {
    const experiment = typeof followed === "object" ? followed : undefined;
    const isSame =
      isSameExperiment(experiment, this.#experiment) && (experiment !== undefined || followed === this.#followed);
    if (isSame) return;
    if (this.#ownRun)
      this.#context.journal.say(
        `DAQs of ${this.#experiment?.name} still run, and StopDaq is now for ${experiment?.name}; set ExperimentNameOverride to stop the others.`,
        "MINOR",
      );
    this.#followed = followed;
    this.#sources = experiment === undefined ? [] : daqSources(this.#options.site, experiment);
    this.#progress = new Map(SIDES.map((side) => [side, new DaqProgress(side, this.#options)]));
    this.#hidden.clear();
    this.#sourceLooks.clear();
    this.#ownRun = false;
    if (followed === "none") showNoDaqs(this.#put, "No experiment is tagged.");
    else forgetDaqs(this.#put, this.#sources);
  }

  readonly #put: RunContext["publish"] = (name, value) => this.#context.pvs.put(name, value);

  async look(signal: AbortSignal): Promise<readonly DmTransfer[]> {
    const all = await this.#options.dm.daqs({ signal });
    await this.#lookAtSources(all, signal);
    return all;
  }

  seen(all: readonly DmTransfer[]): void {
    this.#isRefused = false;
    this.#failedLooks = 0;
    this.#publish(all);
    if (this.#isOutOfReach) this.#context.journal.say("The DAQs can be seen again.");
    this.#isOutOfReach = false;
  }

  /** What goes wrong is told once, and who ran is Unseen when it happens again. */
  failed(thrown: unknown): void {
    if (thrown instanceof OffError)
      return showNoDaqs(this.#put, asSentence(`There are no DAQs, since ${clauseOf(thrown)}`));
    this.#isRefused = thrown instanceof AccessDeniedError;
    const sentence = asSentence(`The DAQs cannot be seen: ${clauseOf(thrown)}`);
    this.#context.pvs.put("DaqMessage", sentence);
    if (++this.#failedLooks >= UNSEEN_LOOKS) this.#hide();
    // Where none of ours runs, nobody waits for it: the message is enough.
    const isWorthALine = this.#someRun() || !(thrown instanceof ActionError);
    if (!isWorthALine || this.#isOutOfReach) return;
    this.#isOutOfReach = true;
    this.#context.journal.say(sentence, "MINOR");
  }

  /** A state that nobody can vouch for must not look like one. */
  #hide(): void {
    const { pvs } = this.#context;
    for (const side of SIDES) {
      const { state } = lastState((name) => pvs.get(name), side);
      if (state === "Unseen" || !isAlive(state)) continue;
      this.#hidden.set(side, state);
      pvs.put(daqPv(side, "State"), daqStateIndex("Unseen"));
      pvs.put("DaqRunning", UNKNOWN_COUNT);
    }
  }

  /** As it was before it was hidden; None where nobody has ever seen it. */
  #lastOf(side: DaqSide): LastState {
    const last = lastState((name) => this.#context.pvs.get(name), side);
    return last.state === "Unseen" ? { ...last, state: this.#hidden.get(side) ?? "None" } : last;
  }

  /** Whether a DAQ of the experiment runs, by the last look or by what StartDaq has said since. */
  #someRun(): boolean {
    return this.#ownRun || SIDES.some((side) => isAlive(this.#lastOf(side).state));
  }

  /** Is the source of a DAQ that runs still there? And where it has seen nothing new for long: are there files? */
  async #lookAtSources(all: readonly DmTransfer[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    for (const source of this.#sources) {
      const daq = this.#daqsOf(all, source).find(isWatching);
      const progress = this.#progress.get(source.side);
      if (daq === undefined || progress === undefined) continue;
      const isQuiet = progress.needsSourceLook(daq, clock.monotonic());
      if (!isQuiet && !this.#isSourceLookDue(source.side)) continue;
      const report = await this.#options.site.host.inspect(source.parts, { signal });
      if (signal.aborted) return;
      this.#sourceLooks.set(source.side, clock.monotonic());
      if (isQuiet) progress.sourceLooked(daq, clock.monotonic(), report);
      this.#publishSource(source, report);
    }
  }

  #isSourceLookDue(side: DaqSide): boolean {
    const now = this.#context.clock.monotonic();
    const last = this.#sourceLooks.get(side) ?? now;
    this.#sourceLooks.set(side, last);
    return now - last >= SOURCE_POLLS * this.#options.pollSeconds;
  }

  #publishSource({ side, place }: DaqSource, report: SourceReport): void {
    const { state } = report;
    const { pvs, journal } = this.#context;
    const index = SOURCE_STATES.indexOf(state);
    const wasGone = isSourceGone((name) => pvs.get(name), side);
    const isGone = state === "MISSING" || state === "NO_TOPDIR";
    if (wasGone && (state === "OK" || state === "EMPTY"))
      journal.say(`${place}, which the DAQ of the ${SIDE_NAMES[side]} watches, is there again.`);
    if (isGone && pvs.get(daqPv(side, "SourceState")) !== index)
      journal.say(
        `The DAQ of the ${SIDE_NAMES[side]} watches ${place}, which is not there: nothing can come.`,
        "MAJOR",
      );
    showSource(this.#put, { side }, state, report);
  }

  #daqsOf(all: readonly DmTransfer[], { directory }: DaqSource): readonly DmTransfer[] {
    const experiment = this.#experiment;
    return experiment === undefined
      ? []
      : all.filter((one) => isOf(experiment)(one) && one.dataDirectory === directory);
  }

  #publish(all: readonly DmTransfer[]): void {
    if (this.#followed === "unknown") return showListAlone(this.#put, all);
    const { pvs, journal, clock } = this.#context;
    const verdicts = this.#sources.flatMap((source) => {
      const { side } = source;
      const verdict = this.#progress.get(side)?.judge(this.#daqsOf(all, source), this.#lastOf(side), clock.monotonic());
      const isGone = isSourceGone((name) => pvs.get(name), side);
      return verdict === undefined ? [] : [{ daq: undefined, ...verdict, side, isSourceGone: isGone }];
    });
    this.#ownRun = showDaqs(this.#put, this.#experiment, all, verdicts);
    for (const { sentence, severity } of verdicts.flatMap(({ events }) => events)) journal.say(sentence, severity);
  }
}
