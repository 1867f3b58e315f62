/**
 * The watch over uploads that Upload does not wait for: those that an earlier run of the program has started, or somebody else. It looks for them when it
 * begins, when the experiment is another one, and when Upload has ended; then only at those that it has found. It starts and stops none. Integration point 57.
 */
import {
  combineLatest,
  distinctUntilChanged,
  EMPTY,
  filter,
  map,
  NEVER,
  type Observable,
  repeat,
  scan,
  startWith,
  switchMap,
  timer,
} from "rxjs";
import { ActionError, messageOf } from "../base/errors.ts";
import { filesText, isOf, REFUSED_SECONDS } from "./daq-sources.ts";
import type { Experiment } from "./experiment.ts";
import { look$ } from "./look.ts";
import {
  AccessDeniedError,
  type DataManagement,
  type DmTransfer,
  isMoving,
  isUnderWay,
  NotFoundError,
  NotOfferedError,
} from "./ports.ts";
import type { CommandName, PvName } from "./pvs.ts";
import { endState, showUploads } from "./uploads.ts";
import { isRunning, type Watch, type WatchContext } from "./watch.ts";

export interface UploadWatchOptions {
  readonly dm: DataManagement;
  /** Between two looks while an upload of the experiment is under way. */
  readonly pollSeconds: number;
}

const UPLOAD: CommandName = "Upload";
/** After a look that failed. */
const AGAIN_SECONDS = 60;

export const watchUploads =
  (options: UploadWatchOptions): Watch =>
  (context) => {
    const { pvs, scheduler } = context;
    return combineLatest([
      // An experiment that is gone while TomoScan restarts is still the one whose uploads run.
      context.experiment$.pipe(scan((last: Experiment | undefined, next) => next ?? last, undefined)),
      pvs.value$("Testing" satisfies PvName).pipe(
        map((value) => value === 1),
        distinctUntilChanged(),
      ),
      context.ended$.pipe(
        filter((name) => name === UPLOAD),
        startWith(undefined),
      ),
    ]).pipe(
      switchMap(([experiment, isDryRun]) => {
        if (experiment === undefined || isDryRun) return EMPTY; // a dry run reaches nobody
        const watch = new UploadWatch(options, context, experiment);
        return watch.look$().pipe(
          repeat({
            delay: () => (watch.waitSeconds === undefined ? NEVER : timer(watch.waitSeconds * 1000, scheduler)),
          }),
        );
      }),
    );
  };

/** Of one experiment, from its beginning or the end of an Upload on. */
class UploadWatch {
  /** Until the next look; undefined: there is nothing more to see. */
  waitSeconds: number | undefined;
  readonly #options: UploadWatchOptions;
  readonly #context: WatchContext;
  readonly #experiment: Experiment;
  /** Those that were found, as last seen. */
  #uploads: readonly DmTransfer[] = [];
  #isOutOfReach = false;

  constructor(options: UploadWatchOptions, context: WatchContext, experiment: Experiment) {
    this.#options = options;
    this.#context = context;
    this.#experiment = experiment;
  }

  /** One look. Completes also when it fails; what is shown stays then. */
  look$(): Observable<unknown> {
    return look$(
      (signal) => this.#look(signal),
      (thrown) => this.#failed(thrown),
      "There is a newer look at the uploads.",
    );
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { dm, pollSeconds } = this.#options;
    const { pvs, journal } = this.#context;
    this.waitSeconds = undefined; // Upload tells of its own, and there is a new watch when it has ended
    if (isRunning(pvs, UPLOAD)) return;
    const isFirst = this.#uploads.length === 0;
    const isOurs = isOf(this.#experiment);
    const uploads = isFirst
      ? (await dm.uploads({ signal })).filter((one) => isOurs(one) && isUnderWay(one))
      : await Promise.all(this.#uploads.map((one) => this.#lookAt(one, signal)));
    if (signal.aborted || isRunning(pvs, UPLOAD)) return;
    this.#isOutOfReach = false;
    if (uploads.length === 0) return;
    this.#uploads = uploads;
    const areOver = !uploads.some(isMoving);
    showUploads((name, value) => pvs.put(name, value), uploads, areOver ? endState(uploads) : "Running");
    if (isFirst) journal.say(`Uploads of ${this.#experiment.name} are under way already: ${listed(uploads)}.`);
    if (areOver) journal.say(`The uploads of ${this.#experiment.name} have ended: ${listed(uploads)}.`);
    else this.waitSeconds = pollSeconds;
  }

  async #lookAt(upload: DmTransfer, signal: AbortSignal): Promise<DmTransfer> {
    if (!isMoving(upload)) return upload;
    try {
      return await this.#options.dm.upload(upload.id, { signal });
    } catch (thrown) {
      if (!(thrown instanceof NotFoundError)) throw thrown;
      return { ...upload, status: "no longer known to Data Management" };
    }
  }

  #failed(thrown: unknown): void {
    if (thrown instanceof NotOfferedError) return; // Upload says so when it matters
    this.waitSeconds = thrown instanceof AccessDeniedError ? REFUSED_SECONDS : AGAIN_SECONDS;
    // Where none is known to run, nobody waits for it.
    const isWorthALine = this.#uploads.length > 0 || !(thrown instanceof ActionError);
    if (!isWorthALine || this.#isOutOfReach) return;
    this.#isOutOfReach = true;
    this.#context.journal.say(`The uploads cannot be seen: ${messageOf(thrown)}`, "MINOR");
  }
}

const listed = (uploads: readonly DmTransfer[]): string =>
  uploads
    .map((one) => `${one.dataDirectory} (${one.id}) ${isUnderWay(one) ? "" : `${one.status}, `}${filesText(one)}`)
    .join("; ");
