/** A text in a database is wrong. The loader adds file and line. */
import { AppError } from "../base/errors.ts";

/**
 * One sentence that names the record or the text, the offending value and, where something near it exists, what was
 * probably meant.
 */
export class DatabaseError extends AppError {}
