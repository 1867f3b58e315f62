/**
 * What an IOC has under way, in a small file of its own: replaced as a whole and synced, so that a kill at any moment leaves what was before or what is now.
 * It decides nothing; who writes when is the controller's matter.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { codeOf, messageOf } from "../base/errors.ts";
import { writePrivateFile } from "../base/private-file.ts";
import type { BegunCommand, UnderWay } from "../controller/ports.ts";

const fileSchema = z.object({
  commands: z.array(
    z.object({
      command: z.string(),
      at: z.iso.datetime({ offset: true }),
      server: z.string(),
      experiment: z.string().optional(),
      said: z.string().optional(),
    }),
  ),
});

/** @param path the file; its folder is made when it is first written */
export function createUnderWayFile(path: string): UnderWay {
  /** One write after the other: an older state must not have the last word. */
  let writing = Promise.resolve();
  return {
    left: () => {
      try {
        return { commands: fileSchema.parse(JSON.parse(readFileSync(path, "utf8"))).commands.map(begunCommand) };
      } catch (error) {
        if (codeOf(error) === "ENOENT") return { commands: [] };
        const why = error instanceof z.ZodError || error instanceof SyntaxError ? "is damaged" : messageOf(error);
        return {
          commands: [],
          problem: `${path}: ${why}; nobody knows whether a command was interrupted when the IOC ended: look at what was started last. The next command writes the file anew.`,
        };
      }
    },
    keep: (commands) => {
      const text = `${JSON.stringify({ commands })}\n`;
      const written = writing.then(() => writePrivateFile(path, text, "list of what is under way"));
      writing = written.catch(() => undefined); // told to whoever asked for that one
      return written;
    },
  };
}

const begunCommand = ({
  command,
  at,
  server,
  experiment,
  said,
}: z.infer<typeof fileSchema>["commands"][number]): BegunCommand => ({
  command,
  at,
  server,
  ...(experiment !== undefined && { experiment }),
  ...(said !== undefined && { said }),
});
