/** The descriptions of screens/, in the order of Phoebus' tabs and of the buttons on MEDM's main screen. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readScreen, type Screen } from "../../tools/screens/description.ts";

const FOLDER = join(import.meta.dirname, "../../screens");
const read = (topic: string, file: string): Screen => readScreen(topic, readFileSync(join(FOLDER, file), "utf8"));

export const TOPICS: readonly string[] = [
  "visit",
  "experiment",
  "users",
  "email",
  "daq",
  "transfers",
  "scans",
  "transfer",
  "triggers",
  "keeping",
  "check",
  "flows",
  "workflows",
  "steps",
  "manual",
  "settings",
  "status",
];

/** @throws Error with everything that is wrong, a sentence a line */
export const describedScreens = (): readonly Screen[] => TOPICS.map((topic) => read(topic, `${topic}.yaml`));
/** The screen of TomoScan's own PVs. */
export const tomoScanDescription = (): Screen => read("tomoscan/dm", "tomoscan/dm.yaml");
