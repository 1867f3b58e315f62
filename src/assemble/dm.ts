/** Data Management as the settings have it: over HTTP, or off. */
import { ActionError } from "../base/errors.ts";
import type { DataManagement, Identity } from "../controller/ports.ts";
import { createDmHttp } from "../services/dm-http.ts";
import { DM_ROUTES, routesFromFile } from "../services/dm-routes.ts";
import { globusOff } from "../services/globus-auth.ts";
import { type PartOptions, readSettingFile } from "./parts.ts";

export interface DmPart {
  readonly dm: DataManagement;
  readonly identity: Identity;
  /** Where safety forms are read; undefined where no APS database service is configured. */
  readonly esafs: DataManagement["esafs"] | undefined;
}

export function openDm(options: PartOptions): DmPart {
  const { settings, clock, log, problems, closers } = options;
  const { dm: section } = settings;
  const off: DmPart = { dm: dmOff(OFF), identity: globusOff, esafs: undefined };
  if (section.station === "" || section["ds-url"] === "") return off;
  const dm = problems.collect("[dm]", () => {
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
  });
  if (dm === undefined) return off;
  closers.push(() => dm.close());
  return {
    dm,
    identity: { state: async (call) => (await dm.checkLogin(call), { state: "OK" }) },
    esafs: section["aps-db-url"] === "" ? undefined : (year, call) => dm.esafs(year, call),
  };
}

const OFF = "Data Management is off: set station and ds-url in the [dm] section of globus.conf";

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
    upload: off,
    stopUpload: off,
    esafs: off,
    checkLogin: off,
  };
}
