/** A watch that looks at a service again and again. What is looked at, and how often, the Look decides. */
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
  of,
  repeat,
  startWith,
  switchMap,
  tap,
  timer,
} from "rxjs";
import { CancelledError } from "../../base/errors.ts";
import type { CommandName } from "../pvs/commands.ts";
import type { Watch, WatchContext } from "./watch.ts";

/** One thing that is looked at. */
export interface Look<S> {
  /** Asks the service, and changes nothing. @param signal aborted when a newer look begins, or the watch ends */
  look(signal: AbortSignal): Promise<S>;
  seen(what: S): void;
  failed(thrown: unknown): void;
  /** Seconds until the next look; undefined: there is nothing more to see. */
  readonly waitSeconds: number | undefined;
}

export interface PollWatchOptions<T, S> {
  /** What is followed, e.g. the experiment; each element begins new looks. */
  readonly followed$: Observable<T>;
  /**
   * Commands that change what is looked at. While such a command runs it shows its own results: no look begins, and
   * what a look under way finds is dropped. When the command has ended, a look begins at once.
   */
  readonly makers: readonly CommandName[];
  /**
   * Called with each element of `followed$`, and when a command of `makers` has ended.
   * @returns undefined where there is nothing to look at; in a dry run (Testing) there are no looks at all
   */
  readonly begin: (followed: T) => Look<S> | undefined;
  /** Why a look is cut short, a sentence. */
  readonly reason: string;
}

export const pollWatch = <T, S>(
  { pvs, isRunning, ended$, scheduler }: WatchContext,
  { followed$, makers, begin, reason }: PollWatchOptions<T, S>,
): ReturnType<Watch> =>
  combineLatest([
    followed$,
    pvs.value$("Testing").pipe(
      map((value) => value === 1),
      distinctUntilChanged(),
    ),
    ended$.pipe(
      filter((name) => makers.includes(name)),
      startWith(undefined),
    ),
  ]).pipe(
    switchMap(([followed, isDryRun]) => {
      const one = begin(followed);
      if (one === undefined || isDryRun) return EMPTY;
      return look$(one, reason, () => makers.some(isRunning)).pipe(
        repeat({ delay: () => (one.waitSeconds === undefined ? NEVER : timer(one.waitSeconds * 1000, scheduler)) }),
      );
    }),
  );

/**
 * Completes when the look is over, also when it failed; at once while a command of `makers` runs.
 * @param reason why a look that is no longer wanted is cut short, a sentence
 */
const look$ = <S>(one: Look<S>, reason: string, isHeld: () => boolean): Observable<unknown> =>
  defer(() => {
    if (isHeld()) return EMPTY;
    const abort = new AbortController();
    return from(one.look(abort.signal)).pipe(
      map((what) => () => one.seen(what)),
      catchError((thrown: unknown) => of(() => one.failed(thrown))),
      tap((tell) => {
        if (!isHeld()) tell(); // what is thrown here is no failure of the look
      }),
      finalize(() => abort.abort(new CancelledError(reason))),
    );
  });
