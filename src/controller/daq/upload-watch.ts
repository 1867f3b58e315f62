/**
 * The watch over uploads that Upload does not wait for: an earlier run of the program has started them, or somebody
 * else. Looks at the start, when the experiment changes, when Upload has ended, and now and then. Starts and stops no
 * upload. integration.md §5.9.
 */
import { scan } from "rxjs";
import { ActionError, asSentence, clauseOf } from "../../base/errors.ts";
import type { Experiment } from "../experiment.ts";
import { AccessDeniedError, NotFoundError, NotOfferedError, OffError } from "../ports/call.ts";
import { type DataManagement, type DmTransfer, isMoving, isUnderWay } from "../ports/data-management.ts";
import { UPLOAD_STATES } from "../pvs/daq.ts";
import type { RunContext } from "../run/action.ts";
import { type Look, pollWatch } from "../run/poll-watch.ts";
import type { Watch, WatchContext } from "../run/watch.ts";
import { filesText, isOf, REFUSED_SECONDS } from "./daq-sources.ts";
import { endState, showUploads } from "./uploads.ts";

export interface UploadWatchOptions {
  readonly dm: DataManagement;
  /** Seconds between two looks while an upload of the experiment is under way. */
  readonly pollSeconds: number;
}

/**
 * Seconds between two looks while no upload is under way, since somebody else may start one, and after a look that
 * failed.
 */
const IDLE_SECONDS = 60;

export const watchUploads =
  (options: UploadWatchOptions): Watch =>
  (context) =>
    pollWatch(context, {
      // While TomoScan restarts it names no experiment: the uploads of the last experiment still run.
      followed$: context.experiment$.pipe(scan((last: Experiment | undefined, next) => next ?? last, undefined)),
      makers: ["Upload"],
      begin: (experiment) => (experiment === undefined ? undefined : new UploadWatch(options, context, experiment)),
      reason: "There is a newer look at the uploads.",
    });

/** The uploads that one look has seen. */
interface SeenUploads {
  /** The uploads that were followed before the look. */
  readonly followed: readonly DmTransfer[];
  readonly found: readonly DmTransfer[];
}

/** The looks at one experiment's uploads, from the beginning of the experiment or the end of an Upload on. */
class UploadWatch implements Look<SeenUploads> {
  waitSeconds: number | undefined = IDLE_SECONDS;
  readonly #options: UploadWatchOptions;
  readonly #context: WatchContext;
  readonly #experiment: Experiment;
  /** The uploads that are followed, as last seen; until the last of them is over. */
  #followed: readonly DmTransfer[] = [];
  #isOutOfReach = false;

  constructor(options: UploadWatchOptions, context: WatchContext, experiment: Experiment) {
    this.#options = options;
    this.#context = context;
    this.#experiment = experiment;
  }

  async look(signal: AbortSignal): Promise<SeenUploads> {
    const inList = (await this.#options.dm.uploads({ signal })).filter(isOf(this.#experiment));
    const followed = await Promise.all(this.#followed.map((one) => this.#lookAt(one, inList, signal)));
    const found = inList.filter((one) => isUnderWay(one) && followed.every(({ id }) => id !== one.id));
    return { followed, found };
  }

  seen({ followed, found }: SeenUploads): void {
    const { pvs, journal } = this.#context;
    const uploads = [...followed, ...found];
    this.#isOutOfReach = false;
    this.waitSeconds = IDLE_SECONDS;
    const put: RunContext["publish"] = (name, value) => pvs.put(name, value);
    const areOver = !uploads.some(isMoving);
    this.#followed = areOver ? [] : uploads;
    if (uploads.length === 0) {
      if (pvs.get("UploadState") === UPLOAD_STATES.indexOf("Unknown")) showUploads(put, [], "None");
      return;
    }
    showUploads(put, uploads, areOver ? endState(uploads) : "Running");
    const { name } = this.#experiment;
    if (found.length > 0)
      journal.say(`Uploads of ${name} that Upload does not wait for are under way: ${listed(found)}.`);
    if (areOver) journal.say(`The uploads of ${name} have ended: ${listed(uploads)}.`);
    else this.waitSeconds = this.#options.pollSeconds;
  }

  /** @param inList what Data Management lists, with or without ended uploads */
  async #lookAt(upload: DmTransfer, inList: readonly DmTransfer[], signal: AbortSignal): Promise<DmTransfer> {
    if (!isMoving(upload)) return upload;
    const found = inList.find(({ id }) => id === upload.id);
    if (found !== undefined) return found;
    try {
      return await this.#options.dm.upload(upload.id, { signal });
    } catch (thrown) {
      if (!(thrown instanceof NotFoundError)) throw thrown;
      return { ...upload, status: "no longer known to Data Management" };
    }
  }

  /** The PVs keep what they show, unless the settings leave Data Management off. */
  failed(thrown: unknown): void {
    const { pvs, journal } = this.#context;
    if (thrown instanceof OffError) showUploads((name, value) => pvs.put(name, value), [], "None");
    if (thrown instanceof OffError || thrown instanceof NotOfferedError) {
      this.waitSeconds = undefined; // Upload tells of it when it matters
      return;
    }
    this.waitSeconds = thrown instanceof AccessDeniedError ? REFUSED_SECONDS : IDLE_SECONDS;
    // Where no upload is known to run, a failure is worth no line, unless it is a bug.
    const isWorthALine = this.#followed.length > 0 || !(thrown instanceof ActionError);
    if (!isWorthALine || this.#isOutOfReach) return;
    this.#isOutOfReach = true;
    journal.say(asSentence(`The uploads cannot be seen: ${clauseOf(thrown)}`), "MINOR");
  }
}

const listed = (uploads: readonly DmTransfer[]): string =>
  uploads
    .map((one) => `${one.dataDirectory} (${one.id}) ${isUnderWay(one) ? "" : `${one.status}, `}${filesText(one)}`)
    .join("; ");
