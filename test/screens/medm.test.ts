/** The screens of MEDM are what their descriptions say, and nothing on one is cut, covered, dead or without its PV. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allPvs } from "../../src/controller/pvs/index.ts";
import { halvesOf } from "../../src/controller/pvs/row.ts";
import { medmScreens, tomoScanScreen } from "../../tools/screens/adl-screens.ts";
import { adlProblems } from "../support/adl/check.ts";
import { globusChannel } from "../support/adl/globus-channels.ts";
import { globusDatabase, tomoScanDatabase } from "../support/globus-database.ts";
import { describedScreens, tomoScanDescription } from "../support/screens.ts";

const MEDM = join(import.meta.dirname, "../../medm");
/** Texts of which lines have PVs of their own. */
const LINED: ReadonlySet<string> = new Set(["Log", "CheckLines", "EmailPreview"]);
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

/** What MEDM cannot show, and its screens name with where it is to be seen: arrays, and texts of several lines. */
const NAMED = /caget -S \$\(P\)\$\(R\)(\w+)/g;
const SHOWN = /chan="\$\(P\)\$\(R\)(\w+)"/g;

test("every PV is on a screen of medm/, a sentence with its halves, a long text with its lines or its name", () => {
  const all = [...files.values()].join("\n");
  const shown = new Set([...all.matchAll(SHOWN), ...all.matchAll(NAMED)].map(([, suffix = ""]) => suffix));
  const isShown = (suffix: string): boolean =>
    shown.has(suffix) || halvesOf(suffix).every((half) => shown.has(half)) || LINED.has(suffix);
  const wanted = [...allPvs().keys()].filter((suffix) => !/Line\d+$/.test(suffix));
  expect(wanted.filter((suffix) => !isShown(suffix))).toEqual([]);
});
