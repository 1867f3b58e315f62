/** Reads an access security file from the disk. Judges nobody (security-groups.ts). */
import { AppError } from "../../base/errors.ts";
import { parseMacros } from "../../base/macros.ts";
import { readRegularFileSync } from "../../base/regular-file.ts";
import { type AccessFile } from "../../dbfile/acf.ts";
import { parseAccessFile } from "../../dbfile/acf-parser.ts";

/** The file cannot be read. */
class AccessFileReadError extends AppError {}

/** @throws AppError that names the file, and where in the file something is wrong */
export function loadAccessFile(path: string, substitutions: string | undefined): AccessFile {
  let text: string;
  try {
    text = readRegularFileSync(path).toString("latin1");
  } catch (thrown) {
    throw new AccessFileReadError("The access security file cannot be read", { cause: thrown });
  }
  if (substitutions === undefined) return parseAccessFile(text, path);
  const values = parseMacros(substitutions);
  return parseAccessFile(text, path, (name) => values.get(name));
}
