/**
 * What Globus answers, held against the form that we read. Only what is needed is asked of an answer, so that one with
 * more, or with nulls, is good. It sends nothing.
 */
import type { z } from "zod";
import { UnavailableError } from "../../controller/ports/call.ts";

/**
 * @param what what it was asked to do, as in "list the tasks"
 * @throws UnavailableError where the answer has another form; the request may have taken effect
 */
export function readAnswer<S extends z.ZodType>(schema: S, what: string, answer: unknown): z.output<S> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` (${issue.path.join(".")})`;
  throw new UnavailableError(
    `Globus gave an answer of another form than its own when asked to ${what}${where}: try again later.`,
    { mayHaveHappened: true },
  );
}
