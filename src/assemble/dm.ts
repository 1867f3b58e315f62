/**
 * Data Management as the settings and the site's setup file have it: over HTTP, through the site's Python package, or
 * off.
 */

import { silentLog } from "../base/log.ts";
import { readLogin } from "../base/login-file.ts";
import { KINDS, SETTINGS, type Settings } from "../config/settings.ts";
import { OffError } from "../controller/ports/call.ts";
import type { DataManagement } from "../controller/ports/data-management.ts";
import type { Identity } from "../controller/ports/identity.ts";
import type { Processing } from "../controller/ports/workflows.ts";
import { createDmHttp, type DmHttp } from "../services/dm/over-http.ts";
import { dmPort } from "../services/dm/port.ts";
import { dmProcessing } from "../services/dm/processing.ts";
import type { DmWay } from "../services/dm/questions.ts";
import { DM_ROUTES, routesFromFile } from "../services/dm/routes.ts";
import { offSentence, SETUP_KEYS, setupValues } from "../services/dm/setup-values.ts";
import { globusOff } from "../services/globus/auth.ts";
import { dmOverBackend, dmUrls } from "./dm-backend.ts";
import { type PartOptions, readSettingFile } from "./parts.ts";
import { watchedLogin, watchedPort } from "./watched-ports.ts";

export interface DmPart {
  readonly dm: DataManagement;
  readonly identity: Identity;
  /** Why it is off, a sentence; undefined: it is configured. */
  readonly off?: string;
  /** Whether its DAQs can be asked. */
  readonly hasDaqs: boolean;
  /** The files that the login depends on. */
  readonly files: readonly string[];
  /** Where safety forms are read; undefined where no APS database service is configured. */
  readonly esafs: DataManagement["esafs"] | undefined;
  /** Its processing service; without one every call says which setting is missing. */
  readonly processing: Processing;
}

export function openDm(options: PartOptions): DmPart {
  const { clock, log, problems, closers } = options;
  const section = filledFromSetupFile(options);
  const off = (sentence: string): DmPart => {
    const way = noWay(sentence);
    return {
      dm: dmPort("", way, silentLog),
      identity: globusOff,
      off: sentence,
      hasDaqs: false,
      files: [],
      esafs: undefined,
      processing: dmProcessing(way, silentLog, way.off),
    };
  };
  const missing = (["station", "ds-url", "login-file"] as const).filter((key) => section[key] === "");
  if (missing.length > 0) return off(offSentence(missing, section["setup-file"]));
  const http = (): DmHttp => {
    if (section["ca-file"] !== "") readSettingFile(section["ca-file"], "ca-file");
    const file = section["routes-file"];
    return createDmHttp({
      urls: dmUrls(section),
      station: section.station,
      login: { file: section["login-file"] },
      routes: file === "" ? DM_ROUTES : routesFromFile(readSettingFile(file, "routes-file"), file),
      tls: {
        caFile: section["ca-file"] || undefined,
        fingerprint: section.fingerprint || undefined,
        serverName: section["tls-name"] || undefined,
      },
      clock,
      log,
      timeoutSeconds: section.timeout,
    });
  };
  const opened = problems.collect("[dm]", () => dmOverBackend(options, section, http));
  if (opened === undefined) return off("Data Management is off: its settings cannot be used");
  closers.push(() => opened.close());
  const way: DmWay = {
    ...watchedPort(options, { part: "DM" }, opened.way, ["ask"]),
    checkLogin: watchedLogin(options, "DM", (call) => opened.way.checkLogin(call)),
  };
  const dm = dmPort(section.station, way, log);
  return {
    dm,
    identity: { state: async (call) => (await dm.checkLogin(call), { state: "OK" }) },
    hasDaqs: section["daq-url"] !== "",
    files: [section["login-file"], section["ca-file"]].filter((file) => file !== ""),
    esafs: section["aps-db-url"] === "" ? undefined : (year, call) => dm.esafs(year, call),
    processing: dmProcessing(way, log, async () => (await readLogin({ file: section["login-file"] })).username),
  };
}

/** The [dm] section; a key that the section leaves empty is filled from the setup file, where that file has it. */
function filledFromSetupFile({ settings: { dm: section }, problems }: PartOptions): Settings["dm"] {
  const file = section["setup-file"];
  if (file === "") return section;
  const text = problems.collect("[dm]", () => readSettingFile(file, "setup-file"));
  const empty = SETUP_KEYS.filter((key) => section[key] === "");
  const kinds = Object.fromEntries(
    empty.map((key) => [key, key === "login-file" ? KINDS.optionalPath : SETTINGS.dm[key].kind]),
  );
  const { values, problems: sentences } = setupValues(text ?? "", file, kinds);
  for (const sentence of sentences) problems.add("[dm]", sentence);
  return { ...section, ...values };
}

/** Stands in where no Data Management service is configured. */
function noWay(sentence: string) {
  const off = (): Promise<never> => Promise.reject(new OffError(sentence));
  return { ask: off, checkLogin: off, off } satisfies DmWay & { off: unknown };
}
