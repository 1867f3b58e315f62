/**
 * The members of a table with the type of its keys, which Object.entries forgets. For objects that are tables: written
 * in one place, with no further members.
 */
export const entriesOf = <K extends string, V>(table: Readonly<Partial<Record<K, V>>>): (readonly [K, V])[] =>
  Object.entries(table) as [K, V][];
