/**
 * The files of the flows that were deployed: the flow's document as Globus gave it, `NAME.json` in one folder, as
 * PAL-XFEL's flow_info.json. Reads only the id: the rest of it is Globus' to tell, and may have changed since.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { ActionError, codeOf, messageOf } from "../base/errors.ts";
import { readRegularFile } from "../base/regular-file.ts";
import type { FlowFile, FlowFiles } from "../controller/ports/flow-files.ts";

const flowSchema = z.object({ id: z.guid() });
const ENDING = ".json";

/** Opens nothing yet. @param directory need not be there */
export function createFlowFiles(directory: string): FlowFiles {
  const pathOf = (name: string): string => path.join(directory, `${name}${ENDING}`);
  return {
    pathOf,
    read: async (name) => {
      const id = await readFlowId(pathOf(name));
      return id === undefined ? undefined : { name, path: pathOf(name), id };
    },
    names: async () => {
      const entries = await readdir(directory).catch(() => []);
      return entries.filter((one) => one.endsWith(ENDING)).map((one) => one.slice(0, -ENDING.length));
    },
  };
}

/** One such file, wherever it lies. @throws ActionError where it cannot be read, is none of a flow, or is not there */
export async function readFlowFile(file: string): Promise<FlowFile> {
  const id = await readFlowId(file, "name a file that `globus-ioc flow deploy` has written, or a new one");
  if (id === undefined) throw new ActionError(`${file} does not exist`);
  return { name: path.basename(file, ENDING), path: file, id };
}

/** @returns undefined where there is no such file */
async function readFlowId(file: string, help = "remove it, and deploy the flow anew"): Promise<string | undefined> {
  let text: string;
  try {
    text = (await readRegularFile(file)).toString("utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new ActionError(`${file} cannot be read: ${messageOf(error, file)}`, { cause: error });
  }
  const found = flowSchema.safeParse(jsonOf(text));
  if (found.success) return found.data.id.toLowerCase();
  throw new ActionError(`${file} is not the document of a flow, an object with the flow's "id": ${help}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}
