/**
 * THE DBR table: family × native type → the metadata before the value. Sizes, encoder and decoder follow from it. The
 * only irregularity, the padding that a C compiler inserts, is a table of its own. channel-access.md §2.1 and §2.2,
 * db_access.h.
 */
import { STATE_NAME_BYTES, STRING_BYTES } from "../../epics/facts.ts";
import { MAX_CHOICES, UNITS_BYTES } from "./constants.ts";

/** DBR codes 0..6, in order. ENUM is unsigned 16 bit, CHAR unsigned 8 bit, SHORT and LONG are signed. */
export const NATIVES = ["STRING", "SHORT", "FLOAT", "ENUM", "CHAR", "LONG", "DOUBLE"] as const;
export type Native = (typeof NATIVES)[number];

/** DBR code = 7 × family + native, for the first five. */
export const FAMILIES = ["PLAIN", "STS", "TIME", "GR", "CTRL"] as const;
export type Family = (typeof FAMILIES)[number] | "STSACK";

/** Where a metadata field goes in a sample, and how it lies in the bytes. */
export type FieldKind = "i16" | "u16" | "u32" | "units" | "choices" | "limit" | { readonly pad: number };
export type MetadataName =
  | "status"
  | "severity"
  | "seconds"
  | "nanoseconds"
  | "precision"
  | "units"
  | "choices"
  | "acknowledgeTransient"
  | "acknowledgeSeverity"
  | LimitName;
export type MetadataField = readonly [name: MetadataName | "", kind: FieldKind];

/** Limits in wire order; a sample holds them in an array of eight in this order. */
export const LIMITS = [
  "upperDisplay",
  "lowerDisplay",
  "upperAlarm",
  "upperWarning",
  "lowerWarning",
  "lowerAlarm",
  "upperControl",
  "lowerControl",
] as const;
export type LimitName = (typeof LIMITS)[number];

export const ELEMENT_BYTES: Readonly<Record<Native, number>> = {
  STRING: STRING_BYTES,
  SHORT: 2,
  FLOAT: 4,
  ENUM: 2,
  CHAR: 1,
  LONG: 4,
  DOUBLE: 8,
};

/** Bytes the C structs insert before the value. db_access.h: RISC_pad */
const TAIL_PAD: Readonly<Record<Family, Partial<Record<Native, number>>>> = {
  PLAIN: {},
  STS: { CHAR: 1, DOUBLE: 4 },
  TIME: { SHORT: 2, ENUM: 2, CHAR: 3, DOUBLE: 4 },
  GR: { CHAR: 1 },
  CTRL: { CHAR: 1 },
  STSACK: {},
};

const STATUS: readonly MetadataField[] = [
  ["status", "i16"],
  ["severity", "i16"],
];

/** The metadata that precedes the value, in wire order, padding included. */
function metadataLayout(family: Family, native: Native): readonly MetadataField[] {
  const pad = TAIL_PAD[family][native];
  const tail: readonly MetadataField[] = pad === undefined ? [] : [["", { pad }]];
  switch (family) {
    case "PLAIN":
      return [];
    case "STS":
      return [...STATUS, ...tail];
    case "STSACK":
      return [...STATUS, ["acknowledgeTransient", "u16"], ["acknowledgeSeverity", "u16"]];
    case "TIME":
      return [...STATUS, ["seconds", "u32"], ["nanoseconds", "u32"], ...tail];
    case "GR":
    case "CTRL": {
      if (native === "STRING") return STATUS; // GR_STRING and CTRL_STRING are STS_STRING
      if (native === "ENUM") return [...STATUS, ["choices", "choices"]];
      const precision: readonly MetadataField[] =
        native === "FLOAT" || native === "DOUBLE"
          ? [
              ["precision", "i16"],
              ["", { pad: 2 }],
            ]
          : [];
      const limits = LIMITS.slice(0, family === "CTRL" ? 8 : 6).map((name) => [name, "limit"] as const);
      return [...STATUS, ...precision, ["units", "units"], ...limits, ...tail];
    }
  }
}

/** Bytes of one metadata field of a DBR of this native type. */
function fieldBytes(kind: FieldKind, native: Native): number {
  if (typeof kind === "object") return kind.pad;
  switch (kind) {
    case "i16":
    case "u16":
      return 2;
    case "u32":
      return 4;
    case "units":
      return UNITS_BYTES;
    case "choices":
      return 2 + MAX_CHOICES * STATE_NAME_BYTES;
    case "limit":
      return ELEMENT_BYTES[native];
  }
}

export interface DbrType {
  /** 0..38 */
  readonly code: number;
  /** `TIME_DOUBLE`; without the family for plain types. */
  readonly name: string;
  readonly family: Family;
  readonly native: Native;
  readonly layout: readonly MetadataField[];
  /** How many limits it has, in a row. */
  readonly limitCount: number;
  /** Where the value begins, bytes. */
  readonly valueOffset: number;
  readonly elementBytes: number;
}

function dbrType(code: number, name: string, family: Family, native: Native): DbrType {
  const layout = metadataLayout(family, native);
  const valueOffset = layout.reduce((sum, [, kind]) => sum + fieldBytes(kind, native), 0);
  const limitCount = layout.filter(([, kind]) => kind === "limit").length;
  return { code, name, family, native, layout, limitCount, valueOffset, elementBytes: ELEMENT_BYTES[native] };
}

/** The highest code of the plain, STS, TIME, GR and CTRL types; four more lie outside the scheme. */
export const LAST_COMPOSITE = FAMILIES.length * NATIVES.length - 1;
/** Two that are written only. */
export const DBR_PUT_ACKT = LAST_COMPOSITE + 1;
export const DBR_PUT_ACKS = LAST_COMPOSITE + 2;
/** One that is read only, as STSACK_STRING before it. */
export const DBR_CLASS_NAME = LAST_COMPOSITE + 4;

/** By code. */
export const DBR_TYPES: readonly DbrType[] = [
  ...FAMILIES.flatMap((family, f) =>
    NATIVES.map((native, n) =>
      dbrType(f * NATIVES.length + n, family === "PLAIN" ? native : `${family}_${native}`, family, native),
    ),
  ),
  dbrType(DBR_PUT_ACKT, "PUT_ACKT", "PLAIN", "ENUM"),
  dbrType(DBR_PUT_ACKS, "PUT_ACKS", "PLAIN", "ENUM"),
  dbrType(LAST_COMPOSITE + 3, "STSACK_STRING", "STSACK", "STRING"),
  dbrType(DBR_CLASS_NAME, "CLASS_NAME", "PLAIN", "STRING"),
];

/** Code by name, `DBR.TIME_DOUBLE` = 20. */
export const DBR: Readonly<Record<string, number>> = Object.fromEntries(
  DBR_TYPES.map((type) => [type.name, type.code]),
);

/** The code of a family's variant of a native type. */
export const dbrCode = (family: (typeof FAMILIES)[number], native: Native): number =>
  FAMILIES.indexOf(family) * NATIVES.length + NATIVES.indexOf(native);

/** Bytes of a DBR with `count` elements, before the padding to 8. */
export const dbrBytes = (type: DbrType, count: number): number => type.valueOffset + count * type.elementBytes;
