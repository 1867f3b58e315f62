/**
 * The way to Data Management that [dm] backend asks for: the web services, or the site's own Python package, or, with
 * auto, the package where it is installed.
 */
import { clauseOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings.ts";
import { type CallOptions, UnavailableError } from "../controller/ports/call.ts";
import type { DataManagement } from "../controller/ports/data-management.ts";
import type { DmHttp } from "../services/dm/over-http.ts";
import { createDmPython, type DmPython } from "../services/dm/over-python.ts";
import { dmPort } from "../services/dm/port.ts";
import type { DmWay } from "../services/dm/questions.ts";
import { untilAborted } from "../services/dm/session.ts";
import { lostToPython, usableVariables } from "../services/dm/setup-file.ts";
import { type PartOptions, readSettingFile } from "./parts.ts";

/** A way to Data Management, closed once at the end. */
export type ClosingDm = DataManagement & { readonly way: DmWay; close(): Promise<void> };

/** Where the services are. */
export const dmUrls = (section: Settings["dm"]) => ({
  ds: section["ds-url"],
  daq: section["daq-url"],
  proc: section["proc-url"],
  apsDb: section["aps-db-url"],
});

/**
 * Chooses the way; with auto at the first call, since starting Python takes a while.
 * @param section the [dm] section, filled in from the setup file
 * @param http makes the way over HTTP
 * @throws ActionError for settings that the chosen way cannot work with
 */
export function dmOverBackend(
  { environment, clock, log }: Pick<PartOptions, "environment" | "clock" | "log">,
  section: Settings["dm"],
  http: () => DmHttp,
): ClosingDm {
  if (section.backend === "http") return http();
  const check = (["ca-file", "fingerprint"] as const).find((key) => section[key] !== "");
  if (section.backend === "auto" && check !== undefined) {
    log.info(
      `Data Management is reached over HTTP, since [dm] ${check} asks to check the services' certificate, which the dm package of ${section.python} is ` +
        `not known to do; set [dm] backend = python to go through the package all the same`,
    );
    return http();
  }
  const python = createDmPython({
    python: section.python,
    station: section.station,
    urls: dmUrls(section),
    loginFile: section["login-file"],
    environment: { ...environment, ...setupVariables(section["setup-file"], log) },
    clock,
    log,
    timeoutSeconds: section.timeout,
  });
  const tell = (): void => {
    log.info(`Data Management is reached through the dm package of ${section.python}`);
    if (!section["ds-url"].startsWith("https:")) return;
    const ignored = check === undefined ? "" : "; ca-file and fingerprint do nothing";
    log.warn(
      `The dm package of ${section.python} is not known to check whose certificate it is shown${ignored}: set [dm] backend = http to have it checked`,
    );
  };
  if (section.backend === "python") {
    tell();
    return python;
  }
  return overWhatIsThere({ python, web: http(), station: section.station, program: section.python, log, tell });
}

interface Ways {
  readonly python: DmPython;
  readonly web: DmHttp;
  readonly station: string;
  /** The Python program, for sentences. */
  readonly program: string;
  readonly log: Log;
  /** Logs that the package is used. */
  readonly tell: () => void;
}

/** Looks for the package at the first call, and again at later calls until it is known whether it is installed. */
function overWhatIsThere({ python, web, station, program, log, tell }: Ways): ClosingDm {
  const closing = new AbortController();
  let chosen: DmWay | undefined;
  let hasWarned = false;
  const choose = async (): Promise<DmWay> => {
    try {
      const problem = await python.look(closing.signal);
      if (problem === undefined) tell();
      else log.info(`Data Management is reached over HTTP, since ${program} has no dm package: ${problem}`);
      return (chosen = problem === undefined ? python.way : web.way);
    } catch (thrown) {
      closing.signal.throwIfAborted();
      const sentence = `Data Management is reached over HTTP for now, since it is not known whether the dm package is there: ${clauseOf(thrown)}; the next call looks again`;
      log[hasWarned ? "debug" : "warn"](sentence);
      hasWarned = true;
      return web.way;
    }
  };
  let look: Promise<DmWay> | undefined;
  const looked = (): Promise<DmWay> =>
    (look ??= choose().finally(() => {
      look = undefined;
    }));
  const way = async ({ signal }: CallOptions): Promise<DmWay> => chosen ?? untilAborted(looked(), signal);
  const either: DmWay = {
    ask: async (operation, args, call) => (await way(call)).ask(operation, args, call),
    checkLogin: async (call) => (await way(call)).checkLogin(call),
  };
  return {
    ...dmPort(station, either, log),
    way: either,
    close: async () => {
      closing.abort(new UnavailableError("Data Management is closed"));
      await Promise.all([python.close(), web.close()]);
    },
  };
}

/** Variables that the site's package needs beside the [dm] settings, such as PYTHONPATH. */
function setupVariables(file: string, log: Log): Readonly<Record<string, string>> {
  if (file === "") return {};
  const text = readSettingFile(file, "setup-file");
  const lost = lostToPython(text);
  if (lost.length > 0) log.warn(`${file}, ${lost.join("; ")}; Python does not get it: write the whole value there`);
  return usableVariables(text);
}
