/**
 * What a catch of the controller goes on with: one function for each intent. Other errors, an abort's reason or a bug
 * of ours, are thrown on.
 */
import { ActionError } from "../../base/errors.ts";

/**
 * What a service says is wrong.
 * @param signal given where an abort explains every failure: once the signal is aborted the failure is thrown on, too
 */
export function serviceFailure(thrown: unknown, signal?: AbortSignal): ActionError {
  if (signal?.aborted === true || !(thrown instanceof ActionError)) throw thrown;
  return thrown;
}

/** What a service says is wrong, or that the call was aborted: for the end of a run whose work is done already. */
export function failureOrAbort(thrown: unknown, signal: AbortSignal): unknown {
  if (!signal.aborted && !(thrown instanceof ActionError)) throw thrown;
  return thrown;
}
