/**
 * The jobs of workflows that an IOC has asked for, in a small file of its own: replaced as a whole and synced, so that
 * a kill at any moment leaves what was before or what is now. It decides nothing.
 */
import { z } from "zod";
import { codeOf, messageOf } from "../base/errors.ts";
import { writePrivateFile } from "../base/private-file.ts";
import { readRegularFileSync } from "../base/regular-file.ts";
import type { AskedJob, JobMemory } from "../controller/ports/workflows.ts";

const fileSchema = z.object({
  jobs: z.array(
    z.object({
      mark: z.string(),
      owner: z.string(),
      workflow: z.string(),
      about: z.string(),
      since: z.number(),
      id: z.string().optional(),
      isOver: z.literal(true).optional(),
    }),
  ),
});

/** @param path the file; its folder is made when it is first written */
export function createAskedJobsFile(path: string): JobMemory {
  /** Writes in turn: an older state must not have the last word. */
  let writing = Promise.resolve();
  return {
    left: () => {
      try {
        const { jobs } = fileSchema.parse(JSON.parse(readRegularFileSync(path).toString("utf8")));
        return { jobs: jobs.map(askedJob) };
      } catch (error) {
        if (codeOf(error) === "ENOENT") return { jobs: [] };
        return { jobs: [], problem: whyUnknown(path, error) };
      }
    },
    keep: (jobs) => {
      const text = `${JSON.stringify({ jobs })}\n`;
      const written = writing.then(() => writePrivateFile(path, text, "list of jobs that are followed"));
      writing = written.catch(() => undefined); // told to the caller of that write
      return written;
    },
  };
}

function whyUnknown(path: string, error: unknown): string {
  const isDamaged = error instanceof z.ZodError || error instanceof SyntaxError;
  const why = isDamaged ? "is damaged" : `cannot be read: ${messageOf(error, path)}`;
  return `${path} ${why}, so nobody knows which jobs of workflows this IOC has started: globus-ioc workflow jobs lists them. WorkflowRun writes the file anew.`;
}

const askedJob = ({ id, isOver, ...job }: z.infer<typeof fileSchema>["jobs"][number]): AskedJob => ({
  ...job,
  ...(id !== undefined && { id }),
  ...(isOver !== undefined && { isOver }),
});
