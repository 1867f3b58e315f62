/**
 * The files of each scan, kept in a file of their own beside the queue's database: one line of JSON for the folder,
 * then one for each file. A scan may have 100,000.
 */
import { rm } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ActionError, codeOf, messageOf } from "../../base/errors.ts";
import { inSlices } from "../../base/in-slices.ts";
import { makeFolder } from "../../base/make-folder.ts";
import { readRegularFile } from "../../base/regular-file.ts";
import { replaceFile } from "../../base/replace-file.ts";
import { SourceChangedError } from "../../controller/ports/call.ts";
import type { Manifest } from "../../controller/ports/scans.ts";

const headSchema = z.object({ folder: z.string(), isFolder: z.boolean(), files: z.number() });
const lineSchema = z.tuple([z.string(), z.number(), z.number()]);

export interface ManifestFiles {
  /** On disk when it resolves. @throws ActionError */
  keep(scan: string, manifest: Manifest): Promise<void>;
  /** @throws SourceChangedError for a file that is missing or damaged; ActionError for one that cannot be read */
  read(scan: string): Promise<Manifest>;
  /** Never fails: a file that stays is replaced, or does no harm. */
  forget(scan: string): Promise<void>;
}

/** One after the other: to split 100,000 at once would hold up the event loop. */
function* linesOf(text: string): Generator<string, undefined> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    yield text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length : end + 1;
  }
}

/** @param ledger the ledger's folder */
export function createManifestFiles(ledger: string): ManifestFiles {
  const folder = path.join(ledger, "manifests");
  const fileOf = (scan: string): string => path.join(folder, `${scan}.jsonl`);
  return {
    keep: async (scan, { files, ...head }) => {
      const lines = await inSlices(files, ({ path: name, bytes, modified }) => JSON.stringify([name, bytes, modified]));
      const text = `${JSON.stringify({ ...head, files: files.length })}\n${lines.join("\n")}\n`;
      try {
        await makeFolder(folder, 0o700);
        await replaceFile(fileOf(scan), text, { mode: 0o600, temporary: `${fileOf(scan)}.tmp` });
      } catch (error) {
        throw new ActionError(`The ledger ${ledger} failed: ${messageOf(error, ledger)}`, { cause: error });
      }
    },
    read: async (scan) => {
      try {
        const lines = linesOf((await readRegularFile(fileOf(scan))).toString("utf8"));
        const head = lines.next().value ?? "";
        const { files: count, ...manifest } = headSchema.parse(JSON.parse(head));
        const files = await inSlices(lines, (line) => {
          const [name, bytes, modified] = lineSchema.parse(JSON.parse(line));
          return { path: name, bytes, modified };
        });
        if (files.length === count) return { ...manifest, files };
      } catch (error) {
        const isDamaged = error instanceof SyntaxError || error instanceof z.ZodError || codeOf(error) === "ENOENT";
        if (!isDamaged)
          throw new ActionError(`The files of the scan ${scan} cannot be read from the ledger: ${messageOf(error)}`, {
            cause: error,
          });
      }
      throw new SourceChangedError(
        `${fileOf(scan)} of the ledger is missing or damaged: its files are looked at anew.`,
      );
    },
    forget: (scan) => rm(fileOf(scan), { force: true }).catch(() => {}),
  };
}
