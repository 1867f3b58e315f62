/** What someone wrote into a database is wrong. The loader adds file and line. */
import { AppError } from "../base/errors.ts";

/**
 * One sentence that names the record or the text, the offending value and, where one is near, what was probably meant.
 */
export class DatabaseError extends AppError {}
