/** The screens of MEDM, from their descriptions and the PVs: texts of medm/*.adl by file. */
import type { Database } from "../../src/database/database.ts";
import { layOut } from "./adl-layout.ts";
import { ourPvs, tomoScanPvs } from "./adl-pvs.ts";
import { adlText } from "./adl-text.ts";
import type { Screen } from "./description.ts";

/** The topic of the main screen, from which the others open. */
const MAIN = "visit";
const MAIN_FILE = "globus.adl";
const MAIN_TITLE = "$(P)$(R) Data management";
/** To be installed as $(BEAMLINE)_dm.adl, which TomoScan's main screen opens. */
const FOR_TOMOSCAN = "tomoScan_globus_dm.adl";

const fileOf = (topic: string): string => (topic === MAIN ? MAIN_FILE : `globus_${topic}.adl`);

/**
 * @param screens in the order of their buttons on the main screen
 * @throws Error with everything that the descriptions have wrong, a sentence a line
 */
export function medmScreens(screens: readonly Screen[], database: Database): Map<string, string> {
  const macros = { P: "$(P)", R: "$(R)", TS: "$(TS)" };
  const others = screens.filter(({ topic }) => topic !== MAIN);
  const links = others.map(({ topic, title }) => ({ label: title, file: fileOf(topic), macros }));
  const pvOf = ourPvs(database);
  return new Map(
    screens.map((screen) => {
      const file = fileOf(screen.topic);
      const isMain = screen.topic === MAIN;
      const title = isMain ? MAIN_TITLE : `$(P)$(R) ${screen.title}`;
      return [file, adlText(layOut({ file, screen, title, pvOf, links: isMain ? links : [], alive: "ServerRunning" }))];
    }),
  );
}

/** The screen of TomoScan's own PVs, with the button that opens ours. @param database TomoScan's */
export function tomoScanScreen(screen: Screen, database: Database): [file: string, text: string] {
  const macros = { P: "$(P)", R: "Globus:", TS: "$(R)" };
  const links = [{ label: "Data management", file: MAIN_FILE, macros }];
  const title = `$(P)$(R) ${screen.title}`;
  return [FOR_TOMOSCAN, adlText(layOut({ file: FOR_TOMOSCAN, screen, title, pvOf: tomoScanPvs(database), links }))];
}
