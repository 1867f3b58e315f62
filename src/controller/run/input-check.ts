/**
 * Whether an input PV can take the value of a put: a number within the range, a state that exists, a text that fits.
 * Pure: refuses nothing itself.
 */
import type { OutsidePut } from "../ports/outside-put.ts";
import { COMMAND_NAMES } from "../pvs/commands.ts";
import { INPUTS, type PvSuffix, rowOf } from "../pvs/index.ts";
import type { Takes } from "../pvs/row.ts";

/** The states of a number input whose row has neither states nor limits, such as a button. */
const TWO_STATES = 2;

/** Every PV that clients write. */
export const WRITABLE: readonly PvSuffix[] = [...COMMAND_NAMES, ...INPUTS];

/** Why the value cannot be put to the input, a sentence; or undefined. */
export function inputProblem(
  name: string,
  { value, given, room }: Pick<OutsidePut, "value" | "given" | "room">,
): string | undefined {
  if (typeof value === "string") return textProblem(name, String(given), room);
  const number = Number(given);
  const { least, most, isWhole } = takenBy(name);
  if (number >= least && number <= most && !(isWhole && !Number.isInteger(number))) return undefined;
  return `${name} takes ${takesText(name)}, not ${number}; it stays as it was.`;
}

/** What the database makes of codes that are not UTF-16. */
const NO_CHARACTER = "\uFFFD";

function textProblem(name: string, text: string, room: number): string | undefined {
  const broken = Array.from(text).indexOf(NO_CHARACTER) + 1;
  if (broken > 0)
    return `${name} takes text, and character ${broken} of this one is none (U+FFFD), or was lost on the way; nothing was written: let the client send UTF-8, or leave that character out.`;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= room) return undefined;
  return `${name} holds ${room} bytes, and the text has ${bytes}; nothing was written: shorten it.`;
}

const takenBy = (name: string): Takes =>
  rowOf(name)?.takes ?? { least: 0, most: (rowOf(name)?.states?.length ?? TWO_STATES) - 1, isWhole: true };

/** What a number input takes, as `whole numbers from 0 to 1000`. */
export function takesText(name: string): string {
  const { least, most, isWhole } = takenBy(name);
  return `${isWhole ? "whole numbers" : "numbers"} from ${least} to ${most}`;
}
