/** DAQs and uploads as the settings have them: where their data are, the actions on them, and the watch over them. */

import { DaqBoard } from "../controller/daq/daq-board.ts";
import { daqEvidence } from "../controller/daq/daq-evidence.ts";
import type { DaqSite } from "../controller/daq/daq-sources.ts";
import { watchDaqs } from "../controller/daq/daq-watch.ts";
import { startDaq } from "../controller/daq/start-daq.ts";
import { stopDaq } from "../controller/daq/stop-daq.ts";
import { upload } from "../controller/daq/upload.ts";
import { watchUploads } from "../controller/daq/upload-watch.ts";
import type { Experiment } from "../controller/experiment.ts";
import type { DataManagement } from "../controller/ports/data-management.ts";
import type { Actions } from "../controller/run/action.ts";
import type { Watch } from "../controller/run/watch.ts";
import type { DaqEvidence } from "../controller/visit/visit-facts.ts";
import { dataHost, dataHostName } from "./hosts.ts";
import type { PartOptions } from "./parts.ts";

export interface DaqPart {
  /** The actions of a Data Management server. */
  actions(serverName: string): Pick<Actions, "StartDaq" | "StopDaq" | "Upload">;
  readonly watches: readonly Watch[];
  /** What was seen last of the DAQs of an experiment; undefined: nobody has looked. */
  readonly seen: (experiment: Experiment) => DaqEvidence | undefined;
}

/** @param ownName this machine's name. @throws ActionError for a data host that cannot be used */
export function openDaq(options: PartOptions, dm: DataManagement, ownName: string): DaqPart {
  const { settings, clock } = options;
  const section = settings.daq;
  const [pollSeconds, stallSeconds] = [section["poll-seconds"], section["stall-seconds"]];
  if (!settings.local["dm-direct-mount"] && dataHostName(settings) === "")
    options.problems.add("[local]", "dm-direct-mount is False, and no host is set: set data-host");
  const site: DaqSite = {
    host: dataHost(options, ownName),
    prefix: settings.local["dm-direct-mount"] ? "" : `@${dataHostName(settings)}:`,
    templates: { raw: section["raw-template"], rec: section["rec-template"] },
  };
  const board = new DaqBoard();
  return {
    actions: (serverName) => {
      const daq = { dm, site, serverName, board };
      return {
        StartDaq: startDaq(daq),
        StopDaq: stopDaq(daq),
        Upload: upload({ ...daq, clock, pollSeconds, patienceSeconds: stallSeconds }),
      };
    },
    seen: (experiment) => daqEvidence(board.state, experiment),
    watches: [watchDaqs({ dm, site, pollSeconds, stallSeconds, board }), watchUploads({ dm, pollSeconds })],
  };
}
