/** PVs of other servers: TomoScan's. */
import type { Observable } from "rxjs";
import type { CallOptions } from "./call.ts";

/** The text of one PV of the beamline (TomoScan's), whatever the PV's native type. */
export interface BeamlineText {
  readonly connected: boolean;
  /** Undefined until the first value has come, also after each reconnection. */
  readonly text: string | undefined;
}

/** How a PV that chooses by state is told: by the state's name (the default), or its number, which no site changes. */
export interface TextForm {
  readonly states?: "numbers";
}

/** PVs of other servers, by full name. */
export interface BeamlinePvs {
  /**
   * The present state and every event that the PV posts, also with an equal value. Emits `connected: false` at once
   * when the PV goes away.
   */
  text$(name: string, form?: TextForm): Observable<BeamlineText>;
  /**
   * Writes a text, whatever the PV's native type, and waits until the put was processed.
   * @returns what the PV holds now: the text itself, or its beginning
   * @throws UnavailableError when the PV is not connected, or the put fails
   */
  writeText(name: string, text: string, options: CallOptions): Promise<string>;
  /** Reads a text once. @returns undefined when the PV does not connect or answer in time */
  readText(name: string, options: CallOptions): Promise<string | undefined>;
}
