/** Everything that commands work with at one beamline, chosen once (assemble/) for the IOC or for the command line. */

import type { HealthBook } from "./health/health-book.ts";
import type { BeamlinePvs } from "./ports/beamline-pvs.ts";
import type { DataManagement } from "./ports/data-management.ts";
import type { PvValue } from "./ports/pvs.ts";
import type { PvName } from "./pvs/index.ts";
import type { AnyTomoScanKey } from "./pvs/tomoscan.ts";
import type { Actions, Server } from "./run/action.ts";
import type { AuthWatch } from "./run/vital-signs.ts";
import type { Watch } from "./run/watch.ts";
import type { DirectoryTarget } from "./setup/make-directories.ts";
import type { Schedule } from "./tagging/beamtimes.ts";
import type { VisitSite } from "./visit/visit-site.ts";

/** Why a PV cannot be armed now, a sentence, or undefined. @param get reads our own PVs, results too */
export type ArmCheck = (get: (name: PvName) => PvValue) => string | undefined;

export interface Site {
  /** In the order of ServerName's states; at least one server. */
  readonly servers: readonly [Server, ...Server[]];
  /** The actions that do not depend on the server. */
  readonly actions: Actions;
  /** By the PV that arms; the check is made when 1 is put to that PV. */
  readonly arms: Readonly<Partial<Record<PvName, ArmCheck>>>;
  /** What goes on beside the commands of a running IOC. */
  readonly watches: readonly Watch[];
  /** Begins nothing new, and waits a few seconds for what is under way beside the commands: before the end. */
  readonly finish?: () => Promise<void>;
  readonly directories: readonly DirectoryTarget[];
  readonly auth: AuthWatch;
  readonly visit: VisitSite;
  /** What is seen of the health of the program and of its services; absent: nobody looks. */
  readonly health?: HealthBook;
  /** Ports for commands that only look: the station's DAQs for daq-status, the schedule for show. */
  readonly dataManagement?: DataManagement;
  readonly schedule?: Schedule;
  readonly beamline: BeamlinePvs;
  /** Full name of a TomoScan PV. */
  readonly tomoScanName: (key: AnyTomoScanKey) => string;
  /** Why there is no TomoScan to look for, a sentence. */
  readonly tomoScanProblem?: string;
  /** Closes every connection. */
  close(): Promise<void>;
}
