/** The way to Data Management that [dm] backend asks for: the web services, or the site's own Python package, or, with auto, the latter where it is. */
import type { DataManagement } from "../controller/ports.ts";
import { dmImportProblem } from "../services/dm-bridge.ts";
import { createDmPython, type DmPythonOptions, dmEnvironment } from "../services/dm-python.ts";
import { untilAborted } from "../services/dm-session.ts";
import { usableVariables } from "../services/dm-setup-file.ts";
import type { Settings } from "../settings.ts";
import { dmOf } from "./dm-methods.ts";
import { type PartOptions, readSettingFile } from "./parts.ts";

/** A way to Data Management, closed once at the end. */
export type ClosingDm = DataManagement & { close(): Promise<void> };

/** Longest time for looking whether the package is there. */
const LOOK_SECONDS = 30;

/**
 * Chooses; with auto at the first call, since starting Python takes a while.
 * @param section what the setup file fills already filled in
 * @param http makes the way over HTTP
 * @throws ActionError for settings that the chosen way cannot work with
 */
export function dmOverBackend(
  { environment, clock, log }: Pick<PartOptions, "environment" | "clock" | "log">,
  section: Settings["dm"],
  http: () => ClosingDm,
): ClosingDm {
  if (section.backend === "http") return http();
  const options: DmPythonOptions = {
    python: section.python,
    station: section.station,
    urls: { ds: section["ds-url"], daq: section["daq-url"], apsDb: section["aps-db-url"] },
    loginFile: section["login-file"],
    environment: { ...environment, ...setupVariables(section["setup-file"]) },
    clock,
    log,
    timeoutSeconds: section.timeout,
  };
  const python = createDmPython(options);
  const tell = (): void => {
    log.info(`Data Management is reached through the dm package of ${section.python}`);
    if (!section["ds-url"].startsWith("https:")) return;
    const ignored =
      section["ca-file"] !== "" || section.fingerprint !== "" ? "; ca-file and fingerprint do nothing" : "";
    log.warn(
      `The dm package of ${section.python} is not known to check whose certificate it is shown${ignored}: set [dm] backend = http to have it checked`,
    );
  };
  if (section.backend === "python") {
    tell();
    return python;
  }
  const web = http();
  const choose = async (): Promise<DataManagement> => {
    const look = { python: options.python, environment: dmEnvironment(options), clock, startSeconds: LOOK_SECONDS };
    const problem = await dmImportProblem(look);
    if (problem === undefined) tell();
    else log.info(`Data Management is reached over HTTP, since ${section.python} has no dm package: ${problem}`);
    return problem === undefined ? python : web;
  };
  let chosen: Promise<DataManagement> | undefined;
  return {
    ...dmOf(({ signal }) => untilAborted((chosen ??= choose()), signal)),
    close: async () => {
      await Promise.all([python.close(), web.close()]);
    },
  };
}

/** What the site's package needs beside what [dm] has, such as PYTHONPATH. */
const setupVariables = (file: string): Readonly<Record<string, string>> =>
  file === "" ? {} : usableVariables(readSettingFile(file, "setup-file"));
