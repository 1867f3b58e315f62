/** Globus Compute as the settings have it. */
import { ActionError, messageOf } from "../base/errors.ts";
import { readJsonObject } from "../base/json-object.ts";
import { readRegularFile } from "../base/regular-file.ts";
import type { Settings } from "../config/settings.ts";
import type { ComputeSite } from "../controller/compute/compute-site.ts";
import { createComputeFunctions } from "../services/compute-functions.ts";
import type { GlobusPart } from "./globus.ts";

/**
 * Opens nothing and reaches nobody yet.
 * @param needsNoEndpoint functions are registered without one
 * @returns undefined where Compute is off
 */
export function computeSite(
  settings: Settings,
  { compute }: Pick<GlobusPart, "compute">,
  needsNoEndpoint = false,
): ComputeSite | undefined {
  const section = settings.compute;
  if (compute === undefined || (section.endpoint === "" && !needsNoEndpoint)) return undefined;
  return {
    compute: compute((id) => id),
    functions: createComputeFunctions(section.functions),
    client: settings["globus-auth"]["client-id"],
    endpoint: section.endpoint,
    endpointConfig: () => readEndpointConfig(section["endpoint-config"]),
    taskSeconds: section["task-seconds"],
    pollSeconds: section["watch-seconds"],
  };
}

async function readEndpointConfig(file: string): ReturnType<ComputeSite["endpointConfig"]> {
  if (file === "") return undefined;
  let text: string;
  try {
    text = (await readRegularFile(file)).toString("utf8");
  } catch (error) {
    throw new ActionError(`endpoint-config ${file} of [compute] cannot be read: ${messageOf(error, file)}`, {
      cause: error,
    });
  }
  return readJsonObject(text, file, "the configuration of the endpoint");
}
