/**
 * Shell commands that read, write and process single records. channel-access.md §7.2; forms tried with softIoc 7.0.10.
 */

import { IOC_SHELL } from "../../base/client-identity.ts";
import type { Database } from "../../database/database.ts";
import { DatabaseError } from "../../database/database-error.ts";
import type { FieldAddress } from "../../database/field-address.ts";
import { parseLenientJson } from "../../database/lenient-json.ts";
import type { DbRecord } from "../../database/record.ts";
import type { FieldValue } from "../../database/record-type.ts";
import { ShellError } from "../../iocsh/parse.ts";
import { required, type ShellCommand, shellCommand } from "../../iocsh/shell-command.ts";
import { recordLines, valueLines } from "./field-text.ts";
import type { CommandSession } from "./session.ts";

const TRACE_LEVEL = 3;
const PV = { name: "record or PV", kind: "text" } as const;

export function fieldCommands({ ioc }: CommandSession): readonly ShellCommand[] {
  const { database } = ioc;
  return [
    shellCommand({
      name: "dbgf",
      arguments: [PV],
      help: "Shows the value of a field; without a field, of VAL.",
      run: ({ print }, name) => {
        for (const line of valueLines(database, addressOf(database, required(name, "dbgf", PV.name)))) print(line);
      },
    }),
    shellCommand({
      name: "dbpf",
      arguments: [PV, { name: "value", kind: "text" }],
      help: 'Writes a field, which may process the record, and shows it. An array is written as "[1,2,3]".',
      run: ({ print }, name, value) => {
        const address = addressOf(database, required(name, "dbpf", PV.name));
        if (value === undefined) throw new ShellError(`dbpf needs a value for ${address.name}.`);
        put(database, address, value);
        for (const line of valueLines(database, address)) print(line);
      },
    }),
    shellCommand({
      name: "dbpr",
      arguments: [
        { name: "record", kind: "text" },
        { name: "level", kind: "integer" },
      ],
      help: "Shows the fields of a record. Level 0: what changes by itself; 1 to 4: more and more.",
      run: ({ print }, name, level) => {
        const { record } = addressOf(database, required(name, "dbpr", "record"));
        for (const line of recordLines(record, level ?? 0)) print(line);
      },
    }),
    shellCommand({
      name: "dbtr",
      arguments: [{ name: "record", kind: "text" }],
      help: "Processes a record and shows it.",
      run: ({ print }, name) => {
        const { record } = addressOf(database, required(name, "dbtr", "record"));
        process(database, record);
        for (const line of recordLines(record, TRACE_LEVEL)) print(line);
      },
    }),
    shellCommand({
      name: "dba",
      arguments: [PV],
      help: "Shows what a PV name denotes.",
      run: ({ print }, name) => {
        const address = addressOf(database, required(name, "dba", PV.name));
        print(`   No Elements: ${address.elements}`);
        print(`   Record Type: ${address.record.type.name}`);
        print(`    Field Type: DBF_${address.spec.row.type}`);
        print(`       Special: ${address.spec.row.special ?? 0}`);
      },
    }),
  ];
}

function addressOf(database: Database, name: string): FieldAddress {
  const address = database.find(name);
  if (address === undefined) throw new ShellError(`PV ${name} not found.`);
  return address;
}

function process(database: Database, record: DbRecord): void {
  if (!database.isInitialized) throw new ShellError(`${record.name} cannot be processed before iocInit.`);
  database.process(record);
}

function put(database: Database, address: FieldAddress, text: string): void {
  if (!database.isInitialized) return putBeforeInit(database, address, text);
  const { value, from } = valueOf(address, text);
  const failure = database.put(address, value, { from, by: IOC_SHELL });
  if (failure !== undefined) throw new ShellError(`dbpf: ${failure.reason}`);
}

/** Before iocInit links are not open yet: the rules of .db files hold. */
function putBeforeInit(database: Database, address: FieldAddress, text: string): void {
  try {
    database.setFieldText(address.record, address.field, text);
  } catch (error) {
    if (error instanceof DatabaseError) throw new ShellError("dbpf before iocInit", { cause: error });
    throw error;
  }
}

/** CHAR arrays and everything behind `$` take characters; other arrays JSON, or one element; the rest text. */
function valueOf(
  address: FieldAddress,
  text: string,
): { value: FieldValue; from: "STRING" | "DOUBLE" | "INT64" | "CHAR" } {
  if (address.kind !== "array" || address.isTextArray) return { value: text, from: "STRING" };
  if (address.type === "CHAR" || address.type === "UCHAR") {
    return { value: Uint8Array.from(Buffer.from(`${text}\0`, "latin1")), from: "CHAR" };
  }
  if (!text.trimStart().startsWith("[")) return { value: [text], from: "STRING" };
  const json = parseLenientJson(text);
  if (!Array.isArray(json)) throw new ShellError(`dbpf: ${text} is not an array; write it as [1,2,3].`);
  const elements = json as readonly unknown[];
  if (elements.every((one) => typeof one === "bigint")) return { value: BigInt64Array.from(elements), from: "INT64" };
  const areNumbers = elements.every((one) => typeof one === "bigint" || typeof one === "number");
  if (areNumbers) return { value: Float64Array.from(elements, Number), from: "DOUBLE" };
  return { value: elements.map((one) => String(one)), from: "STRING" };
}
