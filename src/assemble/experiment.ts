/**
 * The actions, arms and watches that do not depend on the server, as the settings have them: tagging from the schedule,
 * safety forms, the arm of Delete, and whether TomoScan's directories are those of the settings.
 */

import type { Settings } from "../config/settings.ts";
import { deleteArm } from "../controller/setup/delete.ts";
import { dirsMatchWatch } from "../controller/setup/dirs-match.ts";
import type { Site } from "../controller/site.ts";
import { listEsafs } from "../controller/tagging/list-esafs.ts";
import { tagFromSchedule } from "../controller/tagging/tag-experiment.ts";
import type { TomoScan } from "../controller/tomoscan.ts";
import type { PeopleOptions } from "../controller/users/people.ts";
import type { DmPart } from "./dm.ts";

export interface ExperimentParts {
  readonly settings: Settings;
  readonly dm: DmPart;
  readonly people: PeopleOptions;
  readonly tomoScan: TomoScan;
}

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
