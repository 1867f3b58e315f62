/** What goes wrong in a state of a simulated flow. */

/** An exception of a state, which its Catch may name. */
export class FlowError extends Error {
  /** `ActionFailedException`, `States.ParameterPathFailure` … */
  readonly error: string;
  /** No Catch helps. */
  readonly isFinal: boolean;
  constructor(error: string, says: string, isFinal = false) {
    super(says);
    this.error = error;
    this.isFinal = isFinal;
  }
}

/** What the sandbox does not do, though Flows might: the run ends with its name. */
export const notSimulated = (what: string): FlowError =>
  new FlowError("Sandbox.NotSimulated", `The sandbox does not simulate ${what}`, true);
