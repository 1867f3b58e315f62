/**
 * The log of puts: one line for each put from outside, with who made it, what was written and what became of it. Which
 * records it is for is the caller's choice.
 */
import { oneLine } from "../base/clean-text.ts";
import { clientText } from "../base/client-identity.ts";
import type { Clock } from "../base/clock.ts";
import { type Log } from "../base/log.ts";
import { rateLimited } from "../base/rate-limited-log.ts";
import type { Database } from "../database/database.ts";
import type { PutReport } from "../database/put.ts";
import type { DbRecord } from "../database/record.ts";

/**
 * Lines in ten seconds: a script that sets everything is written down whole, a script that never stops does not fill
 * the disk.
 */
const MOST_LINES = 300;
/** Characters of a text, and elements of an array, that a line shows. */
const MOST_CHARACTERS = 80;
const MOST_ELEMENTS = 5;

export interface PutLogOptions {
  readonly database: Database;
  readonly isLogged: (record: DbRecord) => boolean;
  readonly log: Log;
  readonly clock: Clock;
}

/** Begins to write. Puts by other records and by the program itself are not written down. @returns ends it */
export function logPuts({ database, isLogged, log, clock }: PutLogOptions): () => void {
  const limited = rateLimited(log, clock, MOST_LINES);
  return database.putMade.add((put) => {
    if (put.by === undefined || !isLogged(put.address.record)) return;
    const what = `${clientText(put.by)} wrote ${valueText(put)} to ${put.address.name.replace(/\.VAL$/, "")}`;
    if (put.result === undefined) limited.info(`${what}.`);
    else limited.warn(`${what}, which was refused: ${put.result.reason}`);
  });
}

function valueText({ value }: PutReport): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") {
    const shown = Array.from(value.slice(0, MOST_ELEMENTS), String).join(", ");
    return `[${oneLine(shown)}${value.length > MOST_ELEMENTS ? ", …" : ""}]`;
  }
  const text = oneLine(Buffer.from(value, "latin1").toString("utf8"));
  return JSON.stringify(text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);
}
