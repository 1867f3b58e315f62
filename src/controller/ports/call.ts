/**
 * What every call of a port has in common: it takes an AbortSignal, and fails with an ActionError whose message an
 * operator can read, or with a subclass of this file, which says more. Ports are interfaces: `services` implements
 * them, but for our own PVs (pvs.ts), which `assemble` takes from the IOC; the tests have fakes.
 */
import { ActionError } from "../../base/errors.ts";

/** Common to every call: aborting the signal ends the work at its next safe point. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** What was asked for does not exist at the service: an answer, not a breakdown. */
export class NotFoundError extends ActionError {}
/** What was to be made exists already. */
export class AlreadyExistsError extends ActionError {}
/** The service knows us but does not let us, or does not know us. */
export class AccessDeniedError extends ActionError {}
/**
 * The service may have it, but nobody can say how it is asked for at this site; the sentence says what to do. Nothing
 * was sent.
 */
export class NotOfferedError extends ActionError {}
/**
 * No answer worth the name: down, timed out, 5xx, or not what the service speaks. `mayHaveHappened`: the request may
 * have taken effect.
 */
export class UnavailableError extends ActionError {
  readonly mayHaveHappened: boolean;
  constructor(message: string, options: ErrorOptions & { readonly mayHaveHappened?: boolean } = {}) {
    super(message, options);
    this.mayHaveHappened = options.mayHaveHappened ?? false;
  }
}

/**
 * The settings leave the service off: its sentence says which one is missing. Nothing was asked, and nothing is broken.
 */
export class OffError extends ActionError {}
