/**
 * The fields of the twenty-one inputs A … U that calc and calcout have alike. Base has had 21 inputs since 7.0.10, 12
 * before.
 */
import { CALC_VARIABLES } from "../../calc-elements.ts";
import { calcoutINAV } from "../../menus.ts";

/** The variables of an expression, in order. */
export const INPUTS = Array.from(CALC_VARIABLES) as readonly CalcInput[];
type CalcInput =
  | ("A" | "B" | "C" | "D" | "E" | "F" | "G" | "H" | "I" | "J" | "K" | "L")
  | ("M" | "N" | "O" | "P" | "Q" | "R" | "S" | "T" | "U");

/** The fields of the inputs' links, and of their values before, in the same order. */
export const INPUT_LINKS = INPUTS.map((input) => `INP${input}` as const);
export const INPUTS_BEFORE = INPUTS.map((input) => `L${input}` as const);
/** The states of the links of calcout. */
export const INPUT_STATES = INPUTS.map((input) => `IN${input}V` as const);

/** One row for each input under the name that `name` makes of it. */
const inputRows = <const N extends string, R>(name: (input: CalcInput) => N, row: (input: CalcInput) => R) =>
  Object.fromEntries(INPUTS.map((input) => [name(input), row(input)])) as { readonly [M in N]: R };

/** @param firstChecked the first link whose change the record is told of */
export const inputLinks = (firstChecked: "INPA" | "INPM") =>
  inputRows(
    (input): `INP${CalcInput}` => `INP${input}`,
    (input) => ({
      type: "INLINK" as const,
      prompt: `Where ${input} is read`,
      ...(`INP${input}` >= firstChecked ? ({ special: "SPC_MOD" } as const) : {}),
      interest: 1 as const,
    }),
  );

export const inputValues = inputRows(
  (input): CalcInput => input,
  (input) => ({ type: "DOUBLE", prompt: `Value of input ${input}`, pp: true }) as const,
);

export const inputsBefore = inputRows(
  (input): `L${CalcInput}` => `L${input}`,
  (input) => ({ type: "DOUBLE", prompt: `${input} last posted`, special: "SPC_NOMOD", interest: 3 }) as const,
);

export const inputStates = inputRows(
  (input): `IN${CalcInput}V` => `IN${input}V`,
  (input) =>
    ({
      type: "MENU",
      menu: calcoutINAV,
      initial: 1,
      prompt: `What INP${input} points to`,
      special: "SPC_NOMOD",
      interest: 1,
    }) as const,
);
