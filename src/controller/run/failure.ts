/**
 * What a catch of the controller goes on with: one function for each intent. Whatever else was thrown is an abort's
 * reason or a bug of ours, and flies on.
 */
import { ActionError } from "../../base/errors.ts";

/**
 * What a service says is wrong.
 * @param signal given where an abort explains whatever failed: the failure is thrown on, too, once that is aborted
 */
export function serviceFailure(thrown: unknown, signal?: AbortSignal): ActionError {
  if (signal?.aborted === true || !(thrown instanceof ActionError)) throw thrown;
  return thrown;
}

/**
 * What a service says is wrong, or that the call was aborted: for what is told at the end of work that counts already.
 */
export function failureOrAbort(thrown: unknown, signal: AbortSignal): unknown {
  if (!signal.aborted && !(thrown instanceof ActionError)) throw thrown;
  return thrown;
}
