/**
 * A watch that looks at a service again and again: the streams that every such watch has. What is looked at, and how
 * often, its Look says.
 */
import {
  catchError,
  combineLatest,
  defer,
  distinctUntilChanged,
  EMPTY,
  filter,
  finalize,
  from,
  map,
  NEVER,
  type Observable,
  repeat,
  startWith,
  switchMap,
  timer,
} from "rxjs";
import { CancelledError } from "../../base/errors.ts";
import type { CommandName } from "../pvs/commands.ts";
import type { Watch, WatchContext } from "./watch.ts";

/** One thing that is looked at. */
export interface Look {
  /** @param signal aborted when a newer look begins, or the watch ends */
  look(signal: AbortSignal): Promise<unknown>;
  failed(thrown: unknown): void;
  /** Seconds until the next look; undefined: there is nothing more to see. */
  readonly waitSeconds: number | undefined;
}

export interface PollWatchOptions<T> {
  /** What the looks are for, e.g. the experiment. A look begins with each. */
  readonly followed$: Observable<T>;
  /** Commands after which a look begins at once. */
  readonly after: readonly CommandName[];
  /**
   * Called before each such first look.
   * @returns undefined where there is nothing to look at; a dry run reaches nobody, whatever it returns
   */
  readonly begin: (followed: T) => Look | undefined;
  /** Why a look is cut short, a sentence. */
  readonly reason: string;
}

export const pollWatch = <T>(
  { pvs, ended$, scheduler }: WatchContext,
  { followed$, after, begin, reason }: PollWatchOptions<T>,
): ReturnType<Watch> =>
  combineLatest([
    followed$,
    pvs.value$("Testing").pipe(
      map((value) => value === 1),
      distinctUntilChanged(),
    ),
    ended$.pipe(
      filter((name) => after.includes(name)),
      startWith(undefined),
    ),
  ]).pipe(
    switchMap(([followed, isDryRun]) => {
      const one = begin(followed);
      if (one === undefined || isDryRun) return EMPTY;
      return look$(
        (signal) => one.look(signal),
        (thrown) => one.failed(thrown),
        reason,
      ).pipe(
        repeat({ delay: () => (one.waitSeconds === undefined ? NEVER : timer(one.waitSeconds * 1000, scheduler)) }),
      );
    }),
  );

/**
 * Completes when the look is over, also when it failed.
 * @param look gets a signal that is aborted when nobody waits for it any more
 * @param failed is told what it threw
 * @param reason of that abort, a sentence
 */
const look$ = (
  look: (signal: AbortSignal) => Promise<unknown>,
  failed: (thrown: unknown) => void,
  reason: string,
): Observable<unknown> =>
  defer(() => {
    const abort = new AbortController();
    return from(look(abort.signal)).pipe(
      catchError((thrown: unknown) => {
        failed(thrown);
        return EMPTY;
      }),
      finalize(() => abort.abort(new CancelledError(reason))),
    );
  });
