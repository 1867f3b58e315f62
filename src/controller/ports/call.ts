/**
 * What every call of a port has in common: an AbortSignal, and failures that are ActionErrors with a message for
 * operators, or subclasses of this file, which say more. Ports are interfaces: `services` implements them, except our
 * own PVs (pvs.ts), which `assemble` takes from the IOC; the tests have fakes.
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
 * The service may offer the operation, but how to ask for it at this site is not known; the sentence says what to do.
 * Nothing was sent.
 */
export class NotOfferedError extends ActionError {}
/**
 * No answer worth the name: down, timed out, 5xx, or not what the service speaks. `mayHaveHappened`: the request may
 * have taken effect.
 */
export class UnavailableError extends ActionError {
  readonly mayHaveHappened: boolean;
  /** What the service asked us to wait. */
  readonly retryAfterSeconds: number | undefined;
  constructor(
    message: string,
    options: ErrorOptions & {
      readonly mayHaveHappened?: boolean;
      readonly retryAfterSeconds?: number | undefined;
    } = {},
  ) {
    super(message, options);
    this.mayHaveHappened = options.mayHaveHappened ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/**
 * The settings leave the service off: the sentence says which setting is missing. Nothing was asked, and nothing is
 * broken.
 */
export class OffError extends ActionError {}

/** A scan's file is not as its manifest has it: it has changed, or is gone. The scan is looked at anew. */
export class SourceChangedError extends ActionError {}
/** The destination has no room, or no quota, left: for this scan and for every other. */
export class NoRoomError extends UnavailableError {}
