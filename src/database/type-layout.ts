/**
 * What all records of one type share: the table of all their fields, common fields first, and a template of their
 * values from which each record's own are cloned. It holds no record.
 */
import { COMMON_FIELDS, type CommonFields } from "./common-fields.ts";
import type { LinkDirection } from "./links.ts";
import type { FieldRow, RecordType } from "./record-type.ts";

/**
 * The values of a record's fields by field name. Texts and links are strings although the index type says numbers:
 * `textOf` and `setText` of the record are the way to them.
 */
export type FieldValues = Record<string, number> & NumericFields<CommonFields>;
type NumericFields<T> = { [K in keyof T as T[K] extends number ? K : never]: number };

/** One field of a type. */
export interface FieldSpec {
  readonly name: string;
  readonly row: FieldRow;
  /** The value field: a put to it defines the record. */
  readonly isValue: boolean;
  /** A put processes a Passive record. */
  readonly processes: boolean;
  readonly isReadOnly: boolean;
  /** A put calls the type's `afterPut`. */
  readonly isSpecial: boolean;
  /** RTYP and VERS: the same text for all records of the type. */
  readonly attribute: string | undefined;
}

const SPECIAL_TO_TYPE: readonly (FieldRow["special"] | undefined)[] = [
  "SPC_MOD",
  "SPC_RESET",
  "SPC_LINCONV",
  "SPC_CALC",
];
const TEXT_TYPES: readonly FieldRow["type"][] = ["STRING", "INLINK", "OUTLINK", "FWDLINK", "NOACCESS"];

/** Whether a field of this type holds a link. */
export const isLinkType = (type: FieldRow["type"]): type is LinkDirection =>
  type === "INLINK" || type === "OUTLINK" || type === "FWDLINK";

export class TypeLayout {
  readonly type: RecordType;
  readonly specs: ReadonlyMap<string, FieldSpec>;
  /** The fields that hold links, and which way they go. */
  readonly links: readonly (readonly [field: string, direction: LinkDirection])[];
  readonly #template: FieldValues;

  constructor(type: RecordType) {
    this.type = type;
    const rows: [string, FieldRow][] = [...Object.entries(COMMON_FIELDS), ...Object.entries(type.fields)];
    this.specs = new Map(
      [...rows.map(([name, row]) => specOf(name, row)), ...attributesOf(type)].map((spec) => [spec.name, spec]),
    );
    this.links = rows.flatMap(([name, { type: fieldType }]) =>
      isLinkType(fieldType) ? [[name, fieldType] as const] : [],
    );
    this.#template = templateOf(rows);
  }

  /**
   * The initial values, for one more record. The spread keeps the shape that V8 made for the template: a copy is one
   * allocation, an access fast.
   */
  newFields(): FieldValues {
    return { ...this.#template };
  }
}

function specOf(name: string, row: FieldRow): FieldSpec {
  return {
    name,
    row,
    isValue: name === "VAL",
    processes: row.pp === true,
    isReadOnly: row.special === "SPC_NOMOD",
    isSpecial: SPECIAL_TO_TYPE.includes(row.special),
    attribute: undefined,
  };
}

/** Fields that every record seems to have. epics-base: dbStaticLib.c, "pseudo fields" RTYP and VERS */
const attributesOf = (type: RecordType): FieldSpec[] =>
  [["RTYP", type.name, "Record type"] as const, ["VERS", "none specified", "Version of the record type"] as const].map(
    ([name, attribute, prompt]) => ({
      ...specOf(name, { type: "STRING", prompt, special: "SPC_ATTRIBUTE" }),
      attribute,
    }),
  );

/**
 * To V8 an object made by a loop of computed keys is a slow dictionary, and its spread is not. DOUBLE fields are first
 * given a fraction, so that V8 keeps them as doubles in the object from the beginning, also when integers are stored
 * later.
 */
function templateOf(rows: readonly (readonly [string, FieldRow])[]): FieldValues {
  const values: Record<string, unknown> = {};
  for (const [name, row] of rows) {
    values[name] = isFloating(row) ? 0.5 : TEXT_TYPES.includes(row.type) ? "" : 0;
  }
  const template = { ...values };
  for (const [name, row] of rows) {
    if (TEXT_TYPES.includes(row.type)) template[name] = row.initial === undefined ? "" : String(row.initial);
    else template[name] = initialNumber(row);
  }
  return template as FieldValues;
}

const isFloating = (row: FieldRow): boolean => row.type === "DOUBLE" || row.type === "FLOAT";

function initialNumber(row: FieldRow): number {
  const { initial = 0, menu } = row;
  if (typeof initial === "number") return initial;
  const index = menu?.choices.indexOf(initial) ?? -1;
  return index >= 0 ? index : Number(initial);
}
