/** One look of a watch as a stream, so that a newer look, or the end of the watch, ends it. It decides nothing about what is seen. */
import { catchError, defer, EMPTY, finalize, from, type Observable } from "rxjs";
import { CancelledError } from "../../base/errors.ts";

/**
 * Completes when the look is over, also when it failed.
 * @param look gets a signal that is aborted when nobody waits for it any more
 * @param failed is told what it threw
 * @param reason of that abort, a sentence
 */
export const look$ = (
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
