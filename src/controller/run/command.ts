/**
 * The command operator: starts → outcomes, one run at a time; a start during a run is refused. The only place of an IOC
 * where a failure of an action is caught, so one bad run never ends the stream; and the only place that starts, refuses
 * and cancels runs.
 *
 *   starts    -a-a----b-----        the second "a" comes while the first runs
 *   outcomes  -R-r-D--R-F---        R Running, r Refused, D Done, F Failed
 */
import {
  catchError,
  concat,
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
  takeUntil,
  tap,
} from "rxjs";
import { CancelledError } from "../../base/errors.ts";
import {
  type ActionResult,
  failureOutcome,
  type Outcome,
  RUNNING,
  refused,
  rejected,
  STOPPING,
  StoppingError,
} from "./outcome.ts";

/** One request to start: a put of 1 to the command's PV. */
export interface Start {
  /** Refuses the start while the put is still being made: the put fails and the PV stays as it is. */
  refuse(reason: string): void;
}

export interface CommandOptions {
  /** Why a start cannot be taken now although the command does not run, or undefined. Asked at each start. */
  readonly blocked: () => string | undefined;
  /** What to say to a second start. */
  readonly alreadyRunning: string;
  /** Emits the reason when the running action is to stop. */
  readonly cancel$: Observable<string>;
}

/**
 * Runs `action` for the starts that are let through. The action gets a signal that is aborted on cancellation; the run
 * lasts until the action has ended. A cancelled action that still ends well counts as done: its work is done.
 */
export function command(
  options: CommandOptions,
  action: (signal: AbortSignal) => ObservableInput<ActionResult>,
): OperatorFunction<Start, Outcome> {
  let running = false;
  const refusal = (): Outcome | undefined => {
    if (running) return refused(options.alreadyRunning);
    const reason = options.blocked();
    return reason === undefined ? undefined : rejected(reason);
  };
  return mergeMap((start) => {
    const outcome = refusal();
    if (outcome !== undefined) {
      start.refuse(outcome.message);
      return of(outcome);
    }
    running = true;
    return runOnce(action, options.cancel$).pipe(
      finalize(() => {
        running = false;
      }),
    );
  });
}

function runOnce(
  action: (signal: AbortSignal) => ObservableInput<ActionResult>,
  cancel$: Observable<string>,
): Observable<Outcome> {
  return defer(() => {
    const abort = new AbortController();
    const ended = defer(() => action(abort.signal)).pipe(
      map((result): Outcome => result),
      catchError((thrown: unknown) => of(failureOutcome(thrown, abort.signal))),
      connect((outcome) =>
        merge(
          outcome,
          cancel$.pipe(
            tap((reason) => abort.abort(reasonOf(reason))),
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

const reasonOf = (reason: string): CancelledError =>
  reason === STOPPING ? new StoppingError(reason) : new CancelledError(reason);
