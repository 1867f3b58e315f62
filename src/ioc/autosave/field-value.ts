/**
 * A field's value as save files have it, and back: what is saved of which kind of field, and what each of the two
 * passes of a restore may set. channel-access.md §7.3; autosave: dbrestore.c scalar_restore, SR_put_array_values.
 */
import { fitText } from "../../database/convert/texts.ts";
import type { Database } from "../../database/database.ts";
import { DatabaseError } from "../../database/database-error.ts";
import type { FieldAddress } from "../../database/field-address.ts";
import { splitPvName } from "../../database/pv-name.ts";
import { elementsAt, longTextAt, numberAt } from "../../database/read.ts";
import type { FieldType } from "../../database/record-type.ts";
import { isLinkType } from "../../database/type-layout.ts";
import { STRING_BYTES } from "../../epics/facts.ts";
import { type SavedPv, shortest } from "./save-file.ts";

const DOUBLE_DIGITS = 14;
const FLOAT_DIGITS = 7;

/** Enums and menus as numbers, texts whole, a text in a CHAR array as its codes. */
export function savedValue(address: FieldAddress): SavedPv["value"] {
  switch (address.kind) {
    case "text":
    case "link":
      return longTextAt(address);
    case "array":
      return Array.from(
        elementsAt(address, address.elementType, address.elements) as ArrayLike<number | bigint | string>,
        (element) => (typeof element === "number" ? numberText(element, address.type) : String(element)),
      );
    case "number":
      return numberText(numberAt(address, address.numericType) ?? 0, address.type);
    case "enum":
    case "menu":
      return String(numberAt(address, "DOUBLE") ?? 0);
  }
}

function numberText(value: number, type: FieldType): string {
  if (type === "DOUBLE") return shortest(value, DOUBLE_DIGITS);
  return type === "FLOAT" ? shortest(value, FLOAT_DIGITS) : String(value);
}

/** How a value was restored. `not now`: the other pass does it. Else why not, as the rest of a sentence. */
export type Restored = "done" | "not now" | "no such PV" | { readonly problem: string };

/** Pass 0, before records are initialized: scalars and links, by the rules of .db files. */
export function restoreBeforeInit(database: Database, { pv, value }: SavedPv): Restored {
  const name = splitPvName(pv);
  const record = name === undefined ? undefined : database.record(name.record);
  const spec = record?.spec(name!.field);
  if (record === undefined || spec === undefined) return "no such PV";
  if (typeof value !== "string" || spec.row.type === "NOACCESS") return "not now";
  // A valid text, but in a .db file it would be a macro that was forgotten
  if (spec.row.type === "STRING" && /\$[({]/.test(value)) return "not now";
  try {
    const { type, size = STRING_BYTES } = spec.row;
    database.setFieldText(record, spec.name, type === "STRING" ? fitText(value, size) : value);
    return "done";
  } catch (error) {
    if (error instanceof DatabaseError) return { problem: error.message };
    throw error;
  }
}

/** Pass 1, when they are initialized: scalars and arrays, as a put that processes nothing. */
export function restoreAfterInit(database: Database, { pv, value }: SavedPv): Restored {
  const address = database.find(pv) ?? (pv.endsWith("$") ? database.find(pv.slice(0, -1)) : undefined);
  if (address === undefined) return "no such PV";
  if (address.kind === "link" || isLinkType(address.spec.row.type)) return "not now";
  if (value === undefined) return "not now";
  const failure = database.putUnprocessed(address, valueToPut(address, value));
  return failure === undefined ? "done" : { problem: failure.reason };
}

function valueToPut(address: FieldAddress, value: string | readonly string[]): number | string | string[] | Uint8Array {
  if (address.kind === "array") {
    if (address.isTextArray) return typeof value === "string" ? value : Uint8Array.from(value, Number);
    return typeof value === "string" ? [value] : [...value];
  }
  const text = typeof value === "string" ? value : (value[0] ?? "");
  const isChoice = (address.kind === "enum" || address.kind === "menu") && /^\d+$/.test(text);
  return isChoice ? Number(text) : text;
}
