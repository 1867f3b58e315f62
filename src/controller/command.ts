/**
 * The command operator: starts → outcomes, with the command's overlap policy. The only place where a failure of an action is caught, so one bad run never
 * ends the stream; and the only place that starts, refuses and cancels runs.
 *
 *   starts    -a-a----b-----        refuse: the second "a" comes while the first runs
 *   outcomes  -R-r-D--R-F---        R Running, r Refused, D Done, F Failed
 */
import {
  catchError,
  concat,
  concatMap,
  connect,
  defer,
  finalize,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  of,
  switchMap,
  takeUntil,
  tap,
} from "rxjs";
import { CancelledError } from "../base/errors.ts";
import { type ActionResult, failureOutcome, type Outcome, RUNNING, refused } from "./outcome.ts";
import type { CommandRow } from "./pvs.ts";

/** One request to start: a put of 1 to the command's PV. */
export interface Start {
  /** Turns the request down while the put is still being made: the put fails and the PV stays as it is. */
  refuse(reason: string): void;
}

export interface CommandOptions {
  readonly overlap: CommandRow["overlap"];
  /** Why a start cannot be taken now although this command does not run, or undefined. Asked at each start. */
  readonly blocked: () => string | undefined;
  /** What to say to a second start. */
  readonly alreadyRunning: string;
  /** Emits the reason when the running action is to stop. */
  readonly cancel$: Observable<string>;
}

/**
 * Runs `action` for the starts that the policy lets through. The action gets a signal that is aborted on cancellation; the run lasts until the action has
 * ended, whatever it then returns or throws. A cancelled action that still ends well counts as done: its work is done.
 */
export function command(
  options: CommandOptions,
  action: (signal: AbortSignal) => ObservableInput<ActionResult>,
): OperatorFunction<Start, Outcome> {
  const run = (): Observable<Outcome> => runOnce(action, options.cancel$);
  if (options.overlap === "queue") return concatMap(admitted(options, run));
  if (options.overlap === "replace") return switchMap(admitted(options, run));
  let running = false;
  return mergeMap((start) => {
    if (running) {
      start.refuse(options.alreadyRunning);
      return of(refused(options.alreadyRunning));
    }
    return admitted(options, () => {
      running = true;
      return run().pipe(
        finalize(() => {
          running = false;
        }),
      );
    })(start);
  });
}

const admitted =
  (options: CommandOptions, run: () => Observable<Outcome>) =>
  (start: Start): Observable<Outcome> => {
    const reason = options.blocked();
    if (reason === undefined) return run();
    start.refuse(reason);
    return of({ state: "Rejected", message: reason });
  };

function runOnce(
  action: (signal: AbortSignal) => ObservableInput<ActionResult>,
  cancel$: Observable<string>,
): Observable<Outcome> {
  return defer(() => {
    const abort = new AbortController();
    let cancelled: string | undefined;
    const ended = defer(() => action(abort.signal)).pipe(
      map((result): Outcome => result),
      catchError((thrown: unknown) => of(failureOutcome(thrown, cancelled))),
      connect((outcome) =>
        merge(
          outcome,
          cancel$.pipe(
            tap((reason) => {
              cancelled = reason;
              abort.abort(new CancelledError(reason));
            }),
            ignoreElements(),
            takeUntil(outcome),
          ),
        ),
      ),
      finalize(() => abort.abort(new CancelledError("Nobody waits for this run any more."))),
    );
    return concat(from([RUNNING]), ended);
  });
}
