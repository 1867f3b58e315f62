/** Data Management as the settings and the site's setup file have it: over HTTP, through the site's Python package, or off. */
import { ActionError } from "../base/errors.ts";
import type { DataManagement, Identity } from "../controller/ports.ts";
import { createDmHttp, type DmHttp } from "../services/dm-http.ts";
import { DM_ROUTES, DM_SERVICES, routesFromFile } from "../services/dm-routes.ts";
import { parseSetupFile, type SetupEntry } from "../services/dm-setup-file.ts";
import { globusOff } from "../services/globus-auth.ts";
import { KINDS, SETTINGS, type Settings } from "../settings.ts";
import { dmOverBackend } from "./dm-backend.ts";
import { type PartOptions, readSettingFile } from "./parts.ts";

export interface DmPart {
  readonly dm: DataManagement;
  readonly identity: Identity;
  /** Where safety forms are read; undefined where no APS database service is configured. */
  readonly esafs: DataManagement["esafs"] | undefined;
}

export function openDm(options: PartOptions): DmPart {
  const { clock, log, problems, closers } = options;
  const section = filledFromSetupFile(options);
  const off = (sentence: string): DmPart => ({ dm: dmOff(sentence), identity: globusOff, esafs: undefined });
  const missing = (["station", "ds-url", "login-file"] as const).filter((key) => section[key] === "");
  if (missing.length > 0) return off(sentenceOfOff(missing, section["setup-file"]));
  const http = (): DmHttp => {
    if (section["ca-file"] !== "") readSettingFile(section["ca-file"], "ca-file");
    const file = section["routes-file"];
    return createDmHttp({
      urls: { ds: section["ds-url"], daq: section["daq-url"], apsDb: section["aps-db-url"] },
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
  const dm = problems.collect("[dm]", () => dmOverBackend(options, section, http));
  if (dm === undefined) return off("Data Management is off: its settings cannot be used");
  closers.push(() => dm.close());
  return {
    dm,
    identity: { state: async (call) => (await dm.checkLogin(call), { state: "OK" }) },
    esafs: section["aps-db-url"] === "" ? undefined : (year, call) => dm.esafs(year, call),
  };
}

function sentenceOfOff(missing: readonly string[], setupFile: string): string {
  const keys = missing.join(", ").replace(/, ([^,]*)$/, " and $1");
  const set = `Data Management is off: set ${keys} in the [dm] section of globus.conf`;
  return setupFile === ""
    ? `${set}, or setup-file to the site's dm.setup.sh`
    : `${set}, which ${setupFile} does not give`;
}

/* ── The setup file ───────────────────────────────────────────────────── */

/** What a setup file may fill, under which name, and what it must be there. */
const FILLED = {
  station: { name: "DM_STATION_NAME", kind: SETTINGS.dm.station.kind },
  "ds-url": { name: DM_SERVICES.ds.variable, kind: KINDS.url },
  "daq-url": { name: DM_SERVICES.daq.variable, kind: KINDS.url },
  "aps-db-url": { name: DM_SERVICES.apsDb.variable, kind: KINDS.url },
  "login-file": { name: "DM_LOGIN_FILE", kind: KINDS.optionalPath },
} as const;
type FilledKey = keyof typeof FILLED;

/** The [dm] section; what it leaves empty comes from its setup file, where that has it. */
export function filledFromSetupFile({ settings: { dm: section }, problems }: PartOptions): Settings["dm"] {
  const file = section["setup-file"];
  if (file === "") return section;
  const text = problems.collect("[dm]", () => readSettingFile(file, "setup-file"));
  const entries = parseSetupFile(text ?? "");
  const filled: Partial<Record<FilledKey, string>> = {};
  for (const key of Object.keys(FILLED) as FilledKey[]) {
    const entry = section[key] === "" ? entries.get(FILLED[key].name) : undefined;
    const value = entry && problems.collect("[dm]", () => valueOf(key, entry, file));
    if (value !== undefined) filled[key] = value;
  }
  return { ...section, ...filled };
}

function valueOf(key: FilledKey, entry: SetupEntry, file: string): string {
  const { name, kind } = FILLED[key];
  const where = `${file}:${entry.line}: ${name}`;
  const remedy = `set ${key} in the [dm] section of globus.conf`;
  if ("unusable" in entry) throw new ActionError(`${where} ${entry.unusable}; ${remedy}`);
  const value = kind.parse(entry.value);
  if (value === undefined)
    throw new ActionError(`${where} = ${JSON.stringify(entry.value)} is not ${kind.wanted}; ${remedy}`);
  return value;
}

/* ── Off ──────────────────────────────────────────────────────────────── */

/** Stands in where no Data Management service is configured. */
function dmOff(sentence: string): DataManagement {
  const off = (): Promise<never> => Promise.reject(new ActionError(sentence));
  return {
    experimentByName: off,
    stationExperiments: off,
    addExperiment: off,
    setExperimentMetadata: off,
    deleteExperiment: off,
    userByUsername: off,
    addUserToExperiment: off,
    removeUserFromExperiment: off,
    startDaq: off,
    stopDaq: off,
    daqs: off,
    startUpload: off,
    uploads: off,
    upload: off,
    stopUpload: off,
    esafs: off,
    checkLogin: off,
  };
}
