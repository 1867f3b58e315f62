/** The PVs of db/ as MEDM gets them, for the checker of screens. */
import { rowOf } from "../../../src/controller/pvs/index.ts";
import { toneOf } from "../../../src/controller/pvs/tones.ts";
import type { Database } from "../../../src/database/database.ts";
import type { FieldAddress } from "../../../src/database/field-address.ts";
import type { AdlChannel } from "./channels.ts";

/** Columns at which the halves of sentences and the lines of the log end. */
const LINE_COLUMNS = 80;
const WHOLE_LINES = /(?:Message|LastError)[01]$|^LogLine\d+$/;
/** Of another text so much is seen at least. */
const TEXT_COLUMNS = 16;
/** Digits before the point of a number that has no range. */
const DIGITS = 6;
/** Bytes of a state's name; for states that are named when the IOC starts. */
const STATE_BYTES = 25;

/** Fields with the severity of each state. */
const STATE_SEVERITIES = "ZR ON TW TH FR FV SX SV EI NI TE EL TV TT FT FF".split(" ").map((state) => `${state}SV`);

/** @param suffix the PV's name without its prefix, with its field if it is not VAL */
export function globusChannel(database: Database, prefix: string, suffix: string): AdlChannel | undefined {
  const found = database.find(`${prefix}${suffix}`);
  if (found === undefined) return undefined;
  const { record, isTextArray, choices } = found;
  const range = { low: record.fields["LOPR"] ?? 0, high: record.fields["HOPR"] ?? 0 };
  const isChoice = found.kind === "enum" || found.kind === "menu";
  return {
    kind: kindOf(found),
    states: isChoice && choices.length === 0 ? ["8".repeat(STATE_BYTES)] : choices,
    tones: choices.map((state) => toneOf(suffix, state)),
    severities: choices.map((_, index) => record.fields[severityField(record.type.name, index)] ?? 0),
    characters: charactersOf(found, suffix, range),
    isCharacters: isTextArray,
    isWritable: rowOf(suffix)?.kind !== "result" && found.isWritable,
    ...range,
  };
}

const severityField = (type: string, state: number): string =>
  (type.startsWith("mbb") ? STATE_SEVERITIES : ["ZSV", "OSV"])[state] ?? "";

function kindOf({ kind, isTextArray }: FieldAddress): AdlChannel["kind"] {
  if (kind === "array") return isTextArray ? "text" : "list";
  if (kind === "enum" || kind === "menu") return "states";
  return kind === "number" ? "number" : "text";
}

function charactersOf(found: FieldAddress, suffix: string, { low, high }: { low: number; high: number }): number {
  if (found.kind !== "number") {
    const room = (found.isTextArray ? found.elements : found.textBytes) - 1;
    return WHOLE_LINES.test(suffix) ? LINE_COLUMNS : Math.min(room, TEXT_COLUMNS);
  }
  const precision = found.precision ?? 0;
  const whole = low < high ? Math.max(...[low, high].map((end) => Math.trunc(end).toString().length)) : DIGITS;
  return whole + (precision > 0 ? precision + 1 : 0);
}
