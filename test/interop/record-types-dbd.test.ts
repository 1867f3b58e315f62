/** Our record type tables against the database definitions of EPICS base, which npm run peers brings. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMON_FIELDS } from "../../src/database/common-fields.ts";
import * as menus from "../../src/database/menus.ts";
import type { FieldRow, FieldTable } from "../../src/database/record-type.ts";
import { RECORD_TYPES } from "../../src/database/record-types/index.ts";
import { type Dbd, type DbdField, parseDbd } from "../support/engine/dbd-parser.ts";
import { dbdFolder, needPeers } from "../support/peers/real-peers.ts";

const { missing } = needPeers("dbd");
/** synApps' own: base has no .dbd of it. The table of busy follows busyRecord.dbd of synApps by hand. */
const NOT_OF_BASE = ["busy"];
/** Types without access from outside are base's memory; of them we keep the array value and the time stamp. */
const isInternal = (field: DbdField): boolean =>
  field.type === "NOACCESS" && field.name !== "TIME" && field.attributes["special"] !== "SPC_DBADDR";

function rowOfDbd(field: DbdField): object {
  const a = field.attributes;
  return {
    name: field.name,
    type: field.type,
    size: Number(a["size"] ?? 0),
    menu: a["menu"],
    initial: a["initial"],
    special: a["special"],
    pp: a["pp"] === "TRUE",
    prop: a["prop"] === "YES",
    asl0: a["asl"] === "ASL0",
    interest: Number(a["interest"] ?? 0),
  };
}

const rowOfOurs = (name: string, row: FieldRow): object => ({
  name,
  type: row.type,
  size: row.size ?? 0,
  menu: row.menu?.name,
  initial: row.initial,
  special: row.special,
  pp: row.pp === true,
  prop: row.prop === true,
  asl0: row.asl0 === true,
  interest: row.interest ?? 0,
});

/** `initial("-1.0")` and our -1 are the same. */
const comparable = (row: object): object => {
  const { initial } = row as { initial?: string | number };
  const isNumber = initial !== undefined && initial !== "" && !Number.isNaN(Number(initial));
  return { ...row, initial: isNumber ? Number(initial) : initial };
};

const ours = (table: FieldTable): object[] =>
  Object.entries(table).map(([name, row]) => comparable(rowOfOurs(name, row)));
const theirs = (fields: readonly DbdField[]): object[] =>
  fields.filter((field) => !isInternal(field)).map((field) => comparable(rowOfDbd(field)));

const dbd: Dbd | undefined = missing
  ? undefined
  : parseDbd("base.dbd", (name) => readFileSync(join(dbdFolder(), name), "latin1"));
const dbdOf = (name: string): DbdField[] => dbd?.recordTypes.get(name) ?? [];
/** dbCommon is included first in each type. */
const commonCount = dbdOf("ai").findIndex((field) => field.name === "FLNK") + 1;

const testWithBase = test.skipIf(missing);

testWithBase("the common fields are those of base", () => {
  expect(ours(COMMON_FIELDS)).toEqual(theirs(dbdOf("ai").slice(0, commonCount)));
});

testWithBase("only base's pointers and locks are left out of the common fields", () => {
  const left = dbdOf("ai").slice(0, commonCount).filter(isInternal);
  expect(left.map((field) => field.name)).toEqual([
    "MLOK",
    "MLIS",
    "BKLNK",
    "ASP",
    "PPN",
    "PPNR",
    "SPVT",
    "RSET",
    "DSET",
    "DPVT",
    "RDES",
    "LSET",
    "BKPT",
  ]);
});

for (const type of RECORD_TYPES.filter(({ name }) => !NOT_OF_BASE.includes(name))) {
  testWithBase(`the fields of ${type.name} are those of base, in the same order`, () => {
    expect(ours(type.fields)).toEqual(theirs(dbdOf(type.name).slice(commonCount)));
  });
  testWithBase(`the devices of ${type.name} are those of base, in the same order`, () => {
    expect(type.support.devices).toEqual(dbd?.devices.get(type.name) ?? []);
  });
}

for (const menu of Object.values(menus).filter((value) => typeof value === "object")) {
  testWithBase(`the choices of ${menu.name} are those of base`, () => {
    expect(menu.choices).toEqual(dbd?.menus.get(menu.name));
  });
}
