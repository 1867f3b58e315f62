/** The PVs as screens need them, from the rows of src/controller/pvs/ and the records of db/. */
import { rowOf } from "../../src/controller/pvs/index.ts";
import type { Database } from "../../src/database/database.ts";

/** A PV as a screen needs it. */
export interface ScreenPv {
  readonly suffix: string;
  readonly meaning: string;
  readonly isResult: boolean;
  readonly kind: "text" | "number" | "states" | "list";
  /** Text in an array of characters. */
  readonly isCharacters: boolean;
  readonly isSentence: boolean;
  readonly states: readonly string[];
  readonly unit: string;
  /** Writing 1 does something, and it falls back by itself. */
  readonly isButton: boolean;
}

/** Widest state whose name the site gives. */
const NAMED_BY_SITE = ["M".repeat(12)];

/** @throws Error with one sentence where there is no such PV */
export function screenPv(database: Database, suffix: string): ScreenPv {
  const found = database.find(suffix);
  const row = rowOf(suffix);
  if (found === undefined || row === undefined) throw new Error(`${suffix} is no PV of src/controller/pvs/`);
  // Without names of states, mbbo is a number to its clients.
  const isChoice = found.kind === "enum" || /^mbb[io]$/.test(found.record.type.name);
  const isButton = row.kind !== "result" && row.states === undefined && /^(bo|busy)$/.test(found.record.type.name);
  const isText = found.isTextArray || found.kind === "text";
  return {
    suffix,
    meaning: row.meaning,
    isResult: row.kind === "result",
    kind: isChoice ? "states" : isText ? "text" : found.kind === "number" ? "number" : "list",
    isCharacters: found.isTextArray,
    isSentence: row.isSentence === true,
    states: row.states ?? (isChoice && row.kind !== "result" && !isButton ? NAMED_BY_SITE : found.choices),
    unit: row.unit ?? "",
    isButton,
  };
}

/** Words on buttons that are no commands. */
const BUTTONS: Readonly<Record<string, string>> = { Abort: "Abort", ErrorAck: "Acknowledge", QueueRetry: "Retry all" };
/** What stands on the button of a PV that is no command. */
export const wordOn = (suffix: string): string => BUTTONS[suffix] ?? suffix;
