/**
 * What calc and calcout share: their inputs A … U, read from links into fields and from there into the expression, the
 * expression itself, and the metadata of both. channel-access.md §5.5; epics-base: calcRecord.c, calcoutRecord.c.
 */
import { DBE_ALARM, DBE_LOG, DBE_VALUE } from "../../../epics/facts.ts";
import { SEVERITY, STATUS, type WithFields } from "../../alarms.ts";
import { type CalcProgram, compileCalc, evaluateCalc } from "../../calc.ts";
import type { FieldTable, LinkMetadata, Rec } from "../../record-type.ts";
import { analogMetadata } from "./analog.ts";
import { INPUT_LINKS, INPUTS, INPUTS_BEFORE } from "./calc-fields.ts";

type WithInputs = WithFields<
  (typeof INPUTS)[number] | (typeof INPUTS_BEFORE)[number] | "VAL",
  (typeof INPUT_LINKS)[number] | "CALC"
>;

/** An expression of a record, compiled when its text is new. */
export class Expression {
  #text: string | undefined;
  #program: CalcProgram | undefined;
  readonly #inputs = new Float64Array(INPUTS.length);

  /**
   * Compiles `text`; says what is wrong with it in the log.
   * @returns 0 when it is valid, else −1: CLCV, OCLV
   */
  compile(record: WithInputs, field: string, text: string): number {
    if (text !== this.#text) {
      this.#text = text;
      const compiled = compileCalc(text);
      this.#program = "error" in compiled ? undefined : compiled;
      if ("error" in compiled) {
        record.warn(
          `${field} "${text}" is no valid expression: ${compiled.error} (at character ${compiled.position + 1}).`,
        );
      }
    }
    return this.#program === undefined ? -1 : 0;
  }

  /**
   * Evaluates the expression with the fields A … U, which it may change.
   * @returns undefined when there is no result: CALC/INVALID is raised then
   */
  evaluate(record: WithInputs, previous: number): number | undefined {
    const { fields } = record;
    const inputs = this.#inputs;
    const program = this.#program;
    if (program === undefined) {
      record.raise(STATUS.CALC, SEVERITY.INVALID);
      return undefined;
    }
    for (const index of program.reads) inputs[index] = fields[INPUTS[index]!];
    const result = evaluateCalc(program, inputs, previous);
    if (result === undefined) record.raise(STATUS.CALC, SEVERITY.INVALID);
    for (const index of program.changes) fields[INPUTS[index]!] = inputs[index]!;
    return result;
  }
}

/** Constant links give the inputs their first values. */
export function initializeInputs(record: WithInputs): void {
  for (const [i, input] of INPUTS.entries()) {
    const { fields } = record;
    fields[input] = record.constantNumber(INPUT_LINKS[i]!, "DOUBLE", fields[input]) ?? fields[input];
  }
}

/** Reads the inputs in order. @returns false when a link leads nowhere: there is no result then */
export function readInputs(record: WithInputs): boolean {
  let isComplete = true;
  for (let i = 0; i < INPUTS.length; i++) {
    const link = INPUT_LINKS[i]!;
    if (record.isConstantLink(link)) continue;
    const value = record.readNumber(link, "DOUBLE");
    if (value === undefined) isComplete = false;
    else record.fields[INPUTS[i]!] = value;
  }
  return isComplete;
}

/** Posts the inputs that changed, all of them when the alarm did. @param mask what VAL was posted with */
export function postInputs(record: WithInputs, mask: number): void {
  const { fields } = record;
  for (let i = 0; i < INPUTS.length; i++) {
    const input = INPUTS[i]!;
    const before = INPUTS_BEFORE[i]!;
    if (fields[input] === fields[before] && (mask & DBE_ALARM) === 0) continue;
    record.post(input, mask | DBE_VALUE | DBE_LOG);
    fields[before] = fields[input];
  }
}

/** The link that an input, now or before, is read from. */
const LINK_BY_INPUT: ReadonlyMap<string, (typeof INPUT_LINKS)[number]> = new Map(
  INPUT_LINKS.flatMap((link, i) => [[INPUTS[i]!, link] as const, [INPUTS_BEFORE[i]!, link] as const]),
);
const NO_RANGE = [0, 0] as const;

type Metadata = ReturnType<typeof analogMetadata>;

/**
 * Inputs show the metadata of the field that they are read from; without such a field neither unit nor range, and PREC
 * as it is.
 */
export function calcMetadata(fields: FieldTable): Metadata {
  const analog = analogMetadata({ fields, precise: ["VAL", ...LINK_BY_INPUT.keys()] });
  /** For a field that is no input its own metadata, else what `pick` takes of the link's, else `none`. */
  const ask =
    <T>(own: (record: Rec, field: string) => T, pick: (metadata: LinkMetadata) => T, none: typeof own) =>
    (record: Rec, field: string): T => {
      const link = LINK_BY_INPUT.get(field);
      if (link === undefined) return own(record, field);
      const metadata = record.linkMetadata(link);
      return metadata === undefined ? none(record, field) : pick(metadata);
    };
  return {
    ...analog,
    units: ask(
      analog.units,
      ({ units }) => units,
      () => "",
    ),
    precision: ask(analog.precision, ({ precision }) => precision, analog.precision),
    displayLimits: ask(
      analog.displayLimits,
      ({ displayLimits }) => displayLimits,
      () => NO_RANGE,
    ),
    alarmLimits: ask(analog.alarmLimits, ({ alarmLimits }) => alarmLimits, analog.alarmLimits),
  };
}
