/** The PVs of db/ as MEDM gets them, for the checker of screens. */
import { rowOf } from "../../../src/controller/pvs/index.ts";
import { HALF_COLUMNS } from "../../../src/controller/pvs/row.ts";
import { toneOf } from "../../../src/controller/pvs/tones.ts";
import type { Database } from "../../../src/database/database.ts";
import type { FieldAddress } from "../../../src/database/field-address.ts";
import type { AdlChannel } from "./channels.ts";

/** PVs of one line each, which are seen whole. */
const WHOLE_LINES = /^(?:LogLine|EmailLine|CheckLine)\d+$/;
/** Of another text so much is seen at least. */
const TEXT_COLUMNS = 16;
/** Digits before the point of a number that has no range. */
const DIGITS = 6;
/** Bytes of a state's name; for states that are named when the IOC starts. */
const STATE_BYTES = 25;

/** Fields with the severity of each state. */
const STATE_SEVERITIES = "ZR ON TW TH FR FV SX SV EI NI TE EL TV TT FT FF".split(" ").map((state) => `${state}SV`);

/**
 * @param suffix the PV's name without its prefix, with its field if it is not VAL
 * @param isForeign the PV is TomoScan's, whatever a PV of ours with that suffix is
 */
export function globusChannel(
  database: Database,
  prefix: string,
  suffix: string,
  isForeign = false,
): AdlChannel | undefined {
  const found = database.find(`${prefix}${suffix}`);
  if (found === undefined) return undefined;
  const { record, choices } = found;
  const range = { low: record.fields["LOPR"] ?? 0, high: record.fields["HOPR"] ?? 0 };
  const kind = kindOf(found);
  return {
    kind,
    states: kind === "states" && choices.length < 2 ? ["8".repeat(STATE_BYTES)] : choices,
    tones: choices.map((state) => toneOf(suffix, state)),
    severities: choices.map((_, index) => record.fields[severityField(record.type.name, index)] ?? 0),
    characters: charactersOf(found, suffix, range),
    isCharacters: isCharacters(found),
    isWritable: (isForeign || rowOf(suffix)?.kind !== "result") && found.isWritable,
    ...range,
  };
}

const severityField = (type: string, state: number): string =>
  (type.startsWith("mbb") ? STATE_SEVERITIES : ["ZSV", "OSV"])[state] ?? "";

/** Text, whether or not its record says so, as TomoScan's do not. */
const isCharacters = ({ kind, type }: FieldAddress): boolean =>
  kind === "array" && (type === "CHAR" || type === "UCHAR");

function kindOf(found: FieldAddress): AdlChannel["kind"] {
  const { kind, record } = found;
  if (record.type.name.startsWith("mbb")) return "states"; // though it may be named only when the IOC starts
  if (kind === "array") return isCharacters(found) ? "text" : "list";
  if (kind === "enum" || kind === "menu") return "states";
  return kind === "number" ? "number" : "text";
}

function charactersOf(found: FieldAddress, suffix: string, { low, high }: { low: number; high: number }): number {
  if (found.kind !== "number") {
    const room = (found.kind === "array" ? found.elements : found.textBytes) - 1;
    const isHalf = rowOf(suffix.replace(/[01]$/, ""))?.isSentence === true && /[01]$/.test(suffix);
    return isHalf || WHOLE_LINES.test(suffix) ? HALF_COLUMNS : Math.min(room, TEXT_COLUMNS);
  }
  const precision = found.precision ?? 0;
  const whole = low < high ? Math.max(...[low, high].map((end) => Math.trunc(end).toString().length)) : DIGITS;
  return whole + (precision > 0 ? precision + 1 : 0);
}
