/** What Transfer's documents are made of: fields, texts and times. */

/** A document, or a row of a list. */
export type Fields = Readonly<Record<string, unknown>>;

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Milliseconds since 1970 UTC as Transfer writes them. */
export const iso = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString().replace(/\.\d+Z$/, "+00:00");

/** A time as Transfer reads it: UTC where it names no zone. NaN for what is none. */
export function timeOf(text: string): number {
  const hasZone = !text.includes(":") || /([zZ]|[+-]\d\d:?\d\d)$/.test(text);
  return Date.parse(`${text.replace(" ", "T")}${hasZone ? "" : "Z"}`);
}
