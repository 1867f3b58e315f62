/** The PVs of a screen of MEDM: our own, and on the screen for TomoScan its own. */
import { ARM_STATES } from "../../src/controller/pvs/row.ts";
import { toneOf } from "../../src/controller/pvs/tones.ts";
import type { Database } from "../../src/database/database.ts";
import type { AdlPv } from "./adl-model.ts";
import { screenPv } from "./screen-pvs.ts";

/** @throws Error with one sentence where there is no such PV */
export type PvLookup = (name: string) => AdlPv;

const LONG = /(Link|Url)$/;
const TIME = /(Time|Started|Ended|Expires)$/;
/** A time with its offset from UTC. */
export const TIME_COLUMNS = 25;
/** Columns of a text that has no other measure; in a row it gets what is left. */
const TEXT_COLUMNS = 18;
const BYTE_DIGITS = 14;
const PART_DIGITS = 5;
const DIGITS = 8;
/** States that are named when the IOC starts. */
const NAMED_LATER = 25;

/** @param database the records of db/, without a prefix */
export const ourPvs =
  (database: Database): PvLookup =>
  (name) => {
    const { isResult, isCharacters, isSentence, isButton, kind, states, unit } = screenPv(database, name);
    const isArm = states.join() === ARM_STATES.join();
    const isNamedLater = kind === "states" && (database.find(name)?.choices.length ?? 0) < 2;
    return {
      channel: `$(P)$(R)${name}`,
      kind: isButton ? "button" : isArm ? "arm" : kind,
      isInput: !isResult,
      isCharacters,
      isLong: LONG.test(name),
      isSentence,
      unit,
      characters: isNamedLater ? NAMED_LATER : charactersOf(kind, name, unit, states),
      states: states.map((state) => ({ name: state, tone: toneOf(name, state) ?? "idle" })),
    };
  };

function charactersOf(kind: AdlPv["kind"], name: string, unit: string, states: readonly string[]): number {
  if (kind === "states") return Math.max(0, ...states.map((state) => state.length));
  if (kind === "number") return unit === "%" ? PART_DIGITS : unit.startsWith("B") ? BYTE_DIGITS : DIGITS;
  return TIME.test(name) ? TIME_COLUMNS : TEXT_COLUMNS;
}

/** Records that show what a device says. */
const SHOWN_RECORDS: ReadonlySet<string> = new Set(["ai", "bi", "longin", "mbbi", "stringin"]);
/** menuFtype: CHAR and UCHAR. */
const CHARACTERS: readonly unknown[] = [1, 2];

/** @param database TomoScan's records, without a prefix; TomoScan's R is R on its own screens */
export const tomoScanPvs =
  (database: Database): PvLookup =>
  (name) => {
    const found = database.find(name);
    if (found === undefined) throw new Error(`${name} is no PV of TomoScan`);
    const { record, choices } = found;
    const isCharacters = CHARACTERS.includes(record.fields["FTVL"]);
    const kind = found.kind === "enum" ? "states" : found.kind === "number" ? "number" : "text";
    return {
      channel: `$(P)$(R)${name}`,
      kind,
      isInput: !SHOWN_RECORDS.has(record.type.name),
      isCharacters,
      isLong: false,
      isSentence: false,
      unit: "",
      characters: charactersOf(kind, name, "", choices),
      states: choices.map((state) => ({ name: state, tone: "idle" as const })),
    };
  };
