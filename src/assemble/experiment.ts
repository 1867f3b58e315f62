/**
 * The commands about experiments as the settings have them: tagging, manual experiments, deletion, safety forms, and
 * TomoScan's directories.
 */

import type { ServerSettings, Settings } from "../config/settings.ts";
import type { Experiment } from "../controller/experiment.ts";
import type { Actions } from "../controller/run/action.ts";
import { createManualOnDm, createManualOnGlobus } from "../controller/setup/create-manual.ts";
import { deleteArm, deleteExperiment } from "../controller/setup/delete.ts";
import { dirsMatchWatch } from "../controller/setup/dirs-match.ts";
import type { Site } from "../controller/site.ts";
import { listEsafs } from "../controller/tagging/list-esafs.ts";
import { tagFromSchedule } from "../controller/tagging/tag-experiment.ts";
import { tagManually } from "../controller/tagging/tag-manual.ts";
import type { TomoScan } from "../controller/tomoscan.ts";
import type { PeopleOptions } from "../controller/users/people.ts";
import type { DmPart } from "./dm.ts";
import type { GlobusPart } from "./globus.ts";

export interface ExperimentParts {
  readonly settings: Settings;
  readonly dm: DmPart;
  readonly globus: GlobusPart;
  readonly people: PeopleOptions;
  readonly tomoScan: TomoScan;
}

/** What does not depend on the server. */
export function experimentSite({
  settings,
  dm,
  people,
  tomoScan,
}: ExperimentParts): Pick<Site, "actions" | "arms" | "watches"> {
  const { schedule, esafs } = people;
  const { local } = settings;
  const analysis = { user: local["analysis-user-name"], host: local.analysis, top: local["analysis-top-dir"] };
  return {
    actions: {
      Tag: tagFromSchedule({ schedule, tomoScan, esafs }),
      ListEsafs: listEsafs({ esafs: dm.esafs, clock: tomoScan.clock }),
    },
    arms: { DeleteArm: deleteArm(settings.dm["allow-delete"]) },
    watches: [dirsMatchWatch({ tomoScan, detector: { top: local["detector-top-dir"] }, analysis })],
  };
}

/** What one server adds. */
export function experimentActions(
  server: ServerSettings,
  dataLink: (experiment: Experiment) => string,
  parts: ExperimentParts,
): Actions {
  const { settings, dm, globus, people, tomoScan } = parts;
  const common = { serverName: server.name, dataLink, clock: tomoScan.clock };
  const manual = { serverName: server.name, schedule: people.schedule, tomoScan, esafs: people.esafs };
  if (server.kind === "globus") {
    const tree = globus.tree(server);
    return {
      TagManual: tagManually({ ...manual, dm: undefined }),
      CreateManual: createManualOnGlobus({ ...common, tree, template: server["directory-template"] }),
    };
  }
  const experimentType = settings.globus["experiment-type"];
  return {
    TagManual: tagManually({ ...manual, dm: dm.dm }),
    CreateManual: createManualOnDm({ ...common, dm: dm.dm, contacts: people.contacts, experimentType }),
    Delete: deleteExperiment({ dm: dm.dm, serverName: server.name, isAllowed: settings.dm["allow-delete"] }),
  };
}
