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
  tap,
  timer,
} from "rxjs";
import { CancelledError } from "../../base/errors.ts";
import type { CommandName } from "../pvs/commands.ts";
import type { Watch, WatchContext } from "./watch.ts";

/** One thing that is looked at. */
export interface Look<S> {
  /** Asks, and changes nothing. @param signal aborted when a newer look begins, or the watch ends */
  look(signal: AbortSignal): Promise<S>;
  seen(what: S): void;
  failed(thrown: unknown): void;
  /** Seconds until the next look; undefined: there is nothing more to see. */
  readonly waitSeconds: number | undefined;
}

export interface PollWatchOptions<T, S> {
  /** What the looks are for, e.g. the experiment. A look begins with each. */
  readonly followed$: Observable<T>;
  /**
   * Commands that change what is looked at. While one of them runs it tells of its own: nobody looks, and a look that
   * was under way is as if it had not been. When one has ended, a look begins at once.
   */
  readonly makers: readonly CommandName[];
  /**
   * Called before each such first look.
   * @returns undefined where there is nothing to look at; a dry run reaches nobody, whatever it returns
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
 * Completes when the look is over, also when it failed, and at once where nobody may look.
 * @param reason why it is cut short when nobody waits for it any more, a sentence
 */
const look$ = <S>(one: Look<S>, reason: string, isHeld: () => boolean): Observable<unknown> =>
  defer(() => {
    if (isHeld()) return EMPTY;
    const abort = new AbortController();
    return from(one.look(abort.signal)).pipe(
      tap((what) => {
        if (!isHeld()) one.seen(what);
      }),
      catchError((thrown: unknown) => {
        if (!isHeld()) one.failed(thrown);
        return EMPTY;
      }),
      finalize(() => abort.abort(new CancelledError(reason))),
    );
  });
