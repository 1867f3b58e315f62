/**
 * The watch over the DAQs: looks often while DAQs run, otherwise now and then; publishes their progress and tells what
 * is wrong. Goes on whichever server is chosen: data move all the same. Starts and stops nothing.
 * integration.md §5.9, §6.
 */
import { map, startWith, tap } from "rxjs";
import type { SourceReport } from "../ports/data-host.ts";
import type { DataManagement } from "../ports/data-management.ts";
import type { DaqSide } from "../pvs/daq.ts";
import type { RunContext } from "../run/action.ts";
import { type Look, pollWatch } from "../run/poll-watch.ts";
import type { Watch } from "../run/watch.ts";
import type { DaqBoard } from "./daq-board.ts";
import { type DaqLook, type DaqPatience, looked, sourcesDue } from "./daq-look.ts";
import { daqNews } from "./daq-news.ts";
import { showDaqs } from "./daq-pvs.ts";
import { type DaqSite, REFUSED_SECONDS } from "./daq-sources.ts";
import { type DaqsState, type Followed, following, lookFailed, NOTHING_KNOWN, noDaqs, someRun } from "./daq-state.ts";
import { showUploads } from "./uploads.ts";

export interface DaqWatchOptions extends DaqPatience {
  readonly dm: DataManagement;
  readonly site: DaqSite;
  readonly board: DaqBoard;
}

/** Seconds between two looks while no DAQ runs: somebody else may start one. */
const IDLE_SECONDS = 60;

export const watchDaqs =
  (options: DaqWatchOptions): Watch =>
  (context) => {
    const { pvs, journal, clock, experiment$ } = context;
    const { board, site } = options;
    const take = (step: (state: DaqsState) => DaqsState): void => {
      const before = board.state;
      board.change((name, value) => pvs.put(name, value), step);
      for (const { sentence, severity } of daqNews(before, board.state)) journal.say(sentence, severity);
    };
    const look: Look<DaqLook> = {
      look: (signal) => lookAtDaqs(options, () => clock.monotonic(), signal),
      seen: (found) => take((state) => looked(state, found, options)),
      failed: (thrown) => take((state) => lookFailed(state, thrown)),
      get waitSeconds() {
        if (board.state.trouble?.isRefused === true) return REFUSED_SECONDS;
        return someRun(board.state) ? options.pollSeconds : IDLE_SECONDS;
      },
    };
    return pollWatch(context, {
      followed$: experiment$.pipe(
        map((experiment): Followed => experiment ?? "none"),
        startWith("unknown" as Followed),
      ),
      makers: ["StartDaq", "StopDaq"],
      begin: (followed) => {
        take((state) => following(state, followed, site));
        return look;
      },
      reason: "There is a newer look at the DAQs.",
    });
  };

/** @param now monotonic seconds */
async function lookAtDaqs(options: DaqWatchOptions, now: () => number, signal: AbortSignal): Promise<DaqLook> {
  const all = await options.dm.daqs({ signal });
  const reports: Partial<Record<DaqSide, SourceReport>> = {};
  for (const { side, parts } of sourcesDue(options.board.state, { at: now(), all }, options)) {
    reports[side] = await options.site.host.inspect(parts, { signal });
    signal.throwIfAborted();
  }
  return { at: now(), all, reports };
}

/** Where no server is a Data Management server: shows that no experiment has DAQs or uploads. */
export const withoutDaqs: Watch = ({ pvs, experiment$ }) =>
  experiment$.pipe(
    startWith(undefined),
    tap(() => {
      const put: RunContext["publish"] = (name, value) => pvs.put(name, value);
      const none = noDaqs(NOTHING_KNOWN, "There are no DAQs: none of the servers in globus.conf is of kind dm.");
      showDaqs(put, NOTHING_KNOWN, none);
      showUploads(put, [], "None");
    }),
  );
