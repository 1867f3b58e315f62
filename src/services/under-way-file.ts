/**
 * What an IOC has under way, in a small file of its own: replaced as a whole and synced, so that a kill at any moment
 * leaves what was before or what is now. It decides nothing; who writes when is the controller's matter.
 */
import { z } from "zod";
import { ActionError, codeOf, messageOf } from "../base/errors.ts";
import { isAnotherHere, type Owner, thisProcess } from "../base/owner-file.ts";
import { writePrivateFile } from "../base/private-file.ts";
import { NoFileError, readRegularFileSync } from "../base/regular-file.ts";
import type { BegunCommand, UnderWay } from "../controller/ports/under-way.ts";

const ownerSchema = z.object({
  pid: z.number(),
  host: z.string(),
  machine: z.string(),
  boot: z.string(),
  started: z.string(),
});

const fileSchema = z.object({
  owner: ownerSchema.optional(),
  commands: z.array(
    z.object({
      command: z.string(),
      at: z.iso.datetime({ offset: true }),
      server: z.string(),
      experiment: z.string().optional(),
      said: z.string().optional(),
      ended: z.string().optional(),
    }),
  ),
});

type FileContent = z.infer<typeof fileSchema>;

/**
 * @param path the file; its folder is made when it is first written
 * @param self this process
 */
export function createUnderWayFile(path: string, self: Owner = thisProcess()): UnderWay {
  /** Writes in turn: an older state must not have the last word. */
  let writing = Promise.resolve();
  const write = async (commands: readonly BegunCommand[]): Promise<void> => {
    refuseAnother(path, self);
    await writePrivateFile(path, `${JSON.stringify({ owner: self, commands })}\n`, "list of what is under way");
  };
  return {
    left: () => {
      try {
        const { owner, commands } = read(path);
        if (owner !== undefined && isAnotherHere(owner, self)) return { commands: [], problem: takenBy(path, owner) };
        return { commands: commands.map(begunCommand) };
      } catch (error) {
        if (codeOf(error) === "ENOENT") return { commands: [] };
        return { commands: [], problem: whyUnknown(path, error) };
      }
    },
    keep: (commands) => {
      const written = writing.then(() => write(commands));
      writing = written.catch(() => undefined); // told to the caller of that write
      return written;
    },
  };
}

/** @throws the system's error, SyntaxError, ZodError */
const read = (path: string): FileContent => fileSchema.parse(JSON.parse(readRegularFileSync(path).toString("utf8")));

const isDamage = (error: unknown): boolean => error instanceof z.ZodError || error instanceof SyntaxError;

/** @throws ActionError when another IOC of this host remembers its commands there */
function refuseAnother(path: string, self: Owner): void {
  let owner: Owner | undefined;
  try {
    owner = read(path).owner;
  } catch {
    return; // what cannot be read is nobody's; whether it can be written is seen next
  }
  if (owner !== undefined && isAnotherHere(owner, self)) throw new ActionError(takenBy(path, owner));
}

function whyUnknown(path: string, error: unknown): string {
  const why = isDamage(error) ? "is damaged" : `cannot be read: ${messageOf(error, path)}`;
  const next =
    error instanceof NoFileError && error.isFolder
      ? "Remove it: no command can be remembered there."
      : "The next command writes the file anew.";
  return `${path} ${why}. So nobody knows whether a command was interrupted when the IOC ended: look at what was started last. ${next}`;
}

const takenBy = (path: string, { pid, host }: Owner): string =>
  `${path} is written by process ${pid} on ${host}, another IOC with the prefix of this one: end one of the two.`;

const begunCommand = ({
  command,
  at,
  server,
  experiment,
  said,
  ended,
}: FileContent["commands"][number]): BegunCommand => ({
  command,
  at,
  server,
  ...(experiment !== undefined && { experiment }),
  ...(said !== undefined && { said }),
  ...(ended !== undefined && { ended }),
});
