/** PVs of other servers: TomoScan's. */
import type { Observable } from "rxjs";
import type { CallOptions } from "./call.ts";

/** One text PV of the beamline (TomoScan's), whatever its native type there. */
export interface BeamlineText {
  readonly connected: boolean;
  /** Undefined until the first value has come. */
  readonly text: string | undefined;
}

/** PVs of other servers, by full name. */
export interface BeamlinePvs {
  /** The present state and every change. Emits `connected: false` at once when the PV goes away. */
  text$(name: string): Observable<BeamlineText>;
  /**
   * Writes a text, whatever the PV's native type, and waits until it was processed.
   * @returns what the PV could hold of it: the text itself, or its beginning
   * @throws UnavailableError when it is not connected, or the put fails
   */
  writeText(name: string, text: string, options: CallOptions): Promise<string>;
  /** Reads a text once. @returns undefined when the PV does not connect or answer in time */
  readText(name: string, options: CallOptions): Promise<string | undefined>;
}
