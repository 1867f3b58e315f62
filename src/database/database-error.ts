/** What someone wrote into a database is wrong. The loader adds file and line. */
import { AppError } from "../base/errors.ts";

/** One sentence that names the record or the text, the offending value and, where one is near, what was probably meant. */
export class DatabaseError extends AppError {}

/** ` Did you mean "HIHI"?`, or nothing when no candidate is near. Case does not count. */
export function didYouMean(wanted: string, candidates: Iterable<string>): string {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 2)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted.toUpperCase(), candidate.toUpperCase());
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best === undefined ? "" : ` Did you mean "${best}"?`;
}

/** Insertions, deletions and substitutions that turn one text into the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
