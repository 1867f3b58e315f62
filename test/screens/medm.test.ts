/** The screens of MEDM are what their descriptions say, and nothing on one is cut, covered, dead or without its PV. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { medmScreens, tomoScanScreen } from "../../tools/screens/adl-screens.ts";
import { adlProblems } from "../support/adl/check.ts";
import { globusChannel } from "../support/adl/globus-channels.ts";
import { globusDatabase, tomoScanDatabase } from "../support/globus-database.ts";
import { describedScreens, tomoScanDescription } from "../support/screens.ts";

const MEDM = join(import.meta.dirname, "../../medm");
const database = globusDatabase("");
database.initialize();
const tomoScan = tomoScanDatabase("");
const files = new Map([...medmScreens(describedScreens(), database), tomoScanScreen(tomoScanDescription(), tomoScan)]);

test("medm/ has the screens of the descriptions, and no others", () => {
  expect(readdirSync(MEDM).sort()).toEqual([...files.keys()].sort());
});

test.each([...files])("medm/%s is what the description says (npm run screens writes it)", async (name, text) => {
  await expect(text).toMatchFileSnapshot(join(MEDM, name));
});

test("MEDM understands every screen, and nothing on one is cut, covered, dead or without its PV", () => {
  const channelsOf = (file: string) => {
    const isForeign = file.startsWith("tomoScan_");
    const records = isForeign ? tomoScan : database;
    return (name: string) => globusChannel(records, "", name.replace("$(P)$(R)", ""), isForeign);
  };
  expect(adlProblems(files, channelsOf), "what test/support/adl/ says of medm/*.adl").toEqual([]);
});
