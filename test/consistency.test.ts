import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHECK_ROWS } from "../src/controller/pvs/check.ts";
import { COMMAND_NAMES, MESSAGE_BYTES } from "../src/controller/pvs/commands.ts";
import { DAQ_ROWS } from "../src/controller/pvs/daq.ts";
import { EMAIL_LINES, EMAIL_ROWS } from "../src/controller/pvs/email.ts";
import { EXPERIMENT_ROWS } from "../src/controller/pvs/experiment.ts";
import { FLOW_ROWS } from "../src/controller/pvs/flows.ts";
import { HEALTH_ROWS } from "../src/controller/pvs/health.ts";
import { allPvs, rowOf, savedPvs } from "../src/controller/pvs/index.ts";
import { ARMED_SECONDS, HALF_COLUMNS, halvesOf, securityGroup } from "../src/controller/pvs/row.ts";
import { EVENT_BYTES, LOG_LINES, RUN_ROWS } from "../src/controller/pvs/run.ts";
import { SETUP_ROWS } from "../src/controller/pvs/setup.ts";
import { STEP_ROWS } from "../src/controller/pvs/steps.ts";
import { TAGGING_ROWS } from "../src/controller/pvs/tagging.ts";
import { type Tone, toneOf } from "../src/controller/pvs/tones.ts";
import { TRANSFER_ROWS } from "../src/controller/pvs/transfers.ts";
import { TRIGGER_ROWS } from "../src/controller/pvs/triggers.ts";
import { EDIT_USER_CHARACTERS, USERS_ROWS } from "../src/controller/pvs/users.ts";
import { VISIT_ROWS } from "../src/controller/pvs/visit.ts";
import { WORKFLOW_ROWS } from "../src/controller/pvs/workflows.ts";
import { globusDatabase } from "./support/globus-database.ts";

const PREFIX = "t:Globus:";
/** menuFtype */
const CHAR = 1;
/** waveformPOST */
const ON_CHANGE = 1;
const ROOT = join(import.meta.dirname, "..");
const database = globusDatabase(PREFIX);
/** As clients see it. */
const initialized = globusDatabase(PREFIX);
initialized.initialize();
const suffixes = [...database.records()].map((record) => record.name.slice(PREFIX.length));

test("db/ and the PV table name the same PVs", () => {
  expect(suffixes.sort(), "a PV is a row of src/controller/pvs/ and a record of db/").toEqual(
    [...allPvs().keys()].sort(),
  );
});

test.each([
  ["globus.db", RUN_ROWS],
  ["globus_health.db", HEALTH_ROWS],
  ["globus_visit.db", VISIT_ROWS],
  ["globus_experiment.db", { ...EXPERIMENT_ROWS, ...SETUP_ROWS, ...TAGGING_ROWS }],
  ["globus_users.db", USERS_ROWS],
  ["globus_email.db", EMAIL_ROWS],
  ["globus_daq.substitutions", DAQ_ROWS],
  ["globus_transfers.substitutions", TRANSFER_ROWS],
  ["globus_triggers.substitutions", TRIGGER_ROWS],
  ["globus_check.db", CHECK_ROWS],
  ["globus_flows.db", FLOW_ROWS],
  ["globus_workflows.db", WORKFLOW_ROWS],
  ["globus_steps.db", STEP_ROWS],
] as const)("db/%s has the PVs of its topics", (file, rows) => {
  const records = [...globusDatabase(PREFIX, [file]).records()].map(({ name }) => name.slice(PREFIX.length));
  const own = Object.keys(rows).filter((suffix) => suffix !== "TagMessage"); // of the command Tag
  expect(records.sort(), `db/${file} has the records of the rows of its topics' files of src/controller/pvs/`).toEqual(
    own.sort(),
  );
});

test("every record is in the access security group of its row", () => {
  const found = [...allPvs().keys()].map((suffix) => [suffix, database.record(`${PREFIX}${suffix}`)?.textOf("ASG")]);
  const wanted = [...allPvs()].map(([suffix, row]) => [suffix, securityGroup(row)]);
  expect(found, "ASG of a record in db/ is what securityGroup says of its row in src/controller/pvs/").toEqual(wanted);
});

test("the page on access security names the PVs of managers, all and no others", () => {
  const page = readFileSync(join(ROOT, "docs/access-security.md"), "utf8");
  const [row = ""] = page.split("\n").filter((line) => line.includes("`GLOBUS_MANAGED` |"));
  const named = [...row.matchAll(/`([A-Z]\w+)`/g)].map(([, name]) => name).filter((name) => name !== "GLOBUS_MANAGED");
  const managed = [...allPvs()].flatMap(([suffix, found]) => (found.isManaged === true ? [suffix] : []));
  expect(named).toHaveLength(managed.length);
  expect(new Set(named)).toEqual(new Set(managed));
});

/** Suffix and states of every PV that chooses by state. */
const CHOOSING = [...allPvs()].flatMap(([suffix, { states }]) =>
  states === undefined ? [] : [[suffix as string, states] as const],
);

test.each(CHOOSING)("the states of %s stand in the database as in the program", (suffix, states) => {
  expect(
    initialized.find(`${PREFIX}${suffix}`)?.choices,
    `states of the row in src/controller/pvs/ are the names of the states of ${suffix} in db/`,
  ).toEqual(states);
});

/** The tone that each severity of a state calls for, and the other way round. */
const ALARM_TONES: Readonly<Record<number, readonly (Tone | undefined)[]>> = {
  0: ["unknown", "idle", "busy", "good"],
  1: ["warning", "unknown"],
  2: ["bad"],
  3: ["unknown"],
};
const STATE_SEVERITIES = "ZR ON TW TH FR FV SX SV EI NI TE EL TV TT FT FF".split(" ").map((state) => `${state}SV`);

test.each(CHOOSING)("each state of %s has a tone, that of its alarm where it has one", (suffix, states) => {
  const record = database.record(`${PREFIX}${suffix}`);
  const fields = record?.type.name.startsWith("mbb") === true ? STATE_SEVERITIES : ["ZSV", "OSV"];
  for (const [index, state] of states.entries()) {
    const severity = record?.fields[fields[index] as string] ?? 0;
    expect(
      ALARM_TONES[severity],
      `the tone of ${state} in src/controller/pvs/tones.ts, which has severity ${severity} in db/`,
    ).toContain(toneOf(suffix, state));
  }
});

test("every unit stands in the database as in the program, and no other", () => {
  const found = [...database.records()].flatMap(({ name, fields }) => {
    const unit = fields["EGU"];
    return typeof unit === "string" && unit !== "" ? [[name.slice(PREFIX.length), unit] as const] : [];
  });
  const written = [...allPvs()].flatMap(([suffix, { unit }]) => (unit === undefined ? [] : [[suffix, unit] as const]));
  expect(new Map(found), "the unit of a row is EGU of its record").toEqual(new Map<string, string>(written));
});

test("every result that is a state has its words in the table", () => {
  const found = [...database.records()].filter(
    ({ type, name }) => /^(bi|mbbi)$/.test(type.name) && !name.endsWith("Status"),
  );
  const known = CHOOSING.map(([suffix]) => suffix);
  expect(found.length).toBeGreaterThan(10);
  expect(
    found.map(({ name }) => name.slice(PREFIX.length)).filter((suffix) => !known.includes(suffix)),
    "a bi or mbbi of db/ has its states in its row of src/controller/pvs/",
  ).toEqual([]);
});

test("every array that is a result is posted when it changes, but Message, which tells events", () => {
  const arrays = [...database.records()].filter(
    ({ type, name }) => type.name === "waveform" && rowOf(name.slice(PREFIX.length))?.kind === "result",
  );
  expect(arrays.length).toBeGreaterThan(50);
  const always = arrays.filter(({ fields }) => fields["MPST"] !== ON_CHANGE || fields["APST"] !== ON_CHANGE);
  expect(
    always.map(({ name }) => name.slice(PREFIX.length)),
    "a waveform of db/ that is a result has MPST and APST On Change",
  ).toEqual(["Message"]);
});

test("every text PV says that it is text", () => {
  for (const record of database.records()) {
    if (record.fields["FTVL"] !== CHAR) continue;
    expect(record.info.get("Q:form"), `${record.name} is text: it has info(Q:form, "String") in db/`).toBe("String");
  }
});

test("every number and state holds at the start what the table says", () => {
  const numbers = [...database.records()].filter(({ fields }) => typeof fields["VAL"] === "number");
  expect(numbers.length).toBeGreaterThan(80);
  const wrong = numbers.flatMap(({ name, fields }) => {
    const suffix = name.slice(PREFIX.length);
    const initial = rowOf(suffix)?.initial ?? 0;
    return fields["VAL"] === initial ? [] : [`${suffix}: VAL ${fields["VAL"]}, initial ${String(initial)}`];
  });
  expect(wrong, "VAL of a record of db/ is initial of its row in src/controller/pvs/, as a number").toEqual([]);
});

test("a state that says that nobody knows is where the table says that it begins", () => {
  const unknown = CHOOSING.filter(([, states]) => states.some((one) => /^(unknown|unseen)$/i.test(one)));
  expect(unknown.length).toBeGreaterThan(8);
  for (const [suffix, states] of unknown)
    expect(
      states[Number(rowOf(suffix)?.initial ?? 0)],
      `${suffix} begins, by initial of its row and VAL of its record, as the state that says that nobody knows`,
    ).toMatch(/^(unknown|unseen)$/i);
});

test("arms fall back by themselves", () => {
  for (const suffix of ["EmailArm", "DeleteArm", "PruneArm", "FlowRespondArm"])
    expect(database.record(`${PREFIX}${suffix}`)?.fields["HIGH"], `HIGH of ${suffix} in db/`).toBe(ARMED_SECONDS);
});

test("the lines of long texts are as many as the program writes", () => {
  const count = (stem: string): number => suffixes.filter((suffix) => new RegExp(`^${stem}\\d+$`).test(suffix)).length;
  expect(
    [count("LogLine"), count("EmailLine")],
    "LogLine and EmailLine records of db/, and LOG_LINES and EMAIL_LINES of src/controller/pvs/",
  ).toEqual([LOG_LINES, EMAIL_LINES]);
});

test.each<readonly [string, number]>([
  ["EditUserBadge", EDIT_USER_CHARACTERS],
  ["Message", EVENT_BYTES],
  ["LastError", EVENT_BYTES],
  ...COMMAND_NAMES.filter((name) => name !== "Tag").map((name) => [`${name}Message`, MESSAGE_BYTES] as const),
])("%s holds as many characters as the program thinks, and a NUL", (suffix, characters) => {
  expect(
    database.record(`${PREFIX}${suffix}`)?.fields["NELM"],
    `NELM of ${suffix} in db/ is the number of src/controller/pvs/, and 1`,
  ).toBe(characters + 1);
});

test("autosave's request file lists the settings and what belongs to one, and nothing else", () => {
  const request = readFileSync(join(ROOT, "db/globus_settings.req"), "utf8");
  const listed = request.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(
    listed,
    "each setting of src/controller/pvs/, and each row that isSaved, is a line of db/globus_settings.req",
  ).toEqual(savedPvs().map((suffix) => `$(P)$(R)${suffix}`));
});

/** Where a sentence has its place, in one line or in two. */
const HALVES = new Set([...allPvs()].flatMap(([suffix, row]) => (row.isSentence === true ? halvesOf(suffix) : [])));
test("the halves of a sentence hold all columns of whatever characters", () => {
  for (const suffix of HALVES)
    expect(database.record(`${PREFIX}${suffix}`)?.fields["NELM"], `NELM of ${suffix} in db/`).toBe(
      4 * HALF_COLUMNS + 1,
    );
});
