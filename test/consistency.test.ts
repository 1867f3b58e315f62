import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  AUTH_STATES,
  allPvs,
  COMMAND_NAMES,
  COMMAND_STATES,
  DIRECTORY_STATES,
  SEVERITIES,
} from "../src/controller/pvs.ts";
import { globusDatabase } from "./support/globus-database.ts";

const PREFIX = "t:Globus:";
const ROOT = join(import.meta.dirname, "..");
const database = globusDatabase(PREFIX);
const suffixes = [...database.records()].map((record) => record.name.slice(PREFIX.length));

test("db/ and pvs.ts name the same PVs", () => {
  expect(suffixes.sort()).toEqual([...allPvs().keys()].sort());
});

test("results cannot be written by clients, inputs can", () => {
  const written = [...allPvs()].map(([suffix, pv]) => [suffix, pv.kind === "result" ? 1 : 0]);
  // Two results are written by records too, which DISP does not concern; they have it all the same.
  const found = written.map(([suffix]) => [suffix, database.record(`${PREFIX}${suffix}`)?.fields.DISP]);
  expect(found).toEqual(written);
});

test.each([
  ...COMMAND_NAMES.map((name) => [`${name}Status`, COMMAND_STATES] as const),
  ["DirsDetector", DIRECTORY_STATES] as const,
  ["DirsAnalysis", DIRECTORY_STATES] as const,
  ["AuthDM", AUTH_STATES] as const,
  ["AuthGlobus", AUTH_STATES] as const,
  ["MessageSeverity", SEVERITIES] as const,
])("the states of %s stand in the database as in the program", (suffix, states) => {
  expect(database.find(`${PREFIX}${suffix}`)?.choices).toEqual(states);
});

test("every text PV says that it is text", () => {
  for (const record of database.records()) {
    if (record.type.name === "waveform") expect(record.info.get("Q:form"), record.name).toBe("String");
  }
});

test("screens show only PVs that exist, and every PV but the later lines of the log is on one", () => {
  const shown = new Set<string>();
  for (const file of readdirSync(join(ROOT, "medm")).filter((name) => name.endsWith(".adl"))) {
    for (const [, suffix] of readFileSync(join(ROOT, "medm", file), "utf8").matchAll(
      /chan[A-D]?="\$\(P\)\$\(R\)([^"]*)"/g,
    ))
      shown.add(suffix as string);
  }
  const known = new Set(suffixes);
  expect([...shown].filter((suffix) => !known.has(suffix))).toEqual([]);
  const unseen = [...known].filter(
    (suffix) =>
      !shown.has(suffix) &&
      !/^(LogLine[4-9]|Log|MessageSeverity|Busy|ActiveCommand|Watchdog|Heartbeat|StartTime|TokenExpires|ExperimentExists)$/.test(
        suffix,
      ),
  );
  expect(unseen).toEqual([]);
});
