/**
 * "rec.FIELD$" → record, field, modifier: the only place that splits a PV name. It looks nothing up. channel-access.md
 * §2.6.
 */

export interface PvNameParts {
  readonly record: string;
  /** VAL when the name says none. */
  readonly field: string;
  /** What follows the field: "", or text that begins with `$`, `[` or `{` (filters.ts reads it). */
  readonly modifier: string;
}

const FIELD = /[A-Za-z_][A-Za-z0-9_]*/y;

/** @returns undefined for a name that no PV can have: no record, or text behind the field that is no modifier */
export function splitPvName(name: string): PvNameParts | undefined {
  const dot = name.indexOf(".");
  if (dot < 0) return name === "" ? undefined : { record: name, field: "VAL", modifier: "" };
  if (dot === 0) return undefined;
  FIELD.lastIndex = dot + 1;
  const field = FIELD.exec(name)?.[0] ?? "";
  const modifier = name.slice(dot + 1 + field.length);
  if (modifier !== "" && !/^[$[{]/.test(modifier)) return undefined;
  return { record: name.slice(0, dot), field: field === "" ? "VAL" : field, modifier };
}

/** Longest record name, bytes. */
const MAX_RECORD_NAME = 60;

/** Why a record cannot have this name, as the end of a sentence; undefined if it can. channel-access.md §5.1 */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.length > MAX_RECORD_NAME) return `has ${name.length} characters; at most ${MAX_RECORD_NAME} are possible`;
  const bad = /[ \t"'.$]/.exec(name)?.[0];
  if (bad === undefined) return undefined;
  return `contains ${bad === " " ? "a blank" : bad === "\t" ? "a tab" : bad}, which no record name may`;
}
