/**
 * Shell commands that list records, aliases and info items. channel-access.md §7.2; forms tried with softIoc 7.0.10.
 */
import { globTest } from "../../base/glob.ts";
import { didYouMean } from "../../base/suggest.ts";
import type { Database } from "../../database/database.ts";
import type { DbRecord } from "../../database/record.ts";
import { ShellError } from "../../iocsh/parse.ts";
import { required, type ShellCommand, shellCommand } from "../../iocsh/shell-command.ts";
import { databaseText } from "./field-text.ts";
import type { CommandSession } from "./session.ts";

export function listCommands({ ioc: { database } }: CommandSession): readonly ShellCommand[] {
  return [
    shellCommand({
      name: "dbl",
      arguments: [
        { name: "record type", kind: "text" },
        { name: "fields", kind: "text" },
      ],
      help: 'Lists the records by type, with the values of these fields. Example: dbl("ai", "VAL EGU")',
      run: ({ print }, type, fields) => {
        for (const name of namesByType(database, type ?? "")) print(withFields(database, name, fields));
      },
    }),
    shellCommand({
      name: "dbgrep",
      arguments: [
        { name: "pattern", kind: "text" },
        { name: "fields", kind: "text" },
      ],
      help: "Lists the records whose name matches; * is any text, ? any character.",
      run: ({ print }, pattern, fields) => {
        const matches = globTest(required(pattern, "dbgrep", "pattern"));
        for (const name of namesByType(database, "").filter(matches)) print(withFields(database, name, fields));
      },
    }),
    shellCommand({
      name: "dbla",
      arguments: [{ name: "pattern", kind: "text" }],
      help: "Lists the aliases, or those that match, and whose they are.",
      run: ({ print }, pattern) => {
        const matches = globTest(pattern ?? "*");
        for (const [alias, record] of database.aliases()) if (matches(alias)) print(`${alias} -> ${record.name}`);
      },
    }),
    shellCommand({
      name: "dbli",
      arguments: [{ name: "pattern", kind: "text" }],
      help: "Lists the info items of the records, or those whose name matches.",
      run: ({ print }, pattern) => {
        const matches = globTest(pattern ?? "*");
        for (const record of recordsByType(database, "")) {
          for (const [name, value] of record.info) if (matches(name)) print(`${record.name} info(${name}, "${value}")`);
        }
      },
    }),
    shellCommand({
      name: "dbnr",
      arguments: [{ name: "1: all types", kind: "integer" }],
      help: "Counts the records and aliases of each type.",
      run: ({ print }, all) => {
        for (const line of countLines(database, all === 1)) print(line);
      },
    }),
  ];
}

/**
 * Types alphabetically, capitals or not; within a type in the order of loading.
 * @throws ShellError for an unknown type
 */
function recordsByType(database: Database, type: string): DbRecord[] {
  const types = typeNames(database);
  if (type !== "" && type !== "*" && !types.includes(type)) {
    throw new ShellError(`There is no record type ${type}${didYouMean(type, types)}.`);
  }
  const chosen = type === "" || type === "*" ? types : [type];
  const recordsByTypeName = new Map<string, DbRecord[]>(chosen.map((name) => [name, []]));
  for (const record of database.records()) recordsByTypeName.get(record.type.name)?.push(record);
  return [...recordsByTypeName.values()].flat();
}

/** Each record's aliases stand behind it. */
const namesByType = (database: Database, type: string): string[] =>
  recordsByType(database, type).flatMap((record) => [record.name, ...record.aliases]);

const typeNames = (database: Database): string[] =>
  database
    .recordTypes()
    .map((type) => type.name)
    .toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));

/** `name, "value", "value"`; nothing stands for a field that the record has not. */
function withFields(database: Database, name: string, fields: string | undefined): string {
  const values = (fields ?? "").split(/\s+/).filter((field) => field !== "");
  const texts = values.map((field) => {
    const address = database.find(`${name}.${field}`);
    return address === undefined ? "" : `"${databaseText(address)}"`;
  });
  return [name, ...texts].join(", ");
}

function countLines(database: Database, all: boolean): string[] {
  const lines = ["Records  Aliases  Record Type"];
  let total = 0;
  for (const type of typeNames(database)) {
    const records = recordsByType(database, type);
    const aliases = records.reduce((count, record) => count + record.aliases.length, 0);
    total += records.length;
    if (all || records.length > 0) {
      lines.push(`${String(records.length).padStart(6)}   ${String(aliases).padStart(6)}    ${type}`);
    }
  }
  return [...lines, `Total ${total} records, ${database.aliases().size} aliases`];
}
