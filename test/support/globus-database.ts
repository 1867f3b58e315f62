/** The records of db/ in a database of their own, as st.cmd loads them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Database } from "../../src/database/database.ts";
import { loadRecords } from "../../src/dbfile/load.ts";
import type { DbText } from "../../src/dbfile/source.ts";
import { parseSubstitutions } from "../../src/dbfile/substitutions.ts";
import { FakeClock } from "./fakes/fake-clock.ts";

const FOLDER = join(import.meta.dirname, "../../db");
const read = (file: string): DbText => ({ file, text: readFileSync(join(FOLDER, file), "latin1") });

/**
 * All of our records with this prefix, not yet initialized.
 * @throws Error with everything that is wrong with the records
 */
export function globusDatabase(prefix: string): Database {
  const database = new Database({ clock: new FakeClock() });
  const own = new Map([
    ["P", prefix],
    ["R", ""],
  ]);
  const load = (file: string, macros: ReadonlyMap<string, string>): void => {
    const { errors } = loadRecords(database, read(file), { macros: (name) => macros.get(name) });
    if (errors.length > 0) throw new Error(errors.map((error) => error.message).join("\n"));
  };
  for (const file of readdirSync(FOLDER).filter((name) => /^globus.*\.db$/.test(name))) load(file, own);
  const { substitutions, errors } = parseSubstitutions(read("globus_commands.substitutions"), own);
  if (errors.length > 0) throw new Error(errors.map((error) => error.message).join("\n"));
  for (const { template, macros } of substitutions) load(template, macros);
  return database;
}
