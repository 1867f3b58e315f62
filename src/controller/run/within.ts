/** Waiting for a stream, but not for ever. */
import { defer, firstValueFrom, map, type Observable, race } from "rxjs";
import { type Clock, sleep } from "../../base/clock.ts";
import { ActionError } from "../../base/errors.ts";

/** Whether the stream emits within so many seconds; then unsubscribes. @throws the signal's reason */
export async function emitsWithin(
  source$: Observable<unknown>,
  seconds: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<boolean> {
  const over = new AbortController();
  const limit = AbortSignal.any(signal === undefined ? [over.signal] : [over.signal, signal]);
  try {
    return await firstValueFrom(
      race(source$.pipe(map(() => true)), defer(() => sleep(clock, seconds, limit)).pipe(map(() => false))),
    );
  } finally {
    over.abort(new ActionError("The wait is over."));
  }
}
