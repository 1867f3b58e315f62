/** TomoScan as the actions see it: its PVs by key. */
import type { Clock } from "../base/clock.ts";
import type { BeamlinePvs } from "./ports/beamline-pvs.ts";
import type { AnyTomoScanKey } from "./pvs/tomoscan.ts";

/** What tagging and Dirs work on. */
export interface TomoScan {
  readonly beamline: BeamlinePvs;
  /** Full name of a PV. */
  readonly nameOf: (key: AnyTomoScanKey) => string;
  readonly clock: Clock;
}
