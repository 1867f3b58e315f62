/**
 * The file of the functions that were registered at Globus Compute. It is read whenever a name is looked up, so that
 * what `globus-ioc compute register` has put there holds at once, and replaced as a whole.
 */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ActionError, codeOf, messageOf } from "../base/errors.ts";
import { linkedFile } from "../base/linked-file.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { replaceFile } from "../base/replace-file.ts";
import type { ComputeFunctions, KnownFunction } from "../controller/ports/compute-functions.ts";

const functionSchema = z.object({
  name: z.string(),
  id: z.guid(),
  digest: z.string(),
  file: z.string(),
  client: z.string(),
  registered: z.number(),
});
const fileSchema = z.object({ functions: z.array(functionSchema) });

export function createComputeFunctions(file: string): ComputeFunctions {
  const all = async (): Promise<readonly KnownFunction[]> => {
    let text: string;
    try {
      text = (await readRegularFile(file)).toString("utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw new ActionError(`${file} (functions of [compute]) cannot be read: ${messageOf(error, file)}`, {
        cause: error,
      });
    }
    const found = fileSchema.safeParse(jsonOf(text));
    if (found.success) return found.data.functions;
    throw new ActionError(
      `${file} is no list of functions as globus-ioc compute register keeps it: move it away, and register them again`,
    );
  };
  return {
    path: file,
    all,
    put: async (one) => {
      const functions = [...(await all()).filter(({ name }) => name !== one.name), one];
      functions.sort((a, b) => (a.name < b.name ? -1 : 1));
      try {
        await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
        await replaceFile(await linkedFile(file), `${JSON.stringify({ functions }, undefined, 2)}\n`, { mode: 0o644 });
      } catch (error) {
        throw new ActionError(`${file} (functions of [compute]) cannot be written: ${messageOf(error, file)}`, {
          cause: error,
        });
      }
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
