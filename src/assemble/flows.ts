/** Flows of Globus as the settings have them: which flow, where flows are kept by name, and the site's own input. */
import { ActionError, messageOf } from "../base/errors.ts";
import { readRegularFile } from "../base/regular-file.ts";
import { readJsonObject } from "../controller/flows/definition.ts";
import type { FlowSite } from "../controller/flows/flow-site.ts";
import type { FlowFiles } from "../controller/ports/flow-files.ts";
import { createFlowFiles } from "../services/flow-files.ts";
import type { GlobusPart } from "./globus.ts";
import type { PartOptions } from "./parts.ts";

/** Opens nothing and reaches nobody yet. @returns undefined where Globus is off */
export function flowSite(
  { settings: { flows: section } }: Pick<PartOptions, "settings">,
  { flows, tasks }: Pick<GlobusPart, "flows" | "tasks">,
): FlowSite | undefined {
  if (flows === undefined || tasks === undefined) return undefined;
  const names = new Map<string, string>();
  const files = remembering(createFlowFiles(section.directory), names);
  return {
    flows: flows((id) => names.get(id) ?? id),
    tasks,
    files,
    nameOf: (id) => names.get(id) ?? id,
    flow: section.flow,
    input: () => readInput(section["input-file"]),
    pollSeconds: section["watch-seconds"],
  };
}

/** @param names filled with the name of each flow that was read, by its id */
const remembering = (files: FlowFiles, names: Map<string, string>): FlowFiles => ({
  ...files,
  read: async (name) => {
    const found = await files.read(name);
    if (found !== undefined) names.set(found.id, name);
    return found;
  },
});

async function readInput(file: string): ReturnType<FlowSite["input"]> {
  if (file === "") return {};
  let text: string;
  try {
    text = (await readRegularFile(file)).toString("utf8");
  } catch (error) {
    throw new ActionError(`input-file ${file} of [flows] cannot be read: ${messageOf(error, file)}`, { cause: error });
  }
  return readJsonObject(text, file, "the input of runs");
}
