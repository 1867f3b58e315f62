/** The screens of Phoebus are what their descriptions say, and nothing in them is what operators stumble over. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allPvs, rowOf } from "../../src/controller/pvs/index.ts";
import { type BobChannel, checkBob } from "../../tools/bobcheck/check.mjs";
import { phoebusScreens } from "../../tools/screens/bob-screens.ts";
import { screenPv } from "../../tools/screens/screen-pvs.ts";
import { globusDatabase } from "../support/globus-database.ts";
import { describedScreens, TOPICS } from "../support/screens.ts";

const ROOT = join(import.meta.dirname, "../..");
const PHOEBUS = join(ROOT, "phoebus");
const MACROS = { P: "2bmb:", R: "Globus:", TS: "TomoScan:" };
const database = globusDatabase("");
database.initialize();
const screens = describedScreens();
const files = phoebusScreens(screens, database);

test("each description is a tab", () => {
  expect([...TOPICS].sort()).toEqual(
    readdirSync(join(ROOT, "screens")).flatMap((name) => (name.endsWith(".yaml") ? [name.replace(".yaml", "")] : [])),
  );
});

test("phoebus/ has the screens of the descriptions, and no others", () => {
  expect(readdirSync(PHOEBUS)).toEqual([...files.keys()].sort());
});

test.each([...files])("phoebus/%s is what the description says (npm run screens writes it)", async (name, text) => {
  await expect(text).toMatchFileSnapshot(`../../phoebus/${name}`);
});

/** PVs that hold a time. */
const TIME = /(?<!Up)(Time|Started|Ended|Expires)$/;

function channel(name: string): BobChannel | undefined {
  const suffix = name.replace(`${MACROS.P}${MACROS.R}`, "");
  const found = database.find(suffix);
  if (found === undefined || rowOf(suffix) === undefined) return undefined;
  const { isSentence, isCharacters, isResult, kind, states } = screenPv(database, suffix);
  const { LOPR: low = 0, HOPR: high = 0 } = found.record.fields as { readonly LOPR?: number; readonly HOPR?: number };
  const sample = kind === "text" && TIME.test(suffix) ? { sample: "2026-11-30T12:34:56-06:00" } : {};
  return { kind, states, isCharacters, isSentence, ...sample, isWritable: !isResult, low, high };
}

test.each([...files])("bobcheck finds nothing in phoebus/%s", (name, text) => {
  const { findings } = checkBob(join(PHOEBUS, name), { macros: MACROS, channels: channel, text });
  expect(findings.map(({ line, what }) => `${name}:${line}: ${what}`)).toEqual([]);
});

const uses = [...files].flatMap(
  ([name, text]) => checkBob(join(PHOEBUS, name), { macros: { P: "", R: "" }, text }).uses,
);

test("each arm has a button that is there only while it is Armed", () => {
  const arms = [...allPvs().keys()].filter((suffix) => suffix.endsWith("Arm"));
  const armed = uses.filter(({ widget, use }) => widget === "action_button" && use === "read").map(({ pv }) => pv);
  expect(arms.length).toBeGreaterThan(3);
  expect(armed.sort()).toEqual(arms.sort());
});

/** What another PV shows as well: lines, and halves of sentences. */
const WITHOUT_SCREEN = /^(LogLine\d+|CheckLine\d+|EmailLine\d+)$|[a-z][01]$/;

test("every PV that another one does not show is on a screen of phoebus/", () => {
  const shown = new Set(uses.map(({ pv }) => pv));
  expect([...allPvs().keys()].filter((suffix) => !shown.has(suffix) && !WITHOUT_SCREEN.test(suffix))).toEqual([]);
});
