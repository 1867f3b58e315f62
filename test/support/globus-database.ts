/** The records of db/ in a database of their own, as st.cmd loads them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Database } from "../../src/database/database.ts";
import { loadRecords } from "../../src/dbfile/load.ts";
import type { DbText } from "../../src/dbfile/source.ts";
import { parseSubstitutions } from "../../src/dbfile/substitutions.ts";
import { FakeClock } from "./fakes/fake-clock.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (file: string): DbText => ({ file, text: readFileSync(join(ROOT, "db", file), "latin1") });

/** The files of db/ that st.cmd names, in its order. */
export const LOADED_FILES: readonly string[] = [
  ...readFileSync(join(ROOT, "iocBoot/iocGlobus/st.cmd"), "utf8").matchAll(/^dbLoad(?:Records|Template)\("([^"]+)"/gm),
].map(([, file = ""]) => file);

/**
 * The records of these files, not yet initialized.
 * @throws Error with everything that is wrong with them
 */
export function globusDatabase(prefix: string, files: readonly string[] = LOADED_FILES): Database {
  const database = new Database({ clock: new FakeClock() });
  const own = new Map([
    ["P", prefix],
    ["R", ""],
  ]);
  const refuse = (errors: readonly Error[]): void => {
    if (errors.length > 0) throw new Error(errors.map((error) => error.message).join("\n"));
  };
  for (const file of files) {
    const isTable = file.endsWith(".substitutions");
    const { substitutions, errors } = isTable
      ? parseSubstitutions(read(file), own)
      : { substitutions: [{ template: file, macros: own }], errors: [] };
    refuse(errors);
    for (const { template, macros } of substitutions)
      refuse(loadRecords(database, read(template), { macros: (name) => macros.get(name) }).errors);
  }
  return database;
}

/** The records of the sandbox's TomoScan, initialized. */
export function tomoScanDatabase(prefix: string): Database {
  const database = new Database({ clock: new FakeClock() });
  const macros = new Map([["P", prefix]]);
  loadRecords(database, read("sandbox_tomoscan.db"), { macros: (name) => macros.get(name) ?? "" });
  database.initialize();
  return database;
}
